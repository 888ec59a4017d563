"""When guessing has to wait, without a database."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.lockout import LONGEST_LOCK, Standing, lock_duration

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
waits = st.lists(st.timedeltas(dt.timedelta(0), dt.timedelta(hours=3)), max_size=60)


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(5, 1), (6, 2), (7, 4), (8, 8), (9, 16), (10, 32), (11, 60), (12, 60), (10_000, 60)],
)
def test_from_the_fifth_failure_on_each_lock_is_twice_as_long_up_to_an_hour(
    failures: int, minutes: int
) -> None:
    assert lock_duration(failures) == minutes * MINUTE


@given(st.integers(0, 4))
def test_four_failures_do_not_lock(failures: int) -> None:
    assert lock_duration(failures) is None


def test_the_lock_ends_at_its_last_moment() -> None:
    locked = Standing(4).after_failure(NOON)
    assert locked.is_locked(NOON + MINUTE - dt.timedelta.resolution)
    assert not locked.is_locked(NOON + MINUTE)


@given(waits)
def test_a_patient_guesser_has_few_guesses_in_a_day(pauses: list[dt.timedelta]) -> None:
    """Whatever the pauses: the free failures, the doublings, then one an hour."""
    standing, now, judged = Standing(), NOON, []
    for pause in pauses:
        now += pause
        if not standing.is_locked(now):
            judged.append(now)
            standing = standing.after_failure(now)
    first_day = [moment for moment in judged if moment < NOON + dt.timedelta(days=1)]
    assert len(first_day) <= 4 + 7 + 24


@given(waits)
def test_a_failure_never_shortens_a_lock_and_no_lock_outlasts_an_hour(
    pauses: list[dt.timedelta],
) -> None:
    standing, now = Standing(), NOON
    for pause in pauses:
        now += pause
        after = standing.after_failure(now)
        assert after.failures == standing.failures + 1
        assert not standing.is_locked(now) or after.is_locked(now)
        assert not after.is_locked(now + LONGEST_LOCK)
        if standing.locked_until is not None:
            assert after.locked_until is not None
            assert after.locked_until >= standing.locked_until
        standing = after
