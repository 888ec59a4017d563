"""The scrubber's rules answer pass, fail, bypassed or no data, and let good claims through."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest
from msgspec.structs import replace

from services.claims.x12.claim_file import ClaimKind
from services.claims.x12.claim_model import Accident, Claim, Diagnosis, Drug, Frequency
from services.claims.x12.party_model import OrganizationName, Provider, Responsibility
from services.claims.x12.remittance_model import Adjustment
from services.claims.x12.scrub_content import fingerprint
from services.claims.x12.scrub_rules import RULES
from services.claims.x12.scrub_tables import (
    PLACES_OF_SERVICE,
    CodePeriod,
    CodeSet,
    CodeStatus,
    PairEdit,
    PairEdits,
    Rate,
    Rates,
    Span,
    Tables,
)
from services.claims.x12.scrubbing import Answer, Severity, Status, Subject, keeps_back, scrub
from tests.claims.x12.claims_to_write import (
    ADJUDICATION,
    CLAIM,
    DEPENDENT,
    DOCTOR,
    LINE,
    PRIMARY,
    PROVIDER,
    SECONDARY,
    STAY,
    STAY_LINE,
    SUBSCRIBER,
)
from tests.claims.x12.mutations import LEFT_TO_THE_SCRUBBER, Mutation
from tests.claims.x12.random_claims import RandomClaims

TODAY = dt.date(2026, 11, 26)
GOOD = replace(CLAIM, lines=(replace(LINE, control_number="L1"),))
GOOD_STAY = replace(
    STAY,
    admitting_diagnosis=Diagnosis("R07.9"),
    lines=(replace(STAY_LINE, control_number="L1"),),
)
ALWAYS = dt.date(2000, 1, 1)


def code_set(*codes: str) -> CodeSet:
    return CodeSet(CodePeriod(code=code, effective_from=ALWAYS) for code in codes)


TABLES = Tables(
    diagnoses=code_set("E119", "R079"),
    procedures=code_set("99213"),
    modifiers=code_set("25"),
    taxonomies=code_set("207Q00000X"),
    revenue_codes=code_set("0120"),
    pair_edits=PairEdits(()),
    unit_limits=Rates(()),
    needs_authorization=CodeSet(()),
    charges=Rates(()),
)


def subject(claim: Claim, tables: Tables = TABLES) -> Subject:
    return Subject(
        claim=claim,
        today=TODAY,
        tables=tables,
        filing_deadline=dt.date(2027, 6, 1),
        sent_before=frozenset(),
    )


def answers(about: Subject) -> dict[str, Answer]:
    return {answer.rule_id: answer for answer in scrub(about, RULES)}


def failing(claim: Claim, tables: Tables = TABLES) -> list[tuple[str, str]]:
    """Rule and pointer of every finding."""
    return [
        (answer.rule_id, finding.pointer)
        for answer in scrub(subject(claim, tables), RULES)
        for finding in answer.findings
    ]


# The engine


@pytest.mark.parametrize("claim", [GOOD, GOOD_STAY, replace(GOOD, dependent=DEPENDENT)])
def test_a_good_claim_passes_every_rule_that_is_about_it(claim: Claim) -> None:
    found = answers(subject(claim))
    assert {answer.status for answer in found.values()} == {Status.PASS, Status.BYPASSED}
    assert not keeps_back(list(found.values()))


def test_without_tables_the_rules_that_need_them_have_no_data_and_pass_nothing() -> None:
    found = answers(Subject(claim=GOOD, today=TODAY))
    without = {rule for rule, answer in found.items() if answer.status is Status.NO_DATA}
    assert without == {
        "claim_repeated",
        "timely_filing",
        "timely_filing_close",
        "authorization",
        "unit_limit",
        "charge_below_schedule",
        "diagnosis_in_force",
        "procedure_in_force",
        "procedure_pairs",
    }
    assert all(found[rule].missing for rule in without)
    assert not keeps_back(list(found.values()))


def test_a_rule_that_is_not_about_the_claim_is_bypassed() -> None:
    found = answers(subject(GOOD))
    assert found["revenue_code"].status is Status.BYPASSED
    assert found["revenue_code"].bypassed_because


def test_a_rule_that_was_switched_off_says_why() -> None:
    bad = subject(replace(GOOD, charge_cents=1))
    found = scrub(bad, RULES, bypassed={"charge_equals_lines": "payer takes it"})
    answer = next(each for each in found if each.rule_id == "charge_equals_lines")
    assert (answer.status, answer.bypassed_because) == (Status.BYPASSED, "payer takes it")
    assert not keeps_back(found)


def test_a_warning_keeps_nothing_back() -> None:
    found = scrub(subject(replace(GOOD, payer_claim_number="ICN1")), RULES)
    failed = [each for each in found if each.status is Status.FAIL]
    assert [each.severity for each in failed] == [Severity.WARNING]
    assert not keeps_back(found)


def test_every_rule_has_an_identity_a_remedy_and_a_source() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.version >= 1 and rule.title and rule.remedy and rule.source for rule in RULES)


# Every row of the table of mutations


@pytest.mark.parametrize(
    "mutation",
    [pytest.param(each, id=each.name.replace(" ", "-")) for each in LEFT_TO_THE_SCRUBBER],
)
def test_what_pyx12_does_not_see_is_kept_back(mutation: Mutation) -> None:
    assert mutation.claim is not None
    assert keeps_back(scrub(subject(mutation.claim), RULES))


@pytest.mark.parametrize("kind", list(ClaimKind))
def test_random_claims_that_both_checkers_take_are_not_kept_back(kind: ClaimKind) -> None:
    for claim in RandomClaims(random.Random(9), kind).take(300):
        found = scrub(Subject(claim=claim, today=TODAY), RULES)
        assert [
            (each.rule_id, each.findings)
            for each in found
            if each.status is Status.FAIL and each.severity is Severity.ERROR
        ] == []


# Each rule


def with_line(**changes: object) -> Claim:
    return replace(GOOD, lines=(replace(GOOD.lines[0], **changes),))


def paid(**changes: object) -> Claim:
    line = replace(LINE, control_number="L1", adjudications=(replace(ADJUDICATION, **changes),))
    return replace(SECONDARY, lines=(line,))


@pytest.mark.parametrize(
    ("claim", "rule", "pointer"),
    [
        (
            replace(GOOD, subscriber=replace(SUBSCRIBER, address=None)),
            "subscriber_is_patient",
            "/subscriber/address",
        ),
        (
            replace(GOOD, frequency=Frequency.VOID, payer_claim_number=" "),
            "corrected_names_original",
            "/payer_claim_number",
        ),
        (replace(GOOD, illness_began_on=dt.date(2027, 1, 1)), "dates", "/illness_began_on"),
        (replace(GOOD, illness_began_on=dt.date(1979, 1, 1)), "dates", "/illness_began_on"),
        (replace(GOOD, accident=Accident(("EM",))), "accident", "/accident/happened_on"),
        (
            replace(GOOD, accident=Accident(("AA",), dt.date(2026, 11, 1))),
            "accident",
            "/accident/state",
        ),
        (replace(GOOD_STAY, attending=None), "attending_provider", "/attending"),
        (replace(GOOD_STAY, admission_type=None), "inpatient_admission", "/admission_type"),
        (
            replace(GOOD_STAY, principal_diagnosis=Diagnosis("E11.9")),
            "present_on_admission",
            "/principal_diagnosis/present_on_admission",
        ),
        (
            replace(GOOD, rendering=Provider(OrganizationName("X"), npi="1111111111")),
            "npi_check_digit",
            "/rendering/npi",
        ),
        (replace(GOOD, referring=replace(DOCTOR, npi="1")), "npi_check_digit", "/referring/npi"),
        (
            replace(GOOD, billing_provider=replace(PROVIDER, npi=None)),
            "billing_npi",
            "/billing_provider/npi",
        ),
        (
            replace(GOOD, billing_provider=replace(PROVIDER, tax_identifier="111111111")),
            "tax_identifier",
            "/billing_provider/tax_identifier",
        ),
        (
            replace(
                GOOD,
                billing_provider=replace(
                    PROVIDER, tax_identifier="900123456", tax_identifier_is_ssn=True
                ),
            ),
            "tax_identifier",
            "/billing_provider/tax_identifier",
        ),
        (
            replace(GOOD, diagnoses=(Diagnosis("E11.9"), Diagnosis("E119"))),
            "diagnosis_repeated",
            "/diagnoses/1",
        ),
        (replace(GOOD, diagnoses=(Diagnosis("I10"),)), "diagnosis_in_force", "/diagnoses/0/code"),
        (replace(GOOD, place_of_service="66", lines=GOOD.lines), None, ""),
        (replace(GOOD, place_of_service="35"), "place_of_service", "/place_of_service"),
    ],
)
def test_a_claim_with_one_fault_has_one_finding(
    claim: Claim, rule: str | None, pointer: str
) -> None:
    assert failing(claim) == ([] if rule is None else [(rule, pointer)])


LINE_FAULTS = [
    ({"units": Decimal(0)}, "line_quantities", "units"),
    ({"service_to": dt.date(2027, 1, 1)}, "dates", "service_to"),
    ({"control_number": None}, "line_control_numbers", "control_number"),
    ({"diagnosis_pointers": (1, 1)}, "diagnosis_pointers", "diagnosis_pointers"),
    ({"diagnosis_pointers": (0,)}, "diagnosis_pointers", "diagnosis_pointers"),
    ({"procedure_code": "99215"}, "procedure_in_force", "procedure_code"),
    ({"modifiers": ("2",)}, "modifiers", "modifiers/0"),
    ({"modifiers": ("99",)}, "modifiers", "modifiers/0"),
    ({"modifiers": ("25", "25")}, "modifiers", "modifiers"),
    ({"drug": Drug("123", Decimal(1))}, "drug_code", "drug/ndc"),
    ({"place_of_service": "00"}, "place_of_service", "place_of_service"),
]


@pytest.mark.parametrize(("changes", "rule", "field"), LINE_FAULTS)
def test_a_line_with_one_fault_has_one_finding(
    changes: dict[str, object], rule: str, field: str
) -> None:
    assert [(each, at.rpartition("lines")[2]) for each, at in failing(with_line(**changes))] == [
        (rule, f"/0/{field}")
    ]


def test_modifiers_that_exclude_each_other_are_found() -> None:
    tables = replace(TABLES, modifiers=None)
    for pair in (("26", "TC"), ("50", "RT"), ("LT", "50")):
        assert [rule for rule, _ in failing(with_line(modifiers=pair), tables)] == ["modifiers"]


def test_a_line_that_repeats_another_is_found_unless_it_says_why() -> None:
    first, second = (replace(LINE, control_number=each, charge_cents=5_000) for each in "AB")
    assert [rule for rule, _ in failing(replace(GOOD, lines=(first, second)))] == ["line_repeated"]
    tables = replace(TABLES, modifiers=None)
    said = replace(second, modifiers=("76",))
    assert failing(replace(GOOD, lines=(first, said)), tables) == []


def test_a_service_outside_of_the_statement_is_found() -> None:
    line = replace(GOOD_STAY.lines[0], service_from=dt.date(2026, 11, 5))
    assert [rule for rule, _ in failing(replace(GOOD_STAY, lines=(line,)))] == ["statement_period"]


# Tables that a company loads


def test_codes_are_judged_by_the_day_of_service() -> None:
    periods = [
        CodePeriod(code="99213", effective_from=ALWAYS, effective_to=dt.date(2026, 10, 31)),
        CodePeriod(code="99214", effective_from=dt.date(2026, 12, 1)),
        CodePeriod(code="99215", effective_from=ALWAYS, is_billable=False),
    ]
    tables = replace(TABLES, procedures=CodeSet(periods))
    for code, words in (("99213", "not in force"), ("99214", "not in force"), ("99215", "heading")):
        found = answers(subject(with_line(procedure_code=code), tables))["procedure_in_force"]
        assert found.status is Status.FAIL
        assert words in found.findings[0].evidence
    earlier = with_line(service_from=dt.date(2026, 10, 31))
    assert failing(earlier, tables) == []


def test_places_of_service_have_the_dates_from_which_they_hold() -> None:
    assert PLACES_OF_SERVICE.status("10", dt.date(2021, 12, 31)) is CodeStatus.NOT_ON_DATE
    assert PLACES_OF_SERVICE.status("10", dt.date(2022, 1, 1)) is CodeStatus.VALID
    assert PLACES_OF_SERVICE.status("77", TODAY) is CodeStatus.UNKNOWN


def test_a_pair_that_is_not_paid_together_is_found_on_one_day_only() -> None:
    def both(second_day: dt.date, modifiers: tuple[str, ...] = ()) -> Claim:
        one = replace(LINE, control_number="A", charge_cents=5_000)
        other = replace(one, control_number="B", procedure_code="36415", service_from=second_day)
        return replace(GOOD, lines=(one, replace(other, modifiers=modifiers)))

    def tables(*, modifier_allowed: bool) -> Tables:
        edit = PairEdit("99213", "36415", ALWAYS, modifier_allowed=modifier_allowed)
        return replace(TABLES, procedures=None, modifiers=None, pair_edits=PairEdits([edit]))

    same, other = LINE.service_from, dt.date(2026, 11, 3)
    strict, lenient = tables(modifier_allowed=False), tables(modifier_allowed=True)
    assert [rule for rule, _ in failing(both(same), strict)] == ["procedure_pairs"]
    assert [rule for rule, _ in failing(both(same, ("59",)), strict)] == ["procedure_pairs"]
    assert failing(both(same, ("59",)), lenient) == []
    assert failing(both(other), strict) == []


def test_units_charges_and_authorizations_are_judged_by_their_tables() -> None:
    def rates(value: int) -> Rates:
        return Rates([Rate(code="99213", value=value, span=Span(ALWAYS))])

    tables = replace(TABLES, unit_limits=rates(1), charges=rates(6_000))
    found = [rule for rule, _ in failing(with_line(units=Decimal(2)), tables)]
    assert found == ["unit_limit", "charge_below_schedule"]
    wanted = replace(TABLES, needs_authorization=code_set("99213"))
    assert [rule for rule, _ in failing(GOOD, wanted)] == ["authorization"]
    assert failing(replace(GOOD, prior_authorization="A1"), wanted) == []
    assert failing(with_line(prior_authorization="A1"), wanted) == []


def test_a_day_that_no_edition_covers_is_no_data_and_no_pass() -> None:
    later = (Span(dt.date(2027, 1, 1)),)
    uncovered = Tables(
        diagnoses=CodeSet((), later),
        procedures=CodeSet((), later),
        pair_edits=PairEdits((), later),
        unit_limits=Rates((), later),
        needs_authorization=CodeSet((), later),
        charges=Rates((), later),
    )
    silent = {each.rule_id for each in scrub(subject(GOOD, uncovered), RULES) if each.missing}
    assert silent == {
        "authorization",
        "charge_below_schedule",
        "diagnosis_in_force",
        "procedure_in_force",
        "procedure_pairs",
        "unit_limit",
    }


def test_a_price_with_the_modifier_comes_before_that_of_the_bare_code() -> None:
    prices = Rates(
        [
            Rate(code="77067", value=10_000, span=Span(ALWAYS)),
            Rate(code="77067", value=4_000, span=Span(ALWAYS), modifier="26"),
        ]
    )
    assert prices.value("77067", (), TODAY) == 10_000
    assert prices.value("77067", ("RT", "26"), TODAY) == 4_000
    assert prices.value("77067", ("RT",), TODAY) == 10_000
    assert prices.value("99999", (), TODAY) is None


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"state": "ZZ"}, {"state"}),
        ({"state": None}, {"state"}),
        ({"postal_code": "5580"}, {"postal_code"}),
        ({"state": "ON", "postal_code": "K1A 0B1", "country": "CA"}, set()),
        ({"state": "MN", "postal_code": "K1A 0B1", "country": "CA"}, {"state"}),
        ({"state": None, "postal_code": None, "country": "IE"}, set()),
    ],
)
def test_an_address_has_a_state_of_its_country(
    changes: dict[str, str | None], fields: set[str]
) -> None:
    address = replace(PROVIDER.address, **changes)
    found = failing(replace(GOOD, billing_provider=replace(PROVIDER, address=address)))
    assert {rule for rule, _ in found} <= {"addresses"}
    assert {pointer.removeprefix("/billing_provider/address/") for _, pointer in found} == fields


def test_the_deadline_is_an_error_when_past_and_a_warning_when_close() -> None:
    for deadline, expected in (
        (dt.date(2026, 11, 25), ["timely_filing"]),
        (dt.date(2026, 12, 3), ["timely_filing_close"]),
        (dt.date(2026, 12, 4), []),
    ):
        about = replace(subject(GOOD), filing_deadline=deadline)
        found = scrub(about, RULES)
        assert [each.rule_id for each in found if each.status is Status.FAIL] == expected


def test_a_claim_that_was_sent_before_is_found_whatever_its_numbers() -> None:
    again = replace(GOOD, patient_control_number="OTHER")
    about = replace(subject(again), sent_before=frozenset({fingerprint(GOOD)}))
    assert answers(about)["claim_repeated"].status is Status.FAIL
    corrected = replace(again, frequency=Frequency.CORRECTED, payer_claim_number="ICN1")
    assert answers(replace(about, claim=corrected))["claim_repeated"].status is Status.BYPASSED


# Earlier payers


def test_a_balanced_secondary_claim_passes() -> None:
    assert failing(paid()) == []


@pytest.mark.parametrize(
    ("claim", "rules"),
    [
        (paid(paid_cents=7_999), ["earlier_payer_lines_balance"]),
        (
            paid(adjustments=(Adjustment("CO", "45", 1_999),)),
            ["earlier_payer_lines_balance", "earlier_payer_claim_balances"],
        ),
        (
            paid(payer_identifier="00000"),
            [
                "earlier_payer_lines_balance",
                "earlier_payer_claim_balances",
                "earlier_payer_decided_once",
            ],
        ),
        (
            replace(paid(), earlier_payers=(replace(PRIMARY, paid_cents=1),)),
            ["earlier_payer_claim_balances"],
        ),
        (
            replace(paid(), earlier_payers=(replace(PRIMARY, adjudicated_on=TODAY),)),
            ["earlier_payer_decided_once"],
        ),
        (
            replace(paid(), earlier_payers=()),
            ["earlier_payers_order", "earlier_payer_lines_balance"],
        ),
        (
            replace(
                paid(),
                earlier_payers=(replace(PRIMARY, responsibility=Responsibility.SECONDARY),),
            ),
            ["earlier_payers_order"],
        ),
    ],
)
def test_what_an_earlier_payer_decided_has_to_add_up(claim: Claim, rules: list[str] | None) -> None:
    assert [rule for rule, _ in failing(claim)] == rules
