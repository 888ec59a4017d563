"""What checked records become, kept between checking and writing, so that it is worked out once.

It is a shortcut and no record: what an import that was broken off had kept is gone with its
process, and whoever goes on works it out anew from the records.
"""

from __future__ import annotations

import pickle
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.importing.declaration import Placed

_KEY_BITS = 256
_NONCE_BYTES = 12


class Spool:
    """Rows to be written, map by map, in a file without a name, sealed under a key that is
    nowhere else."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 -- see close()
        self._cipher = AESGCM(AESGCM.generate_key(_KEY_BITS))
        self._places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._end = 0

    def close(self) -> None:
        """Forget all, what found no room included."""
        with suppress(OSError):
            self._file.close()

    def keep(self, map_name: str, rows: Sequence[Placed]) -> None:
        """Add rows to those of a map. Raises OSError where there is no room."""
        if not rows:
            return
        content = pickle.dumps(
            [(each.row_id, each.values, each.parts, each.text) for each in rows],
            pickle.HIGHEST_PROTOCOL,
        )
        sealed = self._cipher.encrypt(self._nonce(self._end), content, None)
        self._file.seek(self._end)
        self._file.write(sealed)
        self._file.flush()
        self._places[map_name].append((self._end, len(sealed)))
        self._end += len(sealed)

    def rows(self, map_name: str) -> Iterator[list[Placed]]:
        """The rows of a map as they were kept, and as many at a time."""
        for start, length in self._places[map_name]:
            self._file.seek(start)
            content = self._cipher.decrypt(self._nonce(start), self._file.read(length), None)
            yield [Placed(*each) for each in pickle.loads(content)]  # noqa: S301 -- sealed by us

    @staticmethod
    def _nonce(start: int) -> bytes:
        """Nothing else lies at this place of the file."""
        return start.to_bytes(_NONCE_BYTES, "big")
