"""When guessing has to wait: a pure rule over counted failures.

The fifth failure in a row locks for a minute and each further one for twice as long, an hour at
most. What is tried while locked is neither judged nor counted, so that knowing an e-mail address
is not enough to lock its owner out for good; a right password starts over.
"""

import datetime as dt
from dataclasses import dataclass

FREE_FAILURES = 4
FIRST_LOCK = dt.timedelta(minutes=1)
LONGEST_LOCK = dt.timedelta(hours=1)
_DOUBLINGS = 6
"""After so many doublings of a minute the hour is reached."""
_COUNTED_FAILURES = 1_000_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands: failures in a row, and until when nothing is judged."""

    failures: int = 0
    locked_until: dt.datetime | None = None

    def is_locked(self, now: dt.datetime) -> bool:
        """Whether even the right password is refused."""
        return self.locked_until is not None and now < self.locked_until

    def after_failure(self, now: dt.datetime) -> "Standing":
        """The standing once one more wrong password was counted at ``now``.

        A failure that was judged before the lock and is counted after it counts all the same.
        """
        failures = min(self.failures + 1, _COUNTED_FAILURES)
        duration = lock_duration(failures)
        if duration is None:
            return Standing(failures, self.locked_until)
        return Standing(failures, max(now + duration, self.locked_until or now))


def lock_duration(failures: int) -> dt.timedelta | None:
    """How long that many failures in a row lock; None while they do not."""
    if failures <= FREE_FAILURES:
        return None
    doublings = min(failures - FREE_FAILURES - 1, _DOUBLINGS)
    return min(FIRST_LOCK * (1 << doublings), LONGEST_LOCK)
