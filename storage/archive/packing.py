"""Members of an archive: a tar file (POSIX.1-2001) that is written and read as it flows."""

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from storage.archive.errors import ArchiveUnusable

_BLOCK_BYTES = 512
_READ_BYTES = 1 << 18
_LONGEST_PIECE = 1 << 27


@dataclass(frozen=True)
class Member:
    """A file in the archive; its content is gone through once, before the next one is asked for."""

    name: str
    byte_count: int
    content: Iterator[bytes]

    def whole(self) -> bytes:
        """All of it, of what is written in pieces. Raises ArchiveUnusable."""
        if self.byte_count > _LONGEST_PIECE:
            raise ArchiveUnusable(f"{self.name} is longer than anything that is written here")
        return b"".join(self.content)


def member(name: str, content: bytes) -> Member:
    """A member that is at hand."""
    return Member(name, len(content), iter([content]))


def packed(members: Iterator[Member]) -> Iterator[bytes]:
    """The bytes of an archive."""
    for each in members:
        head = tarfile.TarInfo(each.name)
        head.size = each.byte_count
        head.mode = 0o600
        yield head.tobuf(tarfile.PAX_FORMAT)
        yield from each.content
        yield bytes(-each.byte_count % _BLOCK_BYTES)
    yield bytes(2 * _BLOCK_BYTES)


def unpacked(content: Iterator[bytes]) -> Iterator[Member]:
    """Its members again, up to the last byte. Raises ArchiveUnusable."""
    source = _Source(content)
    try:
        with tarfile.open(mode="r|", fileobj=io.BufferedReader(source, _READ_BYTES)) as archive:
            while (found := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined]
                file = archive.extractfile(found)
                if file is None:
                    raise ArchiveUnusable(f"{found.name} is no file")
                yield Member(found.name, found.size, _read(file))
    except tarfile.TarError as error:
        raise ArchiveUnusable(f"it is not packed as it should be ({error})") from error
    for _ in content:
        """To its end, which says that nothing was cut off."""


def _read(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_READ_BYTES):
        yield piece


class _Source(io.RawIOBase):
    """Pieces of any length as a file to read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._held = piece
        taken = self._held[: len(buffer)]
        buffer[: len(taken)] = taken
        self._held = self._held[len(taken) :]
        return len(taken)
