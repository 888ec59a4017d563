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


def before(period: ReportPeriod) -> ReportPeriod | None:
    """The like period that ends the day before: so many whole months, or so many days. None before
    the calendar's beginning."""
    try:
        last = period.first - dt.timedelta(days=1)
        if (months := period.months) is None:
            return ReportPeriod(last - (period.last - period.first), last)
        month = period.first.year * 12 + period.first.month - 1 - months
        return ReportPeriod(dt.date(month // 12, month % 12 + 1, 1), last)
    except (OverflowError, ValueError):
        return None


def earlier(period: ReportPeriod, count: int) -> Iterator[ReportPeriod]:
    """So many like periods before one, the latest first."""
    each: ReportPeriod | None = period
    for _ in range(count):
        if each is None or (each := before(each)) is None:
            return
        yield each


def _end_of_month(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
