"""How old the last good backup is, as far as the folder can say."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

from storage.backup.contents import TableContents
from storage.backup.description import Backup
from storage.backup.folder import BackupFolder

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def put(folder: Path, taken_at: dt.datetime) -> Backup:
    """A backup, as far as its description goes."""
    directory = folder / f"{taken_at:%Y%m%dT%H%M%SZ}"
    directory.mkdir()
    taken = Backup(directory, "d", taken_at, "p", {"t": TableContents(1, "1/2")}, {}, {})
    taken.write()
    return taken


def test_the_last_backup_counts_and_the_last_that_was_tried(tmp_path: Path) -> None:
    folder = BackupFolder(tmp_path)
    assert (folder.taken_timestamp(), folder.tried_timestamp()) == (0, 0)
    first = put(tmp_path, NOON).tried()
    assert Backup.read(first.directory) == replace(first, is_tried=True)
    second = put(tmp_path, NOON + DAY)
    assert folder.taken_timestamp() == (NOON + DAY).timestamp()
    assert folder.tried_timestamp() == NOON.timestamp()
    second.tried()
    assert folder.tried_timestamp() == (NOON + DAY).timestamp()


def test_what_is_broken_off_removed_or_damaged_counts_as_none(tmp_path: Path) -> None:
    put(tmp_path, NOON).directory.rename(tmp_path / "20260301T120000Z.unfinished")
    damaged = put(tmp_path, NOON + DAY).directory / "backup.json"
    damaged.write_text(damaged.read_text().replace("1/2", "1/3"))
    assert BackupFolder(tmp_path).taken_timestamp() == 0
    assert BackupFolder(tmp_path / "not mounted").taken_timestamp() == 0


def test_two_days_without_a_backup_are_a_warning(tmp_path: Path) -> None:
    folder = BackupFolder(tmp_path)
    assert folder.silence(NOON) == "WELLKEPT_BACKUPS_DIRECTORY holds no backup that can be read"
    put(tmp_path, NOON)
    assert folder.silence(NOON + 2 * DAY) is None
    said = folder.silence(NOON + 2 * DAY + dt.timedelta(seconds=1))
    assert said == "no backup was taken since 2026-03-01 12:00 UTC"
