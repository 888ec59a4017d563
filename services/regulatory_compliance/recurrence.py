"""When a recurring duty is due: no period is skipped, none stands there twice.

A duty that falls on the 31st falls on the last day of shorter months and on the 31st again after
them: the day is counted from the anchor, never from the last due date. A business-day rule moves
the day on which something is due and never the day from which the next is counted.
"""

import calendar
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from itertools import count

import msgspec

from storage.vocabulary.compliance import BusinessDayRule, Frequency, LateRule

MONTHS = {
    Frequency.MONTHLY: 1,
    Frequency.QUARTERLY: 3,
    Frequency.SEMIANNUAL: 6,
    Frequency.ANNUAL: 12,
    Frequency.BIENNIAL: 24,
    Frequency.TRIENNIAL: 36,
}
"""The months from one period to the next."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """``first_due_on`` is the anchor: its day of the month is the day of every period."""

    frequency: Frequency
    first_due_on: dt.date
    business_day_rule: BusinessDayRule = BusinessDayRule.AS_IS
    late_rule: LateRule = LateRule.KEEP_SCHEDULE


class Period(msgspec.Struct, frozen=True):
    """One time that a duty is due. ``scheduled_on`` names it; ``due_on`` is a business day.

    It begins when the one before it was due (None: the first) and is completed on one day at most.
    """

    number: int
    begins_on: dt.date | None
    scheduled_on: dt.date
    due_on: dt.date
    completed_on: dt.date | None = None


IsBusinessDay = Callable[[dt.date], bool]


def after_months(anchor: dt.date, months: int) -> dt.date:
    """The anchor's day so many months on, or the last day of a month that is too short.

    Raises OverflowError beyond the year 9999.
    """
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    if year > dt.MAXYEAR:
        raise OverflowError(f"{months} months after {anchor}")
    last_day = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(anchor.day, last_day))


def periods(
    schedule: Schedule, completions: Mapping[int, dt.date], is_business_day: IsBusinessDay
) -> Iterator[Period]:
    """All periods in order, without end unless the duty is due once or is ongoing.

    ``completions`` are the days on which periods were completed, by their number from 1.
    """
    if schedule.frequency is Frequency.ONGOING:
        return
    step = MONTHS.get(schedule.frequency)
    anchor, steps = schedule.first_due_on, 0
    begins_on = None
    for number in count(1):
        try:
            scheduled_on = after_months(anchor, steps * (step or 0))
        except OverflowError:
            return
        due_on = on_business_day(scheduled_on, schedule.business_day_rule, is_business_day)
        completed_on = completions.get(number)
        yield Period(number, begins_on, scheduled_on, due_on, completed_on)
        if step is None:
            return
        begins_on = due_on
        steps += 1
        is_late = completed_on is not None and completed_on > due_on
        if is_late and schedule.late_rule is LateRule.COUNT_FROM_COMPLETION:
            anchor, steps = completed_on or anchor, 1


def open_period(
    schedule: Schedule, completions: Mapping[int, dt.date], is_business_day: IsBusinessDay
) -> Period | None:
    """The earliest period that is not completed; None where nothing is left to do."""
    return next(
        (
            each
            for each in periods(schedule, completions, is_business_day)
            if each.completed_on is None
        ),
        None,
    )


def is_kept(schedule: Schedule) -> bool:
    """Whether its periods stay where they are, however late one is completed."""
    return schedule.late_rule is LateRule.KEEP_SCHEDULE or schedule.frequency not in MONTHS


def kept_period(schedule: Schedule, number: int, is_business_day: IsBusinessDay) -> Period | None:
    """A period that is not completed of a schedule that ``is_kept``, by its number; None where the
    schedule has no such one. It is the one of ``periods``, without those before it."""
    step = MONTHS.get(schedule.frequency, 0)
    if schedule.frequency is Frequency.ONGOING or (number > 1 and step == 0):
        return None
    anchor, rule = schedule.first_due_on, schedule.business_day_rule
    try:
        scheduled_on = after_months(anchor, (number - 1) * step)
    except OverflowError:
        return None
    begins_on = None
    if number > 1:
        begins_on = on_business_day(
            after_months(anchor, (number - 2) * step), rule, is_business_day
        )
    due_on = on_business_day(scheduled_on, rule, is_business_day)
    return Period(number, begins_on, scheduled_on, due_on)


def on_business_day(day: dt.date, rule: BusinessDayRule, is_business_day: IsBusinessDay) -> dt.date:
    """The day itself or, where it is none, the business day that the rule says."""
    if rule is BusinessDayRule.AS_IS or is_business_day(day):
        return day
    if rule is BusinessDayRule.PRECEDING:
        return _nearest(day, -1, is_business_day)
    following = _nearest(day, 1, is_business_day)
    if rule is BusinessDayRule.MODIFIED_FOLLOWING and following.month != day.month:
        return _nearest(day, -1, is_business_day)
    return following


def _nearest(day: dt.date, direction: int, is_business_day: IsBusinessDay) -> dt.date:
    while not is_business_day(day):
        day += dt.timedelta(days=direction)
    return day
