"""How a command ends, for scripts."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Stable: scripts may rely on them."""

    REFUSED = 1
    """The operation was understood and refused, or ``audit verify`` found tampering."""
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
    """The address to listen at is taken, or the socket that was passed cannot be listened at."""
    DATA_DIRECTORY = 8
    """The data directory, or the embedded server in it, cannot be used."""
    NOT_CHECKED = 9
    """``audit verify`` could not check everything, and found no tampering."""
    RECORDS_WAIT = 10
    """The books of an ``import`` agree, and some of its records wait for a person."""
