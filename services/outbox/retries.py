"""When a delivery that failed is tried again, and when it is given up.

The figures are data (``data/retry_schedules.toml``), one schedule a channel.
"""

import datetime as dt
import secrets
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

import msgspec

from storage.vocabulary.outbox import Channel

Jitter = Callable[[int], int]
"""A random whole number from 0 up to, and without, the given one."""


class RetrySchedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Exponential backoff with full jitter, up to a number of tries."""

    first_seconds: int
    factor: int
    longest_seconds: int
    attempts: int

    def longest_wait(self, failures: int) -> dt.timedelta:
        """The most that a message waits after so many failures."""
        exponent = min(failures - 1, 64)
        seconds = min(self.longest_seconds, self.first_seconds * self.factor**exponent)
        return dt.timedelta(seconds=seconds)

    def wait(self, failures: int, *, jitter: Jitter = secrets.randbelow) -> dt.timedelta | None:
        """How long a message waits after so many failures; None once it is given up."""
        if failures >= self.attempts:
            return None
        milliseconds = self.longest_wait(failures) // dt.timedelta(milliseconds=1)
        return dt.timedelta(milliseconds=jitter(milliseconds + 1))


class InvalidRetrySchedules(Exception):
    """The packaged file lacks a channel or holds a schedule that waits for nothing."""


def checked(schedules: Mapping[Channel, RetrySchedule]) -> Mapping[Channel, RetrySchedule]:
    """Raises InvalidRetrySchedules."""
    for channel in Channel:
        schedule = schedules.get(channel)
        if schedule is None:
            raise InvalidRetrySchedules(f"no schedule for {channel}")
        if min(msgspec.structs.astuple(schedule)) < 1:
            raise InvalidRetrySchedules(f"the schedule for {channel} holds a figure below 1")
    return schedules


@cache
def retry_schedules() -> Mapping[Channel, RetrySchedule]:
    """The packaged schedules. Raises InvalidRetrySchedules."""
    text = files("services.outbox").joinpath("data/retry_schedules.toml").read_text("utf-8")
    try:
        found = msgspec.convert(tomllib.loads(text), dict[Channel, RetrySchedule])
    except msgspec.ValidationError as error:
        raise InvalidRetrySchedules(str(error)) from error
    return checked(found)
