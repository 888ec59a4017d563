"""What is known of records that came from another installation, looked up many at a time."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from storage.filters import ImportRecordFilter
from storage.imports import KnownRecord
from storage.postgres.arrays import array_of
from storage.postgres.bound import BoundTransaction
from storage.postgres.sql import table_of
from storage.vocabulary.importing import ImportOutcome

_LATEST = """
SELECT wanted.key, found.*
FROM unnest(%(keys)s::text[]) AS wanted (key)
CROSS JOIN LATERAL (
    SELECT record.import_id, record.outcome, record.content, record.sha256, record.target_id,
           record.patient_id
    FROM import_records AS record
    WHERE record.company_id = %(company_id)s
      AND record.source = %(source)s
      AND record.map_name = %(map_name)s
      AND record.legacy_key = wanted.key
      AND record.target_id IS NOT NULL
      AND ({condition})
    ORDER BY record.source DESC, record.map_name DESC, record.legacy_key DESC, record.id DESC
    LIMIT 1
) AS found
"""
"""Key by key, each by its index: rows that were written a moment ago are in no statistics, so a
plan that joins them as a set reads all of them for every chunk."""

_WRITTEN = """EXISTS (
        SELECT FROM import_maps AS map
        WHERE map.company_id = %(company_id)s AND map.import_id = record.import_id
          AND map.name = record.map_name AND map.written_at IS NOT NULL
    )"""
_THIS_TOO = f"record.import_id = %(import_id)s OR {_WRITTEN}"
_EARLIER = f"record.import_id <> %(import_id)s AND {_WRITTEN}"


def _records_by(column: str) -> str:
    """The records of an import that get rows, by a column of theirs. The import ``IS NOT DISTINCT
    FROM``, which no index serves: so none on the import alone does."""
    return f"""
SELECT wanted.key, found.*
FROM unnest(%(keys)s::text[]) AS wanted (key)
CROSS JOIN LATERAL (
    SELECT import_id, outcome, content, sha256, target_id, patient_id
    FROM import_records
    WHERE company_id = %(company_id)s AND {column} = wanted.key
      AND import_id IS NOT DISTINCT FROM %(import_id)s AND map_name = %(map_name)s
      AND target_id IS NOT NULL
    LIMIT 1
) AS found
"""  # noqa: S608 -- a name of ours


_NATURALS, _RENUMBERED = _records_by("natural_key"), _records_by("name")


def _targets_by(column: str, condition: str) -> str:
    """The rows that records of a source got which have a wanted name in a column."""
    return f"""
    SELECT target_id FROM import_records AS record
    WHERE record.company_id = %(company_id)s AND record.{column} = wanted.name
      AND record.map_name = %(map_name)s AND record.source = %(source)s
      AND record.target_id IS NOT NULL AND ({condition})"""  # noqa: S608 -- parts of our own


_RENUMBERED_BEFORE = f"""
SELECT wanted.name, array_agg(DISTINCT found.target_id)
FROM unnest(%(names)s::text[]) AS wanted (name)
CROSS JOIN LATERAL ({_targets_by("name", _EARLIER)}) AS found
GROUP BY wanted.name
"""  # noqa: S608 -- parts of our own

_PLACED_AS = f"""
SELECT wanted.name, CASE WHEN count(*) = 1 THEN (array_agg(found.target_id))[1] END
FROM unnest(%(names)s::text[]) AS wanted (name)
CROSS JOIN LATERAL (
    {_targets_by("natural_key", _THIS_TOO)}
    UNION
    {_targets_by("name", _THIS_TOO)}
) AS found
GROUP BY wanted.name
"""  # noqa: S608 -- parts of our own

_WAITING = """
SELECT wanted.key
FROM unnest(%(keys)s::text[]) AS wanted (key)
WHERE EXISTS (
    SELECT FROM import_records AS record
    JOIN data_imports AS import ON import.company_id = record.company_id
     AND import.id = record.import_id AND NOT import.is_trial
    WHERE record.company_id = %(company_id)s AND record.source = %(source)s
      AND record.map_name = %(map_name)s AND record.legacy_key = wanted.key
      AND record.outcome = 'quarantined'
)
"""

_REACHED = """
SELECT coalesce(max(ordinal), 0) FROM import_records
WHERE company_id = %(company_id)s AND import_id = %(import_id)s AND map_name = %(map_name)s
"""

_FITTING = """
SELECT count(*) FROM (
    SELECT sum(byte_count) OVER (ORDER BY id DESC) AS byte_count
    FROM (
        SELECT id, octet_length(content) AS byte_count FROM import_records
        WHERE company_id = %(company_id)s
          AND import_id = %(import_id)s
          AND (%(map_name)s::text IS NULL OR map_name = %(map_name)s)
          AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC
        LIMIT %(most)s
    ) AS record
) AS page
WHERE byte_count <= %(most_bytes)s
"""

_IS_OVERTAKEN = """
SELECT EXISTS (
    SELECT FROM import_maps AS other
    WHERE other.company_id = %(company_id)s AND other.import_id <> %(import_id)s
      AND other.written_at >= (
          SELECT min(created_at) FROM import_maps
          WHERE company_id = %(company_id)s AND import_id = %(import_id)s
      )
)
"""

_HIGHEST = """
SELECT max(given.number)
FROM (
    SELECT substring(natural_key FROM %(pattern)s)::bigint AS number
    FROM import_records
    WHERE company_id = %(company_id)s AND import_id = %(import_id)s
      AND map_name = %(map_name)s
      AND starts_with(natural_key, %(prefix)s)
    OFFSET 0
) AS given
WHERE given.number <= %(below)s
"""


class PostgresImportLookups:
    """See ``storage.interface.ImportLookups``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def latest(
        self,
        *,
        source: str,
        map_name: str,
        import_id: UUID,
        keys: Collection[str],
        is_earlier: bool = False,
    ) -> dict[str, KnownRecord]:
        if not keys:
            return {}
        cursor = await self._execute(
            _LATEST.format(condition=_EARLIER if is_earlier else _THIS_TOO),
            {
                "source": source,
                "map_name": map_name,
                "import_id": import_id,
                "keys": array_of(list(keys)),
            },
        )
        return _known(await cursor.fetchall())

    async def placed(
        self, *, import_id: UUID, map_name: str, natural_keys: Collection[str]
    ) -> dict[str, KnownRecord]:
        cursor = await self._execute(
            _NATURALS,
            {
                "import_id": import_id,
                "map_name": map_name,
                "keys": array_of(list(natural_keys)),
            },
        )
        return _known(await cursor.fetchall())

    async def renumbered(
        self, *, import_id: UUID, map_name: str, names: Collection[str]
    ) -> dict[str, KnownRecord]:
        cursor = await self._execute(
            _RENUMBERED,
            {"import_id": import_id, "map_name": map_name, "keys": array_of(list(names))},
        )
        return _known(await cursor.fetchall())

    async def renumbered_before(
        self, *, source: str, import_id: UUID, map_name: str, names: Collection[str]
    ) -> dict[str, list[UUID]]:
        asked = {"source": source, "import_id": import_id, "map_name": map_name}
        return await self._by_name(_RENUMBERED_BEFORE, asked, names)

    async def waiting(self, *, source: str, map_name: str, keys: Collection[str]) -> set[str]:
        cursor = await self._execute(
            _WAITING, {"source": source, "map_name": map_name, "keys": array_of(list(keys))}
        )
        return {key for (key,) in await cursor.fetchall()}

    async def placed_as(
        self, *, source: str, import_id: UUID, map_name: str, names: Collection[str]
    ) -> dict[str, UUID | None]:
        asked = {"source": source, "import_id": import_id, "map_name": map_name}
        return await self._by_name(_PLACED_AS, asked, names)

    async def ids_by(
        self, row: type[SQLModel], column: str, values: Collection[str]
    ) -> dict[str, UUID]:
        table = table_of(row)
        cursor = await self._execute(
            f"SELECT {column}, (array_agg(id))[1] FROM {table.name}"  # noqa: S608 -- names of ours
            f" WHERE company_id = %(company_id)s AND {column} = ANY (%(values)s::text[])"
            f" GROUP BY {column} HAVING count(*) = 1",
            {"values": array_of(list(values))},
        )
        return dict(await cursor.fetchall())

    async def reached(self, *, import_id: UUID, map_name: str) -> int:
        cursor = await self._execute(_REACHED, {"import_id": import_id, "map_name": map_name})
        (last,) = await cursor.fetchone() or (0,)
        return int(last)

    async def is_overtaken(self, import_id: UUID) -> bool:
        cursor = await self._execute(_IS_OVERTAKEN, {"import_id": import_id})
        (found,) = await cursor.fetchone() or (False,)
        return bool(found)

    async def fitting(
        self, conditions: ImportRecordFilter, *, after: UUID | None, most: int, most_bytes: int
    ) -> int:
        cursor = await self._execute(
            _FITTING,
            {
                "import_id": conditions.import_id,
                "map_name": conditions.map_name,
                "outcome": conditions.outcome,
                "after": after,
                "most": most,
                "most_bytes": most_bytes,
            },
        )
        (count,) = await cursor.fetchone() or (0,)
        return int(count)

    async def highest_number(
        self, *, import_id: UUID, map_name: str, prefix: str, below: int
    ) -> int | None:
        cursor = await self._execute(
            _HIGHEST,
            {
                "import_id": import_id,
                "map_name": map_name,
                "prefix": prefix,
                "pattern": f"^{prefix}([0-9]{{1,15}})(-|$)",
                "below": below,
            },
        )
        (found,) = await cursor.fetchone() or (None,)
        return None if found is None else int(found)

    async def _execute(self, sql: str, parameters: Mapping[str, Any]) -> Any:
        await self._store.plan_for_any_company()
        return await self._store.execute(sql, {"company_id": self._store.company_id, **parameters})

    async def _by_name(
        self, sql: str, asked: Mapping[str, Any], names: Collection[str]
    ) -> dict[str, Any]:
        cursor = await self._execute(sql, {**asked, "names": array_of(list(names))})
        return dict(await cursor.fetchall())


def _known(found: Collection[tuple[Any, ...]]) -> dict[str, KnownRecord]:
    return {
        key: KnownRecord(import_id, ImportOutcome(outcome), *rest)
        for key, import_id, outcome, *rest in found
    }
