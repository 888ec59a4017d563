"""Whether the database answers and has the schema that this program was written for."""

import functools

import psycopg

from storage import migrations
from storage.errors import StorageError
from storage.postgres.transaction import PostgresStorage

_expected_revision = functools.cache(migrations.expected_revision)


class SchemaBehind(StorageError):  # noqa: N818 -- as its siblings are named
    """The schema is not the one that this program was written for."""

    def __init__(self, found: str | None) -> None:
        super().__init__(
            f"the schema is at revision {found or 'none'} and the program needs"
            f" {_expected_revision()}: run wellkept migrate"
        )


async def check_schema(storage: PostgresStorage) -> None:
    """Raises SchemaBehind, StorageUnavailable."""
    found = await _revision(storage)
    if found != _expected_revision():
        raise SchemaBehind(found)


async def fault(storage: PostgresStorage) -> str | None:
    """Why the program cannot work right now, or None: for the readiness check."""
    try:
        await check_schema(storage)
    except SchemaBehind as error:
        return str(error)
    except (StorageError, psycopg.Error, TimeoutError):
        return "the database cannot be reached"
    return None


async def _revision(storage: PostgresStorage) -> str | None:
    async with storage.pool.connection(timeout=2) as connection:
        try:
            cursor = await connection.execute("SELECT version_num FROM alembic_version")
            row = await cursor.fetchone()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
            return None
    return None if row is None else str(row[0])
