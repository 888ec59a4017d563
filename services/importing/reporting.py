"""Whether the books agree with what came: counts and money by map, before and after.

Beside its own row a record may make others (an audit's findings, a claim's lines): they are counted
too. A remittance is not only there: it is posted, or it waits for a reason.

Nothing of it is the importer's own count: what came is counted from the records as they stand on
record, what is there from the rows that stand for them now.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from services.importing.maps import DECLARED, DERIVED
from services.importing.receiving import maps_of
from storage.filters import ByImport
from storage.imports import FaultCount, Settlement, Standing, Tally
from storage.interface import Store
from storage.tables.importing import DataImport, ImportMap
from storage.vocabulary.importing import ImportOutcome, ImportStatus

_MOST_FAULTS = 100
_NO_ROWS = Standing(0, 0)
_NO_REMITTANCES = Settlement(0, 0, 0, 0, 0)
_WITH_ROWS = (ImportOutcome.PLACED, ImportOutcome.CHANGED, ImportOutcome.UNCHANGED)


class Verdict(StrEnum):
    """What a reconciliation comes to.

    AGREES: each record has its row, and the money is the same to the cent.
    WAITS: so it is for what was placed, and some records wait: in quarantine, held, or as
    remittances that a person has to look at.
    DIFFERS: rows are missing, or money is, or a remittance is neither posted nor waits.
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
    left as it was; ``part_row_count`` counts those beside them, of which ``part_count`` came.
    ``mended_count`` are those of the quarantined that were placed later. ``posted_count``,
    ``waiting_count`` and ``lost_count`` are of remittances: what is lost is neither posted nor
    waits for a reason.
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
    part_count: int
    part_row_count: int
    posted_count: int
    posted_cents: int
    waiting_count: int
    waiting_cents: int
    lost_count: int
    unknown_fields: list[str]
    verdict: Verdict


@dataclass(frozen=True)
class ReportedFile:
    """A file as it came, and the SHA-256 of its bytes."""

    name: str
    byte_count: int
    sha256: str


@dataclass(frozen=True)
class Reconciliation:
    """An import against the books as they stood when it was reckoned. ``faults`` say why records
    wait, the commonest first."""

    import_id: UUID
    source: str
    status: ImportStatus
    is_trial: bool
    refusal: str | None
    verdict: Verdict
    company_name: str
    received_at: dt.datetime
    finished_at: dt.datetime | None
    reckoned_at: dt.datetime
    files: list[ReportedFile]
    maps: list[MapReport]
    faults: list[FaultCount]


async def reconcile(store: Store, import_id: UUID) -> Reconciliation:
    """Raises RowNotFound."""
    held_in = await store.data_imports.get(import_id)
    known = await maps_of(store, import_id)
    maps = [
        _map_report(
            each,
            await store.import_figures.tallies(import_id, each.name),
            await _found(store, import_id, each.name),
        )
        for each in known
    ]
    company = await store.companies.get(store.company_id)
    return Reconciliation(
        import_id=held_in.id,
        source=held_in.source,
        status=held_in.status,
        is_trial=held_in.is_trial,
        refusal=held_in.refusal,
        verdict=_worst(held_in, maps),
        company_name=company.name,
        received_at=held_in.created_at,
        finished_at=held_in.finished_at,
        reckoned_at=store.now,
        files=await _files(store, import_id),
        maps=maps,
        faults=await _faults(store, import_id, known),
    )


async def _faults(store: Store, import_id: UUID, maps: list[ImportMap]) -> list[FaultCount]:
    found = [
        fault for each in maps for fault in await store.import_figures.faults(import_id, each.name)
    ]
    return sorted(
        found, key=lambda each: (-each.count, each.map_name, each.field or "", each.reason)
    )[:_MOST_FAULTS]


async def _files(store: Store, import_id: UUID) -> list[ReportedFile]:
    held = await store.import_files.all(ByImport(import_id=import_id))
    files = await store.stored_files.get_many([each.file_id for each in held])
    found = {each.id: each for each in files}
    return [
        ReportedFile(each.name, found[each.file_id].byte_count, found[each.file_id].sha256.hex())
        for each in sorted(held, key=lambda each: each.ordinal)
    ]


@dataclass(frozen=True)
class _Found:
    """What the database holds for a map now."""

    standing: Standing = _NO_ROWS
    part_rows: int = 0
    settlement: Settlement = _NO_REMITTANCES


async def _found(store: Store, import_id: UUID, name: str) -> _Found:
    declared, figures = DECLARED.get(name), store.import_figures
    if declared is None:
        return _Found()
    return _Found(
        await figures.standing(
            import_id, name, declared.row, declared.amount_column, parts=declared.amount_parts
        ),
        await figures.part_rows(import_id, name, declared.parts, apart=declared.parts_apart),
        await figures.settlement(import_id, name) if declared.is_settled else _NO_REMITTANCES,
    )


def _map_report(of: ImportMap, tallies: list[Tally], found: _Found) -> MapReport:
    count = {each.outcome: each.count for each in tallies}
    cents = {each.outcome: each.amount_cents for each in tallies}
    report = MapReport(
        name=of.name,
        is_derived=of.name in DERIVED,
        is_written=of.written_at is not None,
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
        row_count=found.standing.count,
        row_cents=found.standing.amount_cents,
        part_count=_part_count(of.name, tallies),
        part_row_count=found.part_rows,
        posted_count=found.settlement.posted_count,
        posted_cents=found.settlement.posted_cents,
        waiting_count=found.settlement.waiting_count,
        waiting_cents=found.settlement.waiting_cents,
        lost_count=found.settlement.lost_count,
        unknown_fields=of.unknown_fields,
        verdict=Verdict.UNDECIDED,
    )
    return replace(report, verdict=_verdict(report)) if report.is_written else report


def _part_count(name: str, tallies: list[Tally]) -> int:
    """The rows that records make beside their own, of maps where these are counted."""
    declared = DECLARED.get(name)
    if declared is None or not declared.parts:
        return 0
    return sum(each.part_count for each in tallies if each.outcome in _WITH_ROWS)


def _verdict(report: MapReport) -> Verdict:
    declared = DECLARED.get(report.name)
    has_money = declared is not None and declared.amount_column is not None
    is_settled = declared is not None and declared.is_settled
    wanted_count = report.placed_count + report.changed_count + report.unchanged_count
    wanted_cents = report.placed_cents + report.changed_cents + report.unchanged_cents
    settled_count = report.posted_count + report.waiting_count
    differs = (
        report.row_count != wanted_count
        or (has_money and report.row_cents != wanted_cents)
        or report.part_row_count < report.part_count
        or (is_settled and settled_count != wanted_count)
    )
    if differs:
        return Verdict.DIFFERS
    waits = report.held_count or report.waiting_count
    if waits or report.quarantined_count > report.mended_count:
        return Verdict.WAITS
    return Verdict.AGREES


def _worst(held_in: DataImport, maps: list[MapReport]) -> Verdict:
    if held_in.status is not ImportStatus.DONE or held_in.is_trial:
        return Verdict.UNDECIDED
    found = {each.verdict for each in maps}
    worst = (Verdict.DIFFERS, Verdict.UNDECIDED, Verdict.WAITS)
    return next((each for each in worst if each in found), Verdict.AGREES)
