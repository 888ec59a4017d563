"""Whether the rows of a log are exactly those that its seals name, as they were."""

import hashlib
from collections.abc import Sequence

from storage.tables.trail import Retirement, Seal
from storage.trail.chain import members_of
from storage.trail.findings import FindingKind
from storage.trail.tally import Tally


class RowCheck:
    """Takes the rows of each seal in turn; memory does not grow with what is in order.

    A row that is missing under one seal and stands under another is one whose transaction was
    altered, so both are decided at the end.
    """

    def __init__(self, retirements: Sequence[Retirement], tally: Tally) -> None:
        self._retired = [(each.low_id.bytes, each.high_id.bytes) for each in retirements]
        self._tally = tally
        self._altered: list[tuple[bytes, int]] = []
        self._missing: dict[bytes, tuple[int, int]] = {}
        self._strange: dict[bytes, int | None] = {}
        self._last_present = -1
        self.sealed_rows = 0
        self.retired_rows = 0

    def begin(self, seal: Seal) -> None:
        """The rows of this seal come next."""
        self._sequence = seal.sequence
        self._order = [row_id for row_id, _ in members_of(seal.members)]
        self._expected = dict(members_of(seal.members))

    def take(self, row_id: bytes, text: bytes) -> None:
        """A row that stands where this seal covers everything."""
        expected = self._expected.pop(row_id, None)
        if expected is None:
            self._strange[row_id] = self._sequence
        elif expected != hashlib.sha256(text).digest():
            self._altered.append((row_id, self._sequence))

    def end(self) -> None:
        """No more rows of this seal."""
        if len(self._expected) < len(self._order):
            self._last_present = self.sealed_rows + max(
                at for at, row_id in enumerate(self._order) if row_id not in self._expected
            )
        if self._expected:
            for at, row_id in enumerate(self._order):
                if row_id not in self._expected:
                    continue
                if any(low <= row_id < high for low, high in self._retired):
                    self.retired_rows += 1
                else:
                    self._missing[row_id] = (self._sequence, self.sealed_rows + at)
        self.sealed_rows += len(self._order)

    def take_uncovered(self, row_id: bytes) -> None:
        """A row of an era that is over, after its last seal."""
        self._strange[row_id] = None

    def conclude(self) -> None:
        """Decide what became of the rows that did not match."""
        for row_id, sequence in self._altered:
            self._tally.note_row(FindingKind.ALTERED, row_id, sequence)
        for row_id, (sequence, at) in self._missing.items():
            if row_id in self._strange:
                del self._strange[row_id]
                self._tally.note_row(FindingKind.ALTERED, row_id, sequence)
            elif at > self._last_present:
                self._tally.note_row(FindingKind.TRUNCATED, row_id, sequence)
            else:
                self._tally.note_row(FindingKind.REMOVED, row_id, sequence)
        for row_id, sequence_or_none in self._strange.items():
            self._tally.note_row(FindingKind.INSERTED, row_id, sequence_or_none)
