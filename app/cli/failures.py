"""What ends a command: one line for people, and an exit code for scripts."""

from dataclasses import dataclass
from enum import IntEnum

import psycopg

from app.keys import KeyMissing
from app.readiness import SchemaBehind
from app.runtime import DataDirectoryUnusable
from app.serving import PortInUse
from app.settings import SettingsError
from services.refusals import Refusal
from storage.embedded import EmbeddedServerError, RoleIsMember
from storage.errors import StorageError, StorageUnavailable


class ExitCode(IntEnum):
    """Stable: scripts may rely on them."""

    REFUSED = 1
    """The operation was understood and refused."""
    USAGE = 2
    """The command line is wrong."""
    SETTINGS = 3
    """A WELLKEPT_ variable is wrong or missing."""
    DATABASE_UNREACHABLE = 4
    """The database does not answer."""
    SCHEMA_BEHIND = 5
    """The schema is not the one that the program was written for."""
    DATABASE_UNSAFE = 6
    """The role could bypass row-level security, or the server could lose what it acknowledged."""
    PORT_IN_USE = 7
    """The address to listen at is taken."""
    DATA_DIRECTORY = 8
    """The data directory, or the embedded server in it, cannot be used."""


@dataclass(frozen=True)
class Failure:
    """How a command ends."""

    code: ExitCode
    line: str


def explained(error: Exception) -> Failure | None:
    """How the operator is told of an error, or None if it is a defect of the program."""
    match error:
        case SettingsError() | KeyMissing():
            return Failure(ExitCode.SETTINGS, str(error))
        case SchemaBehind():
            return Failure(ExitCode.SCHEMA_BEHIND, str(error))
        case RoleIsMember():
            return Failure(ExitCode.DATABASE_UNSAFE, str(error))
        case PortInUse():
            return Failure(ExitCode.PORT_IN_USE, str(error))
        case DataDirectoryUnusable() | EmbeddedServerError():
            return Failure(ExitCode.DATA_DIRECTORY, str(error))
        case StorageUnavailable():
            return Failure(
                ExitCode.DATABASE_UNREACHABLE, f"the database cannot be reached: {error.reason}"
            )
        case Refusal():
            detail = f": {error.detail}" if error.detail else ""
            return Failure(ExitCode.REFUSED, f"{error.title}{detail}")
        case StorageError():
            return Failure(ExitCode.REFUSED, f"{type(error).__name__}: {error}")
        case psycopg.OperationalError():
            first_line = str(error).strip().partition("\n")[0]
            return Failure(
                ExitCode.DATABASE_UNREACHABLE, f"the database cannot be reached: {first_line}"
            )
        case _ if error.__cause__ is not None and isinstance(error.__cause__, Exception):
            return explained(error.__cause__)
        case _:
            return None
