"""Expected amounts that cancel each other, so that the bank will show neither."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.claims.deposits.expecting import cancel
from storage.filters import CashItemFilter
from storage.interface import Store
from storage.vocabulary.money import CashKind, CashStatus


async def offset_sources(store: Store, kind: CashKind, source_ids: Sequence[UUID]) -> None:
    """Expect neither any more, where the bank has shown none of them and they sum to nothing."""
    items = await store.cash_items.lock_all(
        CashItemFilter(kind=kind, source_ids=list(source_ids), status=CashStatus.EXPECTED)
    )
    if len(items) == len(source_ids) and sum(each.amount_cents for each in items) == 0:
        await cancel(store, items)
