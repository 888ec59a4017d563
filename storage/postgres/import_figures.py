"""What has become of an import, counted in the rows that stand now, by turns of its records."""

from collections import Counter
from collections.abc import AsyncIterator, Collection
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from storage.imports import FaultCount, Settlement, Standing, Tally
from storage.postgres.bound import BoundTransaction
from storage.postgres.import_lookups import PostgresImportLookups
from storage.postgres.sql import table_of
from storage.vocabulary.importing import ImportOutcome

RECORDS_AT_ONCE = 50_000
"""Records that one statement of a reconciliation goes through: however many an import has, none
takes longer than for so many."""

_IS_MENDED = """EXISTS (
           SELECT FROM import_records AS later
           JOIN import_maps AS map
             ON map.company_id = later.company_id AND map.import_id = later.import_id
            AND map.name = later.map_name AND map.written_at IS NOT NULL
           WHERE later.company_id = record.company_id AND later.source = record.source
             AND later.map_name = record.map_name AND later.legacy_key = record.legacy_key
             AND later.id > record.id AND later.target_id IS NOT NULL
             AND later.import_id <> record.import_id
             AND (later.outcome <> 'unchanged' OR EXISTS (
                 SELECT FROM data_imports AS tried
                 WHERE tried.company_id = later.company_id AND tried.id = later.import_id
                   AND tried.retries_id = record.import_id
             ))
       )"""
"""What was placed already says nothing of the record that could not be placed beside it."""

_RANGE = """company_id = %(company_id)s AND import_id = %(import_id)s
      AND map_name = %(map_name)s AND ordinal BETWEEN %(first)s AND %(last)s"""
"""Some records of one map."""

_TALLIES = f"""
SELECT outcome, count(*), sum(amount_cents)::bigint,
       count(*) FILTER (WHERE outcome = 'quarantined' AND {_IS_MENDED}),
       count(*) FILTER (WHERE cardinality(notes) > 0), sum(part_count)::bigint
FROM import_records AS record
WHERE {_RANGE}
GROUP BY outcome
"""  # noqa: S608 -- parts of our own

_FAULTS = f"""
SELECT place, reason, remedy, count(*)
FROM (
    SELECT regexp_replace(field, '/[0-9]+(?=/|$)', '/*', 'g') AS place, reason, remedy
    FROM import_records AS record
    WHERE {_RANGE} AND outcome = 'quarantined' AND NOT {_IS_MENDED}
) AS waiting
GROUP BY place, reason, remedy
"""  # noqa: S608 -- parts of our own


_TARGETS = f"""
    SELECT target_id FROM import_records
    WHERE {_RANGE} AND outcome IN ('placed', 'changed', 'unchanged')
"""  # noqa: S608 -- parts of our own

_APART = """
    SELECT target_id FROM import_records
    WHERE company_id = %(company_id)s AND import_id = %(import_id)s
      AND map_name = %(apart)s AND outcome IN ('placed', 'changed', 'unchanged')
"""

_SETTLEMENT = f"""
SELECT count(*) FILTER (WHERE is_booked AND NOT waits),
       coalesce(sum(payment_cents) FILTER (WHERE is_booked AND NOT waits), 0)::bigint,
       count(*) FILTER (WHERE waits),
       coalesce(sum(payment_cents) FILTER (WHERE waits), 0)::bigint,
       count(*) FILTER (WHERE NOT is_booked AND NOT waits)
FROM (
    SELECT paid.payment_cents, books.is_booked,
           CASE WHEN paid.status = 'posted' THEN books.is_booked AND books.is_queued
                ELSE paid.status_reason IS NOT NULL OR paid.duplicate_of_id IS NOT NULL
           END AS waits
    FROM remittance_transactions AS paid
    CROSS JOIN LATERAL (
        SELECT paid.status = 'posted'
           AND paid.payment_cents = (
               SELECT coalesce(sum(amount_cents), 0) FROM ledger_entries
               WHERE company_id = %(company_id)s AND transaction_id = paid.id AND kind = 'deposit'
           )
           AND paid.claim_count = (
               SELECT count(*) FROM (
                   SELECT claim_ordinal FROM adjudications
                   WHERE company_id = %(company_id)s AND transaction_id = paid.id
                   UNION
                   SELECT claim_ordinal FROM remittance_exceptions
                   WHERE company_id = %(company_id)s AND transaction_id = paid.id
               ) AS decided
           ) AS is_booked,
           EXISTS (
               SELECT FROM remittance_exceptions
               WHERE company_id = %(company_id)s AND transaction_id = paid.id
                 AND status IN ('open', 'release_requested')
           ) AS is_queued
    ) AS books
    WHERE paid.company_id = %(company_id)s AND paid.remittance_id IN ({_TARGETS})
) AS remitted
"""  # noqa: S608 -- parts of our own


class PostgresImportFigures:
    """See ``storage.interface.ImportFigures``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store
        self._lookups = PostgresImportLookups(store)

    async def tallies(self, import_id: UUID, map_name: str) -> list[Tally]:
        found: dict[str, list[int]] = {}
        async for outcome, *counts in self._in_ranges(_TALLIES, import_id, map_name):
            before = found.get(outcome, [0] * len(counts))
            found[outcome] = [sum(pair) for pair in zip(before, counts, strict=True)]
        return [
            Tally(map_name, ImportOutcome(outcome), *counts) for outcome, counts in found.items()
        ]

    async def standing(
        self,
        import_id: UUID,
        map_name: str,
        row: type[SQLModel],
        amount_column: str | None,
        *,
        parts: tuple[type[SQLModel], str] | None = None,
    ) -> Standing:
        table = table_of(row)
        amount = "0" if amount_column is None else f"target.{amount_column}"
        if parts is not None:
            part, owner = table_of(parts[0]).name, parts[1]
            amount = (
                f"(SELECT sum(part.{amount_column}) FROM {part} AS part"  # noqa: S608
                " WHERE part.company_id = %(company_id)s"
                f" AND part.company_id = target.company_id AND part.{owner} = target.id)"
            )
        counting = f"""
SELECT count(*), coalesce(sum({amount}), 0)::bigint
FROM {table.name} AS target
WHERE target.company_id = %(company_id)s
  AND target.id IN ({_TARGETS})
"""  # noqa: S608 -- names of ours
        return Standing(*await self._added_up(counting, import_id, map_name))

    async def part_rows(
        self,
        import_id: UUID,
        map_name: str,
        parts: Collection[tuple[type[SQLModel], str]],
        *,
        apart: str | None = None,
    ) -> int:
        if not parts:
            return 0
        counted = " UNION ALL ".join(
            f"SELECT count(*) AS rows FROM {table_of(row).name}"  # noqa: S608 -- names of ours
            f" WHERE company_id = %(company_id)s AND {column} IN ({_TARGETS})"
            + ("" if apart is None else f" AND id NOT IN ({_APART})")
            for row, column in parts
        )
        counting = f"SELECT sum(rows)::bigint FROM ({counted}) AS counted"  # noqa: S608
        (count,) = await self._added_up(counting, import_id, map_name, apart=apart)
        return count

    async def settlement(self, import_id: UUID, map_name: str) -> Settlement:
        return Settlement(*await self._added_up(_SETTLEMENT, import_id, map_name))

    async def faults(self, import_id: UUID, map_name: str) -> list[FaultCount]:
        counts: Counter[tuple[str | None, str, str]] = Counter()
        async for *what, count in self._in_ranges(_FAULTS, import_id, map_name):
            place, reason, remedy = what
            counts[place, reason, remedy] += count
        return [FaultCount(map_name, *what, count) for what, count in counts.most_common()]

    async def _added_up(
        self, sql: str, import_id: UUID, map_name: str, **parameters: object
    ) -> list[int]:
        """What a statement with one row of counts comes to over all records of a map."""
        sums: list[int] | None = None
        async for row in self._in_ranges(sql, import_id, map_name, **parameters):
            sums = (
                list(row) if sums is None else [sum(pair) for pair in zip(sums, row, strict=True)]
            )
        assert sums is not None
        return sums

    async def _in_ranges(
        self, sql: str, import_id: UUID, map_name: str, **parameters: object
    ) -> AsyncIterator[tuple[Any, ...]]:
        """The rows of a statement about some records of a map, for all of them by turns."""
        await self._store.plan_for_any_company()
        reached = await self._lookups.reached(import_id=import_id, map_name=map_name)
        for first in range(1, max(reached, 1) + 1, RECORDS_AT_ONCE):
            cursor = await self._store.execute(
                sql,
                {
                    "company_id": self._store.company_id,
                    "import_id": import_id,
                    "map_name": map_name,
                    "first": first,
                    "last": first + RECORDS_AT_ONCE - 1,
                    **parameters,
                },
            )
            for row in await cursor.fetchall():
                yield row
