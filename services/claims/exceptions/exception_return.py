"""Owing the money of an exception back to the payer: by one person, or by two from an amount on."""

from uuid import UUID

from services.approvals.asking import Asked, ask
from services.approvals.involvement import worked
from services.approvals.steps import Step, Threshold
from services.approvals.thresholds import second_person_needed
from services.claims.exceptions.exception_queue import publish_resolved
from services.claims.exceptions.exception_release import subject_of
from services.claims.exceptions.exceptions import ENTITY, held_for
from services.claims.ledger.books import Source, Writing
from services.company_calendar import company_calendar
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from storage.errors import VersionConflict
from storage.interface import Store
from storage.tables.approvals import Approval
from storage.tables.remittances import RemittanceException
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule
from storage.vocabulary.claims import ExceptionStatus, LedgerKind


async def return_to_payer(
    store: Store, principal: Principal, exception_id: UUID, reason: str, *, expected_version: int
) -> RemittanceException | Asked[RemittanceException]:
    """Owe its money back to the payer: out of unapplied cash, into refunds payable. It goes out
    as a refund.

    Where the company wants a second person for the amount, it is asked for instead.
    Raises RowNotFound, IllegalTransition, VersionConflict, DecidedBefore, PersonNeeded,
    AlreadyAsked.
    """
    exception = await held_for(store, exception_id, ExceptionStatus.RETURNED)
    if exception.version != expected_version:
        raise VersionConflict(ENTITY)
    if await second_person_needed(store, RETURN, amount_cents=exception.paid_cents):
        subject = await subject_of(store, exception_id)
        return Asked(exception, await ask(store, principal, RETURN, subject, reason))
    await worked(store, ENTITY, exception_id)
    return await _returned(store, exception, reason)


async def _returned(
    store: Store, exception: RemittanceException, reason: str
) -> RemittanceException:
    returned = await store.remittance_exceptions.update(
        exception.id,
        {
            "status": ExceptionStatus.RETURNED,
            "resolution_note": reason,
            "resolved_at": store.now,
            "owed_cents": max(0, exception.paid_cents),
        },
        expected_version=exception.version,
    )
    transaction = await store.remittance_transactions.get(exception.transaction_id)
    writing = Writing()
    writing.move(
        LedgerKind.RETURN,
        exception.paid_cents,
        Source(transaction, None, await company_calendar(store)),
        exception_id=exception.id,
    )
    await store.ledger_entries.create_many(writing.ledger)
    if exception.status is ExceptionStatus.OPEN:
        await publish_resolved(store, [exception.id])
    return returned


async def _return(store: Store, approval: Approval) -> None:
    exception = await held_for(store, approval.entity_id, ExceptionStatus.RETURNED)
    await _returned(store, exception, approval.reason)


RETURN = Step(
    kind=ApprovalKind.REMITTANCE_RETURN,
    title="Owe the money of an exception back to the payer",
    entity=ENTITY,
    asking_scope=Scope.REMITTANCES_RELEASE,
    deciding_scope=Scope.REMITTANCES_RELEASE,
    default=Threshold(ThresholdRule.NEVER),
    subject=subject_of,
    apply=_return,
)
