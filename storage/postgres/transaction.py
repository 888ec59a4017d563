"""The pool, and transactions that are bound to one company before anything else happens."""

import datetime as dt
import typing
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from psycopg.types.numeric import Int8BinaryLoader, IntLoader
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from storage import interface
from storage.clock import Clock, SystemClock
from storage.errors import CompanyNotBound, NothingCommitted, StorageUnavailable
from storage.interface import Actor, IStorage, Store
from storage.postgres.claim_figures import PostgresClaimFigures
from storage.postgres.errors import translate
from storage.postgres.ledger_figures import PostgresLedgerFigures
from storage.postgres.numbers import PostgresNumbers
from storage.postgres.repository import PostgresRepository
from storage.postgres.sealing import PostgresSealing
from storage.secrets.company_secrets import CompanySecrets
from storage.secrets.keyring import Keyring

Handle = typing.TypeVar("Handle")


def row_classes(declaration: type) -> Mapping[str, type[Any]]:
    """The row class of each repository that a store declares: one line there is all it takes."""
    return {
        name: typing.get_args(hint)[1]
        for name, hint in typing.get_type_hints(declaration).items()
        if typing.get_origin(hint) in (interface.Repository, interface.Log)
    }


ROW_CLASSES = row_classes(interface.Store)


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


class PostgresStore:
    """One transaction of one company on one connection: a ``Store``, made from its declaration."""

    def __init__(
        self,
        connection: AsyncConnection[Any],
        company_id: UUID,
        actor: Actor,
        clock: Clock,
        keyring: Keyring | None = None,
    ) -> None:
        self.connection = connection
        self.company_id = company_id
        self.actor = actor
        self.clock = clock
        self.numbers = PostgresNumbers(self)
        self.ledger_figures = PostgresLedgerFigures(self)
        self.claim_figures = PostgresClaimFigures(self)
        self.sealing = PostgresSealing(self)
        self._keyring = keyring
        self.secrets = self._fresh_secrets()
        self.patients_read: set[UUID | None] = set()
        self._now: dt.datetime | None = None

    def __getattr__(self, name: str) -> Any:
        row = ROW_CLASSES.get(name)
        if row is None:
            raise AttributeError(name)
        repository: PostgresRepository[Any, Any, Any] = PostgresRepository(self, row)
        self.__dict__[name] = repository
        return repository

    @property
    def now(self) -> dt.datetime:
        if self._now is None:
            self._now = self.clock.now()
        return self._now

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        await self.execute("SAVEPOINT work")
        try:
            yield
        except BaseException:
            await _quietly(self.connection, "ROLLBACK TO SAVEPOINT work; RELEASE SAVEPOINT work")
            self.secrets = self._fresh_secrets()  # a data key that was made meanwhile is undone
            raise
        await self.execute("RELEASE SAVEPOINT work")

    def _fresh_secrets(self) -> CompanySecrets:
        return CompanySecrets(typing.cast("Store", self), self._keyring)

    async def try_lock(self, name: str) -> bool:
        cursor = await self.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%(name)s, 0))",
            {"name": f"{self.company_id}/{name}"},
        )
        (taken,) = await cursor.fetchone() or (False,)
        return bool(taken)

    async def wait_for_lock(self, name: str) -> None:
        await self.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%(name)s, 0))",
            {"name": f"{self.company_id}/{name}"},
        )

    async def enqueue(
        self,
        task: str,
        arguments: Mapping[str, str],
        *,
        lock: str | None = None,
        due: dt.datetime | None = None,
    ) -> None:
        await self.execute(
            "SELECT enqueue_job(%(task)s, %(arguments)s, %(lock)s, %(due)s::timestamptz)",
            {"task": task, "arguments": Jsonb(dict(arguments)), "lock": lock, "due": due},
        )

    async def execute(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> psycopg.AsyncCursor[tuple[Any, ...]]:
        """Run one statement. Raises storage errors; what it cannot name, it lets through.

        Results come in binary: reading them takes a tenth of the time that text takes.
        """
        try:
            return await self.connection.execute(sql, parameters, binary=True)
        except psycopg.Error as error:
            if (known := translate(error)) is not None:
                raise known from error
            raise


class PostgresStorage(IStorage):
    """IStorage over one pool of connections of the program's restricted role.

    Without a ``keyring`` nothing can be sealed or opened.
    """

    def __init__(
        self,
        conninfo: str,
        *,
        clock: Clock | None = None,
        keyring: Keyring | None = None,
        minimum_connections: int = 1,
        maximum_connections: int = 10,
        prepares_statements: bool = True,
    ) -> None:
        self.clock = clock or SystemClock()
        self._keyring = keyring
        self.pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            conninfo,
            min_size=minimum_connections,
            max_size=maximum_connections,
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

    async def open(self) -> None:
        """Connect. Raises StorageUnavailable."""
        try:
            await self.pool.open(wait=True, timeout=_LONGEST_WAIT_SECONDS)
        except PoolTimeout as error:
            raise StorageUnavailable("no connection within ten seconds") from error

    async def close(self) -> None:
        """Give the connections back."""
        await self.pool.close()

    def transaction(
        self, company_id: UUID, actor: Actor, *, durable: bool = True
    ) -> AbstractAsyncContextManager[Store]:
        if not isinstance(company_id, UUID):
            raise CompanyNotBound
        parsed = UUID(int=company_id.int)  # SET takes no parameter: nothing else reaches its text
        opening = f"BEGIN; SET LOCAL app.company_id = '{parsed}'"
        if not durable:
            opening += "; SET LOCAL synchronous_commit = off"
        return self._transacting(
            opening,
            lambda connection: typing.cast(
                "Store", PostgresStore(connection, company_id, actor, self.clock, self._keyring)
            ),
        )

    async def company_of_slug(self, slug: str) -> UUID | None:
        async with self._transacting("BEGIN READ ONLY", lambda given: given) as connection:
            try:
                cursor = await connection.execute("SELECT company_of_slug(%s)", [slug])
                (company_id,) = await cursor.fetchone() or (None,)
            except psycopg.Error as error:
                raise (translate(error) or error) from error
        return typing.cast("UUID | None", company_id)

    async def revision(self) -> str | None:
        """The revision of the schema, None where there is none. Raises StorageUnavailable."""
        connection = await self._begin("BEGIN READ ONLY")
        try:
            cursor = await connection.execute("SELECT version_num FROM alembic_version")
            row = await cursor.fetchone()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
            row = None
        except psycopg.Error as error:
            raise (translate(error) or error) from error
        finally:
            await _quietly(connection, "ROLLBACK")
            await self.pool.putconn(connection)
        return None if row is None else str(row[0])

    @asynccontextmanager
    async def _transacting(
        self, opening: str, handle: Callable[[AsyncConnection[Any]], Handle]
    ) -> AsyncIterator[Handle]:
        """What ``handle`` makes of a connection on which ``opening`` began a transaction.

        Commits on leaving, rolls back on an exception.
        """
        connection = await self._begin(opening)
        try:
            try:
                yield handle(connection)
            except BaseException:
                await _quietly(connection, "ROLLBACK")
                raise
            await self._commit(connection)
        finally:
            await self.pool.putconn(connection)

    async def _begin(self, opening: str) -> AsyncConnection[Any]:
        """A connection with the transaction begun; one that a restart has cut is replaced."""
        for _ in range(self.pool.max_size + 1):
            try:
                connection = await self.pool.getconn()
            except PoolTimeout as error:
                raise StorageUnavailable("no free connection") from error
            try:
                await connection.execute(opening)
            except psycopg.OperationalError:
                await connection.close()
                await self.pool.putconn(connection)
            except BaseException:
                await connection.close()
                await self.pool.putconn(connection)
                raise
            else:
                return connection
        raise StorageUnavailable("every connection was cut")

    async def _commit(self, connection: AsyncConnection[Any]) -> None:
        """Raises NothingCommitted where PostgreSQL answers COMMIT by rolling back."""
        try:
            cursor = await connection.execute("COMMIT")
        except psycopg.Error as error:
            await _quietly(connection, "ROLLBACK")
            raise (translate(error) or error) from error
        if cursor.statusmessage != "COMMIT":
            raise NothingCommitted


async def _teach_types(connection: AsyncConnection[Any]) -> None:
    """Have transaction ids (xid8) read as the numbers that they are."""
    connection.adapters.register_loader("xid8", IntLoader)
    connection.adapters.register_loader("xid8", Int8BinaryLoader)


async def _quietly(connection: AsyncConnection[Any], command: str) -> None:
    """Run a closing command; a connection on which it fails is closed, and so rolled back."""
    try:
        await connection.execute(command)
    except BaseException:  # noqa: BLE001 -- whatever it is, the connection cannot be reused
        await connection.close()
