"""The file beside a backup that says what it is, and what has to come back from it."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from storage.backup.contents import Contents, TableContents
from storage.backup.errors import BackupUnusable
from storage.embedded.credentials import write_private

DESCRIPTION = "backup.json"
FILE_LIST = "files.sha256"

_FORM = 2


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
    beside: Mapping[str, str]
    """The hash of each file that lies beside the cluster: the roles' passwords, and the list of
    kept files."""
    is_tried: bool = False
    """Whether it was restored beside itself, and every row compared."""

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
    def file_list(self) -> Path:
        """The hashes of the kept files, as `sha256sum --check` reads them within `files`."""
        return self.directory / FILE_LIST

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(each.rows for each in self.contents.values())

    def tried(self) -> "Backup":
        """Write down that it was restored as a trial and nothing differed."""
        tried = replace(self, is_tried=True)
        tried.write()
        return tried

    def write(self) -> None:
        """Put the description beside what it describes."""
        content = {
            "form": _FORM,
            "database": self.database,
            "taken_at": self.taken_at.isoformat(),
            "restore_point": self.restore_point,
            "is_tried": self.is_tried,
            "beside": dict(self.beside),
            "wal": dict(self.wal),
            "contents": {table: asdict(each) for table, each in self.contents.items()},
        }
        described = {**content, "sha256": _hash_of(content)}
        write_private(self.directory / DESCRIPTION, json.dumps(described, indent=1) + "\n")

    @classmethod
    def read(cls, directory: Path) -> "Backup":
        """The backup in a directory. Raises BackupUnusable."""
        try:
            found = json.loads((directory / DESCRIPTION).read_text("utf-8"))
            if found["form"] != _FORM:
                raise BackupUnusable(directory, f"its form {found['form']} is not known here")
            if found.pop("sha256") != _hash_of(found):
                raise BackupUnusable(directory, f"{DESCRIPTION} was changed")
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
                beside=dict(found["beside"]),
                is_tried=found["is_tried"],
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupUnusable(directory, f"{DESCRIPTION} cannot be read ({error})") from error


def _hash_of(content: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
