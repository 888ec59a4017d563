"""Locks on files that the kernel gives up by itself when their holders die.

All are flock(2): a lock belongs to an open file, so a child that inherits the descriptor holds
the lock too, across process ids that are reused and across containers on one machine.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL_SECONDS = 0.05


class FileLock:
    """One lock file. Several holders may share it, or one has it alone."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def is_held(self) -> bool:
        """Whether some process has the lock alone."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            return not _try(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)

    def acquire(self, waiting: Callable[[float], None] | None = None) -> int:
        """Take the lock alone, waiting without bound; closing the descriptor gives it back.

        `waiting` is called with the seconds waited so far, again and again.
        """
        return self._acquire(fcntl.LOCK_EX, waiting)

    def share(self) -> int:
        """Take a share of the lock; closing the descriptor gives it back."""
        return self._acquire(fcntl.LOCK_SH, None)

    def is_shared(self) -> bool:
        """Whether some process has the lock or a share of it."""
        descriptor = self._open()
        try:
            return not _try(descriptor, fcntl.LOCK_EX)
        finally:
            os.close(descriptor)

    @contextmanager
    def alone(self, waiting: Callable[[float], None] | None = None) -> Iterator[int]:
        """Have the lock alone for a block."""
        descriptor = self.acquire(waiting)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _acquire(self, kind: int, waiting: Callable[[float], None] | None) -> int:
        descriptor = self._open()
        begun = time.monotonic()
        try:
            while not _try(descriptor, kind):
                if waiting is not None:
                    waiting(time.monotonic() - begun)
                time.sleep(_POLL_SECONDS)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
