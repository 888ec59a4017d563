"""A company to test with, in one line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from services.identity.authentication import Principal
from services.identity.companies import NewCompany, create_company
from services.identity.credentials import KEY_PREFIX, make_credential
from services.identity.scopes import Scope
from storage.embedded import RoleAddresses
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.registry import PostgresCompanyRegistry
from storage.postgres.transaction import PostgresStorage
from storage.tables.identity import ApiKeyFields, PrincipalFields
from storage.vocabulary.identity import PrincipalKind
from tests.builders.keys import KEYRING


@dataclass(frozen=True)
class CompanyForTests:
    """A company, who acts in it, and the key that its headers carry."""

    id: UUID
    slug: str
    actor: Actor
    key: str

    @property
    def principal(self) -> Principal:
        """The key, as who asks."""
        return Principal(
            self.actor.principal_id,
            PrincipalKind.API_KEY,
            self.id,
            "test key",
            frozenset(Scope),
        )

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


async def make_company(
    owner: str | PostgresStorage,
    storage: PostgresStorage,
    *,
    scopes: tuple[Scope, ...] = tuple(Scope),
) -> CompanyForTests:
    """A new company with its system and operator principals and one key with ``scopes``; the owner
    founds it, who is connected already or is now, for this alone."""
    slug = f"company-{new_id().hex[-12:]}"
    new = NewCompany(slug=slug, name=slug, time_zone="America/New_York")
    async with _connected(owner) as founding:
        registry = PostgresCompanyRegistry(founding)
        company_id = await create_company(registry, new, request_id=new_id())
    key, key_id = await make_key(storage, company_id, scopes=scopes)
    return CompanyForTests(company_id, slug, Actor(key_id, new_id()), key)


@asynccontextmanager
async def _connected(owner: str | PostgresStorage) -> AsyncIterator[PostgresStorage]:
    if isinstance(owner, PostgresStorage):
        yield owner
        return
    storage = PostgresStorage(owner)
    await storage.open()
    try:
        yield storage
    finally:
        await storage.close()


def found_company(addresses: RoleAddresses) -> CompanyForTests:
    """The same from outside of any loop, by a storage of its own."""

    async def made() -> CompanyForTests:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            return await make_company(addresses.owner, storage)
        finally:
            await storage.close()

    return asyncio.run(made())


async def make_key(
    storage: PostgresStorage, company_id: UUID, *, scopes: tuple[Scope, ...]
) -> tuple[str, UUID]:
    """Another key of a company: its text and its principal's id."""
    key_id = new_id()
    secret = make_credential(KEY_PREFIX, company_id)
    async with storage.transaction(company_id, Actor(OPERATOR_ACTOR_ID, new_id())) as store:
        await store.principals.create_many(
            [PrincipalFields(kind=PrincipalKind.API_KEY, name="test key")], ids=[key_id]
        )
        await store.api_keys.create_many(
            [
                ApiKeyFields(
                    principal_id=key_id,
                    name="test key",
                    scopes=[str(scope) for scope in scopes],
                    secret_sha256=secret.secret_sha256,
                )
            ],
            ids=[key_id],
        )
    return secret.text, key_id
