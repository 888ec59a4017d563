"""The one source of "now". Tests and replays inject their own."""

import datetime as dt
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells the time in UTC."""

    def now(self) -> dt.datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)


def today_in(clock: Clock, time_zone: str) -> dt.date:
    """The calendar day that it is now in an IANA time zone."""
    return clock.now().astimezone(ZoneInfo(time_zone)).date()
