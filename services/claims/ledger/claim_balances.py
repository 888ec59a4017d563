"""What the company itself moves on a claim, beside what its payers decided.

The two balances of a claim follow from what payers decided (``settlement``) and from four sums of
the company's own: what patients paid, what was written off on either side, and what went back to
payers and they have not booked themselves. Each movement is a ledger entry and changes its sum and
its balance in the same transaction.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from storage.interface import Store
from storage.tables.claims import Claim
from storage.tables.ledger import LedgerFields
from storage.vocabulary.claims import LEDGER_ACCOUNTS, LedgerKind
from storage.vocabulary.money import BalanceSide


class _Effect(NamedTuple):
    """The column that sums the entries of a kind, and what an entry does to which balance."""

    sum_column: str
    side: BalanceSide
    sign: int
    sum_sign: int = 1


_EFFECTS: Mapping[LedgerKind, _Effect] = {
    LedgerKind.PATIENT_PAYMENT: _Effect("patient_payment_cents", BalanceSide.PATIENT, -1),
    LedgerKind.PATIENT_WRITE_OFF: _Effect("patient_write_off_cents", BalanceSide.PATIENT, -1),
    LedgerKind.INSURANCE_WRITE_OFF: _Effect("insurance_write_off_cents", BalanceSide.INSURANCE, -1),
    LedgerKind.PAYER_REFUND: _Effect("payer_refund_cents", BalanceSide.INSURANCE, 1),
    LedgerKind.PAYER_REFUND_BOOKED: _Effect("payer_refund_cents", BalanceSide.INSURANCE, -1, -1),
}


@dataclass(frozen=True)
class Movement:
    """An amount that the company moves on a claim, for a row of its own; negative takes it back."""

    claim_id: UUID
    kind: LedgerKind
    amount_cents: int
    source_id: UUID


def entry(
    kind: LedgerKind,
    amount_cents: int,
    *,
    effective_on: dt.date,
    source_id: UUID,
    claim_id: UUID | None = None,
    payer_id: UUID | None = None,
    transaction_id: UUID | None = None,
) -> LedgerFields:
    """A ledger entry of the company's own."""
    debit, credit = LEDGER_ACCOUNTS[kind]
    return LedgerFields(
        kind=kind,
        debit_account=debit,
        credit_account=credit,
        amount_cents=amount_cents,
        effective_on=effective_on,
        claim_id=claim_id,
        payer_id=payer_id,
        transaction_id=transaction_id,
        source_id=source_id,
    )


def balance_of(claim: Claim, side: BalanceSide) -> int:
    """What payers, or the patient, owe on a claim; below zero it is owed to them."""
    if side is BalanceSide.PATIENT:
        return claim.patient_balance_cents
    return claim.insurance_balance_cents


def has_money(claim: Claim) -> bool:
    """Whether anything but its charge stands on a claim: what payers decided and did not take back
    whole, or what the company itself moved."""
    return any(
        (
            claim.payment_cents,
            claim.write_off_cents,
            claim.patient_balance_cents,
            *(getattr(claim, effect.sum_column) for effect in _SUMS),
        )
    )


def credit_since(balance_cents: int, since: dt.date | None, today: dt.date) -> dt.date | None:
    """Since when a balance is a credit: the first day of this one, None where it is none."""
    return (since or today) if balance_cents < 0 else None


def insurance_credit_since(claim: Claim, balance_cents: int, today: dt.date) -> dt.date | None:
    """The same of what payers owe. What they paid on a replaced claim is no credit: its charge
    stands on the claim that replaces it, and they take their money back by a reversal."""
    if claim.is_replaced:
        return None
    return credit_since(balance_cents, claim.insurance_credit_since, today)


def after_settlement(claim: Claim, *, insurance_cents: int, patient_cents: int) -> tuple[int, int]:
    """Insurance and patient balance, given what the payers' decisions alone leave of each."""
    return (
        insurance_cents - claim.insurance_write_off_cents + claim.payer_refund_cents,
        patient_cents - claim.patient_payment_cents - claim.patient_write_off_cents,
    )


async def move(
    store: Store, claims: Sequence[Claim], movements: Sequence[Movement], *, effective_on: dt.date
) -> None:
    """Post the movements to claims that the caller holds, in two statements."""
    moved = [each for each in movements if each.amount_cents]
    if not moved:
        return
    await store.ledger_entries.create_many(
        [
            entry(
                each.kind,
                each.amount_cents,
                effective_on=effective_on,
                source_id=each.source_id,
                claim_id=each.claim_id,
            )
            for each in moved
        ]
    )
    by_claim: dict[UUID, list[Movement]] = defaultdict(list)
    for each in moved:
        by_claim[each.claim_id].append(each)
    touched = [claim for claim in claims if claim.id in by_claim]
    changed = [_changed(claim, by_claim[claim.id], effective_on) for claim in touched]
    await store.claims.update_many(
        {claim.id: claim.version for claim in touched},
        {column: [values[column] for values in changed] for column in changed[0]},
    )


def _changed(claim: Claim, movements: Sequence[Movement], day: dt.date) -> dict[str, object]:
    """The columns of a claim after some movements."""
    sums = {effect.sum_column: int(getattr(claim, effect.sum_column)) for effect in _SUMS}
    balances = {side: balance_of(claim, side) for side in BalanceSide}
    for each in movements:
        effect = _EFFECTS[each.kind]
        sums[effect.sum_column] += effect.sum_sign * each.amount_cents
        balances[effect.side] += effect.sign * each.amount_cents
    insurance, patient = balances[BalanceSide.INSURANCE], balances[BalanceSide.PATIENT]
    return {
        **sums,
        "insurance_balance_cents": insurance,
        "patient_balance_cents": patient,
        "insurance_credit_since": insurance_credit_since(claim, insurance, day),
        "patient_credit_since": credit_since(patient, claim.patient_credit_since, day),
    }


_SUMS = tuple(_EFFECTS.values())
