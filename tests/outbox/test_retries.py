"""When a delivery is tried again: later each time, never later than the ceiling, not for ever."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.outbox.retries import (
    InvalidRetrySchedules,
    RetrySchedule,
    checked,
    retry_schedules,
)
from storage.vocabulary.outbox import Channel

FIGURES = st.integers(1, 100_000)
SCHEDULES = st.builds(
    RetrySchedule,
    first_seconds=FIGURES,
    factor=st.integers(1, 10),
    longest_seconds=FIGURES,
    attempts=st.integers(1, 50),
)


@given(schedule=SCHEDULES, failures=st.integers(1, 60), part=st.floats(0, 1, exclude_max=True))
def test_a_wait_is_a_part_of_the_longest_and_the_last_failure_ends_it(
    schedule: RetrySchedule, failures: int, part: float
) -> None:
    wait = schedule.wait(failures, jitter=lambda below: int(part * below))
    if failures >= schedule.attempts:
        assert wait is None
    else:
        assert wait is not None
        assert dt.timedelta(0) <= wait <= schedule.longest_wait(failures)


@given(schedule=SCHEDULES, failures=st.integers(1, 60))
def test_the_longest_wait_grows_up_to_the_ceiling(schedule: RetrySchedule, failures: int) -> None:
    now, later = schedule.longest_wait(failures), schedule.longest_wait(failures + 1)
    assert now <= later <= dt.timedelta(seconds=schedule.longest_seconds)


@given(schedule=SCHEDULES)
def test_the_whole_of_the_longest_wait_can_be_drawn(schedule: RetrySchedule) -> None:
    bounds: list[int] = []

    def highest(below: int) -> int:
        bounds.append(below)
        return below - 1

    if schedule.attempts > 1:
        assert schedule.wait(1, jitter=highest) == schedule.longest_wait(1)
        assert schedule.wait(1, jitter=lambda _: 0) == dt.timedelta(0)


def test_every_channel_has_a_schedule() -> None:
    assert set(retry_schedules()) == set(Channel)


def test_an_email_is_tried_for_days() -> None:
    schedule = retry_schedules()[Channel.EMAIL]
    waits = [schedule.longest_wait(failures) for failures in range(1, schedule.attempts)]
    assert waits[:3] == [dt.timedelta(seconds=s) for s in (30, 90, 270)]
    assert dt.timedelta(days=3) < sum(waits, dt.timedelta(0)) < dt.timedelta(days=5)


def test_a_schedule_that_waits_for_nothing_is_refused() -> None:
    nothing = RetrySchedule(first_seconds=0, factor=1, longest_seconds=1, attempts=1)
    with pytest.raises(InvalidRetrySchedules, match="below 1"):
        checked(dict.fromkeys(Channel, nothing))
    with pytest.raises(InvalidRetrySchedules, match="no schedule"):
        checked({})
