"""An 835 file to events, streaming: transactions, claims, provider adjustments, and what is odd."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from services.claims.x12.content_hash import ContentHash
from services.claims.x12.envelopes import (
    ENVELOPE_SEGMENTS,
    Envelopes,
    element,
    trailer_anomalies,
)
from services.claims.x12.findings import name_of
from services.claims.x12.remittance_loops import LoopReader
from services.claims.x12.remittance_model import (
    FATAL_ANOMALIES,
    Anomaly,
    AnomalyKind,
    FileEnd,
    RemittanceClaim,
    RemittanceEvent,
    TransactionEnd,
)
from services.claims.x12.tokenizer import Segment, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_LOOP_SEGMENTS = 100_000  # a claim has at most 999 lines of at most some 50 segments
_REVERSAL = "22"  # CLP02
_LOOP_ENDS = frozenset(("CLP", "LX", "PLB", "SE"))
_BOUNDARIES = ENVELOPE_SEGMENTS | _LOOP_ENDS | {"ST"}


def read_remittances(chunks: Iterable[bytes]) -> Iterator[RemittanceEvent]:
    """The events of a file, in its order: for each 835 a TransactionHeader, its RemittanceClaims
    and ProviderAdjustments, its TransactionEnd; Anomalies among them; one FileEnd last.

    Never raises on content, keeps one claim in memory, and does not depend on where ``chunks``
    are cut. An anomaly stands before the event that it concerns. A file of which any anomaly is in
    ``FATAL_ANOMALIES`` must be kept out as a whole, whatever else was yielded; a transaction that
    breaks off yields neither its last claim nor a TransactionEnd.
    """
    return _FileReader().events(chunks)


class _Transaction:
    """One 835 while it is being read: the open loop, and the sums so far."""

    def __init__(self, start: Segment, ordinal: int) -> None:
        self.start = start
        self.ordinal = ordinal
        self.loop: list[Segment] = [start]
        self._reader = LoopReader(ordinal)
        self._hash = ContentHash()
        self._claims = 0
        self._lines = 0
        self._charge_cents = 0
        self._paid_cents = 0
        self._provider_adjustment_cents = 0
        self._has_reversals = False

    def finish_loop(self) -> list[RemittanceEvent]:
        """Read the loop that has just ended."""
        loop = self.loop
        name = loop[0].elements[0]
        events: list[RemittanceEvent] = []
        if name == "CLP":
            self._hash.update(loop)
            self._claims += 1
            claim = self._reader.claim(loop, self._claims)
            self._add(claim)
            events.append(claim)
        elif name == "ST":
            self._hash.update(loop[1:])
            events.append(self._reader.header(loop))
        elif name == "PLB":
            self._hash.update(loop)
            adjustments = self._reader.provider_adjustments(loop)
            self._provider_adjustment_cents += sum(found.amount_cents for found in adjustments)
            events += adjustments
        else:
            self._hash.update(loop)
            self._reader.between_claims(loop)
        return [*self._reader.take_anomalies(), *events]

    def end(self, trailer: Segment) -> Sequence[RemittanceEvent]:
        """SE: what its counts and control number get wrong, and the sums."""
        segment_count = trailer.position - self.start.position + 1
        return [
            *trailer_anomalies(trailer, self.start, segment_count, self.ordinal),
            TransactionEnd(
                position=trailer.position,
                segment_count=segment_count,
                claim_count=self._claims,
                line_count=self._lines,
                charge_cents=self._charge_cents,
                paid_cents=self._paid_cents,
                provider_adjustment_cents=self._provider_adjustment_cents,
                has_reversals=self._has_reversals,
                content_sha256=self._hash.digest(),
            ),
        ]

    def _add(self, claim: RemittanceClaim) -> None:
        self._lines += len(claim.lines)
        self._charge_cents += claim.charge_cents
        self._paid_cents += claim.paid_cents
        self._has_reversals |= claim.status_code == _REVERSAL


class _FileReader:
    def __init__(self) -> None:
        self._envelopes = Envelopes()
        self._transaction: _Transaction | None = None  # the 835 being read
        self._foreign: Segment | None = None  # the ST of another type being skipped
        self._foreign_types: dict[str, int] = {}  # ST01 and where it first stood
        self._transactions = 0
        self._byte_count = 0
        self._segment_count = 0
        self._unsaid: Anomaly | None = None  # fatal, but in a file that may hold no 835 at all
        self._has_failed = False

    def events(self, chunks: Iterable[bytes]) -> Iterator[RemittanceEvent]:
        for token in tokenize(self._counted(chunks)):
            if isinstance(token, Anomaly):
                yield from self._told(token)
                continue
            self._segment_count += 1
            transaction = self._transaction
            name = token.elements[0]
            if transaction is not None and name not in _BOUNDARIES:
                transaction.loop.append(token)
                if len(transaction.loop) > MAX_LOOP_SEGMENTS:
                    yield from self._loop_too_long(transaction)
            elif not self._has_failed:
                yield from self._boundary(token)
        yield from self._end()

    def _boundary(self, segment: Segment) -> Iterator[RemittanceEvent]:
        """A segment that ends a loop, or stands outside of every 835."""
        name = segment.elements[0]
        transaction = self._transaction
        if transaction is not None and name in _LOOP_ENDS:
            yield from transaction.finish_loop()
            transaction.loop = [segment]
            if name == "SE":
                yield from transaction.end(segment)
                self._transaction = None
            return
        if name == "ST":
            yield from self._missing_se(segment.position)
            yield from self._open(segment)
        elif name in ENVELOPE_SEGMENTS:
            yield from self._missing_se(segment.position)
            yield from self._envelopes.follow(segment)
        elif self._foreign is not None:
            if name == "SE":
                self._foreign = None
        else:
            yield Anomaly(
                kind=AnomalyKind.UNEXPECTED_SEGMENT,
                position=segment.position,
                detail=f"{name_of(segment)} outside of a transaction",
            )

    def _open(self, segment: Segment) -> Iterator[RemittanceEvent]:
        yield from self._envelopes.transaction_begins(segment.position)
        transaction_type = element(segment, 1)
        if transaction_type == "835":
            self._transactions += 1
            if self._unsaid is not None:
                yield from self._told(self._unsaid)
            self._transaction = _Transaction(segment, self._transactions)
            return
        self._foreign = segment
        is_code = len(transaction_type) == len("835") and transaction_type.isdigit()
        label = transaction_type if is_code else "unknown"
        self._foreign_types.setdefault(label, segment.position)

    def _missing_se(self, position: int) -> Iterator[RemittanceEvent]:
        """Report an ST that is still open."""
        transaction, self._transaction = self._transaction, None
        foreign, self._foreign = self._foreign, None
        start = transaction.start if transaction is not None else foreign
        if start is not None:
            yield from self._told(
                Anomaly(
                    kind=AnomalyKind.MISSING_SE,
                    position=position,
                    detail=f"the ST at segment {start.position} has no SE",
                    transaction=transaction.ordinal if transaction is not None else None,
                )
            )

    def _loop_too_long(self, transaction: _Transaction) -> Iterator[RemittanceEvent]:
        yield from self._told(
            Anomaly(
                kind=AnomalyKind.SEGMENT_TOO_LONG,
                position=transaction.loop[0].position,
                detail=f"a loop of more than {MAX_LOOP_SEGMENTS} segments",
            )
        )
        self._transaction = None

    def _told(self, anomaly: Anomaly) -> Iterator[RemittanceEvent]:
        """The anomaly as it should be told: in its transaction, and the file refused only once.

        Where a file holds transactions of other types only, that is the reason to give.
        """
        if anomaly.kind not in FATAL_ANOMALIES:
            yield anomaly
            return
        if self._foreign_types and not self._transactions:
            self._unsaid = self._unsaid or anomaly
            return
        self._has_failed = True
        if self._transaction is not None:
            anomaly = msgspec.structs.replace(anomaly, transaction=self._transaction.ordinal)
        yield anomaly

    def _end(self) -> Iterator[RemittanceEvent]:
        position = self._segment_count + 1
        if not self._has_failed:
            yield from self._missing_se(position)
        if not self._has_failed:
            yield from self._envelopes.close(position)
            yield from self._foreign_anomalies(position)
        yield FileEnd(
            byte_count=self._byte_count,
            segment_count=self._segment_count,
            transaction_count=self._transactions,
        )

    def _foreign_anomalies(self, position: int) -> Iterator[RemittanceEvent]:
        if not self._transactions:
            types = " and ".join(sorted(self._foreign_types))
            detail = (
                f"the file holds transactions of type {types}"
                if types
                else "the file holds no transaction"
            )
            first = min(self._foreign_types.values(), default=position)
            yield Anomaly(kind=AnomalyKind.NOT_835, position=first, detail=f"{detail}, and no 835")
            return
        for transaction_type, first in self._foreign_types.items():
            yield Anomaly(
                kind=AnomalyKind.UNEXPECTED_SEGMENT,
                position=first,
                detail=f"transactions of type {transaction_type} were skipped",
            )

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._byte_count += len(chunk)
            yield chunk
