"""What a payer decided, by content."""

import datetime as dt

import pytest

from services.claims.remittances.outcomes import (
    AdjudicationOutcome,
    AdjudicationStatus,
    ClaimStatusMeaning,
    adjudication_status,
    claim_outcome,
    claim_status,
    line_outcome,
)
from services.claims.x12.remittance_model import Adjustment, RemittanceClaim, RemittanceLine

TODAY = dt.date(2026, 11, 21)
PAID = AdjudicationOutcome.PAID
PARTIALLY_PAID = AdjudicationOutcome.PARTIALLY_PAID
DENIED = AdjudicationOutcome.DENIED
PARTIALLY_DENIED = AdjudicationOutcome.PARTIALLY_DENIED
ZERO_PAID = AdjudicationOutcome.ZERO_PAID


def cas(*reasons: str) -> tuple[Adjustment, ...]:
    """``CO-45 2000`` each."""
    parsed = []
    for reason in reasons:
        code, cents = reason.split()
        group, carc = code.split("-")
        parsed.append(Adjustment(group, carc, int(cents)))
    return tuple(parsed)


def line(*reasons: str, charge: int = 10_000) -> RemittanceLine:
    """A line that pays what its adjustments leave."""
    adjustments = cas(*reasons)
    return RemittanceLine(
        position=20,
        procedure_code="99213",
        modifiers=(),
        charge_cents=charge,
        paid_cents=charge - sum(each.amount_cents for each in adjustments),
        adjustments=adjustments,
    )


def claim(
    *lines: RemittanceLine, status: str = "1", reasons: tuple[str, ...] = (), charge: int = 10_000
) -> RemittanceClaim:
    adjustments = cas(*reasons)
    charge = sum(each.charge_cents for each in lines) if lines else charge
    paid = sum(each.paid_cents for each in lines) if lines else charge
    return RemittanceClaim(
        position=10,
        ordinal=1,
        patient_control_number="A1",
        status_code=status,
        charge_cents=charge,
        paid_cents=paid - sum(each.amount_cents for each in adjustments),
        adjustments=adjustments,
        lines=lines,
    )


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        (("CO-45 2000", "PR-2 1600"), PAID),
        (("CO-45 2000", "CO-253 128", "PR-1 500"), PAID),
        (("CO-29 10000",), DENIED),
        (("PR-27 10000",), DENIED),
        (("OA-18 10000",), DENIED),
        (("PI-50 10000",), DENIED),
        (("CO-45 2000", "CO-197 8000"), DENIED),
        (("CO-45 10000",), ZERO_PAID),
        (("PR-1 10000",), ZERO_PAID),
        (("PR-1 5000", "PR-2 3000", "PR-3 2000"), ZERO_PAID),
        (("OA-23 10000",), ZERO_PAID),
        (("CO-24 10000",), ZERO_PAID),
        (("CO-251 2275",), PARTIALLY_PAID),
        (("CO-9999 10000",), DENIED),
        (("CO-9999 100",), PARTIALLY_PAID),
    ],
)
def test_a_line_is_judged_by_its_reasons(
    reasons: tuple[str, ...], expected: AdjudicationOutcome
) -> None:
    assert line_outcome(line(*reasons), TODAY) is expected
    assert claim_outcome(claim(line(*reasons)), TODAY) is expected
    assert claim_outcome(claim(reasons=reasons), TODAY) is expected


def test_a_line_that_was_charged_nothing_cannot_be_denied() -> None:
    assert line_outcome(line("CO-96 0", charge=0), TODAY) is ZERO_PAID
    assert line_outcome(line("CO-96 500", "CO-45 -500", charge=0), TODAY) is ZERO_PAID


def test_a_refusal_that_was_taken_back_in_the_same_line_denies_nothing() -> None:
    assert line_outcome(line("CO-50 4000", "CO-50 -4000", "PR-1 10000"), TODAY) is ZERO_PAID
    assert line_outcome(line("CO-50 -500", "PR-1 10500"), TODAY) is ZERO_PAID


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((line("CO-50 10000"), line("CO-29 10000")), DENIED),
        ((line("CO-50 10000"), line("CO-45 2000")), PARTIALLY_PAID),
        ((line("CO-50 10000"), line("PR-1 10000")), PARTIALLY_DENIED),
        ((line("CO-50 10000"), line(charge=0)), DENIED),
        ((line("CO-50 10000"), line("CO-246 1", charge=1)), DENIED),
        ((line("CO-45 2000"), line("PR-1 10000")), PAID),
    ],
)
def test_a_claim_is_judged_by_its_lines(
    lines: tuple[RemittanceLine, ...], expected: AdjudicationOutcome
) -> None:
    assert claim_outcome(claim(*lines), TODAY) is expected


def test_a_claim_level_refusal_denies_an_unpaid_claim_whose_lines_are_not_denied() -> None:
    assert claim_outcome(claim(line(), reasons=("CO-29 10000",)), TODAY) is DENIED
    assert claim_outcome(claim(line(), reasons=("CO-29 4000",)), TODAY) is PARTIALLY_PAID


@pytest.mark.parametrize("status", ["1", "2", "3", "19", "20", "21"])
def test_a_denial_arrives_under_the_codes_of_adjudicated_claims(status: str) -> None:
    """X12 RFI 1423, 1079: 4 is narrower than denied."""
    assert claim_outcome(claim(line("CO-29 10000"), status=status), TODAY) is DENIED


def test_a_patient_who_is_not_recognised_is_a_denial_whatever_the_reason() -> None:
    assert claim_outcome(claim(line("CO-45 10000"), status="4"), TODAY) is DENIED
    assert claim_outcome(claim(line("CO-45 2000"), status="4"), TODAY) is PAID


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("22", AdjudicationOutcome.REVERSED),
        ("23", AdjudicationOutcome.NOT_OURS),
        ("25", AdjudicationOutcome.PREDETERMINATION),
    ],
)
def test_codes_that_speak_for_themselves(status: str, expected: AdjudicationOutcome) -> None:
    assert claim_outcome(claim(line("CO-29 10000"), status=status), TODAY) is expected


@pytest.mark.parametrize(
    ("code", "meaning", "sequence", "forwarded"),
    [
        ("1", ClaimStatusMeaning.ADJUDICATED, 1, False),
        ("2", ClaimStatusMeaning.ADJUDICATED, 2, False),
        ("3", ClaimStatusMeaning.ADJUDICATED, 3, False),
        ("4", ClaimStatusMeaning.NOT_RECOGNISED, None, False),
        ("19", ClaimStatusMeaning.ADJUDICATED_AND_FORWARDED, 1, True),
        ("20", ClaimStatusMeaning.ADJUDICATED_AND_FORWARDED, 2, True),
        ("21", ClaimStatusMeaning.ADJUDICATED_AND_FORWARDED, 3, True),
        ("22", ClaimStatusMeaning.REVERSAL, None, False),
        ("23", ClaimStatusMeaning.NOT_OUR_CLAIM, None, True),
        ("25", ClaimStatusMeaning.PREDETERMINATION, None, False),
        ("5", ClaimStatusMeaning.NEEDS_REVIEW, None, False),
        ("", ClaimStatusMeaning.NEEDS_REVIEW, None, False),
    ],
)
def test_claim_status_codes(
    code: str, meaning: ClaimStatusMeaning, sequence: int | None, forwarded: bool
) -> None:
    status = claim_status(code)
    assert (status.meaning, status.payer_sequence) == (meaning, sequence)
    assert status.is_forwarded is forwarded


@pytest.mark.parametrize(
    ("current", "payments", "insurance", "reversed_before", "expected"),
    [
        ([], 0, 10_000, False, AdjudicationStatus.NOT_ADJUDICATED),
        ([], 0, 10_000, True, AdjudicationStatus.REVERSED),
        ([PAID], 6_400, 0, False, AdjudicationStatus.PAID),
        ([PAID], 6_400, -100, False, AdjudicationStatus.PAID),
        ([PAID], 6_400, 1_600, False, AdjudicationStatus.PARTIALLY_PAID),
        ([DENIED, PAID], 6_400, 0, True, AdjudicationStatus.PAID),
        ([DENIED], 0, 10_000, False, AdjudicationStatus.DENIED),
        ([DENIED, DENIED], 0, 10_000, False, AdjudicationStatus.DENIED),
        ([ZERO_PAID], 0, 0, False, AdjudicationStatus.ZERO_PAID),
        ([ZERO_PAID, DENIED], 0, 10_000, False, AdjudicationStatus.PARTIALLY_DENIED),
        ([PARTIALLY_DENIED], 0, 5_000, False, AdjudicationStatus.PARTIALLY_DENIED),
    ],
)
def test_the_status_of_a_claim(
    current: list[AdjudicationOutcome],
    payments: int,
    insurance: int,
    reversed_before: bool,
    expected: AdjudicationStatus,
) -> None:
    status = adjudication_status(
        current,
        payments_cents=payments,
        insurance_balance_cents=insurance,
        was_reversed=reversed_before,
    )
    assert status is expected
