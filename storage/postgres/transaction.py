"""The pool, and transactions that are bound to one company before anything else happens."""

import datetime as dt
import typing
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg.generators import send
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from sqlmodel import SQLModel

from storage import interface
from storage.clock import Clock, SystemClock
from storage.errors import CompanyNotBound
from storage.identifiers import new_id
from storage.interface import Actor, IStorage, Store
from storage.migrations import ASK_STATE, SchemaState
from storage.postgres.access_figures import PostgresAccessFigures
from storage.postgres.acknowledgement_figures import PostgresAcknowledgementFigures
from storage.postgres.action_figures import PostgresActionFigures
from storage.postgres.bound import BoundTransaction
from storage.postgres.claim_changes import ClaimChanges
from storage.postgres.claim_figures import PostgresClaimFigures
from storage.postgres.denial_queue import PostgresDenialQueue
from storage.postgres.errors import translate
from storage.postgres.figures import PostgresFigures
from storage.postgres.file_figures import PostgresFileFigures
from storage.postgres.gathering import PostgresGathering
from storage.postgres.import_figures import PostgresImportFigures
from storage.postgres.import_lookups import PostgresImportLookups
from storage.postgres.issued_report_list import PostgresIssuedReportList
from storage.postgres.ledger_figures import PostgresLedgerFigures
from storage.postgres.numbers import Apart, PostgresNumbers
from storage.postgres.outbox_lines import PostgresOutboxLines
from storage.postgres.past_values import PostgresPastValues
from storage.postgres.planning import FOR_ANY_COMPANY
from storage.postgres.pool import Pool, PoolFigures, quietly
from storage.postgres.refreshing import refresh_facts
from storage.postgres.repository import PostgresRepository
from storage.postgres.retention_figures import PostgresRetentionFigures
from storage.postgres.sealing import PostgresSealing
from storage.postgres.silence_figures import PostgresSilenceFigures
from storage.postgres.staging import PostgresStaging
from storage.postgres.standing_figures import PostgresStandingFigures
from storage.postgres.statement_figures import PostgresStatementFigures
from storage.postgres.underpayment_queue import PostgresUnderpaymentQueue
from storage.secrets.company_secrets import CompanySecrets
from storage.secrets.keyring import Keyring
from storage.vocabulary.work import Queue


def row_classes(declaration: type) -> Mapping[str, type[Any]]:
    """The row class of each repository that a store declares: one line there is all it takes."""
    return {
        name: typing.get_args(hint)[1]
        for name, hint in typing.get_type_hints(declaration).items()
        if typing.get_origin(hint) in (interface.Repository, interface.Log)
    }


ROW_CLASSES = row_classes(interface.Store)

_PLANNED_ANEW_AFTER = 8
"""Statements that were sent ahead."""


class PostgresStore:
    """One transaction of one company on one connection: a ``Store``, made from its declaration."""

    def __init__(
        self,
        connection: AsyncConnection[Any],
        company_id: UUID,
        actor: Actor,
        clock: Clock,
        keyring: Keyring | None = None,
        apart: Apart | None = None,
    ) -> None:
        self.connection = connection
        self.company_id = company_id
        self.actor = actor
        self.clock = clock
        self.numbers = PostgresNumbers(self, apart)
        self.access_figures = PostgresAccessFigures(self)
        self.ledger_figures = PostgresLedgerFigures(self)
        self.claim_figures = PostgresClaimFigures(self)
        self.denial_queue = PostgresDenialQueue(self)
        self.statement_figures = PostgresStatementFigures(self)
        self.underpayment_queue = PostgresUnderpaymentQueue(self)
        self.figures = PostgresFigures(self)
        self.retention_figures = PostgresRetentionFigures(self)
        self.outbox_lines = PostgresOutboxLines(self)
        self.silence_figures = PostgresSilenceFigures(self)
        self.file_figures = PostgresFileFigures(self)
        self.issued_report_list = PostgresIssuedReportList(self)
        self.past_values = PostgresPastValues(self)
        self.standing_figures = PostgresStandingFigures(self)
        self.action_figures = PostgresActionFigures(self)
        self.acknowledgement_figures = PostgresAcknowledgementFigures(self)
        self.import_lookups = PostgresImportLookups(self)
        self.import_figures = PostgresImportFigures(self)
        self.sealing = PostgresSealing(self)
        self._keyring = keyring
        self.secrets = self._fresh_secrets()
        self.patients_read: set[UUID | None] = set()
        self.claim_changes = ClaimChanges()
        self._now: dt.datetime | None = None
        self._sent_ahead = 0
        self._plans_for_any_company = False

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
            await quietly(self.connection, "ROLLBACK TO SAVEPOINT work; RELEASE SAVEPOINT work")
            self.secrets = self._fresh_secrets()  # a data key that was made meanwhile is undone
            self._plans_for_any_company = False  # and so is what was set
            raise
        await self.execute("RELEASE SAVEPOINT work")

    @asynccontextmanager
    async def sending_ahead(self) -> AsyncIterator[None]:
        self._sent_ahead = 0
        await self.plan_for_any_company()
        try:
            async with self.connection.pipeline():
                yield
        except psycopg.Error as error:
            if (known := translate(error)) is not None:
                raise known from error
            raise

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
        await self.wait_for_locks([name])

    async def wait_for_locks(self, names: Collection[str]) -> None:
        await self.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(name, 0))"
            " FROM (SELECT unnest(%(names)s::text[]) AS name ORDER BY name) AS wanted",
            {"names": [f"{self.company_id}/{name}" for name in names]},
        )

    async def staging(self, row: type[SQLModel], *, columns: Sequence[str]) -> PostgresStaging:
        place = PostgresStaging(self, row, columns)
        await place.begin()
        return place

    async def gathering(self) -> PostgresGathering:
        place = PostgresGathering(self)
        await place.begin()
        return place

    async def close_company(self, request_id: UUID) -> None:
        await self.execute(
            "SELECT close_company(%(request_id)s, %(deletion_id)s, %(now)s)",
            {"request_id": request_id, "deletion_id": new_id(), "now": self.now},
        )

    async def enqueue(
        self,
        task: str,
        arguments: Mapping[str, str],
        *,
        lock: str | None = None,
        due: dt.datetime | None = None,
        queue: Queue = Queue.WORK,
        once: str | None = None,
    ) -> None:
        await self.execute(
            "SELECT enqueue_job(%(task)s, %(arguments)s, %(lock)s, %(due)s::timestamptz,"
            " %(queue)s, %(once)s)",
            {
                "task": task,
                "arguments": Jsonb(dict(arguments)),
                "lock": lock,
                "due": due,
                "queue": queue.value,
                "once": once,
            },
        )

    async def refresh_facts(self) -> None:
        await refresh_facts(self)

    async def plan_for_any_company(self) -> None:
        if not self._plans_for_any_company:
            self._plans_for_any_company = True
            await self.execute(FOR_ANY_COMPANY)

    async def _plan_anew_as_tables_grow(self) -> None:
        """Forget plans, foreign keys' included, each time that twice as much was sent ahead.

        Of rows that are not committed there are no statistics: a plan that was made while a table
        was all but empty is kept as the table grows, and may read every row of the company by an
        index that begins like the right one.
        """
        self._sent_ahead += 1
        if self._sent_ahead >= _PLANNED_ANEW_AFTER and self._sent_ahead.bit_count() == 1:
            await self.connection.execute("DISCARD PLANS")

    async def execute(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> psycopg.AsyncCursor[tuple[Any, ...]]:
        """Run one statement. Raises storage errors; what it cannot name, it lets through.

        Results come in binary: reading them takes a tenth of the time that text takes.
        """
        try:
            if is_ahead := bool(self.connection.pgconn.pipeline_status):
                await self._plan_anew_as_tables_grow()
            cursor = await self.connection.execute(sql, parameters, binary=True)
            if is_ahead:
                # handed over whole: what is left in the buffer would wait for the next statement
                await self.connection.wait(send(self.connection.pgconn))
        except psycopg.Error as error:
            if (known := translate(error)) is not None:
                raise known from error
            raise
        else:
            return cursor


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
        self._pool = Pool(
            conninfo,
            minimum=minimum_connections,
            maximum=maximum_connections,
            prepares_statements=prepares_statements,
        )
        self._short_pool = Pool(
            conninfo, minimum=0, maximum=1, prepares_statements=prepares_statements
        )

    @property
    def pool(self) -> AsyncConnectionPool[AsyncConnection[Any]]:
        """The connections, for statements that no company is bound to."""
        return self._pool.connections

    @property
    def pool_figures(self) -> PoolFigures:
        """How the connections are used now."""
        return self._pool.figures

    async def open(self) -> None:
        """Connect. Raises StorageUnavailable."""
        await self._pool.open()
        await self._short_pool.open()

    async def close(self) -> None:
        """Give the connections back."""
        await self._short_pool.close()
        await self._pool.close()

    def transaction(
        self, company_id: UUID, actor: Actor, *, durable: bool = True
    ) -> AbstractAsyncContextManager[Store]:
        if not isinstance(company_id, UUID):
            raise CompanyNotBound
        return self._bound(self._pool, company_id, actor, durable=durable)

    @asynccontextmanager
    async def _bound(
        self, pool: Pool, company_id: UUID, actor: Actor, *, durable: bool
    ) -> AsyncIterator[Store]:
        parsed = UUID(int=company_id.int)  # SET takes no parameter: nothing else reaches its text
        opening = f"BEGIN; SET LOCAL app.company_id = '{parsed}'; SELECT enter_company()"
        if not durable:
            opening += "; SET LOCAL synchronous_commit = off"
        async with pool.transaction(opening) as connection:
            store = PostgresStore(
                connection, company_id, actor, self.clock, self._keyring, self._apart
            )
            yield typing.cast("Store", store)
            await refresh_facts(store)

    @asynccontextmanager
    async def _apart(self, beside: BoundTransaction) -> AsyncIterator[BoundTransaction]:
        """A short transaction for who holds a connection already, on one kept for such: whoever
        waits for it waits for nobody who waits himself. Raises StorageUnavailable."""
        opened = self._bound(self._short_pool, beside.company_id, beside.actor, durable=False)
        async with opened as store:
            yield typing.cast("BoundTransaction", store)

    async def company_of_slug(self, slug: str) -> UUID | None:
        async with self._pool.transaction("BEGIN READ ONLY") as connection:
            try:
                cursor = await connection.execute("SELECT company_of_slug(%s)", [slug])
                (company_id,) = await cursor.fetchone() or (None,)
            except psycopg.Error as error:
                raise (translate(error) or error) from error
        return typing.cast("UUID | None", company_id)

    async def schema_state(self) -> SchemaState | None:
        """Where the schema is, None where there is none. Raises StorageUnavailable."""
        connection = await self._pool.begin("BEGIN READ ONLY")
        try:
            cursor = await connection.execute(ASK_STATE)
            row = await cursor.fetchone()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
            row = None
        except psycopg.Error as error:
            raise (translate(error) or error) from error
        finally:
            await quietly(connection, "ROLLBACK")
            await self.pool.putconn(connection)
        return None if row is None else SchemaState.of(*row)
