"""TA1, 999 and 277CA to events, streaming, and any mixture of them in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from services.claims.x12.acknowledgement_model import (
    AcknowledgementEvent,
    InterchangeAcknowledgement,
)
from services.claims.x12.claim_acknowledgements import ClaimAcknowledgementLoops
from services.claims.x12.envelopes import (
    ENVELOPE_SEGMENTS,
    Envelopes,
    element,
    trailer_anomalies,
)
from services.claims.x12.file_contents import FileKind, kind_of
from services.claims.x12.file_model import FATAL_ANOMALIES, Anomaly, AnomalyKind, FileEnd
from services.claims.x12.findings import name_of
from services.claims.x12.functional_acknowledgements import FunctionalAcknowledgementLoops
from services.claims.x12.tokenizer import Segment, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_LOOP_SEGMENTS = 100_000  # an AK2 loop repeats IK3 and IK4; nobody reports that many errors
_TA1_DECISIONS = frozenset(("A", "E", "R"))


def read_acknowledgements(chunks: Iterable[bytes]) -> Iterator[AcknowledgementEvent]:
    """The events of a file, in its order; one FileEnd last.

    A TA1 is one InterchangeAcknowledgement. A 999 is its SetAcknowledgements and then its
    GroupAcknowledgement. A 277CA is a StatusReport, then its PartyStatuses and
    ClaimAcknowledgements. Anomalies stand before the event that they concern.

    Never raises on content, keeps one loop in memory, and does not depend on where ``chunks`` are
    cut. A file of which any anomaly is in ``FATAL_ANOMALIES`` must be kept out as a whole, whatever
    else was yielded: one that is cut off, foreign, or without any acknowledgement. Transactions of
    other types are told and skipped.
    """
    return _FileReader().events(chunks)


class _OpenSet:
    """One 999 or 277 while it is being read."""

    def __init__(self, start: Segment, ordinal: int) -> None:
        self.start = start
        self.ordinal = ordinal
        self.loop = [start]
        self.loops: FunctionalAcknowledgementLoops | ClaimAcknowledgementLoops
        if element(start, 1) == "999":
            self.loops = FunctionalAcknowledgementLoops(ordinal)
        else:
            self.loops = ClaimAcknowledgementLoops(ordinal)

    def finish_loop(self) -> list[AcknowledgementEvent]:
        """Read the loop that has just ended."""
        events = self.loops.read(self.loop)
        return [*self._take_anomalies(), *events]

    def end(self, trailer: Segment) -> list[AcknowledgementEvent]:
        """SE: what its counts get wrong, and what was left to say."""
        counted = trailer.position - self.start.position + 1
        wrong = trailer_anomalies(trailer, self.start, counted, self.ordinal)
        events = self.loops.end(trailer)
        return [*wrong, *self._take_anomalies(), *events]

    def _take_anomalies(self) -> list[Anomaly]:
        findings = self.loops.findings
        taken, findings.anomalies = findings.anomalies, []
        return taken


class _FileReader:
    def __init__(self) -> None:
        self._envelopes = Envelopes()
        self._group: Segment | None = None
        self._set: _OpenSet | None = None
        self._pending: Segment | None = None  # a 277 of which the next segment tells the kind
        self._foreign: Segment | None = None  # the ST of another type being skipped
        self._foreign_kinds: dict[FileKind, int] = {}
        self._sets = 0
        self._interchange_answers = 0
        self._byte_count = 0
        self._segment_count = 0
        self._has_failed = False

    def events(self, chunks: Iterable[bytes]) -> Iterator[AcknowledgementEvent]:
        for token in tokenize(self._counted(chunks)):
            if isinstance(token, Anomaly):
                yield self._told(token)
                continue
            self._segment_count += 1
            if not self._has_failed:
                yield from self._segment(token)
        yield from self._end()

    def _segment(self, segment: Segment) -> Iterator[AcknowledgementEvent]:
        name = segment.elements[0]
        if self._pending is not None:
            start, self._pending = self._pending, None
            self._open(start, segment)
        current = self._set
        if name == "ST":
            yield from self._missing_se(segment.position)
            yield from self._envelopes.transaction_begins(segment.position)
            self._pending = segment
        elif name in ENVELOPE_SEGMENTS:
            yield from self._missing_se(segment.position)
            if not self._has_failed:
                yield from self._envelope(segment)
        elif current is not None:
            yield from self._of_set(current, segment)
        elif self._foreign is not None:
            if name == "SE":
                self._foreign = None
        else:
            yield Anomaly(
                kind=AnomalyKind.UNEXPECTED_SEGMENT,
                position=segment.position,
                detail=f"{name_of(segment)} outside of a transaction",
            )

    def _of_set(self, current: _OpenSet, segment: Segment) -> Iterator[AcknowledgementEvent]:
        name = segment.elements[0]
        if name == "SE" or name in current.loops.starts:
            yield from current.finish_loop()
            current.loop = [segment]
            if name == "SE":
                yield from current.end(segment)
                self._set = None
            return
        current.loop.append(segment)
        if len(current.loop) > MAX_LOOP_SEGMENTS:
            yield self._told(
                Anomaly(
                    kind=AnomalyKind.SEGMENT_TOO_LONG,
                    position=current.loop[0].position,
                    detail=f"a loop of more than {MAX_LOOP_SEGMENTS} segments",
                )
            )

    def _envelope(self, segment: Segment) -> Iterator[AcknowledgementEvent]:
        yield from self._envelopes.follow(segment)
        name = segment.elements[0]
        if name in ("ISA", "GS", "GE", "IEA"):
            self._group = segment if name == "GS" else None
            return
        self._interchange_answers += 1
        decision = element(segment, 4)
        for place in (1, 4):
            if not element(segment, place):
                yield Anomaly(
                    AnomalyKind.MISSING_ELEMENT, segment.position, f"TA1{place:02} is absent"
                )
        if decision and decision not in _TA1_DECISIONS:
            detail = "TA104 is none of A, E and R"
            yield Anomaly(AnomalyKind.UNKNOWN_CODE, segment.position, detail)
        yield InterchangeAcknowledgement(
            position=segment.position,
            interchange_control_number=element(segment, 1).strip(),
            interchange_date=element(segment, 2),
            interchange_time=element(segment, 3),
            decision_code=decision,
            note_code=element(segment, 5),
        )

    def _open(self, start: Segment, following: Segment) -> None:
        """Begin the set whose ST came before ``following``."""
        kind = kind_of(start, self._group, following)
        if kind in (FileKind.FUNCTIONAL_ACKNOWLEDGEMENT, FileKind.CLAIM_ACKNOWLEDGEMENT):
            self._sets += 1
            self._set = _OpenSet(start, self._sets)
        else:
            self._foreign = start
            self._foreign_kinds.setdefault(kind, start.position)

    def _missing_se(self, position: int) -> Iterator[AcknowledgementEvent]:
        """Report an ST that is still open."""
        current, self._set = self._set, None
        foreign, self._foreign = self._foreign, None
        start = current.start if current is not None else foreign
        if start is not None:
            yield self._told(
                Anomaly(
                    kind=AnomalyKind.MISSING_SE,
                    position=position,
                    detail=f"the ST at segment {start.position} has no SE",
                    transaction=current.ordinal if current is not None else None,
                )
            )

    def _told(self, anomaly: Anomaly) -> Anomaly:
        if anomaly.kind not in FATAL_ANOMALIES:
            return anomaly
        self._has_failed = True
        if self._set is not None and anomaly.transaction is None:
            return msgspec.structs.replace(anomaly, transaction=self._set.ordinal)
        return anomaly

    def _end(self) -> Iterator[AcknowledgementEvent]:
        position = self._segment_count + 1
        if not self._has_failed:
            if self._pending is not None:
                self._foreign = self._pending
            yield from self._missing_se(position)
        if not self._has_failed:
            yield from self._envelopes.close(position)
            yield from self._foreign_anomalies(position)
        yield FileEnd(
            byte_count=self._byte_count,
            segment_count=self._segment_count,
            transaction_count=self._sets,
        )

    def _foreign_anomalies(self, position: int) -> Iterator[AcknowledgementEvent]:
        if not self._sets and not self._interchange_answers:
            kinds = " and ".join(sorted(self._foreign_kinds))
            detail = f"the file holds {kinds}" if kinds else "the file holds no transaction"
            first = min(self._foreign_kinds.values(), default=position)
            yield self._told(
                Anomaly(
                    kind=AnomalyKind.NOT_ACKNOWLEDGEMENT,
                    position=first,
                    detail=f"{detail}, and no TA1, 999 or 277CA",
                )
            )
            return
        for kind, first in self._foreign_kinds.items():
            yield Anomaly(
                kind=AnomalyKind.UNEXPECTED_SEGMENT,
                position=first,
                detail=f"transactions of type {kind} were skipped",
            )

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._byte_count += len(chunk)
            yield chunk
