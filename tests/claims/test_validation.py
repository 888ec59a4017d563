"""What is found about a claim before it goes out."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from services.claims.npi import has_valid_check_digit
from services.claims.validation.findings import Finding, Severity, Subject
from services.claims.validation.validating import validate
from storage.identifiers import new_id
from storage.tables.claims import Claim, ClaimLine, Patient, Payer
from storage.vocabulary.claims import ClaimType, PayerType
from tests.builders.claims import BIRTH_DATE, DIAGNOSIS, VALID_NPI

SERVED_ON = dt.date(2026, 3, 2)
TODAY = dt.date(2026, 3, 10)
SOUND_LINE: dict[str, Any] = {
    "procedure_code": "92014",
    "modifiers": [],
    "diagnosis_codes": [DIAGNOSIS],
    "units": Decimal(1),
    "charge_cents": 10_000,
    "place_of_service": "11",
    "service_date": SERVED_ON,
    "rendering_provider_id": None,
}
SOUND_CLAIM: dict[str, Any] = {
    "type": ClaimType.PROFESSIONAL,
    "subscriber_id": "SUB77",
    "rendering_provider_id": VALID_NPI,
    "billing_provider_id": VALID_NPI,
    "service_date": SERVED_ON,
    "admission_date": None,
    "discharge_date": None,
    "diagnosis_codes": [DIAGNOSIS],
}


def subject(
    *lines: dict[str, Any],
    today: dt.date = TODAY,
    limit_days: int = 365,
    payer_is_active: bool = True,
    **changes: Any,
) -> Subject:
    """A sound claim of one line, with what the test changes."""
    rows = [
        ClaimLine(id=new_id(), line_number=at, **SOUND_LINE | line)
        for at, line in enumerate(lines or ({},), start=1)
    ]
    total = sum(row.charge_cents for row in rows)
    patient: dict[str, Any] = {"birth_date": BIRTH_DATE}
    payer: dict[str, Any] = {
        "type": PayerType.COMMERCIAL,
        "timely_filing_limit_days": limit_days,
        "is_active": payer_is_active,
    }
    return Subject(
        claim=Claim(id=new_id(), **{"total_charge_cents": total} | SOUND_CLAIM | changes),
        lines=rows,
        patient=Patient(**patient),
        primary_payer=Payer(**payer),
        today=today,
    )


def found(given: Subject, severity: Severity = Severity.ERROR) -> list[tuple[str, str]]:
    """Rule and pointer of each finding of a severity."""
    return [(each.rule, each.pointer) for each in validate(given) if each.severity is severity]


def test_a_sound_claim_has_no_error_and_no_warning() -> None:
    assert found(subject()) == []
    assert found(subject(), Severity.WARNING) == []


def test_what_cannot_be_known_is_said_and_is_no_pass() -> None:
    unknown = found(subject(rendering_provider_id="dr3"), Severity.NO_DATA)
    assert unknown == [
        ("provider_identifier", "/rendering_provider_id"),
        ("procedure_code_exists", "/lines"),
        ("diagnosis_code_exists", "/diagnosis_codes"),
    ]


@pytest.mark.parametrize(
    ("changes", "rule", "pointer"),
    [
        ({"subscriber_id": " "}, "subscriber_id_missing", "/subscriber_id"),
        ({"billing_provider_id": ""}, "billing_provider_id_missing", "/billing_provider_id"),
        (
            {"rendering_provider_id": "1234567890"},
            "provider_identifier",
            "/rendering_provider_id",
        ),
        ({"payer_is_active": False}, "payer_inactive", "/primary_payer_id"),
        ({"diagnosis_codes": []}, "diagnosis_missing", "/diagnosis_codes"),
        (
            {"diagnosis_codes": [DIAGNOSIS, "E11.9", "E119"]},
            "diagnosis_repeated",
            "/diagnosis_codes",
        ),
        (
            {"diagnosis_codes": [DIAGNOSIS, "ABC"]},
            "diagnosis_code_format",
            "/diagnosis_codes/1",
        ),
        (
            {"service_date": TODAY + dt.timedelta(days=1)},
            "service_date_in_future",
            "/service_date",
        ),
        (
            {"admission_date": BIRTH_DATE - dt.timedelta(days=1)},
            "admission_date_before_birth",
            "/admission_date",
        ),
        (
            {
                "admission_date": SERVED_ON,
                "discharge_date": SERVED_ON - dt.timedelta(days=1),
            },
            "discharge_before_admission",
            "/discharge_date",
        ),
        ({"total_charge_cents": 9_999}, "total_differs_from_lines", "/total_charge_cents"),
    ],
)
def test_a_fault_of_the_claim_is_an_error_at_its_field(
    changes: dict[str, Any], rule: str, pointer: str
) -> None:
    assert (rule, pointer) in found(subject(**changes))


@pytest.mark.parametrize(
    ("line", "rule", "field"),
    [
        ({"procedure_code": "9201"}, "procedure_code_format", "procedure_code"),
        ({"place_of_service": "1"}, "place_of_service_format", "place_of_service"),
        ({"diagnosis_codes": []}, "line_diagnosis_missing", "diagnosis_codes"),
        ({"diagnosis_codes": ["E11.9"]}, "line_diagnosis_not_on_claim", "diagnosis_codes"),
        ({"charge_cents": 0}, "line_charge_not_positive", "charge_cents"),
        ({"units": Decimal(0)}, "line_units_not_positive", "units"),
        ({"service_date": TODAY + dt.timedelta(days=1)}, "line_date_in_future", "service_date"),
        (
            {"service_date": BIRTH_DATE - dt.timedelta(days=1)},
            "line_date_before_birth",
            "service_date",
        ),
    ],
)
def test_a_fault_of_a_line_is_an_error_at_its_place(
    line: dict[str, Any], rule: str, field: str
) -> None:
    errors = found(subject({}, {"procedure_code": "92083"} | line))
    assert (rule, f"/lines/1/{field}") in errors


def test_a_claim_without_lines_cannot_go_out() -> None:
    without = subject()
    empty = Subject(without.claim, [], without.patient, without.primary_payer, TODAY)
    assert ("lines_missing", "/lines") in found(empty)


def test_the_point_of_a_diagnosis_code_makes_no_difference() -> None:
    assert found(subject({"diagnosis_codes": [DIAGNOSIS.replace(".", "")]})) == []


def test_the_same_service_twice_needs_the_modifier_that_says_so() -> None:
    assert found(subject({}, {})) == [("line_repeated", "/lines/1")]
    assert found(subject({}, {"modifiers": ["76"]}, {"modifiers": ["76"]})) == []


def test_a_dental_claim_bills_dental_codes() -> None:
    dental = subject({"procedure_code": "D0120"}, type=ClaimType.DENTAL)
    assert found(dental) == []
    assert found(subject(type=ClaimType.DENTAL)) == [
        ("procedure_code_format", "/lines/0/procedure_code")
    ]


@pytest.mark.parametrize(
    ("days", "errors", "warnings"),
    [
        (82, [], []),
        (83, [], [("timely_filing_close", "/service_date")]),
        (90, [], [("timely_filing_close", "/service_date")]),
        (91, [("timely_filing_expired", "/service_date")], []),
    ],
)
def test_the_last_day_of_the_filing_limit_is_still_in_time(
    days: int, errors: list[tuple[str, str]], warnings: list[tuple[str, str]]
) -> None:
    today = SERVED_ON + dt.timedelta(days=days)
    given = subject(limit_days=90, today=today)
    assert found(given) == errors
    assert found(given, Severity.WARNING) == warnings


def test_filing_runs_from_the_first_service_but_for_institutions_from_the_last() -> None:
    spanning: tuple[dict[str, Any], ...] = (
        {},
        {"procedure_code": "92083", "service_date": SERVED_ON + dt.timedelta(days=3)},
    )
    today = SERVED_ON + dt.timedelta(days=91)
    as_professional = subject(*spanning, limit_days=90, today=today)
    as_institutional = subject(*spanning, limit_days=90, today=today, type=ClaimType.INSTITUTIONAL)
    assert found(as_professional) == [("timely_filing_expired", "/service_date")]
    assert found(as_institutional) == []


def test_every_finding_says_what_to_do() -> None:
    broken = subject(
        {"charge_cents": 0, "diagnosis_codes": [], "procedure_code": "?"},
        subscriber_id="",
        diagnosis_codes=[],
        discharge_date=SERVED_ON,
    )
    findings: list[Finding] = validate(broken)
    assert len(findings) > 5
    assert all(each.message and each.remedy.endswith(".") for each in findings)
    assert [each.severity for each in findings] == sorted(
        (each.severity for each in findings), key=list(Severity).index
    )


def test_the_check_digit_of_a_provider_identifier() -> None:
    # 1234567893 is the worked example of the NPI standard's check digit appendix.
    assert has_valid_check_digit("1234567893")
    assert not any(has_valid_check_digit(f"123456789{digit}") for digit in "012456789")
