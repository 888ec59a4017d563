"""A worker that is stopped in the middle of a deletion ends, and another goes on with it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from app.jobs import worker as worker_module
from app.jobs.catalogue import PERIODIC_JOBS
from app.jobs.worker import run_worker
from app.runtime import Installation
from app.settings import Settings
from storage.clock import SystemClock
from storage.deletion.closing import as_owner, close_company, reading_as_owner
from storage.deletion.register import Decision, all_deletions, certificate_of
from storage.embedded import EmbeddedServer, RoleAddresses
from tests.builders.companies import CompanyForTests, found_company
from tests.builders.tenant_rows import bind, fill_every_table
from tests.servers import migrated_database

pytestmark = pytest.mark.anyio

_WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'payers'::regclass)"
_LONGEST_WAIT_SECONDS = 60


@pytest.fixture(scope="module")
def addresses(server: EmbeddedServer) -> RoleAddresses:
    """A database of its own: what is deleted in it is deleted for all of a run."""
    return migrated_database(server, "stopped_deletion")


@pytest.fixture
def installation(addresses: RoleAddresses, tmp_path: Path) -> Installation:
    return Installation(
        settings=Settings(data_directory=tmp_path),
        app_url=addresses.app,
        owner_url=addresses.owner,
        worker_url=addresses.worker,
        master_key=bytes(32),
        signing_key=bytes(32),
        embedded=None,
    )


@pytest.fixture
def leaving(addresses: RoleAddresses) -> CompanyForTests:
    """A company that has handed its records over and is closed."""
    company = found_company(addresses)
    fill_every_table(addresses.owner, company.id)
    now = SystemClock().now()
    decision = Decision(
        asked_by="Ada", asked_at=now, approved_by="Grace", approved_at=now, is_handed_over=True
    )
    with as_owner(addresses.owner) as owner:
        close_company(owner, company.slug, company.slug, decision, now)
    return company


@asynccontextmanager
async def deleting(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[asyncio.Event]:
    """A worker that only deletes, until the event is set or this is over."""
    (job,) = [each for each in PERIODIC_JOBS if each.name == "delete_companies"]
    monkeypatch.setattr(worker_module, "COMPANY_JOBS", ())
    monkeypatch.setattr(worker_module, "PERIODIC_JOBS", (replace(job, schedule="* * * * * *"),))
    stop = asyncio.Event()
    async with installation.worker_storage() as storage:
        running = asyncio.create_task(run_worker(installation, storage, stop))
        try:
            yield stop
        finally:
            stop.set()
            async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
                await running


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
        while True:
            if condition():
                return
            await asyncio.sleep(0.05)


def rows(installation: Installation, company: CompanyForTests, table: str) -> int:
    with psycopg.connect(installation.owner) as owner:
        bind(owner, company.id)
        query = f"SELECT count(*) FROM {table}"  # noqa: S608 -- a name of ours
        ((found,),) = owner.execute(query.encode()).fetchall()
    return int(found)


def is_certified(installation: Installation) -> bool:
    with reading_as_owner(installation.owner) as owner:
        return [certificate_of(owner, each.id) for each in all_deletions(owner)] != [None]


async def test_a_worker_that_is_stopped_leaves_the_rest_of_a_deletion_to_the_next(
    installation: Installation, leaving: CompanyForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(installation.owner) as holding:
        holding.execute("LOCK TABLE payers IN SHARE MODE")
        async with deleting(installation, monkeypatch) as stop:
            await until(lambda: holding.execute(_WAITS).fetchone() == (True,))
            stop.set()
            holding.rollback()
    assert rows(installation, leaving, "payers") == 0, "the piece at hand went"
    assert rows(installation, leaving, "facilities") > 0, "and nothing after it"
    assert not is_certified(installation)
    async with deleting(installation, monkeypatch):
        await until(lambda: is_certified(installation))
    assert rows(installation, leaving, "facilities") == 0
