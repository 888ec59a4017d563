"""What keeps an archive from being written or brought in, with what the operator can do."""

from dataclasses import dataclass

from storage.errors import StorageError


class ArchiveError(StorageError):
    """The root of what this package raises on purpose."""


@dataclass(eq=False)
class ArchiveUnusable(ArchiveError):
    """The file is no whole archive of ours, or the passphrase is not its own."""

    reason: str

    def __str__(self) -> str:
        return f"the archive cannot be used: {self.reason}"


@dataclass(eq=False)
class SchemaUnfit(ArchiveError):
    """The database is not at the program's own revision, so it could hold more than is known of."""

    found: str
    expected: str

    def __str__(self) -> str:
        return (
            f"the schema is at revision {self.found} and this program is of {self.expected}:"
            " archives are written and read at the same one (`wellkept migrate`)"
        )


@dataclass(eq=False)
class ExportFailed(ArchiveError):
    """What is kept cannot be read; no archive was written."""

    reason: str

    def __str__(self) -> str:
        return f"not exported: {self.reason}"


@dataclass(eq=False)
class ImportRefused(ArchiveError):
    """This installation cannot take the company as it is; nothing was changed."""

    reason: str

    def __str__(self) -> str:
        return f"not brought in: {self.reason}"


@dataclass(eq=False)
class RowsDiffer(ArchiveError):
    """What arrived is not what was exported; nothing was kept of it."""

    tables: list[str]

    def __str__(self) -> str:
        return "not brought in: rows differ from those exported: " + "; ".join(self.tables)
