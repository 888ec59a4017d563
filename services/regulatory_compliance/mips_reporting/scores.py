"""The score of a submission: computed while it is a draft, kept from when it is submitted.

What is kept holds the whole arithmetic and names what it was computed by: the year table's edition
and hash, and the lists of measures and benchmarks. It is never computed anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from services.refusals import Fault, InvalidInput
from services.regulatory_compliance.mips.activities import score_activities
from services.regulatory_compliance.mips.arithmetic import Step, rounded
from services.regulatory_compliance.mips.benchmarks import Benchmark
from services.regulatory_compliance.mips.cost import CostMeasure, score_cost
from services.regulatory_compliance.mips.interoperability import score_interoperability
from services.regulatory_compliance.mips.measures import Measure
from services.regulatory_compliance.mips.quality import (
    Basis,
    ReportedMeasure,
    ScoredMeasure,
    score_quality,
)
from services.regulatory_compliance.mips.years import TABLE, YearRules, rules_of
from services.regulatory_compliance.mips_reporting.lists import (
    benchmarks_of,
    list_in_force,
    measures_of,
    reasons_without_benchmark,
)
from services.regulatory_compliance.mips_reporting.reported import (
    attested,
    interoperability,
    performances,
)
from services.regulatory_compliance.mips_reporting.submissions import (
    check_move,
    held_submission,
    moved,
)
from storage.filters import ByMipsSubmission
from storage.interface import Store
from storage.tables.mips import (
    MipsClinician,
    MipsFactsContent,
    MipsMeasure,
    MipsScore,
    MipsScoreContent,
    MipsScoreFields,
    MipsStepContent,
    MipsSubmission,
    ScoredMeasureContent,
)
from storage.tables.mips_lists import MipsList
from storage.vocabulary.mips import MipsCategory, MipsListKind, MipsSubmissionStatus

SHOWN_PLACES = 4

_BY_BENCHMARKS = frozenset({MipsCategory.QUALITY, MipsCategory.COST})
"""The categories that are held to benchmarks."""


async def submit(
    store: Store, submission_id: UUID, note: str | None, *, expected_version: int
) -> MipsSubmission:
    """Submit a draft: its score is computed and kept.

    Raises RowNotFound, VersionConflict, IllegalTransition, ListNotLoaded, InvalidInput where
    nothing, or less than a measure needs, is reported.
    """
    held = await held_submission(store, submission_id, expected_version)
    check_move(held, MipsSubmissionStatus.SUBMITTED)
    clinician = await store.mips_clinicians.get(held.clinician_id)
    (scored,) = await computed(store, clinician, [held])
    earlier = await store.mips_scores.count(ByMipsSubmission(submission_id=held.id))
    scored.number = earlier + 1
    kept = await store.mips_scores.create(scored)
    changes: dict[str, object] = {
        "status": MipsSubmissionStatus.SUBMITTED,
        "submitted_at": store.now,
        "score_number": kept.number,
        "score_pct": kept.content.percent,
    }
    return await moved(store, held, MipsSubmissionStatus.SUBMITTED, changes, note)


async def score_of(store: Store, submission_id: UUID) -> tuple[MipsScoreFields, MipsScore | None]:
    """The score of a submission and, unless it was computed just now, the row that keeps it.

    Raises RowNotFound, and while it is not submitted ListNotLoaded, InvalidInput.
    """
    submission = await store.mips_submissions.get(submission_id)
    if submission.score_number is None:
        clinician = await store.mips_clinicians.get(submission.clinician_id)
        (scored,) = await computed(store, clinician, [submission])
        return scored, None
    kept = next(
        each
        for each in await kept_scores(store, [submission_id])
        if each.number == submission.score_number
    )
    return kept, kept


async def kept_scores(store: Store, submission_ids: Sequence[UUID]) -> list[MipsScore]:
    """Every score that was kept of these submissions, oldest first."""
    return await store.mips_scores.all(ByMipsSubmission(submission_ids=list(submission_ids)))


async def scores_of(store: Store, submission_id: UUID) -> list[MipsScore]:
    """Every score that was kept of a submission, oldest first. Raises RowNotFound."""
    await store.mips_submissions.get(submission_id)
    return await kept_scores(store, [submission_id])


@dataclass(frozen=True)
class _Sources:
    """What submissions of one clinician or group are scored by."""

    clinician: MipsClinician
    rules: YearRules
    measure_list: MipsList
    benchmark_list: MipsList | None
    listed: Mapping[str, Measure]
    benchmarks: Mapping[tuple[str, str], Benchmark]
    reasons: Mapping[tuple[str, str], str]


async def computed(
    store: Store, clinician: MipsClinician, submissions: Sequence[MipsSubmission]
) -> list[MipsScoreFields]:
    """The scores of one clinician's submissions as they stand now, in order.

    Raises ListNotLoaded, InvalidInput where nothing, or less than a measure needs, is reported.
    """
    conditions = ByMipsSubmission(submission_ids=[each.id for each in submissions])
    rows = await store.mips_measures.all(conditions)
    reported = {
        each.id: [row for row in rows if row.submission_id == each.id] for each in submissions
    }
    if not all(reported.values()):
        raise InvalidInput([Fault("/measures", "nothing is reported")])
    needs_benchmarks = any(each.category in _BY_BENCHMARKS for each in submissions)
    sources = await _sources(store, clinician, rows, needs_benchmarks=needs_benchmarks)
    return [_score(each, reported[each.id], sources) for each in submissions]


async def _sources(
    store: Store, clinician: MipsClinician, rows: Sequence[MipsMeasure], *, needs_benchmarks: bool
) -> _Sources:
    """Raises ListNotLoaded, InvalidInput for measures that are no longer listed."""
    year, ids = clinician.performance_year, {each.measure_id for each in rows}
    measure_list = await list_in_force(store, MipsListKind.MEASURES, year)
    listed = await measures_of(store, measure_list.id, ids)
    if unknown := sorted(ids - listed.keys()):
        raise InvalidInput(
            [Fault(f"/measures/{each}", "is not in the list in force") for each in unknown]
        )
    held = None
    if needs_benchmarks:
        held = await list_in_force(store, MipsListKind.BENCHMARKS, year)
    return _Sources(
        clinician=clinician,
        rules=rules_of(year),
        measure_list=measure_list,
        benchmark_list=held,
        listed=listed,
        benchmarks={} if held is None else await benchmarks_of(store, held, ids),
        reasons={} if held is None else await reasons_without_benchmark(store, year, ids),
    )


def _score(
    submission: MipsSubmission, rows: Sequence[MipsMeasure], sources: _Sources
) -> MipsScoreFields:
    """Raises InvalidInput."""
    held = sources.benchmark_list if submission.category in _BY_BENCHMARKS else None
    return MipsScoreFields(
        submission_id=submission.id,
        number=1,
        content_number=submission.content_number,
        rules_edition=TABLE.edition,
        rules_sha256=TABLE.sha256,
        measure_list_id=sources.measure_list.id,
        benchmark_list_id=None if held is None else held.id,
        content=_content_of(submission, rows, sources),
    )


def _content_of(
    submission: MipsSubmission, rows: Sequence[MipsMeasure], sources: _Sources
) -> MipsScoreContent:
    """Raises InvalidInput."""
    clinician, rules = sources.clinician, sources.rules
    match submission.category:
        case MipsCategory.QUALITY:
            return _quality(_against_benchmarks(submission, rows, sources), sources)
        case MipsCategory.COST:
            return _cost(_against_benchmarks(submission, rows, sources), sources)
        case MipsCategory.IMPROVEMENT_ACTIVITIES:
            activities = score_activities(
                attested(rows),
                rules.improvement_activities,
                needs_fewer=clinician.needs_fewer_activities or clinician.is_small_practice,
                is_medical_home=clinician.is_medical_home,
            )
            return _content(clinician, activities.percent, activities.steps)
        case MipsCategory.PROMOTING_INTEROPERABILITY:
            score = score_interoperability(interoperability(submission, rows), rules)
            return _content(clinician, score.percent, score.steps, score.missing)


def _against_benchmarks(
    submission: MipsSubmission, rows: Sequence[MipsMeasure], sources: _Sources
) -> list[ReportedMeasure]:
    """Raises InvalidInput."""
    return [
        ReportedMeasure(
            sources.listed[each.measure_id],
            each,
            sources.benchmarks.get((each.measure_id, each.submission_method)),
        )
        for each in performances(submission, rows, sources.listed)
    ]


def _cost(reported: Sequence[ReportedMeasure], sources: _Sources) -> MipsScoreContent:
    scored = [
        (each, CostMeasure(each.performance.value, each.benchmark))
        for each in reported
        if each.benchmark is not None and each.performance.value is not None
    ]
    score = score_cost(
        [cost for _, cost in scored],
        sources.rules.cost,
        improvement_pct=Fraction(sources.clinician.cost_improvement_pct),
    )
    without = [
        f"{each.measure.measure_id}: no benchmark" for each in reported if each.benchmark is None
    ]
    measures = [
        ScoredMeasureContent(
            measure_id=each.measure.measure_id,
            submission_method=each.performance.submission_method,
            basis=Basis.BENCHMARK,
            points=rounded(points, SHOWN_PLACES),
            points_exact=str(points),
            counts=True,
            is_outcome=False,
            is_high_priority=False,
            steps=[],
        )
        for (each, _), points in zip(scored, score.points, strict=True)
    ]
    return _content(sources.clinician, score.percent, score.steps, without, measures)


def _quality(reported: Sequence[ReportedMeasure], sources: _Sources) -> MipsScoreContent:
    clinician = sources.clinician
    score = score_quality(
        reported,
        sources.rules.quality,
        is_small_practice=clinician.is_small_practice,
        required_measures=clinician.required_measures,
        improvement_pct=Fraction(clinician.quality_improvement_pct),
    )
    without = [
        f"{each.measure_id}: no benchmark ({reason})"
        for each in score.measures
        if each.basis is Basis.NO_BENCHMARK
        and (reason := sources.reasons.get((each.measure_id, each.submission_method)))
    ]
    measures = [_scored(each) for each in score.measures]
    return _content(sources.clinician, score.percent, score.steps, without, measures)


def _content(
    clinician: MipsClinician,
    percent: Fraction | None,
    steps: Sequence[Step],
    missing: Sequence[str] = (),
    measures: Sequence[ScoredMeasureContent] = (),
) -> MipsScoreContent:
    return MipsScoreContent(
        percent=None if percent is None else rounded(percent, SHOWN_PLACES),
        percent_exact=None if percent is None else str(percent),
        facts=MipsFactsContent(
            is_small_practice=clinician.is_small_practice,
            needs_fewer_activities=clinician.needs_fewer_activities,
            is_medical_home=clinician.is_medical_home,
            required_measures=clinician.required_measures,
            quality_improvement_pct=clinician.quality_improvement_pct,
            cost_improvement_pct=clinician.cost_improvement_pct,
        ),
        measures=list(measures),
        missing=list(missing),
        steps=shown_steps(steps),
    )


def _scored(measure: ScoredMeasure) -> ScoredMeasureContent:
    return ScoredMeasureContent(
        measure_id=measure.measure_id,
        submission_method=measure.submission_method,
        basis=measure.basis,
        points=rounded(measure.points, SHOWN_PLACES),
        points_exact=str(measure.points),
        counts=measure.counts,
        is_outcome=measure.is_outcome,
        is_high_priority=measure.is_high_priority,
        steps=shown_steps(measure.steps),
    )


def shown_steps(steps: Sequence[Step]) -> list[MipsStepContent]:
    """The steps of an arithmetic as they are kept and answered."""
    return [
        MipsStepContent(
            what=each.what,
            arithmetic=each.arithmetic,
            result=each.result,
            source=each.source,
            is_verified=each.is_verified,
        )
        for each in steps
    ]
