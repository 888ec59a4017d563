"""Whether the books agree with what came: counts and money by map, before and after.

Nothing of it is the importer's own count: what came is counted from the records as they stand on
record, what is there from the rows that stand for them now.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.importing.maps import DECLARED, DERIVED
from services.importing.receiving import maps_of
from storage.imports import Standing, Tally
from storage.interface import Store
from storage.tables.importing import DataImport
from storage.vocabulary.importing import ImportOutcome, ImportStatus

_WITH_ROWS = (ImportOutcome.PLACED, ImportOutcome.CHANGED, ImportOutcome.UNCHANGED)


class Verdict(StrEnum):
    """What a reconciliation comes to.

    AGREES: each record has its row, and the money is the same to the cent.
    WAITS: so it is for what was placed, and some records wait: in quarantine, or held.
    DIFFERS: rows are missing, or money is.
    UNDECIDED: nothing was written: a trial, an import that is not done, or one that was refused.
    """

    AGREES = "agrees"
    WAITS = "waits"
    DIFFERS = "differs"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class MapReport:
    """One map: how many records and how much money came, and what became of them.

    ``row_count`` and ``row_cents`` are of the rows that stand now for what was placed, changed and
    left as it was. ``mended_count`` are those of the quarantined that were placed later.
    """

    name: str
    is_derived: bool
    is_written: bool
    record_count: int
    record_cents: int
    placed_count: int
    placed_cents: int
    changed_count: int
    changed_cents: int
    unchanged_count: int
    unchanged_cents: int
    merged_count: int
    merged_cents: int
    quarantined_count: int
    quarantined_cents: int
    mended_count: int
    held_count: int
    noted_count: int
    row_count: int
    row_cents: int
    unknown_fields: list[str]
    verdict: Verdict


@dataclass(frozen=True)
class Reconciliation:
    """An import against the books."""

    import_id: UUID
    source: str
    status: ImportStatus
    is_trial: bool
    refusal: str | None
    verdict: Verdict
    maps: list[MapReport]


async def reconcile(store: Store, import_id: UUID) -> Reconciliation:
    """Raises RowNotFound."""
    held_in = await store.data_imports.get(import_id)
    tallies = await store.import_lookups.tallies(import_id)
    maps = []
    for each in await maps_of(store, import_id):
        declared = DECLARED.get(each.name)
        standing = Standing(0, 0)
        if declared is not None:
            standing = await store.import_lookups.standing(
                import_id,
                each.name,
                declared.row,
                declared.amount_column,
                parts=declared.amount_parts,
            )
        maps.append(
            _map_report(
                each.name,
                [tally for tally in tallies if tally.map_name == each.name],
                standing,
                is_written=each.written_at is not None,
                unknown_fields=each.unknown_fields,
                has_money=declared is not None and declared.amount_column is not None,
            )
        )
    return Reconciliation(
        held_in.id,
        held_in.source,
        held_in.status,
        held_in.is_trial,
        held_in.refusal,
        _worst(held_in, maps),
        maps,
    )


def _map_report(
    name: str,
    tallies: list[Tally],
    standing: Standing,
    *,
    is_written: bool,
    unknown_fields: list[str],
    has_money: bool,
) -> MapReport:
    count = {each.outcome: each.count for each in tallies}
    cents = {each.outcome: each.amount_cents for each in tallies}
    report = MapReport(
        name=name,
        is_derived=name in DERIVED,
        is_written=is_written,
        record_count=sum(count.values()),
        record_cents=sum(cents.values()),
        placed_count=count.get(ImportOutcome.PLACED, 0),
        placed_cents=cents.get(ImportOutcome.PLACED, 0),
        changed_count=count.get(ImportOutcome.CHANGED, 0),
        changed_cents=cents.get(ImportOutcome.CHANGED, 0),
        unchanged_count=count.get(ImportOutcome.UNCHANGED, 0),
        unchanged_cents=cents.get(ImportOutcome.UNCHANGED, 0),
        merged_count=count.get(ImportOutcome.MERGED, 0),
        merged_cents=cents.get(ImportOutcome.MERGED, 0),
        quarantined_count=count.get(ImportOutcome.QUARANTINED, 0),
        quarantined_cents=cents.get(ImportOutcome.QUARANTINED, 0),
        mended_count=sum(each.mended_count for each in tallies),
        held_count=count.get(ImportOutcome.HELD, 0),
        noted_count=sum(each.noted_count for each in tallies),
        row_count=standing.count,
        row_cents=standing.amount_cents,
        unknown_fields=unknown_fields,
        verdict=Verdict.UNDECIDED,
    )
    wanted_count = sum(count.get(outcome, 0) for outcome in _WITH_ROWS)
    wanted_cents = sum(cents.get(outcome, 0) for outcome in _WITH_ROWS)
    if not is_written:
        return report
    if standing.count != wanted_count or (has_money and standing.amount_cents != wanted_cents):
        verdict = Verdict.DIFFERS
    elif report.held_count or report.quarantined_count > report.mended_count:
        verdict = Verdict.WAITS
    else:
        verdict = Verdict.AGREES
    return MapReport(**{**report.__dict__, "verdict": verdict})


def _worst(held_in: DataImport, maps: list[MapReport]) -> Verdict:
    if held_in.status is not ImportStatus.DONE or held_in.is_trial:
        return Verdict.UNDECIDED
    found = {each.verdict for each in maps}
    worst = (Verdict.DIFFERS, Verdict.UNDECIDED, Verdict.WAITS)
    return next((each for each in worst if each in found), Verdict.AGREES)
