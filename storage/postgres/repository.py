"""The repository verbs on one PostgreSQL connection inside one transaction."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache
from types import NoneType
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from psycopg.types.json import Jsonb
from pydantic import BaseModel
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import SQLModel

from storage.errors import RowNotFound, VersionConflict
from storage.filters import Filter
from storage.identifiers import FreshIds, new_id, new_id_bytes
from storage.interface import DEFAULT_LIMIT, Page
from storage.postgres import changing, selecting
from storage.postgres.arrays import BinaryArray, array_literal, array_of, array_of_ids
from storage.postgres.bound import BoundTransaction
from storage.postgres.claim_changes import CLAIM_COLUMNS
from storage.postgres.sql import json_text, table_of
from storage.rows import BOOKKEEPING, AppendOnlyRow, SealedRow, columns_of
from storage.tables.claims import Claim, Patient

Fields = TypeVar("Fields", bound=SQLModel)
Row = TypeVar("Row", bound=SQLModel)
Conditions = TypeVar("Conditions", bound=Filter)

FEWEST_OF_A_SHAPE = 500
"""Rows of a statement that is worth a shape of its own: fewer are not parsed faster."""

Value = Any
Converter = Callable[[Value], Value]


class Shape(Generic[Row]):
    """How rows of one class go to and from the database, worked out once."""

    def __init__(self, row: type[Row]) -> None:
        self.row = row
        table = table_of(row)
        self.entity = table.name
        self.names = tuple(c.name for c in table.columns)
        self.patient_column = (
            "id" if row is Patient else "patient_id" if "patient_id" in self.names else None
        )
        self.converters: list[tuple[str, Converter]] = []
        self.documents: set[str] = set()
        self.arrays: set[str] = set()
        for column in table.columns:
            if (vocabulary := column.info.get("vocabulary")) is not None:
                members = {member.value: member for member in vocabulary}
                self.converters.append((column.name, members.__getitem__))
            if (model := column.info.get("model")) is not None:
                self.converters.append((column.name, model.model_validate))
            if isinstance(column.type, pg.JSONB):
                self.documents.add(column.name)
            if isinstance(column.type, pg.ARRAY):
                self.arrays.add(column.name)

    def load(self, values: Sequence[Value]) -> Row:
        """A row from its column values. It is detached: setting an attribute raises."""
        content = dict(zip(self.names, values, strict=True))
        for name, convert in self.converters:
            if (value := content[name]) is not None:
                content[name] = convert(value)
        row = object.__new__(self.row)
        object.__setattr__(row, "__dict__", content)
        return row

    def send(self, name: str, value: Value) -> Value:
        """One column's value as psycopg takes it."""
        if name in self.documents and value is not None:
            return Jsonb(value.model_dump(mode="json") if isinstance(value, BaseModel) else value)
        return value


@cache
def shape_of(row: type[Row]) -> Shape[Row]:
    """The one shape of a row class."""
    return Shape(row)


def _kind(conditions: Filter) -> Hashable:
    """The class of some conditions: with those that are on, the shape of a statement."""
    return cast("Hashable", type(conditions))  # mypy reads a frozen dataclass's hash here


class PostgresRepository(Generic[Fields, Row, Conditions]):
    """See ``storage.interface.Repository``, whose promises these verbs keep."""

    def __init__(self, store: BoundTransaction, row: type[Row]) -> None:
        self._store = store
        self._execute = store.execute
        self._row = row
        self._shape: Shape[Row] = shape_of(row)

    async def create(self, fields: Fields, *, row_id: UUID | None = None) -> Row:
        given = self._bookkeeping(row_id or new_id())
        given.update(fields.__dict__)
        parameters = dict(given)
        for name in self._shape.documents:
            parameters[name] = self._shape.send(name, given[name])
        if not issubclass(self._row, AppendOnlyRow):
            parameters |= self._trail_parameters()
            parameters["trail_id"] = new_id()
        cursor = await self._execute(changing.insert_one(self._row), parameters)
        if issubclass(self._row, SealedRow):
            (given["xid"],) = await cursor.fetchone() or (0,)
        if self._row in CLAIM_COLUMNS:
            columns = {name: [value] for name, value in given.items()}
            self._store.claim_changes.note_made(self._row, columns["id"], columns)
        return self._shape.load([given[name] for name in self._shape.names])

    async def create_many(
        self, rows: Sequence[Fields], *, ids: Sequence[UUID] | None = None
    ) -> Sequence[UUID]:
        made = list(ids) if ids is not None else FreshIds(len(rows))
        if not made:
            return made
        parameters = self._bookkeeping(made[0])
        parameters["id"] = (
            array_of_ids(made.written) if isinstance(made, FreshIds) else array_of(made)
        )
        columns = columns_of(rows)
        has_shape = len(made) >= FEWEST_OF_A_SHAPE
        shared, absent = set(), set()
        is_sparse = not has_shape
        for name, values in columns.items():
            if has_shape and values[0] == values[-1] and values.count(values[0]) == len(values):
                shared.add(name)
                if values[0] is None:
                    absent.add(name)
                parameters[name] = self._shape.send(name, values[0])
            else:
                is_sparse = is_sparse or NoneType in set(map(type, values))
                parameters[name] = self._column(name, values)
        if not issubclass(self._row, AppendOnlyRow):
            parameters |= self._trail_parameters()
            parameters["trail_ids"] = array_of_ids(new_id_bytes(len(made)))
        sql = changing.insert_many(
            self._row, frozenset(shared), frozenset(absent), is_sparse=is_sparse
        )
        await self._execute(sql, parameters)
        if self._row in CLAIM_COLUMNS:
            self._store.claim_changes.note_made(self._row, made, {**columns, "id": made})
        return made

    async def get(self, row_id: UUID) -> Row:
        return await self._one(selecting.select_one(self._row), row_id)

    async def lock(self, row_id: UUID) -> Row:
        return await self._one(selecting.select_one(self._row, locking=True), row_id)

    async def get_many(self, row_ids: Sequence[UUID]) -> builtins.list[Row]:
        cursor = await self._execute(
            selecting.select_by_ids(self._row),
            {"company_id": self._store.company_id, "ids": list(row_ids)},
        )
        return self._load_all(await cursor.fetchall())

    async def list(
        self, conditions: Conditions, *, limit: int = DEFAULT_LIMIT, after: UUID | None = None
    ) -> Page[Row]:
        names = selecting.conditions_given(conditions)
        sql = selecting.select_page(
            self._row, _kind(conditions), names, continued=after is not None
        )
        parameters = self._conditions(conditions, names)
        parameters["row_limit"] = limit + 1
        if after is not None:
            parameters["after"] = after
        cursor = await self._execute(sql, parameters)
        found = await cursor.fetchall()
        rows = self._load_all(found[:limit])
        more = len(found) > limit
        return Page(rows, rows[-1].__dict__["id"] if more else None)

    async def all(self, conditions: Conditions) -> builtins.list[Row]:
        return await self._all(conditions, locking=False)

    async def lock_all(self, conditions: Conditions) -> builtins.list[Row]:
        return await self._all(conditions, locking=True)

    async def _all(self, conditions: Conditions, *, locking: bool) -> builtins.list[Row]:
        names = selecting.conditions_given(conditions)
        sql = selecting.select_all(self._row, _kind(conditions), names, locking=locking)
        cursor = await self._execute(sql, self._conditions(conditions, names))
        return self._load_all(await cursor.fetchall())

    async def count(self, conditions: Conditions) -> int:
        names = selecting.conditions_given(conditions)
        sql = selecting.count_all(self._row, _kind(conditions), names)
        cursor = await self._execute(sql, self._conditions(conditions, names))
        (count,) = await cursor.fetchone() or (0,)
        return int(count)

    async def update(
        self, row_id: UUID, changes: Mapping[str, object], *, expected_version: int
    ) -> Row:
        if forbidden := BOOKKEEPING.intersection(changes):
            raise ValueError(f"bookkeeping columns cannot be set: {sorted(forbidden)}")
        sql = changing.update_one(self._row, tuple(sorted(changes)))
        parameters = {name: self._shape.send(name, value) for name, value in changes.items()}
        parameters |= self._trail_parameters()
        parameters |= {
            "company_id": self._store.company_id,
            "id": row_id,
            "expected_version": expected_version,
            "trail_id": new_id(),
        }
        cursor = await self._execute(sql, parameters)
        if (values := await cursor.fetchone()) is None:
            await self.get(row_id)
            raise VersionConflict(self._shape.entity)
        if self._row is Claim:
            self._store.claim_changes.note_changed([row_id])
        return self._shape.load(values)

    async def update_many(
        self,
        versions: Mapping[UUID, int],
        changes: Mapping[str, Sequence[Value]],
    ) -> None:
        if not versions:
            return
        names = tuple(sorted(changes))
        parameters: dict[str, Value] = {
            name: self._column(name, list(changes[name])) for name in names
        }
        parameters |= self._trail_parameters()
        parameters |= {
            "company_id": self._store.company_id,
            "id": array_of(list(versions)),
            "expected_version": array_of(list(versions.values())),
            "trail_ids": array_of_ids(new_id_bytes(len(versions))),
        }
        cursor = await self._execute(changing.update_many(self._row, names), parameters)
        if len(await cursor.fetchall()) != len(versions):
            raise VersionConflict(self._shape.entity)
        if self._row is Claim:
            self._store.claim_changes.note_changed(versions)

    async def delete(self, row_id: UUID, *, expected_version: int) -> None:
        cursor = await self._execute(
            changing.delete_one(self._row),
            self._trail_parameters()
            | {
                "company_id": self._store.company_id,
                "id": row_id,
                "expected_version": expected_version,
                "trail_id": new_id(),
            },
        )
        if await cursor.fetchone() is None:
            await self.get(row_id)
            raise VersionConflict(self._shape.entity)
        if self._row is Claim:
            self._store.claim_changes.note_changed([row_id])

    async def delete_many(self, versions: Mapping[UUID, int]) -> None:
        if not versions:
            return
        cursor = await self._execute(
            changing.delete_many(self._row, are_of_versions=True),
            self._trail_parameters()
            | {
                "company_id": self._store.company_id,
                "ids": array_of(list(versions)),
                "expected_version": array_of(list(versions.values())),
                "trail_ids": array_of_ids(new_id_bytes(len(versions))),
            },
        )
        if len(await cursor.fetchall()) != len(versions):
            raise VersionConflict(self._shape.entity)
        if self._row is Claim:
            self._store.claim_changes.note_changed(versions)

    async def _one(self, sql: str, row_id: UUID) -> Row:
        cursor = await self._execute(sql, {"company_id": self._store.company_id, "id": row_id})
        if (values := await cursor.fetchone()) is None:
            raise RowNotFound(self._shape.entity)
        (row,) = self._load_all([values])
        return row

    def _load_all(self, found: Sequence[Sequence[Value]]) -> builtins.list[Row]:
        """Rows from their values; whose patients they are about is noted for the access log."""
        rows = [self._shape.load(values) for values in found]
        if (column := self._shape.patient_column) is not None:
            self._store.patients_read.update(row.__dict__[column] for row in rows)
        return rows

    def _bookkeeping(self, row_id: UUID) -> dict[str, Value]:
        store = self._store
        if issubclass(self._row, AppendOnlyRow):
            return {
                "company_id": store.company_id,
                "id": row_id,
                "recorded_at": store.now,
                "recorded_by": store.actor.principal_id,
            }
        return {
            "company_id": store.company_id,
            "id": row_id,
            "version": 1,
            "created_at": store.now,
            "created_by": store.actor.principal_id,
            "updated_at": store.now,
            "updated_by": store.actor.principal_id,
        }

    def _trail_parameters(self) -> dict[str, Value]:
        store = self._store
        return {
            "now": store.now,
            "actor_id": store.actor.principal_id,
            "request_id": store.actor.request_id,
        }

    def _conditions(self, conditions: Conditions, names: tuple[str, ...]) -> dict[str, Value]:
        parameters: dict[str, Value] = {
            f"where_{name}": getattr(conditions, name) for name in names
        }
        parameters["company_id"] = self._store.company_id
        return parameters

    def _column(self, name: str, values: Sequence[Value]) -> BinaryArray | str:
        """One column's values as the array that the set-based statements take."""
        if name in self._shape.arrays:
            return array_of([None if v is None else array_literal(v) for v in values])
        if name in self._shape.documents:
            return array_of([None if v is None else _json_text(v) for v in values])
        return array_of(values)


def _json_text(value: Value) -> str:
    return value.model_dump_json() if isinstance(value, BaseModel) else json_text(value)
