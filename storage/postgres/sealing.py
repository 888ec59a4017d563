"""Rows as they are sealed, and chains of seals, streamed through server-side cursors."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import cache
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from sqlmodel import SQLModel

from storage.errors import StorageUnavailable
from storage.postgres.bound import BoundTransaction
from storage.postgres.errors import translate
from storage.postgres.repository import shape_of
from storage.rows import TransactionId
from storage.tables.trail import Seal
from storage.trail.chain import Horizon, Pending, SealedText, SealRun, Span
from storage.trail.forms import FORMS, SEALED_LOGS

_TEXTS_AT_ONCE = 5_000
_SEALS_AT_ONCE = 20

_HORIZON = """
SELECT pg_snapshot_xmin(seen)::text::bigint,
       (SELECT system_identifier FROM pg_control_system())
FROM pg_current_snapshot() AS seen
"""

_RUNS = """
SELECT after_id, form, min(sequence), min(from_xid), max(until_xid)
FROM seals
WHERE company_id = %(company_id)s AND log = %(log)s
GROUP BY after_id, form
ORDER BY min(sequence)
"""


def _text_of(column: "sa.Column[Any]") -> str:
    """A column as an element of a JSON array, whatever the session's settings are."""
    match column.type:
        case sa.DateTime():
            return f"(extract(epoch FROM {column.name}) * 1000000)::bigint"
        case sa.LargeBinary():
            return f"encode({column.name}, 'hex')"
        case TransactionId():
            return f"{column.name}::text"
        case _:
            return column.name


@cache
def canonical_text(log: str, form: int) -> str:
    """The SQL of a row's text: a JSON array of the form's columns, times as microseconds since
    1970 (UTC). jsonb orders and spaces what it holds by itself."""
    table = SQLModel.metadata.tables[log]
    elements = ", ".join(_text_of(table.c[name]) for name in FORMS[form][log])
    return f"jsonb_build_array({elements})::text"


def _conditions(span: Span) -> tuple[str, dict[str, object]]:
    conditions = ["company_id = %(company_id)s", "xid >= %(from_xid)s::text::xid8"]
    parameters: dict[str, object] = {"from_xid": str(span.from_xid)}
    if span.until_xid is not None:
        conditions.append("xid < %(until_xid)s::text::xid8")
        parameters["until_xid"] = str(span.until_xid)
    if span.after_id is not None:
        conditions.append("id > %(after_id)s")
        parameters["after_id"] = span.after_id
    if span.last_id is not None:
        conditions.append("id <= %(last_id)s")
        parameters["last_id"] = span.last_id
    return " AND ".join(conditions), parameters


class PostgresSealing:
    """See ``storage.trail.chain.Sealing``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store
        self._cursors = 0

    async def freeze(self) -> None:
        """Begins anew: entering the company was a query, after which no transaction changes its
        level."""
        bound = UUID(int=self._store.company_id.int)  # SET takes no parameter
        await self._store.connection.execute(
            "ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
            f" SET LOCAL app.company_id = '{bound}'"
        )

    async def horizon(self) -> Horizon:
        row = await (await self._store.execute(_HORIZON)).fetchone()
        if row is None:
            raise StorageUnavailable("the database named no snapshot")
        return Horizon(*row)

    async def last_seal(self, log: str) -> Seal | None:
        columns = ", ".join(shape_of(Seal).names)
        cursor = await self._store.execute(
            f"SELECT {columns} FROM seals WHERE company_id = %(company_id)s AND log = %(log)s"  # noqa: S608
            " ORDER BY sequence DESC LIMIT 1",
            {"company_id": self._store.company_id, "log": log},
        )
        row = await cursor.fetchone()
        return None if row is None else shape_of(Seal).load(row)

    async def seals(self, log: str, *, from_sequence: int = 1) -> AsyncGenerator[Seal, None]:
        columns = ", ".join(shape_of(Seal).names)
        rows = self._streamed(
            f"SELECT {columns} FROM seals WHERE company_id = %(company_id)s AND log = %(log)s"  # noqa: S608
            " AND sequence >= %(from_sequence)s ORDER BY sequence",
            {"log": log, "from_sequence": from_sequence},
            at_once=_SEALS_AT_ONCE,
        )
        load = shape_of(Seal).load
        async with aclosing(rows):
            async for row in rows:
                yield load(row)

    async def runs(self, log: str) -> list[SealRun]:
        cursor = await self._store.execute(
            _RUNS, {"company_id": self._store.company_id, "log": _known(log)}
        )
        return [SealRun(*row) for row in await cursor.fetchall()]

    async def texts(self, span: Span) -> AsyncGenerator[SealedText, None]:
        conditions, parameters = _conditions(span)
        rows = self._streamed(
            "SELECT xid::text::bigint, uuid_send(id),"  # noqa: S608
            f" convert_to({canonical_text(span.log, span.form)}, 'UTF8')"
            f" FROM {_known(span.log)} WHERE {conditions} ORDER BY xid, id",
            parameters,
            at_once=_TEXTS_AT_ONCE,
        )
        async with aclosing(rows):
            async for xid, row_id, text in rows:
                yield xid, row_id, text

    async def highest_foreign_id(self, log: str) -> UUID | None:
        foreign = "company_id = %(company_id)s AND xid >= pg_snapshot_xmax(pg_current_snapshot())"
        return await self._id_where(log, foreign, {}, order="DESC")

    async def pending(self, span: Span) -> Pending:
        conditions, parameters = _conditions(span)
        cursor = await self._store.execute(
            f"SELECT count(*) FROM {_known(span.log)} WHERE {conditions}",  # noqa: S608
            {**parameters, "company_id": self._store.company_id},
        )
        (count,) = await cursor.fetchone() or (0,)
        oldest = await self._id_where(span.log, conditions, parameters, order="ASC")
        return Pending(int(count), oldest)

    async def _id_where(
        self, log: str, conditions: str, parameters: Mapping[str, object], *, order: str
    ) -> UUID | None:
        cursor = await self._store.execute(
            f"SELECT id FROM (SELECT id FROM {_known(log)} WHERE {conditions} OFFSET 0) AS found"  # noqa: S608
            f" ORDER BY id {order} LIMIT 1",
            {**parameters, "company_id": self._store.company_id},
        )
        row = await cursor.fetchone()
        return None if row is None else row[0]

    async def _streamed(
        self, sql: str, parameters: Mapping[str, object], *, at_once: int
    ) -> AsyncGenerator[tuple[Any, ...], None]:
        """The rows of a query by a cursor of the server, so that memory does not grow with them.

        Who stops before their end closes it (``aclosing``): else its cursor is open until somebody
        collects it, when the transaction is long over.
        """
        self._cursors += 1
        name = f"trail_{self._cursors}"
        try:
            async with self._store.connection.cursor(name) as cursor:
                cursor.itersize = at_once
                given = {**parameters, "company_id": self._store.company_id}
                await cursor.execute(sql.encode(), given, binary=True)
                async for row in cursor:
                    yield row
        except psycopg.Error as error:
            if (known := translate(error)) is not None:
                raise known from error
            raise


def _known(log: str) -> str:
    """The log's name, which stands in the statement. Raises ValueError for any other."""
    if log not in SEALED_LOGS:
        raise ValueError(log)
    return log
