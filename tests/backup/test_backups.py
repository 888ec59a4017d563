"""A backup is taken whole beside others' work, or not at all."""

import itertools
import shutil
import threading
from pathlib import Path

import pytest

from storage.backup import taking
from storage.backup.contents import contents_of, differences
from storage.backup.description import Backup
from storage.backup.errors import BackupUnusable, NoQuietMoment, RestoreRefused
from storage.backup.folder import finished
from storage.embedded import EmbeddedServer
from tests.backup.conftest import Back, Bring
from tests.backup.writing import DATABASE, look, register


def test_nothing_is_restored_over_a_database(
    server: EmbeddedServer, taken: Backup, bring: Bring
) -> None:
    before = look(server)
    with (
        pytest.raises(RestoreRefused, match="holds a database already"),
        bring(taken, server.directory.path),
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


@pytest.mark.parametrize("text", ["", "{", "[]", '{"form": 1}', '{"form": 2}'])
def test_a_description_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "backup.json").write_text(text)
    with pytest.raises(BackupUnusable):
        Backup.read(tmp_path)


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
    begun, ended, counted = threading.Event(), threading.Event(), itertools.count()

    def write() -> None:
        with server.connect_as_superuser(DATABASE) as writer:
            while not ended.is_set():
                with writer.transaction():
                    writer.execute("LOCK TABLE write_offs IN ROW EXCLUSIVE MODE")
                    begun.set()
                    writer.execute("LOCK TABLE approvals IN ROW EXCLUSIVE MODE")
                    register(writer, f"two tables {next(counted)}")

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


def test_a_copy_that_is_not_what_it_was_is_not_shared(back: Back, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "one").write_bytes(b"first")
    (back(files).files / "one").write_bytes(b"fIrst")
    assert (back(files).files / "one").read_bytes() == b"first"
