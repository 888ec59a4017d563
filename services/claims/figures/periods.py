"""The months that are reported on, and the days that follow of them."""

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

THE_BEGINNING = dt.date(1900, 1, 1)
THE_END = dt.date(9999, 12, 31)
_FOUR_WEEKS = dt.timedelta(days=27)


class Span(StrEnum):
    """Which days a part of a figure covers, by the months that are reported on.

    REPORTED: these months.
    THREE_BEFORE: the three months before them.
    THREE_TO_END: the last of them and the two before.
    TO_END: everything up to their end.
    FOUR_WEEKS: the 28 days up to their end, or up to today where that comes first.
    OPEN_TODAY: whatever is open today.
    OPEN_OVER_90: what is open today and over 90 days old.
    """

    REPORTED = "reported"
    THREE_BEFORE = "three_before"
    THREE_TO_END = "three_to_end"
    TO_END = "to_end"
    FOUR_WEEKS = "four_weeks"
    OPEN_TODAY = "open_today"
    OPEN_OVER_90 = "open_over_90"


@dataclass(frozen=True)
class Days:
    """From the first to the last day, both included."""

    first: dt.date
    last: dt.date

    def until(self, today: dt.date) -> int:
        """How many of them are over or begun: at least one."""
        return max(1, (min(self.last, today) - self.first).days + 1)


@dataclass(frozen=True)
class Months:
    """Whole months, each named by its first day."""

    first: dt.date
    last: dt.date

    @property
    def count(self) -> int:
        return _ordinal(self.last) - _ordinal(self.first) + 1

    @property
    def days(self) -> Days:
        return Days(self.first, month_end(self.last))

    def one_by_one(self) -> "Iterator[Months]":
        """Each month by itself, the earliest first."""
        for ordinal in range(_ordinal(self.first), _ordinal(self.last) + 1):
            yield Months(_month(ordinal), _month(ordinal))

    def covered(self, span: Span, today: dt.date) -> Days:
        """The days of a span."""
        match span:
            case Span.THREE_BEFORE:
                return Days(shifted(self.first, -3), self.first - dt.timedelta(days=1))
            case Span.THREE_TO_END:
                return Days(shifted(self.last, -2), self.days.last)
            case Span.TO_END:
                return Days(THE_BEGINNING, self.days.last)
            case Span.FOUR_WEEKS:
                last = min(self.days.last, today)
                return Days(last - _FOUR_WEEKS, last)
            case Span.OPEN_TODAY:
                return Days(THE_BEGINNING, THE_END)
            case Span.OPEN_OVER_90:
                return Days(THE_BEGINNING, today - dt.timedelta(days=91))
            case _:
                return self.days


def month_of(day: dt.date) -> dt.date:
    """The first day of a day's month."""
    return day.replace(day=1)


def month_end(month: dt.date) -> dt.date:
    """The last day of a month."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def shifted(month: dt.date, by: int) -> dt.date:
    """A month so many months later, or earlier."""
    return _month(_ordinal(month) + by)


def _ordinal(month: dt.date) -> int:
    return month.year * 12 + month.month - 1


def _month(ordinal: int) -> dt.date:
    return dt.date(ordinal // 12, ordinal % 12 + 1, 1)
