"""Whether the log's archive fails, or falls behind, is asked of the server itself."""

import asyncio
from pathlib import Path

import pytest

from storage.embedded import EmbeddedServer, RoleAddresses
from storage.postgres.log_archive import LogArchive, measure_log_archive
from storage.postgres.transaction import PostgresStorage
from tests.backup.writing import DATABASE, Superuser, archived, register
from tests.servers import ServerSpec, servers


@pytest.fixture(scope="module", params=servers(), ids=lambda spec: spec.name)
def spec(request: pytest.FixtureRequest) -> ServerSpec:
    found = request.param
    assert isinstance(found, ServerSpec)
    return found


def measured(addresses: RoleAddresses) -> LogArchive | None:
    async def ask() -> LogArchive | None:
        storage = PostgresStorage(addresses.worker)
        await storage.open()
        try:
            return await measure_log_archive(storage)
        finally:
            await storage.close()

    return asyncio.run(ask())


def caught_up(superuser: Superuser, addresses: RoleAddresses) -> LogArchive | None:
    """The archive once it has all of the log, what the server has written of itself included."""
    archived(superuser)
    while (found := measured(addresses)) is not None and found.waiting_segments:
        superuser.execute("SELECT pg_sleep(0.05)")
    return found


def test_an_archive_that_cannot_be_written_fails_falls_behind_and_catches_up(
    server: EmbeddedServer, addresses: RoleAddresses, archive: Path
) -> None:
    with server.connect_as_superuser(DATABASE) as superuser:
        before = caught_up(superuser, addresses)
        assert before is not None
        assert (before.failing, before.waiting_segments, before.late_seconds) == (False, 0, 0)

        away = archive.rename(archive.with_name("away"))
        for name in ("one", "two", "three"):
            register(superuser, name)
            superuser.execute("SELECT pg_switch_wal()")
        while superuser.execute(FAILURES).fetchall()[0][0] == 0:
            superuser.execute("SELECT pg_sleep(0.05), pg_stat_clear_snapshot()")
        broken = measured(addresses)
        assert broken is not None
        assert broken.failing
        assert broken.waiting_segments == 3
        assert broken.late_seconds > 0

        away.rename(archive)
        assert caught_up(superuser, addresses) == before


FAILURES = "SELECT failed_count FROM pg_stat_archiver"


def test_a_server_that_has_archived_nothing_yet_is_late_since_it_counts(
    server: EmbeddedServer, addresses: RoleAddresses
) -> None:
    with server.connect_as_superuser() as superuser:
        superuser.execute("SELECT pg_stat_reset_shared('archiver')")
    found = measured(addresses)
    assert found is not None
    assert (found.failing, found.waiting_segments) == (False, 0)
    assert found.late_seconds > 0
