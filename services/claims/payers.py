"""Payers: who adjudicates claims."""

from collections.abc import Mapping
from uuid import UUID

from services.claims.remittances.recognition import recognise_payer
from storage.filters import PayerFilter
from storage.interface import Page, Store
from storage.tables.claims import Payer, PayerFields


async def create_payer(store: Store, new: PayerFields) -> Payer:
    """Register a payer; what it sent before it was known is posted now.

    Raises DuplicateValue for a known payer_identifier or remittance_identifier.
    """
    payer = await store.payers.create(new)
    await recognise_payer(store, payer)
    return payer


async def get_payer(store: Store, payer_id: UUID) -> Payer:
    """Raises RowNotFound."""
    return await store.payers.get(payer_id)


async def list_payers(
    store: Store, conditions: PayerFilter, *, limit: int, after: UUID | None
) -> Page[Payer]:
    """Payers, newest first."""
    return await store.payers.list(conditions, limit=limit, after=after)


async def update_payer(
    store: Store, payer_id: UUID, changes: Mapping[str, object], *, expected_version: int
) -> Payer:
    """Change a payer; what it sent under an identifier that was not known is posted now.

    Raises RowNotFound, VersionConflict, DuplicateValue.
    """
    payer = await store.payers.update(payer_id, changes, expected_version=expected_version)
    if "remittance_identifier" in changes:
        await recognise_payer(store, payer)
    return payer
