"""Transactions that were not posted by themselves: a person dismisses or accepts them."""

from __future__ import annotations

from uuid import UUID

from services.claims.receiving import enqueue_posting
from services.refusals import IllegalTransition
from storage.interface import Store
from storage.tables.remittances import RemittanceTransaction
from storage.vocabulary.claims import RemittanceStatus, TransactionStatus

_TRANSITIONS: dict[TransactionStatus, frozenset[TransactionStatus]] = {
    TransactionStatus.IN_REVIEW: frozenset(
        {TransactionStatus.DISMISSED, TransactionStatus.RECEIVED}
    ),
    TransactionStatus.UNBALANCED: frozenset({TransactionStatus.DISMISSED}),
}


async def dismiss(
    store: Store, transaction_id: UUID, reason: str, *, expected_version: int
) -> RemittanceTransaction:
    """Never post it. Raises RowNotFound, IllegalTransition, VersionConflict."""
    await _check(store, transaction_id, TransactionStatus.DISMISSED)
    return await store.remittance_transactions.update(
        transaction_id,
        {"status": TransactionStatus.DISMISSED, "status_reason": reason},
        expected_version=expected_version,
    )


async def accept(
    store: Store, transaction_id: UUID, reason: str, *, expected_version: int
) -> RemittanceTransaction:
    """Let it be posted although its trace came before. The very same payment can never be: it
    would go back into review. Raises RowNotFound, IllegalTransition, VersionConflict."""
    await _check(store, transaction_id, TransactionStatus.RECEIVED)
    transaction = await store.remittance_transactions.update(
        transaction_id,
        {
            "status": TransactionStatus.RECEIVED,
            "status_reason": reason,
            "is_accepted": True,
        },
        expected_version=expected_version,
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


async def _check(store: Store, transaction_id: UUID, wanted: TransactionStatus) -> None:
    transaction = await store.remittance_transactions.lock(transaction_id)
    legal = _TRANSITIONS.get(transaction.status, frozenset())
    if wanted not in legal:
        raise IllegalTransition("remittance transaction", transaction.status, wanted, sorted(legal))
