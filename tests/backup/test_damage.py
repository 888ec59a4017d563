"""Whatever is wrong with a backup or the disk is said, and no database is left that looks whole."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage.backup.contents import TableContents
from storage.backup.description import Backup
from storage.backup.errors import (
    BackupFailed,
    BackupUnusable,
    ContentsDiffer,
    RestoreFailed,
)
from storage.backup.kept_files import kept_files_restored
from storage.backup.taking import take_backup
from storage.embedded import EmbeddedServer
from tests.backup.conftest import NOW, Bring
from tests.backup.writing import DATABASE


def flip(path: Path, at: int | None = None) -> None:
    """Change one bit of a byte, the one in the middle if no other is asked for."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if at is None else at] ^= 1
    path.unlink()
    path.write_bytes(content)


def largest(folder: Path) -> Path:
    return max((p for p in folder.rglob("*") if p.is_file()), key=lambda each: each.stat().st_size)


def log_of(taken: Backup) -> Path:
    return taken.cluster / "pg_wal" / max(taken.wal)


def cut(path: Path) -> None:
    """Leave the last page out."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-8192])


def grow(path: Path) -> None:
    """Add an empty page."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content + bytes(8192))


def exchange(folder: Path) -> None:
    """Give two files of one length each other's name."""
    by_length: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        other = by_length.setdefault(path.stat().st_size, path)
        if path.stat().st_size and path.read_bytes() != other.read_bytes():
            between = folder / "between"
            path.rename(between)
            other.rename(path)
            between.rename(other)
            return
    raise AssertionError("no two files of one length")


def hide(folder: Path) -> None:
    folder.mkdir()
    (folder / "99999").touch()


DAMAGES: dict[str, Callable[[Backup], None]] = {
    "a byte of a table": lambda taken: flip(largest(taken.cluster / "base")),
    "a byte of pg_control": lambda taken: flip(taken.cluster / "global" / "pg_control"),
    "a byte of the commit log": lambda taken: flip(largest(taken.cluster / "pg_xact")),
    "a byte of the configuration": lambda taken: flip(taken.cluster / "postgresql.conf"),
    "a byte of the label": lambda taken: flip(taken.cluster / "backup_label"),
    "a byte of the log": lambda taken: flip(log_of(taken), 100),
    "a byte of PostgreSQL's list": lambda taken: flip(taken.cluster / "backup_manifest"),
    "the last byte of that list": lambda taken: flip(taken.cluster / "backup_manifest", -10),
    "a byte of the passwords": lambda taken: flip(taken.credentials),
    "a byte of a kept file": lambda taken: flip(taken.files / "kept"),
    "a byte of the kept files' list": lambda taken: flip(taken.file_list),
    "a file of the server gone": lambda taken: (taken.cluster / "global" / "pg_control").unlink(),
    "a kept file gone": lambda taken: (taken.files / "kept").unlink(),
    "no list of PostgreSQL": lambda taken: (taken.cluster / "backup_manifest").unlink(),
    "a segment of the log gone": lambda taken: log_of(taken).unlink(),
    "the log gone": lambda taken: shutil.rmtree(taken.cluster / "pg_wal"),
    "a table cut off": lambda taken: cut(largest(taken.cluster / "base")),
    "a table that grew": lambda taken: grow(largest(taken.cluster / "base")),
    "two tables exchanged": lambda taken: exchange(taken.cluster / "base" / "1"),
    "the log cut off": lambda taken: cut(log_of(taken)),
    "an order to recover": lambda taken: (taken.cluster / "recovery.signal").touch(),
    "a way out of the folder": lambda taken: (taken.cluster / "pg_tblspc" / "1").symlink_to("/etc"),
    "a file that passes for a mark": lambda taken: hide(taken.cluster / "base" / "archive_status"),
    "a file too many": lambda taken: (taken.cluster / "base" / "1" / "99999").touch(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_is_refused_before_anything_is_made(
    taken: Backup, bring: Bring, tmp_path: Path, damage: str
) -> None:
    DAMAGES[damage](taken)
    with pytest.raises(BackupUnusable), bring(taken, tmp_path / "again"):
        pass
    assert not list(tmp_path.glob("again*"))


def test_no_byte_of_the_description_can_be_changed_unnoticed(taken: Backup) -> None:
    description = taken.directory / "backup.json"
    content = description.read_bytes()
    for at in range(0, len(content), 97):
        if content[at : at + 1].isspace():
            continue
        flip(description, at)
        with pytest.raises(BackupUnusable):
            Backup.read(taken.directory)
        description.write_bytes(content)
    assert Backup.read(taken.directory) == taken


def test_a_log_that_is_shorter_than_the_backup_needs_is_refused_whoever_describes_it(
    taken: Backup, bring: Bring, tmp_path: Path
) -> None:
    """As a description says that was made anew, without the segment that is gone."""
    label = (taken.cluster / "backup_label").read_text("utf-8")
    (needed,) = re.findall(r"START WAL LOCATION: .*\(file ([0-9A-F]{24})\)", label)
    (taken.cluster / "pg_wal" / needed).unlink()
    wal = {name: digest for name, digest in taken.wal.items() if name != needed}
    other = replace(taken, wal=wal)
    with (
        pytest.raises(BackupUnusable, match=f"{needed} is missing"),
        bring(other, tmp_path / "again"),
    ):
        pass
    assert not list(tmp_path.glob("again*"))


def test_rows_that_are_not_those_that_were_backed_up_leave_no_database(
    taken: Backup, bring: Bring, tmp_path: Path
) -> None:
    """As a description says that was made anew, its own hash included."""
    other = replace(taken, contents={**taken.contents, "payers": TableContents(7, "1/1")})
    with pytest.raises(ContentsDiffer, match="payers: 7 rows"), bring(other, tmp_path / "again"):
        pass
    assert not list(tmp_path.glob("again*"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that a backup does not fit on."""
    disk = tmp_path / "small"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs to mount a small file system, as root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_too_small_for_a_backup_is_said_and_holds_none(
    server: EmbeddedServer, small_disk: Path
) -> None:
    with pytest.raises(BackupFailed, match="No space left on device"):
        take_backup(server, DATABASE, small_disk, files=None, now=NOW)
    assert list(small_disk.iterdir()) == []
    with server.connect_as_superuser() as superuser:
        assert superuser.execute("SELECT slot_name FROM pg_replication_slots").fetchall() == []


def test_a_disk_too_small_for_the_kept_files_is_said_and_holds_none(
    taken: Backup, small_disk: Path
) -> None:
    (taken.files / "large").write_bytes(bytes(5_000_000))
    with (
        pytest.raises(RestoreFailed, match="No space left on device"),
        kept_files_restored(taken, small_disk / "files"),
    ):
        pytest.fail("the database is not begun without them")
    assert list(small_disk.iterdir()) == []


def test_a_disk_too_small_for_the_database_is_said_and_holds_none(
    taken: Backup, bring: Bring, small_disk: Path
) -> None:
    with (
        pytest.raises(RestoreFailed, match="No space left on device"),
        bring(taken, small_disk / "again"),
    ):
        pass
    assert list(small_disk.iterdir()) == []
