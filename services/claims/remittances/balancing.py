"""Whether an 835 adds up, at its three levels. Amounts are cents, the tolerance is zero.

Source: X12 RFI 2348 and 2601 on ASC X12N 005010X221A1. A positive adjustment reduces the payment,
a negative one raises it; AMT and QTY segments never enter.
"""

from enum import StrEnum

import msgspec

from services.claims.x12.remittance_model import (
    RemittanceClaim,
    RemittanceLine,
    TransactionEnd,
    TransactionHeader,
)


class Gate(StrEnum):
    """The levels at which an 835 must balance."""

    LINE = "line"
    CLAIM = "claim"
    TRANSACTION = "transaction"


class GateFailure(msgspec.Struct, frozen=True, gc=False):
    """One level that does not add up, where it stands in the file, and by how much."""

    gate: Gate
    position: int  # of the SVC, CLP or ST segment
    difference_cents: int  # what the charges less the adjustments leave, less what is said paid


def line_difference_cents(line: RemittanceLine) -> int:
    """SVC02 less the line's CAS amounts less SVC03; 0 when the line balances (RFI 2348)."""
    difference = line.charge_cents - line.paid_cents
    for adjustment in line.adjustments:
        difference -= adjustment.amount_cents
    return difference


def claim_difference_cents(claim: RemittanceClaim) -> int:
    """CLP03 less every CAS amount of the claim and its lines less CLP04; 0 when it balances.

    The sum of the lines' payments is no part of it: a claim-level CAS makes CLP04 differ from it
    (RFI 2348, 2601).
    """
    difference = claim.charge_cents - claim.paid_cents
    for adjustment in claim.adjustments:
        difference -= adjustment.amount_cents
    for line in claim.lines:
        for adjustment in line.adjustments:
            difference -= adjustment.amount_cents
    return difference


def transaction_difference_cents(header: TransactionHeader, end: TransactionEnd) -> int:
    """The sum of CLP04 less the sum of PLB less BPR02; 0 when the deposit balances (RFI 2601)."""
    return end.paid_cents - end.provider_adjustment_cents - header.payment_cents


def check_claim(claim: RemittanceClaim) -> tuple[GateFailure, ...]:
    """Every gate that the claim and its lines fail, lines first; empty when it may be posted."""
    failures: list[GateFailure] | None = None
    claim_difference = claim.charge_cents - claim.paid_cents
    for adjustment in claim.adjustments:
        claim_difference -= adjustment.amount_cents
    for line in claim.lines:
        adjusted = 0
        for adjustment in line.adjustments:
            adjusted += adjustment.amount_cents
        claim_difference -= adjusted
        line_difference = line.charge_cents - line.paid_cents - adjusted
        if line_difference:
            failures = failures or []
            failures.append(GateFailure(Gate.LINE, line.position, line_difference))
    if claim_difference:
        failures = failures or []
        failures.append(GateFailure(Gate.CLAIM, claim.position, claim_difference))
    return tuple(failures) if failures else ()


def patient_responsibility_difference_cents(claim: RemittanceClaim) -> int:
    """CLP05 less the sum of the PR adjustments; 0 when they agree or CLP05 is absent.

    A warning, never a gate: payers in good standing send files in which they differ.
    """
    if claim.patient_responsibility_cents is None:
        return 0
    difference = claim.patient_responsibility_cents
    for adjustment in claim.adjustments:
        if adjustment.group == "PR":
            difference -= adjustment.amount_cents
    for line in claim.lines:
        for adjustment in line.adjustments:
            if adjustment.group == "PR":
                difference -= adjustment.amount_cents
    return difference
