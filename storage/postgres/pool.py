"""Connections of one role to the database, and transactions begun and ended on them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.types.numeric import Int8BinaryLoader, IntLoader
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from storage.errors import CompanyClosed, NothingCommitted, StorageUnavailable
from storage.postgres.arrays import teach_arrays
from storage.postgres.errors import COMPANY_CLOSED, translate

_LONGEST_WAIT_SECONDS = 10
"""How long a transaction waits for a connection to be free, or to be made."""

_RECONNECT_SECONDS = 2
"""How long the pool goes on by itself to replace a lost connection. It waits longer after every
failure, so it soon leaves off: whoever needs a connection next makes it try again at once."""

_NOTICES_DEATH: Mapping[str, int] = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""A server that vanished without a word is noticed, whatever this machine's settings are."""


@dataclass(frozen=True)
class PoolFigures:
    """How a pool is used."""

    limit: int
    open: int
    in_use: int
    waiting: int
    waited_seconds: float
    """Since the pool was opened, by all who had to wait."""


class Pool:
    """Up to ``maximum`` connections, of which ``minimum`` are held open."""

    def __init__(
        self, conninfo: str, *, minimum: int, maximum: int, prepares_statements: bool
    ) -> None:
        self.connections: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            conninfo,
            min_size=minimum,
            max_size=maximum,
            open=False,
            timeout=_LONGEST_WAIT_SECONDS,
            reconnect_timeout=_RECONNECT_SECONDS,
            configure=_teach_types,
            kwargs={
                **_NOTICES_DEATH,
                "autocommit": True,
                "prepare_threshold": 5 if prepares_statements else None,
            },
        )

    @property
    def figures(self) -> PoolFigures:
        """How it is used now."""
        found = self.connections.get_stats()
        return PoolFigures(
            limit=found["pool_max"],
            open=found["pool_size"],
            in_use=found["pool_size"] - found["pool_available"],
            waiting=found["requests_waiting"],
            waited_seconds=found.get("requests_wait_ms", 0) / 1000,
        )

    async def open(self) -> None:
        """Connect. Raises StorageUnavailable."""
        try:
            await self.connections.open(wait=True, timeout=_LONGEST_WAIT_SECONDS)
        except PoolTimeout as error:
            raise StorageUnavailable("no connection within ten seconds") from error

    async def close(self) -> None:
        """Give the connections back."""
        await self.connections.close()

    @asynccontextmanager
    async def transaction(self, opening: str) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection on which ``opening`` began a transaction.

        Commits on leaving, rolls back on an exception.
        """
        connection = await self.begin(opening)
        try:
            try:
                yield connection
            except BaseException:
                await quietly(connection, "ROLLBACK")
                raise
            await self._commit(connection)
        finally:
            await self.connections.putconn(connection)

    async def begin(self, opening: str) -> AsyncConnection[Any]:
        """A connection with the transaction begun; one that a restart has cut is replaced."""
        for _ in range(self.connections.max_size + 1):
            try:
                connection = await self.connections.getconn()
            except PoolTimeout as error:
                raise StorageUnavailable("no free connection") from error
            try:
                await connection.execute(opening)
            except psycopg.OperationalError:
                await connection.close()
                await self.connections.putconn(connection)
            except BaseException as error:
                if isinstance(error, psycopg.Error) and error.sqlstate == COMPANY_CLOSED:
                    await quietly(connection, "ROLLBACK")
                    await self.connections.putconn(connection)
                    raise CompanyClosed from error
                await connection.close()
                await self.connections.putconn(connection)
                raise
            else:
                return connection
        raise StorageUnavailable("every connection was cut")

    async def _commit(self, connection: AsyncConnection[Any]) -> None:
        """Raises NothingCommitted where PostgreSQL answers COMMIT by rolling back."""
        try:
            cursor = await connection.execute("COMMIT")
        except psycopg.Error as error:
            await quietly(connection, "ROLLBACK")
            raise (translate(error) or error) from error
        if cursor.statusmessage != "COMMIT":
            raise NothingCommitted


async def _teach_types(connection: AsyncConnection[Any]) -> None:
    """Have transaction ids (xid8) read as the numbers that they are, and arrays sent as written."""
    connection.adapters.register_loader("xid8", IntLoader)
    connection.adapters.register_loader("xid8", Int8BinaryLoader)
    teach_arrays(connection)


async def quietly(connection: AsyncConnection[Any], command: str) -> None:
    """Run a closing command; a connection on which it fails is closed, and so rolled back."""
    try:
        await connection.execute(command)
    except BaseException:  # noqa: BLE001 -- whatever it is, the connection cannot be reused
        await connection.close()
