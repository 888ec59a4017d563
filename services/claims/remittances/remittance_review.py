"""Transactions that were not posted by themselves: a person dismisses or accepts them."""

from __future__ import annotations

from uuid import UUID

from services.approvals.asking import Asked, ask
from services.approvals.involvement import worked
from services.approvals.steps import Step, Subject, Threshold
from services.approvals.thresholds import second_person_needed
from services.claims.remittances.receiving import enqueue_posting
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.refusals import IllegalTransition
from storage.errors import VersionConflict
from storage.interface import Store
from storage.tables.approvals import Approval
from storage.tables.remittances import RemittanceTransaction
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule
from storage.vocabulary.claims import RemittanceStatus, TransactionStatus

ENTITY = "remittance_transactions"

_TRANSITIONS: dict[TransactionStatus, frozenset[TransactionStatus]] = {
    TransactionStatus.IN_REVIEW: frozenset(
        {TransactionStatus.DISMISSED, TransactionStatus.RECEIVED}
    ),
    TransactionStatus.UNBALANCED: frozenset({TransactionStatus.DISMISSED}),
}


async def dismiss(
    store: Store, transaction_id: UUID, reason: str, *, expected_version: int
) -> RemittanceTransaction:
    """Never post it. Raises RowNotFound, IllegalTransition, VersionConflict, DecidedBefore."""
    await _held_for(store, transaction_id, TransactionStatus.DISMISSED)
    await worked(store, ENTITY, transaction_id)
    return await store.remittance_transactions.update(
        transaction_id,
        {"status": TransactionStatus.DISMISSED, "status_reason": reason},
        expected_version=expected_version,
    )


async def accept(
    store: Store, principal: Principal, transaction_id: UUID, reason: str, *, expected_version: int
) -> RemittanceTransaction | Asked[RemittanceTransaction]:
    """Let it be posted although its trace came before. The very same payment can never be: it
    would go back into review.

    Where the company wants a second person for the amount, it is asked for instead.
    Raises RowNotFound, IllegalTransition, VersionConflict, DecidedBefore, PersonNeeded,
    AlreadyAsked.
    """
    transaction = await _held_for(store, transaction_id, TransactionStatus.RECEIVED)
    if transaction.version != expected_version:
        raise VersionConflict(ENTITY)
    if await second_person_needed(store, ACCEPTANCE, amount_cents=transaction.payment_cents):
        subject = await _subject(store, transaction_id)
        return Asked(transaction, await ask(store, principal, ACCEPTANCE, subject, reason))
    await worked(store, ENTITY, transaction_id)
    return await _accepted(store, transaction, reason)


async def _accepted(
    store: Store, reviewed: RemittanceTransaction, reason: str
) -> RemittanceTransaction:
    transaction = await store.remittance_transactions.update(
        reviewed.id,
        {
            "status": TransactionStatus.RECEIVED,
            "status_reason": reason,
            "is_accepted": True,
        },
        expected_version=reviewed.version,
    )
    remittance = await store.remittances.lock(transaction.remittance_id)
    if remittance.status is RemittanceStatus.PROCESSED:
        await store.remittances.update(
            remittance.id,
            {"status": RemittanceStatus.POSTING, "processed_at": None},
            expected_version=remittance.version,
        )
    await enqueue_posting(store, remittance.id)
    return transaction


async def _subject(store: Store, transaction_id: UUID) -> Subject:
    """The transaction, held, and who brought it. Raises RowNotFound."""
    transaction = await store.remittance_transactions.lock(transaction_id)
    remittance = await store.remittances.get(transaction.remittance_id)
    return Subject(
        transaction.id,
        transaction.version,
        transaction.payment_cents,
        frozenset({remittance.created_by}),
    )


async def _accept(store: Store, approval: Approval) -> None:
    transaction = await _held_for(store, approval.entity_id, TransactionStatus.RECEIVED)
    await _accepted(store, transaction, approval.reason)


ACCEPTANCE = Step(
    kind=ApprovalKind.REMITTANCE_ACCEPTANCE,
    title="Post a payment under a trace number that came before",
    entity=ENTITY,
    asking_scope=Scope.REMITTANCES_RELEASE,
    deciding_scope=Scope.REMITTANCES_RELEASE,
    default=Threshold(ThresholdRule.NEVER),
    subject=_subject,
    apply=_accept,
)


async def _held_for(
    store: Store, transaction_id: UUID, wanted: TransactionStatus
) -> RemittanceTransaction:
    transaction = await store.remittance_transactions.lock(transaction_id)
    legal = _TRANSITIONS.get(transaction.status, frozenset())
    if wanted not in legal:
        raise IllegalTransition("remittance transaction", transaction.status, wanted, sorted(legal))
    return transaction
