"""Like periods follow one another without a gap."""

import calendar
import datetime as dt
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from services.regulatory_compliance.reporting.periods import ReportPeriod, earlier

DAYS = st.dates(dt.date(1980, 1, 1), dt.date(2100, 12, 31))


@example(dt.date(2000, 1, 2), dt.date(2002, 1, 1), 3)  # the second before it is whole years
@given(DAYS, DAYS, st.integers(1, 8))
def test_each_ends_the_day_before_the_next_and_is_as_long(
    one: dt.date, other: dt.date, count: int
) -> None:
    period = ReportPeriod(min(one, other), max(one, other))
    row = [period, *earlier(period, count)]
    for later, before in pairwise(row):
        assert before.last + dt.timedelta(days=1) == later.first
        if period.months is None:
            assert before.last - before.first == period.last - period.first
        else:
            assert before.months == period.months


@given(st.integers(1980, 2100), st.integers(1, 12), st.integers(1, 24))
def test_months_are_whole_whatever_their_length(year: int, month: int, count: int) -> None:
    first = dt.date(year, month, 1)
    ends = year * 12 + month - 2 + count
    end_year, end_month = ends // 12, ends % 12 + 1
    last = dt.date(end_year, end_month, calendar.monthrange(end_year, end_month)[1])
    assert ReportPeriod(first, last).months == count


def test_there_is_nothing_before_the_calendars_beginning() -> None:
    assert list(earlier(ReportPeriod(dt.date.min, dt.date.max), 3)) == []
