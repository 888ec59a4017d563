"""Quiet hours and the hour of the digest, on the clock on the company's wall."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

MINUTES_OF_A_DAY = 24 * 60


@dataclass(frozen=True)
class DayPlan:
    """In minutes of the day. Quiet hours may go over midnight; none where both ends are equal."""

    quiet_from_minute: int = 20 * 60
    quiet_until_minute: int = 7 * 60
    digest_minute: int = 7 * 60

    def is_quiet(self, moment: dt.datetime, zone: ZoneInfo) -> bool:
        """Whether the wall clock stands within the quiet hours. What it shows twice, in the night
        when it is put back, is quiet twice; what it skips is no time at all."""
        minute = minute_of_day(moment, zone)
        begin, end = self.quiet_from_minute, self.quiet_until_minute
        if begin <= end:
            return begin <= minute < end
        return minute >= begin or minute < end

    def digest_day(self, moment: dt.datetime, zone: ZoneInfo) -> dt.date:
        """The day whose digest is the latest that is due: today's from its minute on."""
        today = moment.astimezone(zone).date()
        is_due = minute_of_day(moment, zone) >= self.digest_minute
        return today if is_due else today - dt.timedelta(days=1)


def minute_of_day(moment: dt.datetime, zone: ZoneInfo) -> int:
    """What the wall clock shows, in minutes since midnight."""
    local = moment.astimezone(zone)
    return local.hour * 60 + local.minute
