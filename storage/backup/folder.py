"""The folder in which an installation's backups lie, and how old the last good one is."""

import datetime as dt
from pathlib import Path

from storage.backup.description import DESCRIPTION, Backup
from storage.backup.errors import BackupUnusable

UNFINISHED = ".unfinished"
"""Ends the name of a backup that was broken off."""

LONGEST_SILENCE = dt.timedelta(days=2)
"""No backup for so long is cause for alarm."""


def finished(target: Path) -> list[Path]:
    """The whole backups below a directory, the latest last."""
    if not target.is_dir():
        return []
    return sorted(
        each
        for each in target.iterdir()
        if (each / DESCRIPTION).is_file() and not each.name.endswith(UNFINISHED)
    )


class BackupFolder:
    """Backups of one folder. One that was removed, or whose description is damaged, is none."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def taken_timestamp(self) -> float:
        """When the last one was taken, in seconds since 1970; 0 if none, or nobody can say."""
        return max((each.taken_at.timestamp() for each in self._readable()), default=0)

    def tried_timestamp(self) -> float:
        """When the last one was taken that was restored as a trial, with every row compared."""
        tried = (each for each in self._readable() if each.is_tried)
        return max((each.taken_at.timestamp() for each in tried), default=0)

    def silence(self, now: dt.datetime) -> str | None:
        """One sentence where there is no backup of the last two days, or nobody can say."""
        found = self._readable()
        if not found:
            return "WELLKEPT_BACKUPS_DIRECTORY holds no backup that can be read"
        last = max(each.taken_at for each in found)
        if now - last > LONGEST_SILENCE:
            return f"no backup was taken since {last:%Y-%m-%d %H:%M} UTC"
        return None

    def _readable(self) -> list[Backup]:
        found = []
        try:
            for directory in finished(self._directory):
                try:
                    found.append(Backup.read(directory))
                except BackupUnusable:
                    continue
        except OSError:
            return []
        return found
