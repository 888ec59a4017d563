"""A backup that is taken under load comes back to the row, to a moment, or not at all."""

import asyncio
import datetime as dt
import itertools
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from storage.backup import taking
from storage.backup.contents import contents_of, differences
from storage.backup.description import Backup
from storage.backup.errors import (
    BackupUnusable,
    ContentsDiffer,
    NoQuietMoment,
    RestoreRefused,
)
from storage.backup.restoring import restored
from storage.backup.taking import finished, take_backup
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.postgres.transaction import PostgresStorage
from tests.builders.claims import make_payer
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING
from tests.servers import chosen_server, copy_data, migrated_database, template

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DATABASE = "backed_up"
Superuser = psycopg.Connection[tuple[object, ...]]
_seconds = itertools.count()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("archive") / "100% of the log's"


@pytest.fixture(scope="module")
def server(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server that archives its log."""
    spec = chosen_server()
    data = tmp_path_factory.mktemp("archiving") / "data"
    copy_data(template(spec), data)
    server = EmbeddedServer(data, binaries=spec.binaries, unsafe_fast=True, wal_archive=archive)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def addresses(server: EmbeddedServer) -> RoleAddresses:
    return migrated_database(server, DATABASE)


@pytest.fixture(scope="module", autouse=True)
def company(addresses: RoleAddresses) -> CompanyForTests:
    """A company, whose payers are what the tests look for."""

    async def made() -> CompanyForTests:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            company = await make_company(addresses.owner, storage)
            await make_payer(storage, company)
        finally:
            await storage.close()
        return company

    return asyncio.run(made())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backups"


Back = Callable[..., Backup]


@pytest.fixture
def back(server: EmbeddedServer, target: Path) -> Back:
    """Takes a backup."""

    def take(files: Path | None = None) -> Backup:
        now = NOW + dt.timedelta(seconds=next(_seconds))
        return take_backup(server, DATABASE, target, files=files, now=now)

    return take


@pytest.fixture(scope="module")
def untouched(
    server: EmbeddedServer, company: CompanyForTests, tmp_path_factory: pytest.TempPathFactory
) -> Backup:
    """A backup that tests copy before they do something to it."""
    assert company.id
    target = tmp_path_factory.mktemp("untouched")
    return take_backup(server, DATABASE, target, files=None, now=NOW)


@pytest.fixture
def taken(untouched: Backup, tmp_path: Path) -> Backup:
    """A copy of a backup."""
    shutil.copytree(untouched.directory, tmp_path / "taken")
    return Backup.read(tmp_path / "taken")


def payers(superuser: Superuser) -> set[str]:
    return {str(name) for (name,) in superuser.execute("SELECT name FROM payers").fetchall()}


def register(superuser: Superuser, name: str) -> None:
    """One payer more, like the first."""
    columns = [
        str(column)
        for (column,) in superuser.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'payers'::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = ''"
        ).fetchall()
    ]
    values = {"id": "gen_random_uuid()", "name": "%(name)s", "payer_identifier": "%(name)s"}
    chosen = ", ".join(values.get(column, column) for column in columns)
    superuser.execute(
        f"INSERT INTO payers ({', '.join(columns)}) SELECT {chosen} FROM payers"  # noqa: S608
        " ORDER BY created_at LIMIT 1".encode(),
        {"name": name},
    )


@contextmanager
def busy(server: EmbeddedServer) -> Iterator[None]:
    """Writers that register payers for as long as this lasts."""
    ended = threading.Event()
    counted = itertools.count()

    def write() -> None:
        with server.connect_as_superuser(DATABASE) as superuser:
            while not ended.is_set():
                with superuser.transaction():
                    register(superuser, f"busy {next(counted)}")

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        yield
    finally:
        ended.set()
        for writer in writers:
            writer.join()


def look(server: EmbeddedServer) -> set[str]:
    with server.connect_as_superuser(DATABASE) as superuser:
        return payers(superuser)


def test_a_backup_taken_while_others_write_comes_back_to_the_row(
    server: EmbeddedServer, back: Back, tmp_path: Path
) -> None:
    with busy(server):
        taken = back()
    with (
        restored(taken, tmp_path / "again") as again,
        again.connect_as_superuser(DATABASE) as superuser,
    ):
        assert contents_of(superuser) == taken.contents
        there = payers(superuser)
        superuser.execute("CREATE TABLE it_can_be_written_again ()")
    assert len(there) == taken.contents["payers"].rows
    assert there < look(server), "what was written after the backup is not in it"


def test_any_moment_after_the_backup_can_be_had_from_the_archived_log(
    server: EmbeddedServer, back: Back, archive: Path, tmp_path: Path
) -> None:
    taken = back()
    with server.connect_as_superuser(DATABASE) as superuser:
        register(superuser, "before the moment")
        moment = superuser.execute("SELECT clock_timestamp()").fetchall()[0][0]
        assert isinstance(moment, dt.datetime)
        register(superuser, "after the moment")
        archived(superuser)
    with restored(taken, tmp_path / "again", until=moment, wal=archive) as again:
        there = look(again)
    assert "before the moment" in there
    assert "after the moment" not in there


def archived(superuser: Superuser) -> None:
    """Wait until all of the log so far is in the archive."""
    (segment,) = superuser.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchall()[0]
    asked = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"
    with superuser.transaction():
        pass
    while superuser.execute(asked, [segment]).fetchall()[0][0] is not True:
        superuser.execute("SELECT pg_sleep(0.05), pg_stat_clear_snapshot()")


def test_a_moment_that_the_log_does_not_reach_is_refused(
    taken: Backup, archive: Path, tmp_path: Path
) -> None:
    later = dt.datetime(2999, 1, 1, tzinfo=dt.UTC)
    with (
        pytest.raises(RestoreRefused, match="the log ends before the moment"),
        restored(taken, tmp_path / "again", until=later, wal=archive),
    ):
        pass


def test_nothing_is_restored_over_a_database(server: EmbeddedServer, taken: Backup) -> None:
    before = look(server)
    with (
        pytest.raises(RestoreRefused, match="holds a database already"),
        restored(taken, server.directory.path),
    ):
        pass
    assert look(server) == before


def test_a_changed_cell_a_missing_and_an_additional_row_are_all_told(
    server: EmbeddedServer,
) -> None:
    with server.connect_as_superuser(DATABASE) as superuser:
        register(superuser, "to be changed")
        before = contents_of(superuser)
        for change in (
            "UPDATE payers SET name = 'changed' WHERE name = 'to be changed'",
            "DELETE FROM payers WHERE name = 'to be changed'",
            ADDITIONAL,
        ):
            with superuser.transaction(force_rollback=True):
                superuser.execute("SET LOCAL session_replication_role = replica")
                superuser.execute(change.encode())
                (told,) = differences(before, contents_of(superuser))
                assert told.startswith("payers: ")
        assert differences(before, contents_of(superuser)) == []


ADDITIONAL = """
    INSERT INTO payers SELECT (jsonb_populate_record(
        payers, jsonb_build_object('id', gen_random_uuid(), 'payer_identifier', 'X')
    )).* FROM payers LIMIT 1"""


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


DAMAGES: dict[str, Callable[[Backup], None]] = {
    "a byte of a table": lambda taken: flip(
        max((taken.cluster / "base").rglob("*"), key=lambda each: each.stat().st_size)
    ),
    "a file gone": lambda taken: (taken.cluster / "global" / "pg_control").unlink(),
    "no manifest": lambda taken: (taken.cluster / "backup_manifest").unlink(),
    "the log gone": lambda taken: shutil.rmtree(taken.cluster / "pg_wal"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_is_refused_before_anything_is_made(
    taken: Backup, tmp_path: Path, damage: str
) -> None:
    DAMAGES[damage](taken)
    with pytest.raises(BackupUnusable), restored(taken, tmp_path / "again"):
        pass
    assert not (tmp_path / "again" / "cluster").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"form": 2}', '{"form": 1}'])
def test_a_description_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "backup.json").write_text(text)
    with pytest.raises(BackupUnusable):
        Backup.read(tmp_path)


def test_a_backup_whose_rows_were_rewritten_is_found_out(taken: Backup, tmp_path: Path) -> None:
    description = taken.directory / "backup.json"
    rows = taken.contents["payers"].digest
    description.write_text(description.read_text().replace(rows, "1/1"))
    with (
        pytest.raises(ContentsDiffer, match="payers"),
        restored(Backup.read(taken.directory), tmp_path / "again"),
    ):
        pass


def test_a_backup_that_finds_no_quiet_moment_leaves_nothing_behind(
    server: EmbeddedServer, back: Back, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "_TRIES", 2)
    with server.connect_as_superuser(DATABASE) as writer, writer.transaction():
        register(writer, "a long transaction")
        with pytest.raises(NoQuietMoment):
            back()
        assert list(target.iterdir()) == []
        slots = writer.execute("SELECT slot_name FROM pg_replication_slots").fetchall()
        assert slots == [], "the log is not kept for nobody"
    assert back() == Backup.read(finished(target)[-1])


def test_a_writer_that_holds_one_table_and_waits_for_another_is_never_the_victim(
    server: EmbeddedServer, back: Back
) -> None:
    """Tables are locked by name: the writer has a late one and wants an early one."""
    begun, ended = threading.Event(), threading.Event()

    def write() -> None:
        with server.connect_as_superuser(DATABASE) as writer:
            while not ended.is_set():
                with writer.transaction():
                    writer.execute("LOCK TABLE write_offs IN ROW EXCLUSIVE MODE")
                    begun.set()
                    writer.execute("LOCK TABLE approvals IN ROW EXCLUSIVE MODE")
                    register(writer, f"two tables {next(_seconds)}")

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait()
    taken = back()
    ended.set()
    writer.join()
    assert taken.rows > 0


def test_kept_files_are_copied_once_and_shared_by_later_backups(back: Back, tmp_path: Path) -> None:
    files = tmp_path / "files"
    (files / "company").mkdir(parents=True)
    (files / "company" / "one").write_bytes(b"first")
    (files / "company" / "broken.part").write_bytes(b"half")
    first = back(files)
    (files / "company" / "two").write_bytes(b"second")
    second = back(files)
    assert [each.name for each in sorted(second.files.rglob("*")) if each.is_file()] == [
        "one",
        "two",
    ]
    assert (second.files / "company/one").samefile(first.files / "company/one")
    shutil.rmtree(first.directory)
    assert (second.files / "company/one").read_bytes() == b"first"
