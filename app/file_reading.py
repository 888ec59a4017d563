"""A file of this machine that is about to be kept."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

_READ_BYTES = 1 << 18


class FileReading:
    """A file's bytes, any number of times, with what they came to the first time."""

    def __init__(self, path: Path) -> None:
        """Read it once. Raises OSError."""
        digest, self.byte_count = hashlib.sha256(), 0
        self._path = path
        for chunk in self.chunks():
            digest.update(chunk)
            self.byte_count += len(chunk)
        self.sha256 = digest.digest()

    def chunks(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while chunk := file.read(_READ_BYTES):
                yield chunk
