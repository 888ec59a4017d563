"""MIPS submissions as they were at the end of a range of days, as known then."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from services.regulatory_compliance.mips_reporting.final_scores import FinalOutcome
from services.regulatory_compliance.mips_reporting.known import (
    KnownClinician,
    KnownSubmission,
    known_clinicians,
    known_submissions,
)
from services.regulatory_compliance.mips_reporting.scores import shown_steps
from services.regulatory_compliance.reporting.mips_content import (
    ReportedMipsClinician,
    ReportedMipsFinalScore,
    ReportedMipsMeasure,
    ReportedMipsSubmission,
    ReportedMipsWeight,
)
from services.regulatory_compliance.reporting.periods import ReportPeriod
from storage.interface import Store
from storage.vocabulary.compliance import Program
from storage.vocabulary.mips import MipsCategory, MipsSubmissionStatus

_HUNDREDTH = Decimal("0.01")
_CATEGORIES = list(MipsCategory)


class MipsFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Submissions of the performance years that the range touches. ``average_score_pct`` is of
    those ``scored`` that are with CMS: submitted or accepted, and of no others."""

    total: int
    statuses: dict[MipsSubmissionStatus, int]
    scored: int
    average_score_pct: Decimal | None


async def mips_figures(store: Store, period: ReportPeriod, known_at: dt.datetime) -> MipsFigures:
    """A constant number of statements."""
    return figures_of(await known_submissions(store, known_at), period)


def figures_of(known: Iterable[KnownSubmission], period: ReportPeriod) -> MipsFigures:
    """The figures of submissions as they were known."""
    found = [each for each in known if _is_of_a_year_of(period, each)]
    counted = Counter(each.status for each in found)
    held = [
        each.score.content.percent
        for each in found
        if each.counts and each.score is not None and each.score.content.percent is not None
    ]
    return MipsFigures(
        total=len(found),
        statuses={each: counted[each] for each in MipsSubmissionStatus},
        scored=len(held),
        average_score_pct=(
            (sum(held, Decimal()) / len(held)).quantize(_HUNDREDTH, ROUND_HALF_UP) if held else None
        ),
    )


DETAILED_AT_MOST = 300
"""Of more who report, a report says no measures and no arithmetic: nobody reads a thousand pages of
them, and the audit pack has a file for each."""


async def reported_mips(
    store: Store, program: Program, period: ReportPeriod, known_at: dt.datetime, begins: dt.datetime
) -> list[ReportedMipsClinician]:
    """Who reports, in a report of MIPS: in the performance years that the period touches, and those
    of earlier ones with whose submissions something was done since it began; in brief where they
    are many. In a constant number of statements."""
    if program is not Program.MIPS:
        return []
    found = await known_submissions(store, known_at)
    chosen = {
        each.submission.clinician_id
        for each in found
        if _is_of_a_year_of(period, each) or any(step.recorded_at >= begins for step in each.steps)
    }
    own = [each for each in found if each.submission.clinician_id in chosen]
    is_brief = len(chosen) > DETAILED_AT_MOST
    return [
        _clinician(each, is_brief=is_brief) for each in await known_clinicians(store, own, known_at)
    ]


def _is_of_a_year_of(period: ReportPeriod, known: KnownSubmission) -> bool:
    return period.first.year <= known.submission.performance_year <= period.last.year


def _clinician(known: KnownClinician, *, is_brief: bool) -> ReportedMipsClinician:
    in_order = sorted(known.submissions, key=_order)
    final = None if known.final is None else reported_final_score(known.final)
    submissions = [_submission(each) for each in in_order]
    if is_brief:
        submissions = [each.model_copy(update={"measures": []}) for each in submissions]
        final = None if final is None else final.model_copy(update={"steps": []})
    return ReportedMipsClinician(
        performance_year=known.fields.performance_year,
        tin=known.fields.tin,
        npi=known.fields.npi,
        name=known.fields.name,
        submissions=submissions,
        final_score=final,
    )


def _order(known: KnownSubmission) -> tuple[int, str, str]:
    row = known.submission
    return _CATEGORIES.index(row.category), row.submission_method, str(row.id)


def _submission(known: KnownSubmission) -> ReportedMipsSubmission:
    row, score = known.submission, known.score
    return ReportedMipsSubmission(
        submission_id=row.id,
        category=row.category,
        submission_method=row.submission_method,
        performance_start=row.performance_start,
        performance_end=row.performance_end,
        status=known.status,
        submitted_at=known.submitted_at,
        score_number=None if score is None else score.number,
        score_pct=None if score is None else score.content.percent,
        measures=[
            ReportedMipsMeasure(
                measure_id=each.measure_id,
                basis=each.basis,
                points=each.points,
                counts=each.counts,
            )
            for each in (() if score is None else score.content.measures)
        ],
        missing=[] if score is None else score.content.missing,
    )


def reported_final_score(final: FinalOutcome) -> ReportedMipsFinalScore:
    """A final score as documents say it."""
    return ReportedMipsFinalScore(
        score=final.score,
        is_neutral=final.is_neutral,
        payment_year=final.payment_year,
        adjustment_pct=final.adjustment_pct,
        scaling_factor=final.scaling_factor,
        weights=[
            ReportedMipsWeight(
                category=each.category,
                basis=each.basis,
                percent=each.percent,
                weight_pct=each.weight_pct,
            )
            for each in final.parts
        ],
        steps=shown_steps(final.steps),
    )
