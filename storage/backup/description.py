"""The file beside a backup that says what it is, and what has to come back from it."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from storage.backup.contents import Contents, TableContents
from storage.backup.errors import BackupUnusable
from storage.embedded.credentials import write_private

_FILE = "backup.json"
_FORM = 1


@dataclass(frozen=True)
class Backup:
    """A base backup in `directory`, and all that the database held at its restore point."""

    directory: Path
    database: str
    taken_at: dt.datetime
    restore_point: str
    contents: Contents
    wal: Mapping[str, str]
    """The hash of each segment of the log that came with it."""

    @property
    def cluster(self) -> Path:
        """The server's files, with the log up to the restore point."""
        return self.directory / "cluster"

    @property
    def credentials(self) -> Path:
        """The passwords of the roles in it."""
        return self.directory / "credentials.json"

    @property
    def files(self) -> Path:
        """The kept files, where they were in a folder of the machine."""
        return self.directory / "files"

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(each.rows for each in self.contents.values())

    def write(self) -> None:
        """Put the description beside what it describes."""
        content = {
            "form": _FORM,
            "database": self.database,
            "taken_at": self.taken_at.isoformat(),
            "restore_point": self.restore_point,
            "wal": dict(self.wal),
            "contents": {table: asdict(each) for table, each in self.contents.items()},
        }
        write_private(self.directory / _FILE, json.dumps(content, indent=1) + "\n")

    @classmethod
    def read(cls, directory: Path) -> "Backup":
        """The backup in a directory. Raises BackupUnusable."""
        try:
            found = json.loads((directory / _FILE).read_text("utf-8"))
            if found["form"] != _FORM:
                raise BackupUnusable(directory, f"its form {found['form']} is not known here")
            return cls(
                directory=directory,
                database=found["database"],
                taken_at=dt.datetime.fromisoformat(found["taken_at"]),
                restore_point=found["restore_point"],
                contents={
                    table: TableContents(each["rows"], each["digest"])
                    for table, each in found["contents"].items()
                },
                wal=dict(found["wal"]),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupUnusable(directory, f"{_FILE} cannot be read ({error})") from error
