"""The time that a question about the trail is for."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from services.refusals import Fault, InvalidParameter
from storage.identifiers import lowest_id_at

LONGEST_PATIENT_WINDOW = dt.timedelta(days=366)
"""A patient is looked for in every access of the window, so the window has an end."""

_DRIFT = dt.timedelta(days=1)
"""How far an entry's id and its time may lie apart; ids choose the partitions that are read."""
_FIRST = dt.datetime(1970, 1, 2, tzinfo=dt.UTC)
_LAST = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """From one time to another, both included; None is no bound."""

    recorded_from: dt.datetime | None = None
    recorded_until: dt.datetime | None = None

    def check(self) -> None:
        """Raises InvalidParameter for a time without a time zone."""
        given = {"recorded_from": self.recorded_from, "recorded_until": self.recorded_until}
        faults = [
            Fault(f"/{name}", "needs a time zone, as in 2026-01-31T00:00:00Z")
            for name, moment in given.items()
            if moment is not None and moment.tzinfo is None
        ]
        if faults:
            raise InvalidParameter(faults)

    def check_window(self, now: dt.datetime) -> None:
        """Raises InvalidParameter where a patient would be looked for in too long a time."""
        if self.recorded_from is None:
            raise InvalidParameter([Fault("/recorded_from", "is needed with patient_id")])
        if (self.recorded_until or now) - self.recorded_from > LONGEST_PATIENT_WINDOW:
            days = LONGEST_PATIENT_WINDOW.days
            message = f"is at most {days} days before the end"
            raise InvalidParameter([Fault("/recorded_from", message)])

    @property
    def lowest_id(self) -> UUID | None:
        """No entry of the period has a lower id."""
        return _bound(self.recorded_from, -_DRIFT)

    @property
    def highest_id(self) -> UUID | None:
        """No entry of the period has a higher id."""
        return _bound(self.recorded_until, _DRIFT)


def _bound(moment: dt.datetime | None, drift: dt.timedelta) -> UUID | None:
    return None if moment is None else lowest_id_at(min(max(moment, _FIRST), _LAST) + drift)
