"""MIPS submissions as they were at the end of a range of days, as known then."""

import datetime as dt
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

import msgspec

from storage.filters import ByMipsSubmission, MipsSubmissionFilter
from storage.interface import Store
from storage.tables.mips import MipsScore
from storage.vocabulary.mips import MipsSubmissionStatus

_HUNDREDTH = Decimal("0.01")
_HANDED_IN = frozenset({MipsSubmissionStatus.SUBMITTED, MipsSubmissionStatus.ACCEPTED})


class MipsFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Submissions of the performance years that the range touches. ``average_score_pct`` is of
    those ``scored`` that are with CMS: submitted or accepted, and of no others."""

    total: int
    statuses: dict[MipsSubmissionStatus, int]
    scored: int
    average_score_pct: Decimal | None


async def mips_figures(
    store: Store, first: dt.date, last: dt.date, known_at: dt.datetime
) -> MipsFigures:
    """A constant number of statements."""
    ids = [
        each.id
        for each in await store.mips_submissions.all(MipsSubmissionFilter())
        if first.year <= each.performance_year <= last.year and each.created_at <= known_at
    ]
    of_these = ByMipsSubmission(submission_ids=ids)
    statuses: dict[UUID, MipsSubmissionStatus] = dict.fromkeys(ids, MipsSubmissionStatus.DRAFT)
    scores: dict[UUID, MipsScore] = {}
    if ids:
        for step in await store.mips_steps.all(of_these):  # oldest first
            if step.recorded_at <= known_at:
                statuses[step.submission_id] = step.to_status
        for score in await store.mips_scores.all(of_these):
            if score.recorded_at <= known_at:
                scores[score.submission_id] = score
    counted = Counter(statuses.values())
    held = [
        score.content.percent
        for name, score in scores.items()
        if statuses[name] in _HANDED_IN and score.content.percent is not None
    ]
    return MipsFigures(
        total=len(ids),
        statuses={each: counted[each] for each in MipsSubmissionStatus},
        scored=len(held),
        average_score_pct=(
            (sum(held, Decimal()) / len(held)).quantize(_HUNDREDTH, ROUND_HALF_UP) if held else None
        ),
    )
