"""Where a finding stands is what a replay of everything says that was known then."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from services.regulatory_compliance.auditing.standing import FindingHistory
from storage.identifiers import new_id
from storage.tables.audits import AuditFinding, FindingAcceptance, FindingStep
from storage.vocabulary.audits import FindingStanding, FindingStepKind

FIRST = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
HOURS = 24 * 12
DAYS = [(FIRST + dt.timedelta(days=n)).date() for n in range(14)]
Hour = st.integers(0, HOURS)


def moment(hour: int) -> dt.datetime:
    return FIRST + dt.timedelta(hours=hour)


@st.composite
def histories(draw: st.DrawFn) -> FindingHistory:
    """A finding that is closed and opened again in turn and found more severe while it is open,
    some of it on one day, and risks that were accepted meanwhile."""
    turns = [FindingStepKind.CLOSED, FindingStepKind.REOPENED]
    steps: list[FindingStep] = []
    for number, hour in enumerate(sorted(draw(st.lists(Hour, max_size=7, unique=True))), 1):
        kind = FindingStepKind.RAISED
        if turns[0] is not FindingStepKind.CLOSED or not draw(st.booleans()):
            kind = turns[0]
            turns.reverse()
        step = FindingStep.model_construct(
            number=number, kind=kind, taken_on=moment(hour).date(), recorded_at=moment(hour)
        )
        steps.append(step)
    acceptances = [
        FindingAcceptance.model_construct(
            accepted_on=moment(hour).date(),
            accepted_until=moment(hour).date() + dt.timedelta(days=days),
            updated_at=moment(hour),
        )
        for hour, days in draw(st.lists(st.tuples(Hour, st.integers(0, 6)), max_size=3))
    ]
    finding = AuditFinding.model_construct(id=new_id())
    return FindingHistory(finding, draw(st.permutations(steps).map(_by_number)), acceptances)


def _by_number(steps: list[FindingStep]) -> list[FindingStep]:
    return sorted(steps, key=lambda each: each.number)


def replayed(history: FindingHistory, day: dt.date, known_at: dt.datetime) -> FindingStanding:
    """Live through it hour by hour, to the end of the day or as far as one knows."""
    is_closed = False
    accepted: list[dt.date] = []
    for hour in range(HOURS + 1):
        now = moment(hour)
        if now > known_at or now.date() > day:
            break
        accepted += [e.accepted_until for e in history.acceptances if e.updated_at == now]
        for step in history.steps:
            if step.recorded_at == now and step.kind is FindingStepKind.RAISED:
                accepted.clear()
            elif step.recorded_at == now:
                is_closed = step.kind is FindingStepKind.CLOSED
    if is_closed:
        return FindingStanding.CLOSED
    return (
        FindingStanding.RISK_ACCEPTED
        if any(until >= day for until in accepted)
        else FindingStanding.OPEN
    )


@given(histories(), Hour)
def test_every_day_as_known_at_every_time_is_what_a_replay_says(
    history: FindingHistory, known: int
) -> None:
    for day in DAYS:
        assert history.on(day, moment(known)).standing is replayed(history, day, moment(known))


@given(histories(), st.sampled_from(DAYS))
def test_what_one_learns_later_of_later_days_changes_nothing_of_a_day(
    history: FindingHistory, day: dt.date
) -> None:
    end = dt.datetime.combine(day, dt.time(23, 59), dt.UTC)
    assert history.on(day, end).standing is history.on(day, moment(HOURS)).standing


@given(histories(), st.sampled_from(DAYS), Hour)
def test_only_an_accepted_risk_says_until_when(
    history: FindingHistory, day: dt.date, known: int
) -> None:
    found = history.on(day, moment(known))
    assert (found.accepted_until is not None) == (found.standing is FindingStanding.RISK_ACCEPTED)
    assert found.accepted_until is None or found.accepted_until >= day
