"""What every X12 file has, whatever it says: things that are odd about it, and its end.

Positions count the segments of the file from 1 (ISA is 1).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class FileEnd(msgspec.Struct, frozen=True, gc=False):
    """The last event of every file."""

    byte_count: int
    segment_count: int
    transaction_count: int


class AnomalyKind(StrEnum):
    """What can be odd about a file. ``FATAL_ANOMALIES`` says which of them keep all of it out."""

    EMPTY = "empty"
    NOT_X12 = "not_x12"
    NOT_835 = "not_835"
    NOT_ACKNOWLEDGEMENT = "not_acknowledgement"
    UNDECODABLE = "undecodable"
    SEGMENT_TOO_LONG = "segment_too_long"
    UNTERMINATED_SEGMENT = "unterminated_segment"
    MISSING_SE = "missing_se"
    BYTE_ORDER_MARK = "byte_order_mark"
    DELIMITER_MISMATCH = "delimiter_mismatch"
    MISSING_ENVELOPE = "missing_envelope"
    WRONG_COUNT = "wrong_count"
    WRONG_CONTROL_NUMBER = "wrong_control_number"
    UNEXPECTED_SEGMENT = "unexpected_segment"
    MALFORMED_AMOUNT = "malformed_amount"
    MALFORMED_DATE = "malformed_date"
    MISSING_ELEMENT = "missing_element"
    UNKNOWN_CODE = "unknown_code"
    BROKEN_HIERARCHY = "broken_hierarchy"


class Anomaly(msgspec.Struct, frozen=True, gc=False):
    """Something odd, where it stands, and in which transaction (None: of the file)."""

    kind: AnomalyKind
    position: int
    detail: str  # names segment and element, never a patient's data
    transaction: int | None = None  # ordinal of the ST
    claim: int | None = None  # ordinal of the claim in it


FATAL_ANOMALIES = frozenset(
    {
        AnomalyKind.EMPTY,
        AnomalyKind.NOT_X12,
        AnomalyKind.NOT_835,
        AnomalyKind.NOT_ACKNOWLEDGEMENT,
        AnomalyKind.UNDECODABLE,
        AnomalyKind.SEGMENT_TOO_LONG,
        AnomalyKind.UNTERMINATED_SEGMENT,
        AnomalyKind.MISSING_SE,
    }
)
