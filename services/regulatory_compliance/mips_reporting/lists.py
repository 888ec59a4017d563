"""CMS's lists of a company: loaded version by version, looked up in, withdrawn."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.refusals import Fault, InvalidInput, Refusal
from services.regulatory_compliance.mips.benchmarks import PERCENTILES, Benchmark
from services.regulatory_compliance.mips.exclusions import Exclusion
from services.regulatory_compliance.mips.measures import Measure, MeasureStratum
from services.regulatory_compliance.mips.years import UnknownYear, rules_of
from services.regulatory_compliance.mips_reporting.list_files import MipsListFile
from storage.errors import VersionConflict
from storage.filters import ByMipsList, MipsListFilter
from storage.interface import Page, Store
from storage.tables.mips_lists import (
    CutOffs,
    MipsBenchmark,
    MipsBenchmarkFields,
    MipsExclusionFields,
    MipsList,
    MipsListedMeasure,
    MipsListedMeasureFields,
    MipsListFields,
)
from storage.vocabulary.mips import MipsListKind

TITLE_LENGTH = 1000


@dataclass
class ListNotLoaded(Refusal):
    """One of CMS's lists is needed, and none is in force."""

    title: ClassVar[str] = "A list of CMS's is not loaded"
    kind: MipsListKind
    performance_year: int

    @property
    def detail(self) -> str:
        return f"Load CMS's {self.kind} for {self.performance_year} first."


@dataclass
class ListWithdrawn(Refusal):
    """The list is not in force any more."""

    title: ClassVar[str] = "The list was withdrawn before"


async def load_mips_list(store: Store, file: MipsListFile, file_name: str) -> tuple[MipsList, bool]:
    """Load a list, all of it or nothing; the same content again is the list that stands.

    Returns the list and whether it is new. Raises InvalidInput.
    """
    check_year(file.performance_year)
    await store.wait_for_lock(f"mips-lists/{file.kind}/{file.performance_year}")
    standing = await _standing(store, file.kind, file.performance_year)
    same = [each for each in standing if each.sha256 == file.sha256]
    if same:
        return same[-1], False
    made = await store.mips_lists.create(
        MipsListFields(
            kind=file.kind,
            performance_year=file.performance_year,
            file_name=file_name,
            sha256=file.sha256,
            row_count=len(file.entries),
        )
    )
    benchmarks = [_benchmark_fields(made.id, e) for e in file.entries if isinstance(e, Benchmark)]
    measures = [_measure_fields(made.id, e) for e in file.entries if isinstance(e, Measure)]
    exclusions = [_exclusion_fields(made.id, e) for e in file.entries if isinstance(e, Exclusion)]
    if benchmarks:
        await store.mips_benchmarks.create_many(benchmarks)
    if measures:
        await store.mips_listed_measures.create_many(measures)
    if exclusions:
        await store.mips_exclusions.create_many(exclusions)
    return made, True


def check_year(year: int) -> None:
    """Raises InvalidInput for a year without rules."""
    try:
        rules_of(year)
    except UnknownYear as error:
        known = ", ".join(map(str, error.known))
        raise InvalidInput(
            [Fault("/performance_year", f"there are no rules for {year}; there are for {known}")]
        ) from None


async def list_mips_lists(
    store: Store, conditions: MipsListFilter, *, limit: int, after: UUID | None
) -> Page[MipsList]:
    """Lists, newest first."""
    return await store.mips_lists.list(conditions, limit=limit, after=after)


async def get_mips_list(store: Store, list_id: UUID) -> MipsList:
    """Raises RowNotFound."""
    return await store.mips_lists.get(list_id)


async def list_benchmarks(
    store: Store, list_id: UUID, *, measure_id: str | None, limit: int, after: UUID | None
) -> Page[MipsBenchmark]:
    """The benchmarks of a list, the last of its file first. Raises RowNotFound."""
    await store.mips_lists.get(list_id)
    conditions = ByMipsList(list_id=list_id, measure_id=measure_id)
    return await store.mips_benchmarks.list(conditions, limit=limit, after=after)


async def list_listed_measures(
    store: Store, list_id: UUID, *, measure_id: str | None, limit: int, after: UUID | None
) -> Page[MipsListedMeasure]:
    """The measures of a list, the last of its file first. Raises RowNotFound."""
    await store.mips_lists.get(list_id)
    conditions = ByMipsList(list_id=list_id, measure_id=measure_id)
    return await store.mips_listed_measures.list(conditions, limit=limit, after=after)


async def withdraw_mips_list(
    store: Store, list_id: UUID, reason: str, *, expected_version: int
) -> MipsList:
    """Take a list out of force; the one before holds again. Scores that are kept keep it.

    Raises RowNotFound, VersionConflict, ListWithdrawn.
    """
    held = await store.mips_lists.lock(list_id)
    if held.version != expected_version:
        raise VersionConflict("mips_lists")
    if held.withdrawn_at is not None:
        raise ListWithdrawn
    return await store.mips_lists.update(
        list_id,
        {"withdrawn_at": store.now, "withdrawal_reason": reason},
        expected_version=expected_version,
    )


async def list_in_force(store: Store, kind: MipsListKind, year: int) -> MipsList:
    """The last list of its kind and year that stands. Raises ListNotLoaded."""
    standing = await _standing(store, kind, year)
    if not standing:
        raise ListNotLoaded(kind, year)
    return standing[-1]


async def measures_of(
    store: Store, list_id: UUID, measure_ids: Collection[str]
) -> Mapping[str, Measure]:
    """Those measures that the list has, by id."""
    conditions = ByMipsList(list_id=list_id, measure_ids=sorted(measure_ids))
    rows = await store.mips_listed_measures.all(conditions)
    return {each.measure_id: _measure(each) for each in rows}


async def benchmarks_of(
    store: Store, held: MipsList, measure_ids: Collection[str]
) -> Mapping[tuple[str, str], Benchmark]:
    """The benchmarks of these measures, by id and collection type."""
    conditions = ByMipsList(list_id=held.id, measure_ids=sorted(measure_ids))
    rows = await store.mips_benchmarks.all(conditions)
    return {
        (each.measure_id, each.submission_method): _benchmark(each, held.performance_year)
        for each in rows
    }


async def reasons_without_benchmark(
    store: Store, year: int, measure_ids: Collection[str]
) -> Mapping[tuple[str, str], str]:
    """CMS's codes for why it published none, by id and collection type, if they are loaded."""
    standing = await _standing(store, MipsListKind.EXCLUSIONS, year)
    if not standing:
        return {}
    conditions = ByMipsList(list_id=standing[-1].id, measure_ids=sorted(measure_ids))
    rows = await store.mips_exclusions.all(conditions)
    return {(e.measure_id, e.submission_method): ", ".join(e.reason_codes) for e in rows}


async def _standing(store: Store, kind: MipsListKind, year: int) -> Sequence[MipsList]:
    """Oldest first."""
    conditions = MipsListFilter(kind=kind, performance_year=year, is_standing=True)
    return await store.mips_lists.all(conditions)


def _benchmark_fields(list_id: UUID, benchmark: Benchmark) -> MipsBenchmarkFields:
    return MipsBenchmarkFields(
        list_id=list_id,
        measure_id=benchmark.measure_id,
        submission_method=benchmark.submission_method,
        benchmark_year=benchmark.benchmark_year,
        metric_type=benchmark.metric_type,
        is_inverse=benchmark.is_inverse,
        is_high_priority=benchmark.is_high_priority,
        is_topped_out=benchmark.is_topped_out,
        is_topped_out_by_program=benchmark.is_topped_out_by_program,
        average_rate=benchmark.average_performance_rate,
        cut_offs=CutOffs(percentiles=[benchmark.percentiles[each] for each in PERCENTILES]),
    )


def _benchmark(row: MipsBenchmark, year: int) -> Benchmark:
    return Benchmark(
        measure_id=row.measure_id,
        performance_year=year,
        benchmark_year=row.benchmark_year,
        submission_method=row.submission_method,
        is_topped_out=row.is_topped_out,
        is_topped_out_by_program=row.is_topped_out_by_program,
        is_inverse=row.is_inverse,
        metric_type=row.metric_type,
        percentiles=dict(zip(PERCENTILES, row.cut_offs.percentiles, strict=True)),
        is_high_priority=row.is_high_priority,
        average_performance_rate=row.average_rate,
    )


def _measure_fields(list_id: UUID, measure: Measure) -> MipsListedMeasureFields:
    return MipsListedMeasureFields(
        list_id=list_id,
        measure_id=measure.measure_id,
        category=measure.category,
        title=measure.title[:TITLE_LENGTH],
        metric_type=measure.metric_type,
        measure_type=measure.measure_type,
        is_high_priority=measure.is_high_priority,
        is_inverse=measure.is_inverse,
        submission_methods=list(measure.submission_methods),
        overall_algorithm=measure.overall_algorithm,
        strata=[each.name for each in measure.strata],
        seven_point_cap_removed=list(measure.seven_point_cap_removed),
        first_performance_year=measure.first_performance_year,
        last_performance_year=measure.last_performance_year,
    )


def _measure(row: MipsListedMeasure) -> Measure:
    return Measure(
        measure_id=row.measure_id,
        category=row.category,
        title=row.title,
        metric_type=row.metric_type,
        first_performance_year=row.first_performance_year,
        last_performance_year=row.last_performance_year,
        measure_type=row.measure_type,
        is_high_priority=row.is_high_priority,
        is_inverse=row.is_inverse,
        submission_methods=tuple(row.submission_methods),
        overall_algorithm=row.overall_algorithm,
        strata=tuple(MeasureStratum(each) for each in row.strata),
        seven_point_cap_removed=tuple(row.seven_point_cap_removed),
    )


def _exclusion_fields(list_id: UUID, exclusion: Exclusion) -> MipsExclusionFields:
    return MipsExclusionFields(
        list_id=list_id,
        measure_id=exclusion.measure_id,
        submission_method=exclusion.submission_method,
        benchmark_year=exclusion.benchmark_year,
        reason_codes=list(exclusion.reason_codes),
        reasons=list(exclusion.reason_descriptions),
    )
