"""Where the work behind the requests waits."""

from enum import StrEnum


class Queue(StrEnum):
    """A queue of jobs. Each is worked off by itself, so that none waits for another's jobs."""

    WORK = "wellkept"
    DELIVERIES = "wellkept_deliveries"
    """What leaves the house, at the pace of whoever receives it."""
