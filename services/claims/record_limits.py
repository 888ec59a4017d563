"""Elements that no record can hold: no payer sends them, a damaged file may.

The lengths are those of the records, which are at least those of ASC X12N 005010X221A1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.claims.x12.remittance_model import RemittanceClaim, RemittanceLine

PAYER_CLAIM_NUMBER = 80
_PROCEDURE = 48
_LINE_CONTROL_NUMBER = 50
_GROUP = 2
_REASON = 5
_QUANTITY = 20


def overlong_element(claim: RemittanceClaim) -> str | None:
    """The first element of a claim that is longer than its record; None when all fit."""
    if len(claim.payer_claim_number or "") > PAYER_CLAIM_NUMBER:
        return "CLP07"
    for line in claim.lines:
        if (place := _overlong_in_line(line)) is not None:
            return place
    for adjustments in (claim.adjustments, *(line.adjustments for line in claim.lines)):
        for each in adjustments:
            if len(each.group) > _GROUP:
                return "CAS01"
            if len(each.reason) > _REASON:
                return "a reason of CAS"
            if len(each.quantity or "") > _QUANTITY:
                return "a quantity of CAS"
    return None


def _overlong_in_line(line: RemittanceLine) -> str | None:
    if len(line.procedure_code) > _PROCEDURE:
        return "SVC01-2"
    if len(line.submitted_procedure_code or "") > _PROCEDURE:
        return "SVC06-2"
    if len(line.line_control_number or "") > _LINE_CONTROL_NUMBER:
        return "REF02 (6R)"
    return None
