"""Founding companies, which takes the owner's connection."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from storage.errors import DuplicateValue, SlugTaken
from storage.interface import Actor, CompanyRegistry, Store
from storage.postgres.transaction import PostgresStorage, PostgresStore

_TAKE_SLUG = "INSERT INTO company_directory (slug, company_id) VALUES (%(slug)s, %(company_id)s)"


class PostgresCompanyRegistry(CompanyRegistry):
    """See ``storage.interface.CompanyRegistry``; the storage is connected as the owner."""

    def __init__(self, owner_storage: PostgresStorage) -> None:
        self._storage = owner_storage

    @asynccontextmanager
    async def founding(self, company_id: UUID, slug: str, actor: Actor) -> AsyncIterator[Store]:
        async with self._storage.transaction(company_id, actor) as store:
            assert isinstance(store, PostgresStore)
            try:
                await store.execute(_TAKE_SLUG, {"slug": slug, "company_id": company_id})
            except DuplicateValue as error:
                raise SlugTaken(slug) from error
            yield store
