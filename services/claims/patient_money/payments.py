"""Patients' payments: received under a receipt number, applied to claims, reversed.

A payment and the claims that it touches are held, in this order, until the transaction ends, so
that two who apply at once never apply more than there is.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.claims.deposits.expecting import expect, expect_back
from services.claims.ledger.claim_balances import Movement, entry, move
from services.claims.patient_money.application import changes_of, faults_of
from services.claims.patient_money.inputs import (
    Application,
    Applications,
    NewPatientPayment,
    PaymentReversal,
    is_a_card_number,
    is_in_future,
)
from services.company_calendar import company_today
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import RowNotFound, VersionConflict
from storage.filters import ClaimFilter, LedgerFilter, PatientPaymentFilter
from storage.interface import Page, Store
from storage.tables.claims import Claim
from storage.tables.money import PatientPayment, PatientPaymentFields
from storage.vocabulary.claims import LedgerKind
from storage.vocabulary.money import CashKind, PatientPaymentStatus, PaymentMethod

ENTITY = "patient_payments"


@dataclass
class PaymentRefunded(Refusal):
    """A part of the payment was given back already, so it cannot have failed to come."""

    title: ClassVar[str] = "A part of the payment was refunded"
    refunded_cents: int


@dataclass(frozen=True)
class PaymentInFull:
    """A payment, what is unapplied of it, and what is applied to which claim."""

    payment: PatientPayment
    unapplied_cents: int
    applications: list[Application]


def unapplied_cents(payment: PatientPayment) -> int:
    """What was received, less what is applied and what went back."""
    if payment.status is PatientPaymentStatus.REVERSED:
        return 0
    return payment.amount_cents - payment.applied_cents - payment.refunded_cents


async def receive_payment(store: Store, new: NewPatientPayment) -> PaymentInFull:
    """Take a payment in and apply it.

    Raises InvalidInput, ExceedsPayment, ExceedsPatientBalance.
    """
    await _check(store, new)
    number = await store.numbers.take("patient_payment")
    payment = await store.patient_payments.create(
        PatientPaymentFields(
            receipt_number=f"RCPT-{number:06}",
            patient_id=new.patient_id,
            method=new.method,
            reference=new.reference,
            received_on=new.received_on,
            amount_cents=new.amount_cents,
        )
    )
    await store.ledger_entries.create(
        entry(
            LedgerKind.PATIENT_RECEIPT,
            new.amount_cents,
            effective_on=new.received_on,
            source_id=payment.id,
        )
    )
    await expect(
        store,
        CashKind.PATIENT_PAYMENT,
        payment.id,
        new.amount_cents,
        expected_on=new.received_on,
        trace=new.reference,
        patient_id=new.patient_id,
    )
    if not new.applications:
        return PaymentInFull(payment, payment.amount_cents, [])
    return await _applied(store, payment, new.applications)


async def apply_payment(
    store: Store, payment_id: UUID, wanted: Applications, *, expected_version: int
) -> PaymentInFull:
    """Apply a payment as wanted, whatever it was applied to before.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput, ExceedsPayment,
    ExceedsPatientBalance.
    """
    payment = await held(store, payment_id, expected_version)
    return await _applied(store, payment, wanted.applications)


async def reverse_payment(
    store: Store, payment_id: UUID, reversal: PaymentReversal, *, expected_version: int
) -> PaymentInFull:
    """Take a payment back: contra entries off every claim, and for the money itself.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput, PaymentRefunded.
    """
    payment = await held(store, payment_id, expected_version)
    if payment.refunded_cents:
        raise PaymentRefunded(payment.refunded_cents)
    if not payment.received_on <= reversal.reversed_on <= await company_today(store):
        raise InvalidInput([Fault("/reversed_on", "lies before the payment or in the future")])
    taken = await _moved(store, payment, [], reversal.reversed_on)
    await store.ledger_entries.create(
        entry(
            LedgerKind.PATIENT_RECEIPT,
            -payment.amount_cents,
            effective_on=reversal.reversed_on,
            source_id=payment.id,
        )
    )
    assert taken == 0
    await expect_back(store, CashKind.PATIENT_PAYMENT, payment.id, expected_on=reversal.reversed_on)
    reversed_payment = await store.patient_payments.update(
        payment_id,
        {
            "status": PatientPaymentStatus.REVERSED,
            "applied_cents": 0,
            "reversed_on": reversal.reversed_on,
            "reversal_reason": reversal.reason,
        },
        expected_version=payment.version,
    )
    return PaymentInFull(reversed_payment, 0, [])


async def get_payment(store: Store, payment_id: UUID) -> PaymentInFull:
    """Raises RowNotFound."""
    payment = await store.patient_payments.get(payment_id)
    return await _in_full(store, payment)


async def list_payments(
    store: Store, conditions: PatientPaymentFilter, *, limit: int, after: UUID | None
) -> Page[PatientPayment]:
    """Payments, newest first."""
    return await store.patient_payments.list(conditions, limit=limit, after=after)


async def held(store: Store, payment_id: UUID, expected_version: int) -> PatientPayment:
    """The payment, held, which has not been reversed.

    Raises RowNotFound, VersionConflict, IllegalTransition.
    """
    payment = await store.patient_payments.lock(payment_id)
    if payment.status is PatientPaymentStatus.REVERSED:
        raise IllegalTransition("payment", payment.status, "changed", [])
    if payment.version != expected_version:
        raise VersionConflict(ENTITY)
    return payment


async def _check(store: Store, new: NewPatientPayment) -> None:
    """Raises InvalidInput with every fault."""
    faults = []
    if new.reference is not None and is_a_card_number(new.reference):
        faults.append(Fault("/reference", "looks like a card's number, which must not be kept"))
    if new.method is PaymentMethod.CHECK and new.reference is None:
        faults.append(Fault("/reference", "is the number of the check"))
    if is_in_future(new.received_on, await company_today(store)):
        faults.append(Fault("/received_on", "lies in the future"))
    try:
        await store.patients.get(new.patient_id)
    except RowNotFound:
        faults.append(Fault("/patient_id", "names no patient"))
    if faults:
        raise InvalidInput(faults)


async def _applied(
    store: Store, payment: PatientPayment, applications: list[Application]
) -> PaymentInFull:
    day = await company_today(store)
    total = await _moved(store, payment, applications, day)
    payment = await store.patient_payments.update(
        payment.id, {"applied_cents": total}, expected_version=payment.version
    )
    ordered = sorted(applications, key=lambda each: each.claim_id)
    return PaymentInFull(payment, unapplied_cents(payment), ordered)


async def _moved(
    store: Store, payment: PatientPayment, applications: list[Application], day: dt.date
) -> int:
    """Move what differs between the claims; returns what is applied then."""
    current = await _current(store, payment)
    wanted = {each.claim_id: each.amount_cents for each in applications}
    claims: dict[UUID, Claim] = {}
    if ids := sorted({*current, *wanted}):
        claims = {each.id: each for each in await store.claims.lock_all(ClaimFilter(ids=ids))}
    if faults := faults_of(applications, claims, payment.patient_id):
        raise InvalidInput(faults)
    available = payment.amount_cents - payment.refunded_cents
    changes = changes_of(current, wanted, claims, available_cents=available)
    await move(
        store,
        list(claims.values()),
        [
            Movement(claim_id, LedgerKind.PATIENT_PAYMENT, change, payment.id)
            for claim_id, change in changes.items()
        ],
        effective_on=day,
    )
    return sum(wanted.values())


async def _current(store: Store, payment: PatientPayment) -> dict[UUID, int]:
    """What the payment pays on each claim, by the ledger."""
    found: Counter[UUID] = Counter()
    conditions = LedgerFilter(source_id=payment.id, kind=LedgerKind.PATIENT_PAYMENT)
    for each in await store.ledger_entries.all(conditions):
        assert each.claim_id is not None
        found[each.claim_id] += each.amount_cents
    return {claim_id: cents for claim_id, cents in found.items() if cents}


async def _in_full(store: Store, payment: PatientPayment) -> PaymentInFull:
    current = await _current(store, payment)
    applications = [
        Application(claim_id=claim_id, amount_cents=cents)
        for claim_id, cents in sorted(current.items())
    ]
    return PaymentInFull(payment, unapplied_cents(payment), applications)
