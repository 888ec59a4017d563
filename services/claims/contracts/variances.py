"""The ledger of variances, as it is read."""

from uuid import UUID

from storage.filters import PaymentVarianceFilter
from storage.interface import Page, Store
from storage.tables.contracts import PaymentVariance


async def list_variances(
    store: Store, conditions: PaymentVarianceFilter, *, limit: int, after: UUID | None
) -> Page[PaymentVariance]:
    """Variances, newest first."""
    return await store.payment_variances.list(conditions, limit=limit, after=after)
