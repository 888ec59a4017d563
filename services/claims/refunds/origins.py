"""What a refund is taken of: a claim in credit, a patient's unapplied payment, or what a payer paid
on no claim here and is owed back."""

from __future__ import annotations

from services.claims.ledger.claim_balances import Movement, entry, move
from services.claims.patient_money.payments import unapplied_cents
from services.company_calendar import company_today
from storage.filters import LedgerFilter, RefundFilter
from storage.interface import Store
from storage.tables.claims import Claim
from storage.tables.money import PatientPayment, Refund
from storage.tables.remittances import RemittanceException
from storage.vocabulary.claims import LedgerKind
from storage.vocabulary.money import RefundStatus

Origin = Claim | PatientPayment | RemittanceException


async def hold_origin(store: Store, refund: Refund) -> Origin:
    """What the money is taken of, held; it is held before the refund."""
    if refund.patient_payment_id is not None:
        return await store.patient_payments.lock(refund.patient_payment_id)
    if refund.exception_id is not None:
        return await store.remittance_exceptions.lock(refund.exception_id)
    assert refund.claim_id is not None
    return await store.claims.lock(refund.claim_id)


def available_cents(origin: Origin) -> int:
    """How much of it can go back."""
    if isinstance(origin, Claim):
        return 0 if origin.is_replaced else max(0, -origin.insurance_balance_cents)
    if isinstance(origin, RemittanceException):
        return origin.owed_cents
    return unapplied_cents(origin)


async def take_of(store: Store, refund: Refund, amount_cents: int) -> Origin:
    """Take the amount off what it comes of and owe it; negative puts it back. What was returned to
    a payer is owed already: the refund only takes it up."""
    today = await company_today(store)
    origin = await hold_origin(store, refund)
    if isinstance(origin, RemittanceException):
        owed_cents = origin.owed_cents - amount_cents
        return await store.remittance_exceptions.update(
            origin.id, {"owed_cents": owed_cents}, expected_version=origin.version
        )
    if isinstance(origin, Claim):
        movement = Movement(origin.id, LedgerKind.PAYER_REFUND, amount_cents, refund.id)
        await move(store, [origin], [movement], effective_on=today)
        return origin
    await store.ledger_entries.create(
        entry(LedgerKind.PATIENT_REFUND, amount_cents, effective_on=today, source_id=refund.id)
    )
    return await store.patient_payments.update(
        origin.id,
        {"refunded_cents": origin.refunded_cents + amount_cents},
        expected_version=origin.version,
    )


async def paid_before(store: Store, refund: Refund) -> int | None:
    """What the payer has paid on the claim until now; None for a refund of no claim."""
    if refund.claim_id is None:
        return None
    paid = LedgerFilter(claim_id=refund.claim_id, payer_id=refund.payer_id, kind=LedgerKind.PAYMENT)
    return sum(each.amount_cents for each in await store.ledger_entries.all(paid))


async def paid_and_kept(store: Store, refund: Refund) -> int | None:
    """What the payer has paid on the claim and is not going back to it already; None for a refund
    of no claim. A refund that the payer has booked has taken its payment back itself."""
    paid_cents = await paid_before(store, refund)
    if paid_cents is None:
        return None
    others = RefundFilter(
        claim_id=refund.claim_id,
        payer_id=refund.payer_id,
        statuses=[RefundStatus.APPROVED, RefundStatus.PAID],
    )
    return paid_cents - sum(
        each.amount_cents
        for each in await store.refunds.all(others)
        if each.booked_on is None and each.id != refund.id
    )
