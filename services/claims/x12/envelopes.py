"""The envelopes around transactions, and whether their trailers agree with what they hold.

Nothing that is wrong here keeps a remittance from being read: envelopes are routing, and payers
err in them. Source: ASC X12.5 and X12.6 (ISA/IEA, GS/GE).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.claims.x12.elements import count_from
from services.claims.x12.file_model import Anomaly, AnomalyKind

if TYPE_CHECKING:
    from services.claims.x12.tokenizer import Segment

_CONTROL_NUMBER_OF = {"ISA": 13, "GS": 6, "ST": 2}
ENVELOPE_SEGMENTS = frozenset(("ISA", "GS", "GE", "IEA", "TA1"))


def trailer_anomalies(
    trailer: Segment, opening: Segment, counted: int, transaction: int | None = None
) -> list[Anomaly]:
    """Where SE, GE or IEA contradicts what was counted, or the control number of its opening."""
    name = trailer.elements[0]
    opening_name = opening.elements[0]
    anomalies = []
    if count_from(element(trailer, 1)) != counted:
        anomalies.append(
            Anomaly(
                kind=AnomalyKind.WRONG_COUNT,
                position=trailer.position,
                detail=f"{name}01 does not say {counted}, which is what was counted",
                transaction=transaction,
            )
        )
    place = _CONTROL_NUMBER_OF[opening_name]
    if element(trailer, 2).strip() != element(opening, place).strip():
        anomalies.append(
            Anomaly(
                kind=AnomalyKind.WRONG_CONTROL_NUMBER,
                position=trailer.position,
                detail=f"{name}02 differs from {opening_name}{place:02}",
                transaction=transaction,
            )
        )
    return anomalies


class Envelopes:
    """Follows ISA, GS, GE and IEA through a file."""

    def __init__(self) -> None:
        self._interchange: Segment | None = None
        self._group: Segment | None = None
        self._groups = 0
        self._transactions = 0
        self._has_told_missing = False

    def follow(self, segment: Segment) -> list[Anomaly]:
        """Take one envelope segment; what is odd about it."""
        match segment.elements[0]:
            case "ISA":
                anomalies = self.close(segment.position)
                self._interchange, self._groups = segment, 0
                self._has_told_missing = False
            case "GS":
                anomalies = self._lacking_ge(segment.position)
                if self._interchange is None:
                    anomalies += self._missing(segment.position, "GS without ISA")
                self._group, self._transactions = segment, 0
                self._groups += 1
            case "GE":
                opening, self._group = self._group, None
                anomalies = _closing_anomalies(segment, opening, self._transactions)
            case "IEA":
                anomalies = self._lacking_ge(segment.position)
                opening, self._interchange = self._interchange, None
                anomalies += _closing_anomalies(segment, opening, self._groups)
            case _:  # TA1 acknowledges another interchange
                anomalies = []
        return anomalies

    def transaction_begins(self, position: int) -> list[Anomaly]:
        """Count an ST; a missing envelope is told once in an interchange."""
        self._transactions += 1
        absent = [
            name
            for name, opening in (("ISA", self._interchange), ("GS", self._group))
            if opening is None
        ]
        return self._missing(position, f"ST without {' and '.join(absent)}") if absent else []

    def close(self, position: int) -> list[Anomaly]:
        """The file ends, or the next interchange begins, at ``position``."""
        anomalies = self._lacking_ge(position)
        if self._interchange is not None:
            anomalies.append(_missing_envelope(position, "ISA without IEA"))
            self._interchange = None
        return anomalies

    def _lacking_ge(self, position: int) -> list[Anomaly]:
        if self._group is None:
            return []
        self._group = None
        return [_missing_envelope(position, "GS without GE")]

    def _missing(self, position: int, detail: str) -> list[Anomaly]:
        if self._has_told_missing:
            return []
        self._has_told_missing = True
        return [_missing_envelope(position, detail)]


def element(segment: Segment, place: int) -> str:
    """The element at ``place``, empty where the segment is shorter."""
    return segment.elements[place] if place < len(segment.elements) else ""


def _missing_envelope(position: int, detail: str) -> Anomaly:
    return Anomaly(kind=AnomalyKind.MISSING_ENVELOPE, position=position, detail=detail)


def _closing_anomalies(trailer: Segment, opening: Segment | None, counted: int) -> list[Anomaly]:
    if opening is not None:
        return trailer_anomalies(trailer, opening, counted)
    detail = f"{trailer.elements[0]} closes an envelope that was not opened"
    return [Anomaly(AnomalyKind.UNEXPECTED_SEGMENT, trailer.position, detail)]
