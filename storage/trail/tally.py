"""Findings while they are gathered: the first of each kind, and how many."""

import dataclasses
import datetime as dt
from uuid import UUID

from storage.trail.chain import made_at
from storage.trail.findings import Finding, FindingKind


class Tally:
    """The findings of one log."""

    def __init__(self, log: str) -> None:
        self._log = log
        self._first: dict[FindingKind, Finding] = {}

    def note(
        self,
        kind: FindingKind,
        *,
        sequence: int | None,
        at: dt.datetime | None = None,
        row_id: UUID | None = None,
        count: int = 1,
    ) -> None:
        """Count a finding; the first of its kind is the one that is named."""
        first = self._first.get(kind)
        if first is None:
            self._first[kind] = Finding(
                kind=kind, log=self._log, sequence=sequence, row_id=row_id, at=at, count=count
            )
        else:
            self._first[kind] = dataclasses.replace(first, count=first.count + count)

    def note_row(self, kind: FindingKind, row_id: bytes, sequence: int | None) -> None:
        """Count a finding about a row."""
        found = UUID(bytes=row_id)
        self.note(kind, sequence=sequence, row_id=found, at=made_at(found))

    def findings(self) -> list[Finding]:
        """The first of each kind in the order of the chain; what no seal covers comes last."""
        return sorted(
            self._first.values(),
            key=lambda each: (each.sequence is None, each.sequence or 0, each.at is None),
        )
