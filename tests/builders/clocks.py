"""Clocks that tests set."""

import datetime as dt


class FixedClock:
    """Stands still until it is moved."""

    def __init__(self, moment: dt.datetime | None = None) -> None:
        self._now = moment or dt.datetime.now(dt.UTC)

    def now(self) -> dt.datetime:
        return self._now

    def move(self, by: dt.timedelta) -> None:
        """Let time pass."""
        self._now += by

    def set(self, moment: dt.datetime) -> None:
        """Be at another time, an earlier one too."""
        self._now = moment
