"""The denials that wait to be worked, and those that did."""

from uuid import UUID

from storage.filters import DenialFilter
from storage.interface import Page, Store
from storage.tables.ledger import Denial


async def get_denial(store: Store, denial_id: UUID) -> Denial:
    """Raises RowNotFound."""
    return await store.denials.get(denial_id)


async def list_denials(
    store: Store, conditions: DenialFilter, *, limit: int, after: UUID | None
) -> Page[Denial]:
    """Denials, newest first."""
    return await store.denials.list(conditions, limit=limit, after=after)
