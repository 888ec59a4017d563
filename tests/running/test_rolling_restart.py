"""Two servers behind one address are restarted one after the other, and nobody notices."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from storage import migrations
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.postgres.checks import SchemaAhead, check_server, readiness
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests, make_company
from tests.running.load import kept, writers
from tests.running.program import ROOT, Program, wellkept
from tests.servers import migrated_database

pytestmark = pytest.mark.anyio

WRITERS = 12
PAUSE_SECONDS = 0.1

NEXT_MIGRATION = '''"""A column that the program before this one knows nothing of."""

from alembic import op

revision = "9999"
down_revision = "{head}"
expands = {expands}


def upgrade() -> None:
    op.execute("ALTER TABLE payers ADD COLUMN nickname text")


def downgrade() -> None:
    op.execute("ALTER TABLE payers DROP COLUMN nickname")
'''


def newer_program(directory: Path, *, expands: bool) -> Path:
    """A copy of the program with one migration more."""
    for name in ("app", "services", "storage", "alembic"):
        shutil.copytree(ROOT / name, directory / name)
    (directory / "alembic" / "versions" / "9999_next.py").write_text(
        NEXT_MIGRATION.format(head=migrations.expected_revision(), expands=expands)
    )
    return directory


@pytest.fixture
def database(durable_server: EmbeddedServer) -> Iterator[RoleAddresses]:
    """A database of its own, because its schema changes."""
    addresses = migrated_database(durable_server, "rolling")
    yield addresses
    with durable_server.connect_as_superuser() as superuser:
        superuser.execute("DROP DATABASE rolling WITH (FORCE)")


@pytest.fixture
async def storage(database: RoleAddresses) -> AsyncIterator[PostgresStorage]:
    storage = PostgresStorage(database.app)
    await storage.open()
    yield storage
    await storage.close()


@pytest.fixture
async def writer(database: RoleAddresses, storage: PostgresStorage) -> CompanyForTests:
    return await make_company(database.owner, storage)


async def test_a_rolling_restart_with_a_migration_between_fails_no_request(
    database: RoleAddresses,
    storage: PostgresStorage,
    writer: CompanyForTests,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    newer = newer_program(tmp_path / "newer", expands=True)
    settings: dict[str, object] = {
        "database_url": database.app,
        "owner_url": database.owner,
        "worker_url": database.worker,
        "rate_per_address": "1000000/second",
        "rate_per_principal": "1000000/second",
        "drain_seconds": 1,
    }
    servers = [Program(tmp_path / name / "data", **settings) for name in ("first", "second")]
    for server in servers:
        request.addfinalizer(server.leave_nothing)
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as address:
        url = f"http://127.0.0.1:{address.getsockname()[1]}"
        for server in servers:
            server.data_directory.parent.mkdir()
            await asyncio.to_thread(server.start_at, address)
        async with writers(url, writer.headers, WRITERS, pause_seconds=PAUSE_SECONDS) as written:
            await written.amount_to(2 * WRITERS)
            migrated = await asyncio.to_thread(
                wellkept,
                "migrate",
                settings=settings | {"data_directory": tmp_path / "x"},
                root=newer,
            )
            assert migrated.returncode == 0, migrated.stderr
            async with httpx.AsyncClient(base_url=url) as client:
                assert (await client.get("/health/ready")).json()["status"] == "ready"
            for server in servers:
                await written.amount_to(len(written.acknowledged) + 2 * WRITERS)
                assert await asyncio.to_thread(server.stop) == 0
                await written.amount_to(len(written.acknowledged) + 2 * WRITERS)
                await asyncio.to_thread(server.start_at, address, newer)
            await written.amount_to(len(written.acknowledged) + 2 * WRITERS)
        for server in servers:
            assert await asyncio.to_thread(server.stop) == 0
    assert written.failures == []
    assert written.told_to_leave > 0
    assert await kept(storage, writer) == written.acknowledged


async def test_a_migration_that_does_more_than_expand_turns_the_old_program_red(
    database: RoleAddresses, storage: PostgresStorage, tmp_path: Path
) -> None:
    newer = newer_program(tmp_path / "newer", expands=False)
    assert await readiness(storage) is None
    migrated = wellkept(
        "migrate",
        settings={
            "database_url": database.app,
            "owner_url": database.owner,
            "data_directory": tmp_path / "data",
        },
        root=newer,
    )
    assert migrated.returncode == 0, migrated.stderr
    assert "install the newer program" in (await readiness(storage) or "")
    with pytest.raises(SchemaAhead):
        check_server(database.app)


def test_what_a_schema_says_of_programs_is_what_its_migrations_say(
    database: RoleAddresses,
) -> None:
    head = migrations.expected_revision()
    with psycopg.connect(database.app) as connection:
        row = connection.execute(migrations.ASK_STATE.encode()).fetchone()
    assert row is not None
    state = migrations.SchemaState.of(*row)
    assert state == migrations.SchemaState(head, migrations.oldest_program(head))
    assert migrations.is_known(str(state.oldest_program))
