"""Storage goes on after its database was killed, with the connections that it had."""

import asyncio
from collections.abc import Iterator
from uuid import UUID

import pytest

from storage.embedded import EmbeddedServer, RoleAddresses
from storage.errors import StorageUnavailable
from storage.filters import PayerFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.checks import readiness
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import PayerFields
from storage.vocabulary.claims import PayerType
from tests.servers import chosen_server, migrated_database, start_test_server

pytestmark = pytest.mark.anyio

COMPANY = new_id()
ACTOR = Actor(SYSTEM_ACTOR_ID, new_id())
CONNECTIONS = 4


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server of this module's own, to be killed."""
    server = start_test_server(chosen_server(), tmp_path_factory.mktemp("mortal"), unsafe_fast=True)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def there(mortal: EmbeddedServer) -> RoleAddresses:
    return migrated_database(mortal, "wellkept")


async def add_payer(storage: PostgresStorage, name: str) -> UUID:
    async with storage.transaction(COMPANY, ACTOR) as store:
        payer = await store.payers.create(
            PayerFields(name=name, payer_identifier=name, type=PayerType.COMMERCIAL)
        )
    return payer.id


async def count_payers(storage: PostgresStorage) -> int:
    async with storage.transaction(COMPANY, ACTOR) as store:
        return await store.payers.count(PayerFilter())


async def becomes_ready(storage: PostgresStorage) -> bool:
    """Whether readiness turns green within a number of probes."""
    for _ in range(20):
        if await readiness(storage) is None:
            return True
        await asyncio.sleep(0.25)
    return False


async def test_readiness_turns_red_and_green_again_by_itself(
    mortal: EmbeddedServer, there: RoleAddresses
) -> None:
    storage = PostgresStorage(there.app, maximum_connections=CONNECTIONS)
    await storage.open()
    try:
        await asyncio.gather(*(add_payer(storage, f"before {n}") for n in range(CONNECTIONS)))
        assert await readiness(storage) is None
        mortal.kill()
        assert await readiness(storage) == "the database cannot be reached"
        assert await readiness(storage) == "the database cannot be reached"
        mortal.start()
        assert await becomes_ready(storage)
        assert await count_payers(storage) == CONNECTIONS
        await asyncio.gather(*(count_payers(storage) for _ in range(3 * CONNECTIONS)))
    finally:
        await storage.close()


async def test_a_transaction_that_a_crash_cut_is_refused_and_leaves_nothing(
    mortal: EmbeddedServer, there: RoleAddresses
) -> None:
    storage = PostgresStorage(there.app)
    await storage.open()
    try:
        before = await count_payers(storage)

        async def cut_off() -> None:
            async with storage.transaction(COMPANY, ACTOR) as store:
                await store.payers.create(
                    PayerFields(name="cut", payer_identifier="cut", type=PayerType.OTHER)
                )
                mortal.kill()

        with pytest.raises(StorageUnavailable):
            await cut_off()
        mortal.start()
        assert await becomes_ready(storage)
        assert await count_payers(storage) == before
    finally:
        await storage.close()


async def test_connections_that_died_unseen_are_replaced_without_an_error(
    mortal: EmbeddedServer, there: RoleAddresses
) -> None:
    storage = PostgresStorage(there.app, maximum_connections=CONNECTIONS)
    await storage.open()
    try:
        await asyncio.gather(*(count_payers(storage) for _ in range(3 * CONNECTIONS)))
        with mortal.connect_as_superuser() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE usename = 'wellkept_app'"
            )
        await asyncio.gather(*(count_payers(storage) for _ in range(3 * CONNECTIONS)))
    finally:
        await storage.close()
