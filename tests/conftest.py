"""A real PostgreSQL for every test that touches rows.

Companies are cheap and kept apart by the product itself, so tests share one database and each
makes the companies that it needs.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from copy import copy
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from litestar import Litestar

from app.memory import look_for_cycles_rarely
from app.server import Routes
from app.settings import Settings
from services.identity import passwords
from storage.clock import Clock, SystemClock
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.postgres.transaction import PostgresStorage
from tests import poolers, scheduling
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING, SIGNING
from tests.servers import chosen_server, migrated_database, start_test_server


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A run through a pooler is for the tests that meet it: others would be the same again."""
    if poolers.is_wanted():
        past_it = [item for item in items if not poolers.meets(item)]
        config.hook.pytest_deselected(items=past_it)
        items[:] = [item for item in items if poolers.meets(item)]
    items.sort(key=lambda item: scheduling.place_of(item.nodeid))


def pytest_collection_finish() -> None:
    """What was collected stays to the end: nothing has to look through it again and again."""
    look_for_cycles_rarely()


def pytest_xdist_make_scheduler(
    config: pytest.Config, log: object
) -> scheduling.ByWhatIsShared | None:
    if config.option.dist != "loadfile":
        return None
    return scheduling.ByWhatIsShared(config, log)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def product_hasher() -> Iterator[PasswordHasher]:
    """What the product keeps passwords with, which makes guessing costly; tests guess nothing."""
    with pytest.MonkeyPatch.context() as patch:
        product = passwords._HASHER
        patch.setattr(
            passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        )
        yield product


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """PostgreSQL 18 of the wheel, or the one that WELLKEPT_TEST_POSTGRESQL names (15)."""
    server = start_test_server(
        chosen_server(), tmp_path_factory.mktemp("postgresql"), unsafe_fast=True
    )
    yield server
    server.stop()


@pytest.fixture(scope="session")
def addresses(
    server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RoleAddresses]:
    """A migrated database and the URL of each role.

    Where WELLKEPT_TEST_POOLER is ``pgbouncer``, the program's and the worker's lead through that,
    and storage prepares no statements, as the manual tells an operator to set it there.
    """
    addresses = migrated_database(server, "wellkept")
    if not poolers.is_wanted():
        yield addresses
        return
    directory = tmp_path_factory.mktemp("pooler") / "pgbouncer"
    with (
        pytest.MonkeyPatch.context() as patch,
        poolers.pooled(server, addresses, directory, connections=8) as through,
    ):
        patch.setitem(PostgresStorage.__init__.__kwdefaults__, "prepares_statements", False)
        yield through


@pytest.fixture(scope="session")
def database_settings() -> Mapping[str, bool]:
    """Settings for what is between the program and its database in this run."""
    direct = not poolers.is_wanted()
    return {"prepares_statements": direct, "worker_listens": direct}


@pytest.fixture(scope="session")
def durable_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server that waits for its disk, as the product's always does."""
    server = start_test_server(chosen_server(), tmp_path_factory.mktemp("durable"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def durable(durable_server: EmbeddedServer) -> RoleAddresses:
    """A migrated database on the server that forgets nothing."""
    return migrated_database(durable_server, "durable")


@pytest.fixture
def clock() -> Clock:
    """The system's; tests that move time put their own in its place."""
    return SystemClock()


@pytest.fixture(scope="module")
async def connected(addresses: RoleAddresses) -> AsyncIterator[PostgresStorage]:
    """Connections of the program's restricted role, which go from test to test as they go from
    request to request in the program: the first statements on a new one take the longest."""
    storage = PostgresStorage(addresses.app, keyring=KEYRING)
    await storage.open()
    yield storage
    await storage.close()


@pytest.fixture(scope="module")
async def connected_owner(addresses: RoleAddresses) -> AsyncIterator[PostgresStorage]:
    """Connections of the owner, who founds companies."""
    storage = PostgresStorage(addresses.owner)
    await storage.open()
    yield storage
    await storage.close()


@pytest.fixture(scope="module")
async def connected_worker(addresses: RoleAddresses) -> AsyncIterator[PostgresStorage]:
    """Connections of the worker's role."""
    storage = PostgresStorage(addresses.worker, keyring=KEYRING)
    await storage.open()
    yield storage
    await storage.close()


@pytest.fixture
def storage(connected: PostgresStorage, clock: Clock) -> PostgresStorage:
    """Storage as the program's restricted role, at the time of the clock."""
    return _at(clock, connected)


@pytest.fixture
def worker(connected_worker: PostgresStorage, clock: Clock) -> PostgresStorage:
    """Storage as the worker's role, which alone appends seals, at the time of the clock."""
    return _at(clock, connected_worker)


def _at(clock: Clock, connected: PostgresStorage) -> PostgresStorage:
    storage = copy(connected)
    storage.clock = clock
    return storage


@pytest.fixture
async def company(connected_owner: PostgresStorage, storage: PostgresStorage) -> CompanyForTests:
    """A company with one key that has every scope."""
    return await make_company(connected_owner, storage)


@pytest.fixture
async def other_company(
    connected_owner: PostgresStorage, storage: PostgresStorage
) -> CompanyForTests:
    """Another company, for what must not cross."""
    return await make_company(connected_owner, storage)


@pytest.fixture
def vault(tmp_path: Path) -> FileVault:
    """An empty store of kept files."""
    return FileVault(LocalFileStore(tmp_path / "files"))


@pytest.fixture(scope="session")
def routes() -> Routes:
    """The product's routes, which take longer to build than most tests."""
    return Routes(largest_body_bytes=Settings().largest_body_bytes)


@pytest.fixture
def application(routes: Routes, storage: PostgresStorage, vault: FileVault) -> Litestar:
    """The web application on the test database."""
    return routes.serving(Settings(), storage, vault, signing=SIGNING)


@pytest.fixture
async def client(
    application: Litestar, company: CompanyForTests
) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that carries the company's key."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application),
        base_url="http://wellkept.test",
        headers=company.headers,
    ) as client:
        yield client
