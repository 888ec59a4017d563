"""What ends a command: one line for people, and an exit code for scripts."""

from enum import IntEnum

from app.runtime import PortInUse, WorkerNotConfigured
from app.settings import SettingsError
from storage.embedded import EmbeddedServerError
from storage.errors import StorageUnavailable
from storage.postgres.checks import RoleUnsafe, SchemaBehind, ServerUnsafe


class ExitCode(IntEnum):
    """Stable: scripts may rely on them."""

    REFUSED = 1
    """The operation was understood and refused."""
    USAGE = 2
    """The command line is wrong."""
    SETTINGS = 3
    """A WELLKEPT_ variable is wrong or missing."""
    DATABASE_UNREACHABLE = 4
    SCHEMA_BEHIND = 5
    DATABASE_UNSAFE = 6
    """The role could bypass row-level security, or the server could lose what it acknowledges."""
    PORT_IN_USE = 7
    DATA_DIRECTORY = 8
    """The data directory, or the embedded server in it, cannot be used."""
