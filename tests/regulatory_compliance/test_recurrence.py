"""Due dates keep their anchor, whatever months and late completions do."""

import datetime as dt
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulatory_compliance.recurrence import (
    MONTHS,
    Period,
    Schedule,
    after_months,
    is_kept,
    kept_period,
    on_business_day,
    open_period,
    periods,
)
from storage.vocabulary.compliance import BusinessDayRule, Frequency, LateRule


def is_weekday(day: dt.date) -> bool:
    return day.weekday() < 5


def first(number: int, schedule: Schedule, *completions: dt.date) -> list[Period]:
    numbered = dict(enumerate(completions, start=1))
    return list(islice(periods(schedule, numbered, is_weekday), number))


def monthly(day: dt.date, **more: object) -> Schedule:
    return Schedule(frequency=Frequency.MONTHLY, first_due_on=day, **more)


def test_the_31st_of_january_is_the_28th_of_february_and_then_the_31st_of_march() -> None:
    due = [each.due_on for each in first(4, monthly(dt.date(2026, 1, 31)))]
    assert due == [
        dt.date(2026, 1, 31),
        dt.date(2026, 2, 28),
        dt.date(2026, 3, 31),
        dt.date(2026, 4, 30),
    ]


def test_the_29th_of_february_comes_back_in_the_next_leap_year() -> None:
    schedule = Schedule(frequency=Frequency.ANNUAL, first_due_on=dt.date(2024, 2, 29))
    due = [each.due_on for each in first(5, schedule)]
    assert due[1] == dt.date(2025, 2, 28)
    assert due[4] == dt.date(2028, 2, 29)


@pytest.mark.parametrize(
    ("rule", "due_on"),
    [
        (BusinessDayRule.AS_IS, dt.date(2026, 5, 31)),
        (BusinessDayRule.FOLLOWING, dt.date(2026, 6, 1)),
        (BusinessDayRule.PRECEDING, dt.date(2026, 5, 29)),
        (BusinessDayRule.MODIFIED_FOLLOWING, dt.date(2026, 5, 29)),
    ],
)
def test_a_weekend_moves_what_is_due_by_the_rule(rule: BusinessDayRule, due_on: dt.date) -> None:
    sunday = dt.date(2026, 5, 31)
    assert on_business_day(sunday, rule, is_weekday) == due_on
    monday = dt.date(2026, 6, 1)
    assert on_business_day(monday, rule, is_weekday) == monday


def test_a_moved_day_does_not_move_the_next() -> None:
    schedule = monthly(dt.date(2026, 5, 31), business_day_rule=BusinessDayRule.FOLLOWING)
    may, june = first(2, schedule)
    assert (may.scheduled_on, may.due_on) == (dt.date(2026, 5, 31), dt.date(2026, 6, 1))
    assert june.scheduled_on == dt.date(2026, 6, 30)


def test_a_late_completion_leaves_the_schedule_or_starts_it_anew() -> None:
    late = dt.date(2026, 2, 10)
    kept = first(3, monthly(dt.date(2026, 1, 15)), late)
    assert [each.due_on.day for each in kept] == [15, 15, 15]
    counted = first(
        3, monthly(dt.date(2026, 1, 15), late_rule=LateRule.COUNT_FROM_COMPLETION), late
    )
    assert [each.due_on for each in counted] == [
        dt.date(2026, 1, 15),
        dt.date(2026, 3, 10),
        dt.date(2026, 4, 10),
    ]


def test_an_early_completion_never_moves_the_next() -> None:
    schedule = monthly(dt.date(2026, 1, 15), late_rule=LateRule.COUNT_FROM_COMPLETION)
    assert first(2, schedule, dt.date(2026, 1, 2))[1].due_on == dt.date(2026, 2, 15)


def test_what_is_due_once_ends_and_what_is_ongoing_is_never_due() -> None:
    once = Schedule(frequency=Frequency.ONE_TIME, first_due_on=dt.date(2026, 1, 15))
    assert len(first(9, once)) == 1
    assert open_period(once, {1: dt.date(2026, 1, 3)}, is_weekday) is None
    ongoing = Schedule(frequency=Frequency.ONGOING, first_due_on=dt.date(2026, 1, 15))
    assert first(9, ongoing) == []


days = st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))
schedules = st.builds(
    Schedule,
    frequency=st.sampled_from(sorted(MONTHS)),
    first_due_on=days,
    business_day_rule=st.sampled_from(BusinessDayRule),
    late_rule=st.sampled_from(LateRule),
)


@given(schedule=schedules, completions=st.lists(days, max_size=8).map(sorted))
def test_periods_follow_each_other_without_gap_and_without_repeat(
    schedule: Schedule, completions: list[dt.date]
) -> None:
    found = first(12, schedule, *completions)
    assert [each.number for each in found] == list(range(1, 13))
    assert [each.completed_on for each in found if each.completed_on] == completions
    for before, after in pairwise(found):
        assert after.begins_on == before.due_on
        assert after.scheduled_on > before.scheduled_on


@given(schedule=schedules, completed=st.dictionaries(st.integers(1, 9), days))
def test_the_earliest_period_that_nobody_completed_is_open(
    schedule: Schedule, completed: dict[int, dt.date]
) -> None:
    waiting = open_period(schedule, completed, is_weekday)
    assert waiting is not None
    assert waiting.number not in completed
    assert completed.keys() >= set(range(1, waiting.number))


@given(schedule=schedules, number=st.integers(0, 60))
def test_a_schedule_that_is_kept_never_drifts(schedule: Schedule, number: int) -> None:
    plain = first(number + 1, schedule)[number]
    months = number * MONTHS[schedule.frequency]
    assert plain.scheduled_on == after_months(schedule.first_due_on, months)
    assert plain.scheduled_on.day <= schedule.first_due_on.day


def test_periods_end_with_the_calendar() -> None:
    schedule = Schedule(frequency=Frequency.TRIENNIAL, first_due_on=dt.date(9990, 1, 1))
    assert [each.due_on.year for each in first(9, schedule)] == [9990, 9993, 9996, 9999]


@given(
    frequency=st.sampled_from(Frequency),
    first_due_on=st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31)),
    rule=st.sampled_from(BusinessDayRule),
    number=st.integers(1, 40),
)
def test_a_period_of_a_kept_schedule_is_the_same_without_those_before_it(
    frequency: Frequency, first_due_on: dt.date, rule: BusinessDayRule, number: int
) -> None:
    schedule = Schedule(frequency=frequency, first_due_on=first_due_on, business_day_rule=rule)
    assert is_kept(schedule)
    in_order = list(islice(periods(schedule, {}, is_weekday), number))
    expected = in_order[number - 1] if len(in_order) == number else None
    assert kept_period(schedule, number, is_weekday) == expected


def test_no_period_lies_beyond_the_last_year() -> None:
    yearly = Schedule(frequency=Frequency.ANNUAL, first_due_on=dt.date(2026, 1, 31))
    assert kept_period(yearly, 9_999 - 2_026 + 1, is_weekday) is not None
    assert kept_period(yearly, 9_999 - 2_026 + 2, is_weekday) is None
    assert kept_period(yearly, 100_000, is_weekday) is None
