"""What every kind of row can be asked and told."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from sqlmodel import SQLModel

from storage.filters import (
    Filter,
)

Fields = TypeVar("Fields", bound=SQLModel, contravariant=True)
Row = TypeVar("Row", bound=SQLModel)
Listed = TypeVar("Listed", bound=SQLModel, covariant=True)
Conditions = TypeVar("Conditions", bound=Filter, contravariant=True)
DEFAULT_LIMIT = 50
MAXIMUM_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it, in which request: written on every row and in every trail."""

    principal_id: UUID
    request_id: UUID

    def named(self, principal_id: UUID) -> Actor:
        """The same request, once it is known who asks."""
        return Actor(principal_id, self.request_id)


@dataclass(frozen=True, slots=True)
class Page(Generic[Listed]):
    """Some rows, newest first, and the id to go on after (None at the end)."""

    rows: Sequence[Listed]
    next_after: UUID | None


class Log(Protocol[Fields, Row, Conditions]):
    """The verbs of an append-only entity."""

    async def create(self, fields: Fields, *, row_id: UUID | None = None) -> Row:
        """Append one row, under the id that what is sealed in it names, or one of its own.

        Raises DuplicateValue, ReferenceNotFound, ConstraintRefused.
        """

    async def create_many(
        self, rows: Sequence[Fields], *, ids: Sequence[UUID] | None = None
    ) -> Sequence[UUID]:
        """Append rows in one statement; returns their ids in order."""

    async def get(self, row_id: UUID) -> Row:
        """The row with this id. Raises RowNotFound."""

    async def get_many(self, row_ids: Sequence[UUID]) -> builtins.list[Row]:
        """The rows with these ids that exist, in ascending order of id."""

    async def list(
        self, conditions: Conditions, *, limit: int = DEFAULT_LIMIT, after: UUID | None = None
    ) -> Page[Row]:
        """A page of rows that satisfy ``conditions``, newest first."""

    async def all(self, conditions: Conditions) -> builtins.list[Row]:
        """Every row that satisfies ``conditions``, oldest first: for children of one parent."""

    async def count(self, conditions: Conditions) -> int:
        """How many rows satisfy ``conditions``."""


class Repository(Log[Fields, Row, Conditions], Protocol[Fields, Row, Conditions]):
    """The verbs of a mutable entity. Each change leaves one ``audit_log`` row by itself."""

    async def lock(self, row_id: UUID) -> Row:
        """The row with this id, held until the transaction ends. Raises RowNotFound."""

    async def lock_all(self, conditions: Conditions) -> builtins.list[Row]:
        """Every row under ``conditions``, oldest first, held until the transaction ends."""

    async def update(
        self, row_id: UUID, changes: Mapping[str, object], *, expected_version: int
    ) -> Row:
        """Change some columns and raise the version.

        Raises RowNotFound, VersionConflict, DuplicateValue, ReferenceNotFound, ConstraintRefused.
        """

    async def update_many(
        self, versions: Mapping[UUID, int], changes: Mapping[str, Sequence[object]]
    ) -> None:
        """Change the same columns of many rows in one statement.

        ``versions`` are the rows and the version that each must have; ``changes`` hold one value a
        row, in the same order. Raises VersionConflict when any row is gone or has changed.
        """

    async def delete(self, row_id: UUID, *, expected_version: int) -> None:
        """Remove the row. Raises RowNotFound, VersionConflict, ReferenceNotFound."""

    async def delete_many(self, versions: Mapping[UUID, int]) -> None:
        """Remove rows in one statement, given with the version that each must have.

        Raises VersionConflict when any row is gone or has changed, ReferenceNotFound.
        """
