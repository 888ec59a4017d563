"""Figures of MIPS count what a replay of all steps says, at every time."""

import datetime as dt
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.regulatory_compliance.mips_reporting.known import as_known
from services.regulatory_compliance.mips_reporting.submissions import LEGAL_MOVES
from services.regulatory_compliance.reporting.mips_figures import figures_of
from services.regulatory_compliance.reporting.periods import ReportPeriod
from storage.identifiers import new_id
from storage.tables.mips import MipsScore, MipsScoreContent, MipsStepTaken, MipsSubmission
from storage.vocabulary.mips import MipsSubmissionStatus as Status

FIRST = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
HOURS = 60
Lives = list[tuple[MipsSubmission, list[tuple[int, Status, Decimal | None]]]]
"""Each submission with its steps: the hour, where it led, and the score that was kept then."""


@st.composite
def lives(draw: st.DrawFn) -> Lives:
    """Submissions that went their legal ways, each scored anew whenever it was submitted."""
    found: Lives = []
    for _ in range(draw(st.integers(0, 4))):
        hour, status = draw(st.integers(0, 20)), Status.DRAFT
        row = MipsSubmission.model_construct(
            id=new_id(),
            performance_year=draw(st.sampled_from([2025, 2026])),
            created_at=moment(hour),
        )
        steps: list[tuple[int, Status, Decimal | None]] = [(hour, status, None)]
        for _ in range(draw(st.integers(0, 6))):
            legal = sorted(LEGAL_MOVES[status])
            if not legal:
                break
            hour, status = hour + draw(st.integers(1, 6)), draw(st.sampled_from(legal))
            score = draw(st.none() | st.decimals(0, 100, places=4))
            steps.append((hour, status, score if status is Status.SUBMITTED else None))
        found.append((row, steps))
    return found


def moment(hour: int) -> dt.datetime:
    return FIRST + dt.timedelta(hours=hour)


def rows_of(found: Lives) -> tuple[list[MipsSubmission], list[MipsStepTaken], list[MipsScore]]:
    """What the tables would have, oldest first."""
    steps, scores = [], []
    numbers: Counter[UUID] = Counter()
    taken = [(*step, row.id) for row, own in found for step in own]
    for hour, status, score, name in sorted(taken, key=lambda each: each[0]):
        steps.append(
            MipsStepTaken.model_construct(
                submission_id=name, to_status=status, recorded_at=moment(hour)
            )
        )
        if status is Status.SUBMITTED:
            numbers[name] += 1
            content = MipsScoreContent.model_construct(percent=score)
            scores.append(
                MipsScore.model_construct(
                    submission_id=name,
                    number=numbers[name],
                    recorded_at=moment(hour),
                    content=content,
                )
            )
    return [row for row, _ in found], steps, scores


def replayed(found: Lives, years: range, known: int) -> tuple[Counter[Status], list[Decimal]]:
    """Live each submission step by step, as far as one knows."""
    statuses: Counter[Status] = Counter()
    held = []
    for row, steps in found:
        if row.performance_year not in years or steps[0][0] > known:
            continue
        status, current = Status.DRAFT, None
        for hour, to, score in steps:
            if hour > known:
                break
            status = to
            if to is Status.SUBMITTED:
                current = score
        statuses[status] += 1
        if status in (Status.SUBMITTED, Status.ACCEPTED) and current is not None:
            held.append(current)
    return statuses, held


@given(lives(), st.integers(-1, HOURS), st.sampled_from([(2025, 2025), (2025, 2026), (2026, 2026)]))
def test_figures_are_those_of_a_replay(found: Lives, known: int, years: tuple[int, int]) -> None:
    rows, steps, scores = rows_of(found)
    there = [each for each in rows if each.created_at <= moment(known)]
    period = ReportPeriod(dt.date(years[0], 12, 1), dt.date(years[1], 12, 31))
    told = figures_of(as_known(there, steps, scores, moment(known)), period)
    statuses, held = replayed(found, range(years[0], years[1] + 1), known)
    assert {status: n for status, n in told.statuses.items() if n} == dict(statuses)
    assert told.total == statuses.total()
    assert told.scored == len(held)
    average = None
    if held:
        average = (sum(held) / len(held)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert told.average_score_pct == average


@given(lives(), st.integers(-1, HOURS))
def test_a_submission_stands_by_the_score_it_was_submitted_with_last(
    found: Lives, known: int
) -> None:
    rows, steps, scores = rows_of(found)
    there = [each for each in rows if each.created_at <= moment(known)]
    for each in as_known(there, steps, scores, moment(known)):
        stands = each.status in (Status.SUBMITTED, Status.ACCEPTED, Status.REJECTED)
        assert (each.score is not None) == stands
        assert (each.submitted_at is not None) == stands
        if each.score is not None:
            assert each.score.recorded_at == each.submitted_at
