"""A folder outside of the database to which the ends of all chains are written, day by day.

One file a day (UTC), appended to and never overwritten; what is written is on disk before it counts
as exported. The folder is best on another machine, or on a medium that can only be written once.
"""

import datetime as dt
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from storage.trail.keys import KnownKeys
from storage.trail.roots import Root, RootsUnusable, merged_roots, read_roots, write_roots
from storage.trail.verification import Roots

LONGEST_SILENCE = dt.timedelta(days=1)
"""Roots that were not exported for so long are cause for alarm."""

_PREFIX = "roots-"
_SUFFIX = ".jsonl"


class RootFolder:
    """The files of exported roots in one folder."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def append(self, roots: Sequence[Root], now: dt.datetime) -> Path:
        """Write roots to the file of the day, through to the disk; returns the file.

        The folder is not made: a medium that is not mounted must not be mistaken for it. Raises
        RootsUnusable.
        """
        path = self._directory / f"{_PREFIX}{now.astimezone(dt.UTC):%Y-%m-%d}{_SUFFIX}"
        try:
            is_new = not path.exists()
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                _write(descriptor, _break_off(descriptor) + write_roots(roots).encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if is_new:
                _sync_folder(self._directory)
        except OSError as error:
            raise RootsUnusable(f"{path} cannot be written ({error.strerror})") from error
        return path

    def last_export(self) -> dt.datetime | None:
        """When roots were exported last, None if they never were. Raises RootsUnusable."""
        for path in reversed(self._files()):
            lines = _whole_lines(path)
            if lines:
                return _exported_at(path, lines[-1])
        return None

    def exported_timestamp(self) -> float:
        """When roots were exported last in seconds since 1970; 0 if never, or nobody can say."""
        try:
            last = self.last_export()
        except RootsUnusable:
            return 0
        return 0 if last is None else last.timestamp()

    def silence(self, now: dt.datetime) -> str | None:
        """One sentence where no roots were exported for longer than a day, or nobody can say."""
        try:
            last = self.last_export()
        except RootsUnusable:
            return "the folder of exported roots cannot be read"
        if last is None:
            return "no roots of the audit trail were exported yet"
        if now - last > LONGEST_SILENCE:
            return f"no roots of the audit trail were exported since {last:%Y-%m-%d %H:%M} UTC"
        return None

    def read(self, keys: KnownKeys) -> Roots:
        """Everything that was ever exported to the folder. Raises RootsUnusable.

        A line that a crash cut short was no export: it is passed over.
        """
        exports = []
        for path in self._files():
            try:
                exports.append(read_roots("\n".join(_whole_lines(path)), keys))
            except RootsUnusable as error:
                raise RootsUnusable(f"{path}: {error}") from error
        return merged_roots(exports)

    def _files(self) -> list[Path]:
        """The files in order of their days. Raises RootsUnusable."""
        try:
            paths = sorted(self._directory.iterdir())
        except OSError as error:
            raise RootsUnusable(
                f"{self._directory} cannot be read ({error.strerror}): WELLKEPT_ROOTS_DIRECTORY"
                " names a folder that is there"
            ) from error
        return [
            path for path in paths if path.name.startswith(_PREFIX) and path.name.endswith(_SUFFIX)
        ]


def _whole_lines(path: Path) -> list[str]:
    """Raises RootsUnusable."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RootsUnusable(f"{path} cannot be read") from error
    return [line for line in text.splitlines() if line.endswith("}")]


def _break_off(descriptor: int) -> bytes:
    """A line's end after one that a crash cut short."""
    size = os.fstat(descriptor).st_size
    return b"\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else b""


def _write(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _sync_folder(directory: Path) -> None:
    """Have the entry of a new file on disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _exported_at(path: Path, line: str) -> dt.datetime | None:
    """Raises RootsUnusable."""
    try:
        text = msgspec.json.decode(line, type=Root).exported_at
        return None if text is None else dt.datetime.fromisoformat(text)
    except (msgspec.DecodeError, ValueError) as error:
        raise RootsUnusable(f"{path} does not end with an exported root") from error
