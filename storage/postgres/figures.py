"""What measures come to, the rows that they count, and whether kept sums are right.

Every statement is made from the declarations in ``storage.postgres.figure_measures``.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from storage.figures import Ask, FactsChecked, FigureRow, FigureScope, Total
from storage.interface import Page
from storage.postgres.bound import BoundTransaction
from storage.postgres.claim_facts import ADD_TO_SUMS, CELL, COLUMNS, FACTS, measured
from storage.postgres.figure_measures import MEASURES, ROWS, SUMMED, Dimensions, Source
from storage.vocabulary.figures import FigureDimension

_BEFORE_ALL = UUID(int=0)

_SUMMED = """
SELECT ask.number, {key}, sum(kept.items)::bigint, sum(kept.amount)::bigint
FROM unnest(%(measures)s::text[], %(firsts)s::date[], %(lasts)s::date[])
     WITH ORDINALITY AS ask (measure, first, last, number)
JOIN figure_sums AS kept ON kept.measure = ask.measure AND kept.month BETWEEN ask.first AND ask.last
WHERE kept.company_id = %(company_id)s{scope}
GROUP BY 1, 2
"""

_FOLD = """
WITH loose AS (
    DELETE FROM figure_sums
    WHERE company_id = %(company_id)s AND NOT is_folded
    RETURNING measure, month, payer_id, provider_id, location, items, amount
)
INSERT INTO figure_sums (company_id, id, measure, month, payer_id, provider_id, location,
                         items, amount, is_folded)
SELECT %(company_id)s::uuid, gen_random_uuid(), measure, month, payer_id, provider_id, location,
       sum(items), sum(amount), true
FROM loose
GROUP BY measure, month, payer_id, provider_id, location
HAVING sum(items) <> 0 OR sum(amount) <> 0
ON CONFLICT (company_id, measure, month, payer_id, provider_id, location) WHERE is_folded
DO UPDATE SET items = figure_sums.items + excluded.items,
              amount = figure_sums.amount + excluded.amount
"""

_PAGE = """
WITH named AS (
    (SELECT id FROM claims
     WHERE company_id = %(company_id)s AND id > %(after)s ORDER BY id LIMIT %(limit)s)
    UNION
    (SELECT id FROM claim_facts
     WHERE company_id = %(company_id)s AND id > %(after)s ORDER BY id LIMIT %(limit)s)
    ORDER BY 1 LIMIT %(limit)s
)
SELECT count(*), (SELECT id FROM named ORDER BY id DESC LIMIT 1) FROM named
"""

_FACTS_THAT_DIFFER = f"""
SELECT coalesce(kept.id, made.id)
FROM (
    SELECT id, {", ".join(COLUMNS)} FROM claim_facts
    WHERE company_id = %(company_id)s AND id > %(after)s AND id <= %(until)s
) AS kept
FULL JOIN ({FACTS} AND claim.id > %(after)s AND claim.id <= %(until)s) AS made
    ON made.id = kept.id
WHERE ({", ".join(f"kept.{name}" for name in COLUMNS)})
      IS DISTINCT FROM ({", ".join(f"made.{name}" for name in COLUMNS)})
ORDER BY 1
"""  # noqa: S608 -- names and expressions of ours

_DAYS = tuple(sorted({each.day for name, each in MEASURES.items() if each.source is Source.CLAIMS}))
_MONTHS_KEPT = f"""
SELECT date_trunc('month', min(day)::timestamp)::date,
       date_trunc('month', max(day)::timestamp)::date
FROM (
    SELECT unnest(ARRAY[min(month), max(month)]) AS day
    FROM figure_sums WHERE company_id = %(company_id)s
    UNION ALL
    SELECT unnest(ARRAY[min(effective_on), max(effective_on)])
    FROM ledger_entries WHERE company_id = %(company_id)s
    UNION ALL
    SELECT unnest(ARRAY[{", ".join(f"min({day}), max({day})" for day in _DAYS)}])
    {ROWS[Source.CLAIMS].sql}
) AS found
"""  # noqa: S608 -- names and expressions of ours

_ARE_COVERED = "BETWEEN %(first)s AND (%(last)s + interval '1 month - 1 day')::date"
_TOUCHED_CLAIMS = (
    f"{ROWS[Source.CLAIMS].sql} AND ({' OR '.join(f'{day} {_ARE_COVERED}' for day in _DAYS)})"
)
_TOUCHED_ENTRIES = f"{ROWS[Source.LEDGER].sql} AND item.effective_on {_ARE_COVERED}"

_MISSING = f"""
SELECT * FROM (
    SELECT measure, month, {CELL}, -items AS items, -amount AS amount
    FROM figure_sums WHERE company_id = %(company_id)s
    UNION ALL
    {measured(Source.CLAIMS, rows=_TOUCHED_CLAIMS)}
    UNION ALL
    {measured(Source.LEDGER, rows=_TOUCHED_ENTRIES)}
) AS counted
WHERE month BETWEEN %(first)s AND %(last)s
"""  # noqa: S608 -- names and expressions of ours
_NAMED = "measure || ' of ' || to_char(month, 'YYYY-MM')"
_SUMS_THAT_DIFFER = f"""
SELECT {_NAMED} FROM ({_MISSING}) AS missing
GROUP BY measure, month, {CELL}
HAVING sum(items) <> 0 OR sum(amount) <> 0
ORDER BY 1
"""  # noqa: S608 -- names and expressions of ours
_CORRECT_SUMS = f"""
WITH moved AS ({_MISSING}),
corrected AS ({ADD_TO_SUMS} RETURNING measure, month)
SELECT {_NAMED} FROM corrected ORDER BY 1
"""  # noqa: S608 -- names and expressions of ours


def _key(columns: Dimensions, by: FigureDimension | None, day: str) -> str:
    """What rows are told apart by; of rows that have none of it, nothing is told."""
    match by:
        case FigureDimension.MONTH:
            return f"to_char({day}, 'YYYY-MM')"
        case FigureDimension.PAYER:
            return f"{columns.payer_id}::text"
        case FigureDimension.PROVIDER:
            return columns.provider_id
        case FigureDimension.LOCATION:
            return columns.location
        case _:
            return "''"


def _within(columns: Dimensions, scope: FigureScope) -> str:
    """The conditions of a scope."""
    return "".join(
        f" AND {getattr(columns, name)} = %({name})s"
        for name in ("payer_id", "provider_id", "location")
        if getattr(scope, name) is not None
    )


_KEPT = Dimensions(
    payer_id="kept.payer_id", provider_id="kept.provider_id", location="kept.location"
)


def _from(source: Source, scope: FigureScope, by: FigureDimension | None = None) -> str:
    """The rows of a source in scope, with the facts of their claims where anything asks of them."""
    rows = ROWS[source]
    is_about_all = scope == FigureScope() and by in (None, FigureDimension.MONTH)
    return rows.alone if is_about_all else f"{rows.sql}{_within(rows.dimensions, scope)}"


def _read(
    source: Source, asks: Sequence[Ask], scope: FigureScope, by: FigureDimension | None
) -> str:
    """One pass over the rows of a source: two columns an ask, how many and how much.

    Each row is judged once, and added up with those of the same days; then the days are looked at.
    By month, all asks count by one day.
    """
    names = sorted({ask.measure for ask in asks})
    day_of = {name: MEASURES[name].day for name in names}
    days = {day: f"day_{at}" for at, day in enumerate(sorted(set(day_of.values())))}
    key = _key(ROWS[source].dimensions, by, next(iter(days)))
    chosen = ", ".join(f"{day} AS {alias}" for day, alias in days.items())
    counted = ", ".join(
        f"count(*) FILTER (WHERE {each.condition}) AS items_{name},"
        f" sum(({each.amount})::bigint) FILTER (WHERE {each.condition}) AS amount_{name}"
        for name, each in ((name, MEASURES[name]) for name in names)
    )
    bounds = " OR ".join(f"{day} BETWEEN %(first)s AND %(last)s" for day in days)
    within = [
        f"FILTER (WHERE {days[day_of[ask.measure]]} BETWEEN %(first_{at})s AND %(last_{at})s)"
        for at, ask in enumerate(asks)
    ]
    totals = ", ".join(
        f"coalesce(sum(items_{ask.measure}) {filtered}, 0)::bigint,"
        f" coalesce(sum(amount_{ask.measure}) {filtered}, 0)::bigint"
        for ask, filtered in zip(asks, within, strict=True)
    )
    return (
        f"SELECT key, {totals} FROM (SELECT {key} AS key,"  # noqa: S608
        f" {chosen}, {counted} {_from(source, scope, by)} AND ({bounds})"
        f" GROUP BY key, {', '.join(days.values())}) AS found"
        " WHERE key IS NOT NULL GROUP BY key"
    )


class PostgresFigures:
    """See ``storage.interface.Figures``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def totals(
        self,
        asks: Sequence[Ask],
        scope: FigureScope,
        *,
        by: FigureDimension | None = None,
    ) -> Mapping[str, Sequence[Total]]:
        found: dict[str, list[Total]] = {}
        shared = self._parameters(scope)
        kept: list[int] = []
        numbered: dict[tuple[Source, str], list[int]] = {}
        for number, ask in enumerate(asks):
            counted = MEASURES[ask.measure]
            day = counted.day if by is FigureDimension.MONTH else ""
            if counted.source in SUMMED:
                kept.append(number)
            else:
                numbered.setdefault((counted.source, day), []).append(number)
        for number, key, total in [
            *await self._summed(asks, kept, scope, by, shared),
            *[
                each
                for (source, _), numbers in numbered.items()
                for each in await self._counted(source, asks, numbers, scope, by, shared)
            ],
        ]:
            found.setdefault(key, [Total()] * len(asks))[number] = total
        return found if by is None else {key: each for key, each in found.items() if any(each)}

    async def _summed(
        self,
        asks: Sequence[Ask],
        numbers: Sequence[int],
        scope: FigureScope,
        by: FigureDimension | None,
        shared: Mapping[str, object],
    ) -> list[tuple[int, str, Total]]:
        """Totals out of the sums that are kept."""
        if not numbers:
            return []
        chosen = [asks[number] for number in numbers]
        cursor = await self._store.execute(
            _SUMMED.format(key=_key(_KEPT, by, "kept.month"), scope=_within(_KEPT, scope)),
            {
                **shared,
                "measures": [str(ask.measure) for ask in chosen],
                "firsts": [ask.first for ask in chosen],
                "lasts": [ask.last for ask in chosen],
            },
        )
        return [
            (numbers[ordinal - 1], key, Total(items=items, amount=amount))
            for ordinal, key, items, amount in await cursor.fetchall()
        ]

    async def _counted(
        self,
        source: Source,
        asks: Sequence[Ask],
        numbers: Sequence[int],
        scope: FigureScope,
        by: FigureDimension | None,
        shared: Mapping[str, object],
    ) -> list[tuple[int, str, Total]]:
        """Totals of the rows of one source, as they are."""
        chosen = [asks[number] for number in numbers]
        parameters: dict[str, Any] = {
            **shared,
            "first": min(ask.first for ask in chosen),
            "last": max(ask.last for ask in chosen),
            **{f"first_{at}": ask.first for at, ask in enumerate(chosen)},
            **{f"last_{at}": ask.last for at, ask in enumerate(chosen)},
        }
        cursor = await self._store.execute(_read(source, chosen, scope, by), parameters)
        return [
            (number, key, Total(items=items, amount=amount))
            for key, *values in await cursor.fetchall()
            for number, (items, amount) in zip(numbers, _pairs(values), strict=True)
            if items or amount
        ]

    async def rows(
        self,
        ask: Ask,
        scope: FigureScope,
        *,
        limit: int,
        after: UUID | None,
    ) -> Page[FigureRow]:
        counted = MEASURES[ask.measure]
        source = ROWS[counted.source]
        onward = "" if after is None else f" AND {source.row_id} < %(after)s"
        cursor = await self._store.execute(
            "SELECT found.id, found.claim_id, claim.claim_number, claim.patient_id,"  # noqa: S608
            f" found.day, found.amount FROM (SELECT {source.row_id} AS id,"
            f" {source.claim_id} AS claim_id, {counted.day} AS day,"
            f" ({counted.amount})::bigint AS amount {_from(counted.source, scope)}"
            f" AND ({counted.condition}) AND {counted.day} BETWEEN %(first)s AND %(last)s"
            f"{onward} ORDER BY {source.row_id} DESC"
            " LIMIT %(row_limit)s) AS found LEFT JOIN claims AS claim"
            " ON claim.company_id = %(company_id)s AND claim.id = found.claim_id"
            " ORDER BY found.id DESC",
            self._parameters(scope)
            | {"first": ask.first, "last": ask.last, "after": after, "row_limit": limit + 1},
        )
        values = await cursor.fetchall()
        shown = values[:limit]
        self._store.patients_read.update(patient_id for *_, patient_id, _, _ in shown)
        rows = [
            FigureRow(id=row_id, claim_id=claim_id, claim_number=number, day=day, amount=amount)
            for row_id, claim_id, number, _, day, amount in shown
        ]
        return Page(rows, rows[-1].id if len(values) > limit else None)

    async def fold(self) -> None:
        await self._store.execute(_FOLD, {"company_id": self._store.company_id})

    async def differing_facts(self, after: UUID | None, *, limit: int) -> FactsChecked:
        parameters = {
            "company_id": self._store.company_id,
            "after": after or _BEFORE_ALL,
            "limit": limit,
        }
        page = await self._store.execute(_PAGE, parameters)
        ((count, until),) = await page.fetchall()
        if until is None:
            return FactsChecked(claim_count=0, differing=[], next_after=None)
        found = await self._store.execute(_FACTS_THAT_DIFFER, parameters | {"until": until})
        return FactsChecked(
            claim_count=count,
            differing=[claim_id for (claim_id,) in await found.fetchall()],
            next_after=until if count == limit else None,
        )

    async def correct_facts(self, claim_ids: Collection[UUID]) -> None:
        self._store.claim_changes.changed.update(claim_ids)

    async def months_kept(self) -> tuple[dt.date, dt.date] | None:
        cursor = await self._store.execute(_MONTHS_KEPT, {"company_id": self._store.company_id})
        ((first, last),) = await cursor.fetchall()
        return None if first is None else (first, last)

    async def differing_sums(self, first: dt.date, last: dt.date) -> list[str]:
        return await self._differences(_SUMS_THAT_DIFFER, first, last)

    async def correct_sums(self, first: dt.date, last: dt.date) -> list[str]:
        return await self._differences(_CORRECT_SUMS, first, last)

    async def _differences(self, sql: str, first: dt.date, last: dt.date) -> list[str]:
        parameters = {"company_id": self._store.company_id, "first": first, "last": last}
        cursor = await self._store.execute(sql, parameters)
        return [text for (text,) in await cursor.fetchall()]

    def _parameters(self, scope: FigureScope) -> dict[str, Any]:
        return {
            "company_id": self._store.company_id,
            "payer_id": scope.payer_id,
            "provider_id": scope.provider_id,
            "location": scope.location,
        }


def _pairs(values: Sequence[int]) -> Iterator[tuple[int, int]]:
    return zip(values[::2], values[1::2], strict=True)
