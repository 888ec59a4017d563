"""The final score of a clinician or group for a year, and what it does to their payments.

It is made of the scores that were kept when the categories were submitted; drafts are scored as
they stand now, where they are asked for. A category that is not submitted is nothing, unless it is
reweighted: cost, if CMS could compute none of it; promoting interoperability of a small practice;
and whatever CMS excused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar
from uuid import UUID

from services.refusals import Fault, InvalidInput, Refusal
from services.regulatory_compliance.mips.arithmetic import Step, rounded
from services.regulatory_compliance.mips.final_score import final_score, payment_adjustment
from services.regulatory_compliance.mips.quality import (
    ADMINISTRATIVE_CLAIMS,
    Basis,
    ScoredMeasure,
    score_measures,
)
from services.regulatory_compliance.mips.years import TABLE, QualityRules, YearTable, rules_of
from services.regulatory_compliance.mips_reporting.scores import (
    SHOWN_PLACES,
    computed,
    kept_scores,
)
from storage.filters import ByMipsSubmission, MipsSubmissionFilter
from storage.interface import Store
from storage.tables.mips import (
    MipsClinician,
    MipsClinicianFields,
    MipsScoreContent,
    MipsStepContent,
    MipsSubmission,
    ScoredMeasureContent,
)
from storage.vocabulary.mips import (
    CategoryBasis,
    MipsCategory,
    MipsSubmissionStatus,
)

HANDED_IN = [MipsSubmissionStatus.SUBMITTED, MipsSubmissionStatus.ACCEPTED]
"""What counts for the final score and goes into the file for CMS."""


@dataclass
class NothingSubmitted(Refusal):
    """No category of theirs is submitted."""

    title: ClassVar[str] = "Nothing is submitted"
    performance_year: int


@dataclass(frozen=True)
class CategoryPart:
    """What a category brings to the final score. ``weight_pct`` is nothing where it is left out."""

    category: MipsCategory
    basis: CategoryBasis
    percent: Decimal | None
    weight_pct: int
    submission_ids: list[UUID]


@dataclass(frozen=True)
class FinalOutcome:
    """A final score with what it was made of, and the change of payment that it brings."""

    parts: list[CategoryPart]
    score: Decimal
    is_neutral: bool
    payment_year: int
    adjustment_pct: Decimal
    scaling_factor: Decimal
    steps: list[Step]


@dataclass(frozen=True)
class FinalResult:
    """The final score of a clinician or group, and the table of rules that it was made by."""

    clinician: MipsClinician
    table: YearTable
    outcome: FinalOutcome


@dataclass(frozen=True)
class ScoredSubmission:
    """A submission with a score of it."""

    submission: MipsSubmission
    content: MipsScoreContent


async def final_score_of(
    store: Store, clinician_id: UUID, *, scaling_factor: Decimal, with_drafts: bool
) -> FinalResult:
    """The final score of a clinician or group.

    Raises RowNotFound, NothingSubmitted, InvalidInput; ListNotLoaded for drafts.
    """
    clinician = await store.mips_clinicians.get(clinician_id)
    rules = rules_of(clinician.performance_year)
    if not 0 < scaling_factor <= rules.final.highest_scaling_factor:
        most = rules.final.highest_scaling_factor
        raise InvalidInput([Fault("/scaling_factor", f"is more than 0 and at most {most}")])
    scored = await _scored(store, clinician, with_drafts=with_drafts)
    if not scored:
        raise NothingSubmitted(clinician.performance_year)
    outcome = final_outcome(clinician, scored, scaling_factor=scaling_factor)
    return FinalResult(clinician, TABLE, outcome)


def final_outcome(
    clinician: MipsClinicianFields,
    scored: Sequence[ScoredSubmission],
    *,
    scaling_factor: Decimal = Decimal(1),
) -> FinalOutcome:
    """What the scores of all that a clinician or group has submitted come to."""
    rules = rules_of(clinician.performance_year)
    percents: dict[MipsCategory, Fraction] = {}
    bases: dict[MipsCategory, CategoryBasis] = {}
    steps: list[Step] = []
    for category in MipsCategory:
        own = [each for each in scored if each.submission.category is category]
        percent = _percent(own, clinician, rules.quality, steps)
        bases[category] = _basis(category, clinician, is_scored=percent is not None)
        if bases[category] is not CategoryBasis.REWEIGHTED:
            percents[category] = percent or Fraction(0)
    final = final_score(
        percents,
        rules,
        is_small_practice=clinician.is_small_practice,
        complex_patient_bonus=Fraction(clinician.complex_patient_bonus),
        rests_on=steps,
    )
    adjustment = payment_adjustment(
        final.score, rules, scaling_factor=scaling_factor, rests_on=final.steps
    )
    parts = [
        CategoryPart(
            category=category,
            basis=bases[category],
            percent=rounded(percents[category], SHOWN_PLACES) if category in percents else None,
            weight_pct=final.weights.get(category, 0),
            submission_ids=[
                each.submission.id for each in scored if each.submission.category is category
            ],
        )
        for category in MipsCategory
    ]
    return FinalOutcome(
        parts=parts,
        score=final.score,
        is_neutral=final.is_neutral,
        payment_year=adjustment.payment_year,
        adjustment_pct=adjustment.percent,
        scaling_factor=adjustment.scaling_factor,
        steps=[*steps, *final.steps, *adjustment.steps],
    )


async def handed_in(
    store: Store, clinician: MipsClinician, *, with_drafts: bool
) -> list[MipsSubmission]:
    """The submissions that stand, by category and method."""
    drafts = [MipsSubmissionStatus.DRAFT] if with_drafts else []
    found = await store.mips_submissions.all(
        MipsSubmissionFilter(clinician_id=clinician.id, statuses=[*HANDED_IN, *drafts])
    )
    order = list(MipsCategory)
    return sorted(found, key=lambda e: (order.index(e.category), e.submission_method))


async def _scored(
    store: Store, clinician: MipsClinician, *, with_drafts: bool
) -> list[ScoredSubmission]:
    """Without drafts in which nothing is reported yet. Raises ListNotLoaded, InvalidInput."""
    standing = await handed_in(store, clinician, with_drafts=with_drafts)
    if with_drafts:
        conditions = ByMipsSubmission(submission_ids=[each.id for each in standing])
        begun = {each.submission_id for each in await store.mips_measures.all(conditions)}
        standing = [each for each in standing if each.id in begun]
    kept = {
        (each.submission_id, each.number): each.content
        for each in await kept_scores(store, [each.id for each in standing])
    }
    drafts = [each for each in standing if each.score_number is None]
    now = await computed(store, clinician, drafts) if drafts else []
    contents = {each.submission_id: each.content for each in now}
    return [
        ScoredSubmission(
            each,
            contents[each.id] if each.score_number is None else kept[each.id, each.score_number],
        )
        for each in standing
    ]


def _percent(
    own: Sequence[ScoredSubmission],
    clinician: MipsClinicianFields,
    rules: QualityRules,
    steps: list[Step],
) -> Fraction | None:
    """The percent of a category: of several submissions the best, and of quality what the
    measures of all of them come to. Their steps are added to ``steps``."""
    exact = [
        Fraction(each.content.percent_exact)
        for each in own
        if each.content.percent_exact is not None
    ]
    if not exact:
        return None
    if len(own) > 1 and own[0].submission.category is MipsCategory.QUALITY:
        together = score_measures(
            [_measure(line) for each in own for line in each.content.measures],
            rules,
            is_small_practice=clinician.is_small_practice,
            required_measures=clinician.required_measures,
            improvement_pct=Fraction(clinician.quality_improvement_pct),
        )
        steps += together.steps
        return together.percent
    best = max(own, key=lambda each: Fraction(each.content.percent_exact or 0))
    steps += _steps_of(best.content.steps)
    return max(exact)


def _steps_of(kept: Sequence[MipsStepContent]) -> list[Step]:
    return [
        Step(each.what, each.arithmetic, each.result, each.source, each.is_verified)
        for each in kept
    ]


def _measure(line: ScoredMeasureContent) -> ScoredMeasure:
    return ScoredMeasure(
        measure_id=line.measure_id,
        submission_method=line.submission_method,
        basis=Basis(line.basis),
        points=Fraction(line.points_exact),
        is_outcome=line.is_outcome,
        is_high_priority=line.is_high_priority,
        is_computed_by_cms=line.submission_method == ADMINISTRATIVE_CLAIMS,
        counts=False,
        steps=tuple(_steps_of(line.steps)),
    )


def _basis(
    category: MipsCategory, clinician: MipsClinicianFields, *, is_scored: bool
) -> CategoryBasis:
    if is_scored:
        return CategoryBasis.SCORED
    is_left_out = {
        MipsCategory.COST: True,
        MipsCategory.PROMOTING_INTEROPERABILITY: clinician.is_small_practice,
    }
    if is_left_out.get(category, False) or category in clinician.excused_categories:
        return CategoryBasis.REWEIGHTED
    return CategoryBasis.NOT_SUBMITTED
