"""What ends a command: one line for people, and an exit code for scripts."""

from dataclasses import dataclass

import psycopg

from app.cli.exit_codes import ExitCode
from app.keys import KeyMissing
from app.listener import PortInUse, UnfitListener
from app.runtime import DataDirectoryUnusable
from app.settings import SettingsError
from services.refusals import InvalidInput, Refusal
from storage.embedded import EmbeddedServerError, RoleIsMember
from storage.errors import StorageError, StorageUnavailable
from storage.postgres.checks import SchemaAhead, SchemaBehind, UnfitServer
from storage.secrets.usage import MasterKeyMissing


@dataclass(frozen=True)
class Failure:
    """How a command ends."""

    code: ExitCode
    line: str


_KNOWN: tuple[tuple[tuple[type[Exception], ...], ExitCode], ...] = (
    ((SettingsError, KeyMissing, MasterKeyMissing), ExitCode.SETTINGS),
    ((SchemaBehind, SchemaAhead), ExitCode.SCHEMA_BEHIND),
    ((RoleIsMember, UnfitServer), ExitCode.DATABASE_UNSAFE),
    ((PortInUse, UnfitListener), ExitCode.PORT_IN_USE),
    ((DataDirectoryUnusable, EmbeddedServerError), ExitCode.DATA_DIRECTORY),
    ((StorageUnavailable, psycopg.OperationalError), ExitCode.DATABASE_UNREACHABLE),
    ((Refusal, StorageError), ExitCode.REFUSED),
)


def explained(error: BaseException) -> Failure | None:
    """How the operator is told of an error, or None if it is a defect of the program."""
    for kinds, code in _KNOWN:
        if isinstance(error, kinds):
            return Failure(code, _line(error))
    return None if error.__cause__ is None else explained(error.__cause__)


def _line(error: Exception) -> str:
    match error:
        case StorageUnavailable():
            return f"the database cannot be reached: {error.reason}"
        case psycopg.OperationalError():
            first_line = str(error).strip().partition("\n")[0]
            return f"the database cannot be reached: {first_line}"
        case InvalidInput():
            faults = (f"{fault.pointer[1:]} {fault.message}" for fault in error.faults)
            return f"{error.title}: {'; '.join(faults)}"
        case Refusal():
            return error.title if error.detail is None else f"{error.title}: {error.detail}"
        case _:
            return str(error) or type(error).__name__
