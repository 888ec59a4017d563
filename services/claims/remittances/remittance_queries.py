"""Reading what became of remittances."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.files.reading import ReadableFile, readable
from storage.filters import (
    AdjudicationFilter,
    ByRemittance,
    RemittanceFilter,
    RemittanceTransactionFilter,
)
from storage.interface import Page, Store
from storage.tables.remittances import Remittance, RemittanceAnomaly, RemittanceTransaction


@dataclass
class Progress:
    """A remittance with its transactions."""

    remittance: Remittance
    transactions: list[RemittanceTransaction]


async def progress(store: Store, remittance_id: UUID) -> Progress:
    """How far a remittance is. Raises RowNotFound."""
    remittance = await store.remittances.get(remittance_id)
    transactions = await store.remittance_transactions.all(
        RemittanceTransactionFilter(remittance_id=remittance_id)
    )
    return Progress(remittance, sorted(transactions, key=lambda each: each.ordinal))


async def list_remittances(
    store: Store, conditions: RemittanceFilter, *, limit: int, after: UUID | None
) -> Page[Remittance]:
    """Files, newest first."""
    return await store.remittances.list(conditions, limit=limit, after=after)


async def list_anomalies(
    store: Store, remittance_id: UUID, *, limit: int, after: UUID | None
) -> Page[RemittanceAnomaly]:
    """What was odd in a file. Raises RowNotFound."""
    await store.remittances.get(remittance_id)
    return await store.remittance_anomalies.list(
        ByRemittance(remittance_id=remittance_id), limit=limit, after=after
    )


async def list_transactions(
    store: Store, conditions: RemittanceTransactionFilter, *, limit: int, after: UUID | None
) -> Page[RemittanceTransaction]:
    """Transactions, newest first."""
    return await store.remittance_transactions.list(conditions, limit=limit, after=after)


async def get_transaction(store: Store, transaction_id: UUID) -> RemittanceTransaction:
    """Raises RowNotFound."""
    return await store.remittance_transactions.get(transaction_id)


async def whole_file(store: Store, remittance_id: UUID) -> ReadableFile:
    """The file of a remittance, about to be handed out: every patient it was posted to is on
    record as read, and that there may be others. Raises RowNotFound, FileNotKept."""
    remittance = await store.remittances.get(remittance_id)
    transactions = await store.remittance_transactions.all(
        RemittanceTransactionFilter(remittance_id=remittance_id)
    )
    await store.adjudications.all(
        AdjudicationFilter(transaction_ids=[each.id for each in transactions])
    )
    store.patients_read.add(None)
    return await readable(store, remittance.file_id)
