"""Quiet hours and digests by the clock on the company's wall, also on days when it is changed."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.company_time import MINUTES_OF_A_DAY, DayPlan, minute_of_day

NEW_YORK = ZoneInfo("America/New_York")
ZONES = st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC"]).map(
    ZoneInfo
)
MOMENTS = st.datetimes(
    dt.datetime(2026, 1, 1),  # noqa: DTZ001 -- the strategy gives it its zone
    dt.datetime(2027, 12, 31),  # noqa: DTZ001 -- the same
    timezones=st.just(dt.UTC),
)
MINUTES = st.integers(0, MINUTES_OF_A_DAY - 1)
PLANS = st.builds(DayPlan, MINUTES, MINUTES, MINUTES)


@given(plan=PLANS, moment=MOMENTS, zone=ZONES)
def test_a_moment_is_quiet_as_the_wall_clock_says(
    plan: DayPlan, moment: dt.datetime, zone: ZoneInfo
) -> None:
    """Walking from the beginning of the quiet hours to now does not meet their end."""
    length = (plan.quiet_until_minute - plan.quiet_from_minute) % MINUTES_OF_A_DAY
    passed = (minute_of_day(moment, zone) - plan.quiet_from_minute) % MINUTES_OF_A_DAY
    assert plan.is_quiet(moment, zone) == (passed < length)


@given(plan=PLANS, moment=MOMENTS, zone=ZONES)
def test_every_day_has_a_time_that_is_not_quiet(
    plan: DayPlan, moment: dt.datetime, zone: ZoneInfo
) -> None:
    """So that nothing waits for ever, whatever somebody has chosen."""
    ahead = (moment + dt.timedelta(minutes=each) for each in range(26 * 60))
    assert not all(plan.is_quiet(each, zone) for each in ahead)


@given(plan=PLANS, moment=MOMENTS, zone=ZONES, days=st.integers(1, 400))
def test_each_days_digest_comes_due_within_a_day_and_once(
    plan: DayPlan, moment: dt.datetime, zone: ZoneInfo, days: int
) -> None:
    today = moment.astimezone(zone).date()
    assert plan.digest_day(moment, zone) in (today, today - dt.timedelta(days=1))
    later = plan.digest_day(moment + dt.timedelta(days=days, hours=1), zone)
    assert later - plan.digest_day(moment, zone) in (
        dt.timedelta(days=days),
        dt.timedelta(days=days + 1),
    )


@pytest.mark.parametrize(
    ("utc", "is_quiet"),
    [
        ("2026-03-08T11:59", False),
        ("2026-03-08T10:59", True),
        ("2026-11-01T11:59", True),
        ("2026-11-01T12:00", False),
        ("2026-03-07T11:59", True),
    ],
)
def test_seven_in_the_morning_is_seven_in_the_morning_on_the_days_of_change(
    utc: str, is_quiet: bool
) -> None:
    """New York: clocks forward on 8 March 2026, back on 1 November 2026."""
    moment = dt.datetime.fromisoformat(f"{utc}+00:00")
    assert DayPlan().is_quiet(moment, NEW_YORK) == is_quiet


def test_without_quiet_hours_nothing_is_quiet() -> None:
    plan = DayPlan(quiet_from_minute=60, quiet_until_minute=60)
    day = dt.datetime(2026, 5, 4, tzinfo=dt.UTC)
    assert not any(plan.is_quiet(day + dt.timedelta(minutes=at), NEW_YORK) for at in range(1440))
