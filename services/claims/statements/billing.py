"""What a patient can be billed for now. Pure.

Only what a payer said is the patient's (PR) and was posted; nothing on a claim for which an insurer
still owes or is owed; nothing that was refused (PR-27 and its like) before somebody has decided
that the patient owes it. What was paid, written off or given back is taken off as the claim's own
columns have it.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from storage.tables.claims import Claim
from storage.tables.money import StatementLine
from storage.vocabulary.money import StatementOutcome


def billable_lines(
    claims: Sequence[Claim], denied_cents: Mapping[UUID, int]
) -> list[StatementLine]:
    """A line for each claim of which something is due now, by service date.

    ``denied_cents`` is what was refused on each claim and is not known to be the patient's.
    """
    ordered = sorted(claims, key=lambda each: (each.service_date, each.claim_number))
    lines = [_line(claim, denied_cents.get(claim.id, 0)) for claim in ordered if is_decided(claim)]
    return [line for line in lines if line.due_cents > 0]


def standing_of(
    claims: Sequence[Claim],
    lines: Sequence[StatementLine],
    *,
    minimum_cents: int,
    was_stated_lately: bool,
) -> StatementOutcome:
    """Whether a run bills a patient who owes something, given what is billable now, or why not."""
    due_cents = sum(line.due_cents for line in lines)
    if not lines:
        owing = [each for each in claims if each.patient_balance_cents > 0]
        is_with_insurers = any(not is_decided(each) for each in owing)
        return StatementOutcome.WITH_INSURERS if is_with_insurers else StatementOutcome.IN_DENIAL
    if due_cents < minimum_cents:
        return StatementOutcome.BELOW_MINIMUM
    if was_stated_lately:
        return StatementOutcome.STATED_LATELY
    return StatementOutcome.STATED


def is_decided(claim: Claim) -> bool:
    """Whether the insurers are done with a claim: they owe nothing on it and are owed nothing."""
    return claim.submitted_at is not None and claim.insurance_balance_cents == 0


def _line(claim: Claim, denied_cents: int) -> StatementLine:
    balance_cents = claim.patient_balance_cents
    not_yet_due_cents = max(0, min(balance_cents, denied_cents))
    return StatementLine(
        claim_id=claim.id,
        claim_number=claim.claim_number,
        service_date=claim.service_date,
        charge_cents=claim.total_charge_cents,
        insurance_paid_cents=claim.payment_cents - claim.payer_refund_cents,
        adjusted_cents=claim.write_off_cents
        + claim.insurance_write_off_cents
        + claim.patient_write_off_cents,
        patient_paid_cents=claim.patient_payment_cents,
        not_yet_due_cents=not_yet_due_cents,
        due_cents=balance_cents - not_yet_due_cents,
    )
