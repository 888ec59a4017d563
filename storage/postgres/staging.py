"""Many rows of one append-only table at once: copied beside it first, then taken over as a whole.

PostgreSQL copies into no table that guards its rows by company, so the rows go into a temporary one
of this transaction, in pieces that each are a short statement, and from there in one statement.
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from storage.interface.questions import Cell
from storage.postgres.bound import BoundTransaction
from storage.postgres.errors import translate
from storage.postgres.sql import table_of

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_MEMORY = "64MB"
"""For what sorts and groups the rows, until the transaction ends."""
_LONGEST_MERGE = "15min"
"""Of how many rows it is one statement, only the file says."""


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_WRITTEN: Mapping[type, Callable[[Any], str]] = {
    str: lambda value: value.translate(_ESCAPES),
    int: str,
    bool: lambda value: "t" if value else "f",
    dt.date: dt.date.isoformat,
    NoneType: lambda _: "\\N",
}
"""How COPY reads a value of each type."""


class PostgresStaging:
    """See ``storage.interface.Staging``."""

    def __init__(
        self, store: BoundTransaction, row: type[SQLModel], columns: Sequence[str]
    ) -> None:
        """``columns`` are those that each row brings of its own."""
        self._store = store
        self._table = table_of(row)
        self._names = columns
        self._staged = f"staged_{self._table.name}"

    async def begin(self) -> None:
        """Make the place for the rows."""
        columns = ", ".join(
            f"{name} {self._table.columns[name].type.compile(_DIALECT)}" for name in self._names
        )
        await self._store.execute(
            f"CREATE TEMPORARY TABLE {self._staged} (line bigint NOT NULL, {columns})"
            " ON COMMIT DROP"
        )
        await self._store.execute(f"SET LOCAL work_mem = '{_MEMORY}'")

    async def add(self, rows: Sequence[tuple[int, Sequence[Cell]]]) -> None:
        columns = ", ".join(["line", *self._names])
        block = await asyncio.to_thread(_block, rows)
        try:
            async with (
                self._store.connection.cursor() as cursor,
                cursor.copy(f"COPY {self._staged} ({columns}) FROM STDIN".encode()) as copy,
            ):
                await copy.write(block)
        except psycopg.Error as error:
            if (known := translate(error)) is not None:
                raise known from error
            raise

    async def first_repeated(self, names: Sequence[str]) -> tuple[int, int] | None:
        key = ", ".join(names)
        cursor = await self._store.execute(
            f"SELECT FROM {self._staged} GROUP BY {key} HAVING count(*) > 1 LIMIT 1"
        )
        if await cursor.fetchone() is None:  # as nearly always: which two costs a sort
            return None
        cursor = await self._store.execute(
            "SELECT line, first_line FROM"  # noqa: S608 -- names of ours
            f" (SELECT line, min(line) OVER (PARTITION BY {key}) AS first_line FROM {self._staged})"
            " AS numbered WHERE line > first_line ORDER BY line LIMIT 1"
        )
        found = await cursor.fetchone()
        return None if found is None else (found[0], found[1])

    async def merge(self, given: Mapping[str, UUID]) -> int:
        columns = ", ".join(["company_id", "id", "recorded_at", "recorded_by", *given])
        common = ", ".join(f"%({name})s::uuid" for name in given)
        names = ", ".join(self._names)
        parameters: dict[str, Any] = {
            **given,
            "company_id": self._store.company_id,
            "now": self._store.now,
            "actor": self._store.actor.principal_id,
        }
        await self._store.execute(f"SET LOCAL statement_timeout = '{_LONGEST_MERGE}'")
        cursor = await self._store.execute(
            f"INSERT INTO {self._table.name} ({columns}, {names})"  # noqa: S608 -- names of ours
            f" SELECT %(company_id)s::uuid, uuidv7(), %(now)s::timestamptz, %(actor)s::uuid,"
            f" {common}, {names} FROM {self._staged} ORDER BY line",
            parameters,
        )
        await self._store.execute(f"DROP TABLE {self._staged}")
        return cursor.rowcount


def _block(rows: Sequence[tuple[int, Sequence[Cell]]]) -> bytes:
    """Rows in the text that COPY reads."""
    return "".join(
        [
            "\t".join([str(line), *[_WRITTEN[type(value)](value) for value in row]]) + "\n"
            for line, row in rows
        ]
    ).encode()
