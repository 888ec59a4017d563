"""Periods that reports are about, and the like ones before them."""

import calendar
import datetime as dt
from collections.abc import Iterator

import msgspec


class ReportPeriod(msgspec.Struct, frozen=True):
    """From a first to a last day, both of them in it."""

    first: dt.date
    last: dt.date

    @property
    def months(self) -> int | None:
        """How many whole calendar months it is; None where it is not."""
        if self.first.day != 1 or self.last != _end_of_month(self.last):
            return None
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1


def earlier(period: ReportPeriod, count: int) -> Iterator[ReportPeriod]:
    """So many like periods before one, the latest first: each of as many whole months as that one,
    or of as many days. They end at the calendar's beginning."""
    each, months = period, period.months
    for _ in range(count):
        try:
            each = _before(each, months)
        except (OverflowError, ValueError):
            return
        yield each


def _before(period: ReportPeriod, months: int | None) -> ReportPeriod:
    last = period.first - dt.timedelta(days=1)
    if months is None:
        return ReportPeriod(last - (period.last - period.first), last)
    month = period.first.year * 12 + period.first.month - 1 - months
    return ReportPeriod(dt.date(month // 12, month % 12 + 1, 1), last)


def _end_of_month(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
