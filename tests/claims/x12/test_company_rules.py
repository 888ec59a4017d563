"""A company's own rules: conditions that are checked, tried on past claims, and then hold."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.claims.x12.claim_file import ClaimKind
from services.claims.x12.company_rules import (
    FIELDS,
    MOST_LEVELS,
    MOST_PARTS,
    All,
    AnyOf,
    CompanyRule,
    Compare,
    Condition,
    Not,
    Operator,
    SomeLine,
    as_rule,
    faults_of,
    holds,
    try_on,
)
from services.claims.x12.scrubbing import Severity, Status, Subject, keeps_back, scrub
from tests.claims.x12.claims_to_write import CLAIM, DEPENDENT, DOCTOR, LINE, STAY
from tests.claims.x12.random_claims import RandomClaims

NO_AUTHORIZATION = All(
    (
        Compare("payer.identifier", Operator.IS_ONE_OF, ("99999",)),
        SomeLine(Compare("line.procedure_code", Operator.STARTS_WITH, ("992",))),
        Compare("prior_authorization", Operator.IS_ABSENT),
    )
)
RULE = CompanyRule(
    id="company-1",
    version=1,
    severity=Severity.HOLD,
    title="Visits of this plan need an authorization",
    remedy="Ask for one.",
    condition=NO_AUTHORIZATION,
)


def compare(field: str, operator: str, *values: str) -> Compare:
    return Compare(field, Operator(operator), values)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (compare("kind", "is_one_of", "professional"), True),
        (compare("charge_cents", "more_than", "9999.5"), True),
        (compare("charge_cents", "more_than", "10000"), False),
        (compare("charge_cents", "less_than", "10000"), False),
        (compare("charge_cents", "is_one_of", "10000.0"), True),
        (compare("diagnosis", "starts_with", "E11", "I10"), True),
        (compare("diagnosis", "is_one_of", "E11"), False),
        (compare("diagnosis", "is_one_of", "E11.9"), True),
        (compare("service_date", "less_than", "2026-11-03"), True),
        (compare("service_date", "more_than", "2026-11-02"), False),
        (compare("patient.age_years", "is_one_of", "46"), True),
        (compare("patient.sex", "is_one_of", "F"), True),
        (compare("rendering.npi", "is_absent"), True),
        (compare("rendering.npi", "is_one_of", "1234567893"), False),
        (compare("drg", "is_absent"), True),
        (compare("line.modifier", "is_absent"), True),
        (compare("line.units", "less_than", "2"), True),
        (compare("line.place_of_service", "is_one_of", "11"), True),
        (Not(compare("kind", "is_one_of", "professional")), False),
        (AnyOf((compare("drg", "is_one_of", "1"), compare("line_count", "is_one_of", "1"))), True),
    ],
)
def test_a_condition_is_about_what_the_claim_says(condition: Condition, *, expected: bool) -> None:
    assert faults_of(condition) == []
    assert holds(condition, CLAIM) is expected


def test_the_patient_is_the_dependent_where_there_is_one() -> None:
    child = replace(CLAIM, dependent=DEPENDENT)
    assert holds(compare("patient.age_years", "less_than", "18"), child)
    assert holds(compare("patient.sex", "is_one_of", "M"), child)


def test_a_birthday_counts_from_its_day_on() -> None:
    for day, age in ((dt.date(2026, 5, 4), "10"), (dt.date(2026, 5, 5), "11")):
        line = replace(LINE, service_from=day)
        child = replace(CLAIM, dependent=DEPENDENT, lines=(line,))
        assert holds(compare("patient.age_years", "is_one_of", age), child)


def test_some_line_asks_for_one_line_of_which_all_is_true() -> None:
    both = All(
        (
            compare("line.procedure_code", "is_one_of", "99213"),
            compare("line.modifier", "is_one_of", "25"),
        )
    )
    lines = (LINE, replace(LINE, procedure_code="36415", modifiers=("25",)))
    claim = replace(CLAIM, lines=lines)
    assert holds(both, claim)
    assert not holds(SomeLine(both), claim)


def test_a_rule_holds_a_claim_until_a_person_lets_it_go() -> None:
    rules = [as_rule(RULE)]
    held = scrub(Subject(claim=CLAIM, today=dt.date(2026, 11, 26)), rules)
    assert [(each.status, each.severity) for each in held] == [(Status.FAIL, Severity.HOLD)]
    assert keeps_back(held)
    fine = replace(CLAIM, prior_authorization="A1")
    passed = scrub(Subject(claim=fine, today=dt.date(2026, 11, 26)), rules)
    assert [each.status for each in passed] == [Status.PASS]


def test_a_rule_is_tried_on_past_claims_before_it_is_switched_on() -> None:
    past = [replace(CLAIM, patient_control_number=f"P{number}") for number in range(30)]
    past += [replace(CLAIM, prior_authorization="A1"), STAY]
    trial = try_on(RULE, past, most_examples=2)
    assert (trial.examined, trial.matched, trial.examples) == (32, 31, ("P0", "P1"))


def test_a_condition_is_read_from_json_and_unknown_words_are_refused() -> None:
    text = msgspec.json.encode(NO_AUTHORIZATION)
    assert msgspec.json.decode(text, type=Condition) == NO_AUTHORIZATION
    for bad in (
        b'{"type":"maybe"}',
        b'{"type":"not","condition":{"type":"all","conditions":[],"more":1}}',
        b'{"type":"compare","field":"drg","operator":"looks_like"}',
    ):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(bad, type=Condition)


@pytest.mark.parametrize(
    ("condition", "pointer"),
    [
        (compare("nothing", "is_absent"), "/field"),
        (compare("drg", "less_than", "1"), "/operator"),
        (compare("charge_cents", "starts_with", "1"), "/operator"),
        (compare("charge_cents", "less_than", "1", "2"), "/values"),
        (compare("charge_cents", "is_one_of"), "/values"),
        (compare("drg", "is_absent", "1"), "/values"),
        (compare("charge_cents", "is_one_of", "ten"), "/values/0"),
        (compare("charge_cents", "is_one_of", "NaN"), "/values/0"),
        (compare("service_date", "is_one_of", "2026-02-30"), "/values/0"),
        (All(()), "/conditions"),
        (Not(AnyOf((compare("nothing", "is_absent"),))), "/condition/conditions/0/field"),
    ],
)
def test_a_condition_that_cannot_be_is_told_where(condition: Condition, pointer: str) -> None:
    assert [fault.pointer for fault in faults_of(condition)] == [pointer]


def test_a_condition_has_a_greatest_depth_and_size() -> None:
    leaf: Condition = compare("drg", "is_absent")
    deep = leaf
    for _ in range(MOST_LEVELS - 1):
        deep = Not(deep)
    assert faults_of(deep) == []
    assert faults_of(Not(deep))
    assert faults_of(All((leaf,) * (MOST_PARTS - 1))) == []
    assert faults_of(All((leaf,) * MOST_PARTS))


KINDS = list(ClaimKind)
PAST = [c for kind in KINDS for c in RandomClaims(random.Random(3), kind).take(25)]
leaves = st.builds(
    Compare,
    st.sampled_from(sorted(FIELDS)),
    st.sampled_from(Operator),
    st.lists(st.sampled_from(["1", "25", "E11", "2026-05-05", "x", ""]), max_size=2).map(tuple),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(All, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Not, inner),
        st.builds(SomeLine, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(conditions, st.sampled_from(PAST))
def test_a_condition_without_faults_never_fails_and_not_turns_it_round(
    condition: Condition, claim: object
) -> None:
    if not faults_of(condition):
        assert holds(Not(condition), claim) is not holds(condition, claim)
        assert holds(All((condition,)), claim) is holds(AnyOf((condition,)), claim)


def test_every_field_says_something_of_some_claim() -> None:
    told = replace(
        CLAIM,
        rendering=DOCTOR,
        referring=DOCTOR,
        lines=(replace(LINE, rendering=DOCTOR, units=Decimal(2), modifiers=("25",)),),
    )
    silent = [
        field
        for field in FIELDS
        if all(holds(compare(field, "is_absent"), claim) for claim in (told, STAY, *PAST))
    ]
    assert silent == []
