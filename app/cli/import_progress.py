"""How far an import is, on standard error: a bar on a terminal; where it goes to a file, a line for
each step and one every half a minute."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from services.importing.running import Progress as ImportProgress
from storage.vocabulary.importing import ImportStatus

_SECONDS_BETWEEN_LINES = 30.0


class ProgressShown:
    """Shows one import from its first file to its books."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            console=self._console,
        )
        self._task = self._bar.add_task("", total=None, count="")
        self._doing = ""
        self._said_at = 0.0

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def say(self, doing: str, count: str = "", done: int = 0, total: int | None = None) -> None:
        """What is being done, and how much of it is."""
        if self._console.is_terminal:
            self._bar.update(
                self._task, description=doing, completed=done, total=total, count=count
            )
            return
        is_new = doing != self._doing
        if is_new or time.monotonic() - self._said_at >= _SECONDS_BETWEEN_LINES:
            self._doing, self._said_at = doing, time.monotonic()
            line = f"{doing}: {count}" if count else doing
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def tell(self, progress: ImportProgress) -> None:
        """How far the run is that reads, checks and writes."""
        self.say(_doing(progress), _so_far(progress), progress.done, progress.total or None)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within it the terminal is somebody else's; who leaves from there gets no bar again."""
        self._stop()
        yield
        self._start()

    def _start(self) -> None:
        if self._console.is_terminal:
            self._bar.start()

    def _stop(self) -> None:
        if self._console.is_terminal:
            self._bar.stop()


def _doing(progress: ImportProgress) -> str:
    """What an import is at: it is read before anything is checked."""
    if progress.status is not ImportStatus.RECEIVED:
        return f"{progress.status} {progress.map_name}".strip()
    return f"reading {progress.map_name}" if progress.done else progress.map_name


def _so_far(progress: ImportProgress) -> str:
    """How many records it has gone through, and of how many where these have been counted."""
    of_all = f" of {progress.total:,}" if progress.total else ""
    return f"{progress.done:,}{of_all} records" if progress.done or of_all else ""
