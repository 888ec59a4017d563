"""What an accounting of disclosures contains: 45 CFR 164.528, without a database."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

LONGEST_PERIOD_YEARS = 6
"""164.528(a)(1): the six years before the day of the request."""

DAYS_TO_ACT = 60
"""164.528(c)(1)(i)."""

LONGEST_ORAL_SUSPENSION = dt.timedelta(days=30)
"""164.528(a)(2)(ii)(C): from the day of the statement, unless one in writing comes."""


class Recorded(Protocol):
    """A disclosure as it was recorded, or a correction of one."""

    @property
    def id(self) -> UUID: ...
    @property
    def disclosed_on(self) -> dt.date: ...
    @property
    def is_accountable(self) -> bool: ...
    @property
    def is_withdrawn(self) -> bool: ...
    @property
    def supersedes_id(self) -> UUID | None: ...
    @property
    def suspended_from(self) -> dt.date | None: ...
    @property
    def suspended_until(self) -> dt.date | None: ...


def accounted(
    recorded: Iterable[Recorded], *, first: dt.date, last: dt.date, today: dt.date
) -> Sequence[UUID]:
    """Those of ``first`` to ``last`` that an accounting given ``today`` names, by day.

    Of each disclosure its last version counts. One whose accounting is suspended today is left
    out without a word, as the agency asked.
    """
    known = list(recorded)
    superseded = {each.supersedes_id for each in known}
    named = [
        each
        for each in known
        if each.id not in superseded
        and each.is_accountable
        and not each.is_withdrawn
        and first <= each.disclosed_on <= last
        and not is_suspended(each, today)
    ]
    return [each.id for each in sorted(named, key=lambda each: (each.disclosed_on, each.id))]


def is_suspended(disclosure: Recorded, today: dt.date) -> bool:
    """Whether the right to have it accounted for is suspended today, both ends included."""
    since, until = disclosure.suspended_from, disclosure.suspended_until
    return since is not None and until is not None and since <= today <= until


def is_free(requested_on: dt.date, earlier: Iterable[dt.date]) -> bool:
    """Whether an accounting is the first in twelve months: 164.528(c)(2)."""
    since = years_before(requested_on, 1)
    return not any(since < each <= requested_on for each in earlier)


def years_before(day: dt.date, years: int) -> dt.date:
    """The same day so many years earlier; of a 29th of February the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
