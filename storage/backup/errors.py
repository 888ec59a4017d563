"""What keeps a backup from being taken or brought back, with what the operator can do."""

from dataclasses import dataclass
from pathlib import Path

from storage.errors import StorageError


class BackupError(StorageError):
    """The root of what this package raises on purpose."""


@dataclass(eq=False)
class BackupFailed(BackupError):
    """One of PostgreSQL's programs did not do its part; nothing is left under a backup's name."""

    program: str
    said: str

    def __str__(self) -> str:
        return f"{self.program} failed: {self.said}"


@dataclass(eq=False)
class NoQuietMoment(BackupError):
    """Writers held their tables whenever a common moment was looked for."""

    tries: int

    def __str__(self) -> str:
        return (
            f"in {self.tries} tries no moment was found between two writers; long transactions"
            " are in `wellkept database report`: take the backup when they are over"
        )


@dataclass(eq=False)
class BackupUnusable(BackupError):
    """A directory is no whole backup of ours."""

    directory: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.directory} is not a whole backup: {self.reason}"


@dataclass(eq=False)
class RestoreRefused(BackupError):
    """The place to restore to is taken, or the log does not reach as far as is asked."""

    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"not restored: {self.reason}; {self.remedy}"


@dataclass(eq=False)
class RestoreFailed(BackupError):
    """The machine could not hold it; nothing is left where it was to be."""

    directory: Path
    reason: str

    def __str__(self) -> str:
        return f"not restored to {self.directory}: {self.reason}; nothing of it is left there"


@dataclass(eq=False)
class ContentsDiffer(BackupError):
    """What came back is not what was there when the backup was taken."""

    tables: list[str]

    def __str__(self) -> str:
        return "the restored database differs from the one backed up: " + "; ".join(self.tables)
