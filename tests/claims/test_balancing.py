"""The three gates of an 835 (X12 RFI 2348, 2601)."""

from services.claims.remittances.balancing import (
    Gate,
    GateFailure,
    check_claim,
    claim_difference_cents,
    line_difference_cents,
    patient_responsibility_difference_cents,
    transaction_difference_cents,
)
from services.claims.x12.remittance_model import (
    Adjustment,
    RemittanceClaim,
    RemittanceLine,
    TransactionEnd,
    TransactionHeader,
)


def line(charge: int, paid: int, *adjustments: Adjustment, position: int = 20) -> RemittanceLine:
    return RemittanceLine(
        position=position,
        procedure_code="99213",
        modifiers=(),
        charge_cents=charge,
        paid_cents=paid,
        adjustments=adjustments,
    )


def claim(
    charge: int,
    paid: int,
    *adjustments: Adjustment,
    lines: tuple[RemittanceLine, ...] = (),
    patient: int | None = None,
) -> RemittanceClaim:
    return RemittanceClaim(
        position=10,
        ordinal=1,
        patient_control_number="A1",
        status_code="1",
        charge_cents=charge,
        paid_cents=paid,
        patient_responsibility_cents=patient,
        adjustments=adjustments,
        lines=lines,
    )


def transaction(paid: int, provider_adjustment: int, deposit: int) -> int:
    header = TransactionHeader(position=3, ordinal=1, control_number="1", payment_cents=deposit)
    end = TransactionEnd(
        position=99,
        segment_count=97,
        claim_count=2,
        line_count=0,
        charge_cents=0,
        paid_cents=paid,
        provider_adjustment_cents=provider_adjustment,
        has_reversals=False,
        content_sha256=b"",
    )
    return transaction_difference_cents(header, end)


def test_a_line_balances_when_its_adjustments_explain_what_is_not_paid() -> None:
    balanced = line(10_000, 6_400, Adjustment("CO", "45", 2_000), Adjustment("PR", "2", 1_600))
    assert line_difference_cents(balanced) == 0


def test_a_cent_is_a_difference() -> None:
    assert line_difference_cents(line(10_000, 6_401, Adjustment("CO", "45", 3_600))) == -1


def test_a_negative_adjustment_raises_the_payment() -> None:
    """X12's COB example: 541.00 - 516.00 - (-9.00) = 34.00."""
    cob = claim(54_100, 3_400, Adjustment("OA", "23", 51_600), Adjustment("OA", "94", -900))
    assert claim_difference_cents(cob) == 0


def test_claim_level_and_line_level_adjustments_both_count() -> None:
    """X12's managed-care example: 1000 - 50 at the claim - 500 at the line = 450, not 500."""
    managed_care = claim(
        100_000,
        45_000,
        Adjustment("CO", "A2", 5_000),
        lines=(line(100_000, 50_000, Adjustment("CO", "45", 50_000)),),
    )
    assert check_claim(managed_care) == ()


def test_a_claim_without_lines_balances_by_its_own_adjustments() -> None:
    institutional = claim(1_000_000, 800_000, Adjustment("CO", "45", 200_000))
    assert check_claim(institutional) == ()


def test_the_check_names_every_gate_the_place_and_the_exact_difference() -> None:
    unbalanced = claim(
        20_000,
        15_000,
        lines=(
            line(10_000, 8_000, Adjustment("CO", "45", 2_000), position=20),
            line(10_000, 7_000, Adjustment("CO", "45", 2_998), position=24),
        ),
    )
    assert check_claim(unbalanced) == (
        GateFailure(Gate.LINE, 24, 2),
        GateFailure(Gate.CLAIM, 10, 2),
    )


def test_lines_may_balance_while_the_claim_does_not() -> None:
    wrong_total = claim(10_000, 8_100, lines=(line(10_000, 8_000, Adjustment("CO", "45", 2_000)),))
    assert check_claim(wrong_total) == (GateFailure(Gate.CLAIM, 10, -100),)


def test_the_check_agrees_with_the_single_differences() -> None:
    odd_line = line(10_000, 9_000, Adjustment("CO", "45", 1), Adjustment("PI", "45", -4))
    odd = claim(11_000, 9_000, Adjustment("CO", "45", 7), lines=(odd_line,))
    differences = [failure.difference_cents for failure in check_claim(odd)]
    assert differences == [line_difference_cents(odd_line), claim_difference_cents(odd)]


def test_a_deposit_is_the_claims_less_the_provider_adjustments() -> None:
    """X12's Medicare Part A example: 149,998.73 - (-1.27) = 150,000.00."""
    assert transaction(14_999_873, -127, 15_000_000) == 0
    assert transaction(14_999_873, 127, 15_000_000) == -2 * 127


def test_patient_responsibility_is_compared_and_may_be_absent() -> None:
    shares = line(10_000, 6_400, Adjustment("CO", "45", 2_000), Adjustment("PR", "2", 1_600))
    at_claim = Adjustment("PR", "1", 400)
    assert patient_responsibility_difference_cents(claim(0, 0, at_claim, lines=(shares,))) == 0
    agreeing = claim(0, 0, at_claim, lines=(shares,), patient=2_000)
    assert patient_responsibility_difference_cents(agreeing) == 0
    off = claim(0, 0, at_claim, lines=(shares,), patient=2_000 - 1)
    assert patient_responsibility_difference_cents(off) == -1
    assert check_claim(claim(400, 0, at_claim, patient=9_999)) == ()
