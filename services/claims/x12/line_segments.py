"""What claims and lines of both kinds have: references and drugs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.claims.x12.segment_list import FaultKind, SegmentList, optional, required

if TYPE_CHECKING:
    from services.claims.x12.claim_model import Drug

# What payers give back on an 835; X12 allows 50, the guides ask receivers to keep 30 (2400 REF*6R).
_LONGEST_LINE_CONTROL_NUMBER = 30


def write_reference(segments: SegmentList, qualifier: str, pointer: str, text: str | None) -> None:
    """REF, where there is something to refer to."""
    value = optional(pointer, text)
    if value is None:
        return
    if qualifier == "6R" and len(value.text) > _LONGEST_LINE_CONTROL_NUMBER:
        detail = f"has more than the {_LONGEST_LINE_CONTROL_NUMBER} characters that payers keep"
        segments.fault(FaultKind.TOO_LONG, pointer, detail)
    segments.add("REF", qualifier, value)


def write_drug(segments: SegmentList, at: str, drug: Drug | None) -> None:
    """2410."""
    if drug is None:
        return
    where = f"{at}/drug"
    segments.add("LIN", None, "N4", required(f"{where}/ndc", drug.ndc.replace("-", "")))
    quantity = segments.quantity(f"{where}/quantity", drug.quantity)
    segments.add("CTP", None, None, None, quantity, (required(f"{where}/unit", drug.unit),))
    write_reference(segments, "XZ", f"{where}/prescription_number", drug.prescription_number)
