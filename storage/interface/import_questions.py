"""Questions about records that came from another installation, and about what became of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Protocol
from uuid import UUID

from sqlmodel import SQLModel

from storage.filters import ImportRecordFilter
from storage.imports import (
    FaultCount,
    GatheredRecord,
    KnownRecord,
    Settlement,
    Standing,
    Tally,
)


class Gathering(Protocol):
    """Very many records that come in any order, read again by what they belong to."""

    async def add(self, records: Sequence[GatheredRecord]) -> None:
        """More records."""

    def by_owner(self, *, at_once: int) -> AsyncIterator[list[GatheredRecord]]:
        """All of them, so many at once: those of one owner together, by place and ordinal, and
        those of none last."""


class ImportLookups(Protocol):
    """What is known of records that came from another installation."""

    async def latest(
        self,
        *,
        source: str,
        map_name: str,
        import_id: UUID,
        keys: Collection[str],
        is_earlier: bool = False,
    ) -> dict[str, KnownRecord]:
        """The records under these keys as they last came and were written, by key; those that this
        import is about to write count, unless what ``is_earlier`` than it is asked for."""

    async def placed(
        self, *, import_id: UUID, map_name: str, natural_keys: Collection[str]
    ) -> dict[str, KnownRecord]:
        """The records of an import that get rows of their own, by the natural keys of these."""

    async def renumbered(
        self, *, import_id: UUID, map_name: str, names: Collection[str]
    ) -> dict[str, KnownRecord]:
        """The records of an import that get another natural key than they came with, by that."""

    async def renumbered_before(
        self, *, source: str, import_id: UUID, map_name: str, names: Collection[str]
    ) -> dict[str, list[UUID]]:
        """The rows of earlier imports of a source that got another natural key than their records
        came with, by that."""

    async def waiting(self, *, source: str, map_name: str, keys: Collection[str]) -> set[str]:
        """Those of the keys under which a record has waited, whatever has become of it since."""

    async def placed_as(
        self, *, source: str, import_id: UUID, map_name: str, names: Collection[str]
    ) -> dict[str, UUID | None]:
        """The rows that records of an import get and those of earlier ones of its source got, by
        the natural key or name that they have or came with; None for what several have."""

    async def ids_by(
        self, row: type[SQLModel], column: str, values: Collection[str]
    ) -> dict[str, UUID]:
        """The rows that these texts name, by the text; what several rows have names none."""

    async def reached(self, *, import_id: UUID, map_name: str) -> int:
        """The ordinal of the last record of a map that is on record; 0 before the first."""

    async def fitting(
        self, conditions: ImportRecordFilter, *, after: UUID | None, most: int, most_bytes: int
    ) -> int:
        """How many of the records of an import that come next, the last first, hold no more than
        so many bytes together."""

    async def highest_number(
        self, *, import_id: UUID, map_name: str, prefix: str, below: int
    ) -> int | None:
        """The highest number behind a prefix among the natural keys that a map has placed."""

    async def is_overtaken(self, import_id: UUID) -> bool:
        """Whether another import has written a map since this one's maps were noted."""


class ImportFigures(Protocol):
    """What has become of an import, in the rows that stand now. Each goes through its records by
    turns, so that no statement grows with it."""

    async def tallies(self, import_id: UUID, map_name: str) -> list[Tally]:
        """The records of a map, counted and added up by outcome."""

    async def standing(
        self,
        import_id: UUID,
        map_name: str,
        row: type[SQLModel],
        amount_column: str | None,
        *,
        parts: tuple[type[SQLModel], str] | None = None,
    ) -> Standing:
        """The rows that stand now for what an import placed, changed or left of a map. Their money
        is in a column of theirs, or of the ``parts`` that name them in another."""

    async def part_rows(
        self,
        import_id: UUID,
        map_name: str,
        parts: Collection[tuple[type[SQLModel], str]],
        *,
        apart: str | None = None,
    ) -> int:
        """The rows that stand beside those now, each naming one of them in a column; without those
        that are themselves the rows of another map, which stands ``apart``."""

    async def settlement(self, import_id: UUID, map_name: str) -> Settlement:
        """What has become of the remittances that an import placed or left of a map."""

    async def faults(self, import_id: UUID, map_name: str) -> list[FaultCount]:
        """Why records of a map wait that no later one has placed, the commonest reasons first."""
