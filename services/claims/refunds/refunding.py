"""Giving money back: to a payer out of a claim's credit or of what belongs to no claim here, to a
patient out of what is unapplied.

Approved, it is owed; paid out, it is gone. By two people unless the company says otherwise; what a
request was made on may not change before the decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.approvals.asking import Asked, ask
from services.approvals.involvement import worked
from services.approvals.steps import Step, Subject, Threshold
from services.approvals.thresholds import second_person_needed
from services.claims.deposits.expecting import expect
from services.claims.drafts import CalendarDay
from services.claims.exceptions.exception_queue import cancel_out_numbers
from services.claims.ledger.claim_balances import entry
from services.claims.ledger.money_reasons import REFUND_REASONS
from services.claims.patient_money.inputs import Cents
from services.claims.refunds.origins import (
    available_cents,
    hold_origin,
    paid_and_kept,
    paid_before,
    take_of,
)
from services.claims.remittances.matching import payers_in_turn
from services.company_calendar import company_today
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.inputs import Identifier, Input, Reason
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import RowNotFound, VersionConflict
from storage.filters import RefundFilter
from storage.interface import Page, Store
from storage.tables.approvals import Approval
from storage.tables.money import PatientPayment, Refund, RefundFields
from storage.tables.remittances import RemittanceException
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule
from storage.vocabulary.claims import LedgerKind
from storage.vocabulary.money import BalanceSide, CashKind, RefundStatus

ENTITY = "refunds"
_TRANSITIONS = {
    RefundStatus.REQUESTED: frozenset({RefundStatus.APPROVED, RefundStatus.REFUSED}),
    RefundStatus.APPROVED: frozenset(
        {RefundStatus.PAID, RefundStatus.CANCELLED, RefundStatus.RECOUPED}
    ),
}


class NewPayerRefund(Input):
    """What is to go back to a payer of a claim that was paid too much."""

    claim_id: UUID
    payer_id: UUID
    reason_code: Annotated[Identifier, Field(examples=["overpayment"])]
    amount_cents: Annotated[Cents, Field(examples=[4200])]
    note: Reason | None = None


class NewReturnRefund(Input):
    """What is to go back to a payer of what its remittance paid on no claim here: an exception that
    was returned."""

    exception_id: UUID
    reason_code: Annotated[Identifier, Field(examples=["overpayment"])]
    amount_cents: Annotated[Cents, Field(examples=[4200])]
    note: Reason | None = None


class NewPatientRefund(Input):
    """What is to go back to a patient of a payment that is not applied."""

    patient_payment_id: UUID
    reason_code: Annotated[Identifier, Field(examples=["overpayment"])]
    amount_cents: Annotated[Cents, Field(examples=[4200])]
    note: Reason | None = None


NewRefund = NewPayerRefund | NewPatientRefund | NewReturnRefund


class RefundPayment(Input):
    """When a refund was paid out, and the number of its check or transfer."""

    paid_on: Annotated[CalendarDay, Field(examples=["2026-03-16"])]
    reference: Identifier


@dataclass
class ExceedsCredit(Refusal):
    """More would go back than there is to give."""

    title: ClassVar[str] = "More would be given back than is owed"
    available_cents: int
    wanted_cents: int


@dataclass
class ExceedsPayments(Refusal):
    """The claim is in credit by what another payer paid."""

    title: ClassVar[str] = "More would be given back than this payer has paid on the claim"
    paid_cents: int
    wanted_cents: int


async def refund_payer(
    store: Store, principal: Principal, new: NewPayerRefund
) -> Refund | Asked[Refund]:
    """Give back to a payer what its claim is in credit, and no more than it has paid itself.

    Raises InvalidInput, ExceedsCredit, ExceedsPayments, PersonNeeded, MissingScope.
    """
    faults = await _reason_faults(store, BalanceSide.INSURANCE, new)
    try:
        claim = await store.claims.lock(new.claim_id)
        if new.payer_id not in payers_in_turn(claim):
            faults.append(Fault("/payer_id", "is no payer of the claim"))
    except RowNotFound:
        faults.append(Fault("/claim_id", "names no claim"))
    if faults:
        raise InvalidInput(faults)
    return await _requested(store, principal, claim.patient_id, new)


async def refund_patient(
    store: Store, principal: Principal, new: NewPatientRefund
) -> Refund | Asked[Refund]:
    """Give back to a patient what is unapplied of a payment.

    Raises InvalidInput, ExceedsCredit, PersonNeeded, MissingScope.
    """
    faults = await _reason_faults(store, BalanceSide.PATIENT, new)
    try:
        payment = await store.patient_payments.lock(new.patient_payment_id)
    except RowNotFound:
        faults.append(Fault("/patient_payment_id", "names no payment"))
    if faults:
        raise InvalidInput(faults)
    return await _requested(store, principal, payment.patient_id, new)


async def refund_return(
    store: Store, principal: Principal, new: NewReturnRefund
) -> Refund | Asked[Refund]:
    """Give back to a payer what it paid on no claim here, and is owed.

    Raises InvalidInput, ExceedsCredit, PersonNeeded, MissingScope.
    """
    faults = await _reason_faults(store, BalanceSide.INSURANCE, new)
    payer_id, patient_id = None, None
    try:
        exception = await store.remittance_exceptions.lock(new.exception_id)
        patient_id = exception.patient_id
        source = await store.remittance_transactions.get(exception.transaction_id)
        payer_id = source.payer_id
        if payer_id is None:
            faults.append(Fault("/exception_id", "came from a payer that is not registered"))
    except RowNotFound:
        faults.append(Fault("/exception_id", "names no exception"))
    if faults:
        raise InvalidInput(faults)
    return await _requested(store, principal, patient_id, new, payer_id)


async def pay_refund(
    store: Store, refund_id: UUID, payment: RefundPayment, *, expected_version: int
) -> Refund:
    """Record that it was paid out.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput.
    """
    owed = await _held_for(store, refund_id, RefundStatus.PAID, expected_version)
    if payment.paid_on > await company_today(store):
        raise InvalidInput([Fault("/paid_on", "lies in the future")])
    await store.ledger_entries.create(
        entry(
            LedgerKind.REFUND_PAID,
            owed.amount_cents,
            effective_on=payment.paid_on,
            source_id=owed.id,
            payer_id=owed.payer_id,
        )
    )
    await expect(
        store,
        CashKind.REFUND,
        owed.id,
        -owed.amount_cents,
        expected_on=payment.paid_on,
        trace=payment.reference,
        payer_id=owed.payer_id,
        patient_id=owed.patient_id,
    )
    return await store.refunds.update(
        refund_id,
        {"status": RefundStatus.PAID, **dict(payment)},
        expected_version=owed.version,
    )


async def cancel_refund(
    store: Store, refund_id: UUID, reason: str, *, expected_version: int
) -> Refund:
    """Owe it no more, before it was paid out: contra entries put back what it was taken of.

    Raises RowNotFound, VersionConflict, IllegalTransition.
    """
    await hold_origin(store, await store.refunds.get(refund_id))
    owed = await _held_for(store, refund_id, RefundStatus.CANCELLED, expected_version)
    if owed.booked_on is not None:
        raise IllegalTransition("refund", "booked by the payer", RefundStatus.CANCELLED, ["paid"])
    origin = await take_of(store, owed, -owed.amount_cents)
    cancelled = await store.refunds.update(
        refund_id,
        {"status": RefundStatus.CANCELLED, "closing_note": reason},
        expected_version=owed.version,
    )
    if isinstance(origin, RemittanceException):
        await cancel_out_numbers(store, [origin.patient_control_number])
    return cancelled


async def get_refund(store: Store, refund_id: UUID) -> Refund:
    """Raises RowNotFound."""
    return await store.refunds.get(refund_id)


async def list_refunds(
    store: Store, conditions: RefundFilter, *, limit: int, after: UUID | None
) -> Page[Refund]:
    """Refunds, newest first."""
    return await store.refunds.list(conditions, limit=limit, after=after)


async def _reason_faults(store: Store, side: BalanceSide, new: NewRefund) -> list[Fault]:
    today = await company_today(store)
    return REFUND_REASONS.faults(new.reason_code, side, new.amount_cents, new.note, today)


async def _requested(
    store: Store,
    principal: Principal,
    patient_id: UUID | None,
    new: NewRefund,
    payer_id: UUID | None = None,
) -> Refund | Asked[Refund]:
    number = await store.numbers.take("refund")
    fields = {"refund_number": f"REF-{number:06}", "patient_id": patient_id, "payer_id": payer_id}
    requested = await store.refunds.create(RefundFields.model_validate({**fields, **dict(new)}))
    await _require_credit(store, requested)
    if await second_person_needed(store, REFUND, amount_cents=new.amount_cents):
        subject = await _subject(store, requested.id)
        reason = new.note or new.reason_code
        return Asked(requested, await ask(store, principal, REFUND, subject, reason))
    await worked(store, ENTITY, requested.id)
    return await _approved(store, requested)


async def _held_for(
    store: Store, refund_id: UUID, wanted: RefundStatus, expected_version: int
) -> Refund:
    refund = await store.refunds.lock(refund_id)
    if refund.version != expected_version:
        raise VersionConflict(ENTITY)
    _require_move(refund, wanted)
    return refund


async def _subject(store: Store, refund_id: UUID) -> Subject:
    """What would go back; versions only rise, so their sum tells any change of either. Who
    received a patient's money does not decide that it goes back."""
    origin = await hold_origin(store, await store.refunds.get(refund_id))
    refund = await store.refunds.lock(refund_id)
    hands = {origin.created_by} if isinstance(origin, PatientPayment) else set()
    version = refund.version + origin.version
    return Subject(refund.id, version, refund.amount_cents, frozenset(hands))


async def _apply(store: Store, approval: Approval) -> None:
    refund = await store.refunds.get(approval.entity_id)
    _require_move(refund, RefundStatus.APPROVED)
    await _require_credit(store, refund)
    await _approved(store, refund)


async def _put_back(store: Store, approval: Approval, why: str) -> None:
    refund = await store.refunds.get(approval.entity_id)
    if refund.status is RefundStatus.REQUESTED:
        await store.refunds.update(
            refund.id,
            {"status": RefundStatus.REFUSED, "closing_note": why},
            expected_version=refund.version,
        )


async def _approved(store: Store, refund: Refund) -> Refund:
    await take_of(store, refund, refund.amount_cents)
    return await store.refunds.update(
        refund.id,
        {
            "status": RefundStatus.APPROVED,
            "approved_on": await company_today(store),
            "paid_before_cents": await paid_before(store, refund),
        },
        expected_version=refund.version,
    )


async def _require_credit(store: Store, refund: Refund) -> None:
    """Hold what it comes of. Raises ExceedsCredit, ExceedsPayments."""
    there_cents = available_cents(await hold_origin(store, refund))
    if refund.amount_cents > there_cents:
        raise ExceedsCredit(there_cents, refund.amount_cents)
    paid_cents = await paid_and_kept(store, refund)
    if paid_cents is not None and refund.amount_cents > paid_cents:
        raise ExceedsPayments(max(0, paid_cents), refund.amount_cents)


def _require_move(found: Refund, wanted: RefundStatus) -> None:
    legal = _TRANSITIONS.get(found.status, frozenset())
    if wanted not in legal:
        raise IllegalTransition("refund", found.status, wanted, sorted(legal))


REFUND = Step(
    kind=ApprovalKind.REFUND,
    title="Give money back to a payer or a patient",
    entity=ENTITY,
    asking_scope=Scope.PAYMENTS_WRITE,
    deciding_scope=Scope.PAYMENTS_APPROVE,
    default=Threshold(ThresholdRule.ALWAYS),
    subject=_subject,
    apply=_apply,
    put_back=_put_back,
)
