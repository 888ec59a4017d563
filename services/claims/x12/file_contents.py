"""Which kinds of transactions a file holds, told from its segments and not from its name."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from services.claims.x12.envelopes import element
from services.claims.x12.file_model import FATAL_ANOMALIES, Anomaly
from services.claims.x12.tokenizer import Segment, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable


class FileKind(StrEnum):
    """What a file can hold. A TA1 stands in an envelope; all others are transaction sets."""

    REMITTANCE = "835"
    FUNCTIONAL_ACKNOWLEDGEMENT = "999"
    INTERCHANGE_ACKNOWLEDGEMENT = "TA1"
    CLAIM_ACKNOWLEDGEMENT = "277CA"
    CLAIM_STATUS = "277"
    PROFESSIONAL_CLAIM = "837P"
    INSTITUTIONAL_CLAIM = "837I"
    CLAIM = "837"  # dental, or of a kind that it does not say
    UNKNOWN = "unknown"


class FileContents(msgspec.Struct, frozen=True, gc=False):
    """The kinds in a file, in the order in which each first stands there.

    ``fault`` is the first anomaly that keeps a file out; what was found before it is said all the
    same. A file without any transaction or TA1 holds no kind.
    """

    kinds: tuple[FileKind, ...]
    fault: Anomaly | None


_BY_SET = {"835": FileKind.REMITTANCE, "999": FileKind.FUNCTIONAL_ACKNOWLEDGEMENT}
_CLAIM_GUIDES = {
    "005010X222": FileKind.PROFESSIONAL_CLAIM,
    "005010X223": FileKind.INSTITUTIONAL_CLAIM,
    "005010X224": FileKind.CLAIM,
}
_GUIDE_LENGTH = len("005010X222")
_ACKNOWLEDGEMENT_GUIDE = "005010X214"
_ACKNOWLEDGEMENT_STRUCTURE = "0085"  # BHT01 of a 277CA; the answer to a 276 has 0010


def contents_of(chunks: Iterable[bytes]) -> FileContents:
    """What a file holds. Reads to its end, never raises on content, keeps nothing in memory."""
    kinds: dict[FileKind, None] = {}  # as an ordered set
    fault: Anomaly | None = None
    group: Segment | None = None
    start: Segment | None = None  # an ST whose next segment may tell its kind
    for token in tokenize(chunks):
        if isinstance(token, Anomaly):
            if token.kind in FATAL_ANOMALIES:
                fault = fault or token
            continue
        if start is not None:
            kinds[kind_of(start, group, token)] = None
            start = None
        match token.elements[0]:
            case "ST":
                start = token
            case "GS":
                group = token
            case "GE" | "ISA" | "IEA":
                group = None
            case "TA1":
                kinds[FileKind.INTERCHANGE_ACKNOWLEDGEMENT] = None
    if start is not None:
        kinds[kind_of(start, group, start)] = None
    return FileContents(kinds=tuple(kinds), fault=fault)


def kind_of(start: Segment, group: Segment | None, following: Segment) -> FileKind:
    """The kind of the set that ``start`` (ST) opens in ``group``; ``following`` is its next
    segment.

    ST03 decides, then GS08 (some leave the one, some the other empty), then BHT01.
    """
    set_identifier = element(start, 1).strip()
    guides = [element(start, 3).strip()]
    if group is not None:
        guides.append(element(group, 8).strip())
    guide = next((each[:_GUIDE_LENGTH] for each in guides if "X" in each), "")
    match set_identifier:
        case "277":
            if guide:
                is_acknowledgement = guide == _ACKNOWLEDGEMENT_GUIDE
            else:
                is_acknowledgement = (
                    following.elements[0] == "BHT"
                    and element(following, 1) == _ACKNOWLEDGEMENT_STRUCTURE
                )
            return FileKind.CLAIM_ACKNOWLEDGEMENT if is_acknowledgement else FileKind.CLAIM_STATUS
        case "837":
            return _CLAIM_GUIDES.get(guide, FileKind.CLAIM)
        case _:
            return _BY_SET.get(set_identifier, FileKind.UNKNOWN)
