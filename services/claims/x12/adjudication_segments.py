"""What earlier payers decided: 2320, 2330 and 2430. Pure.

Source of the places: X12N 005010X222A1 and 005010X223A2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.claims.x12.party_segments import write_address, write_name
from services.claims.x12.segment_list import (
    Component,
    Element,
    SegmentList,
    optional,
    required,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.claims.x12.claim_model import EarlierPayer, LineAdjudication
    from services.claims.x12.remittance_model import Adjustment

_MOST_PAYERS = 10
_MOST_ADJUDICATIONS = 15
_MOST_CAS = 5
_REASONS_OF_CAS = 6
_MOST_REMARKS = 5


def write_earlier_payers(
    segments: SegmentList, payers: Sequence[EarlierPayer], *, is_professional: bool
) -> None:
    """2320 with 2330A and 2330B for each payer beside the one that the claim goes to."""
    segments.at_most(_MOST_PAYERS, len(payers), "/earlier_payers")
    for number, payer in enumerate(payers):
        _write_earlier_payer(
            segments, f"/earlier_payers/{number}", payer, is_professional=is_professional
        )


def _write_earlier_payer(
    segments: SegmentList, at: str, payer: EarlierPayer, *, is_professional: bool
) -> None:
    insurance_type = optional(f"{at}/insurance_type", payer.insurance_type)
    segments.add(
        "SBR",
        payer.responsibility.value,
        required(f"{at}/relationship", payer.relationship),
        optional(f"{at}/group_number", payer.group_number),
        optional(f"{at}/group_name", payer.group_name) if not payer.group_number else None,
        insurance_type if is_professional else None,
        None,
        None,
        None,
        required(f"{at}/filing_indicator", payer.filing_indicator),
    )
    _write_adjustments(segments, f"{at}/adjustments", payer.adjustments)
    for qualifier, field, cents in (
        ("D", "paid_cents", payer.paid_cents),
        ("A8", "noncovered_cents", payer.noncovered_cents),
        ("EAF", "remaining_patient_liability_cents", payer.remaining_patient_liability_cents),
    ):
        if cents is not None:
            segments.add("AMT", qualifier, segments.amount(f"{at}/{field}", cents))
    segments.add(
        "OI",
        None,
        None,
        required(f"{at}/assigns_benefits", payer.assigns_benefits),
        None,
        None,
        required(f"{at}/release_of_information", payer.release_of_information),
    )
    segments.at_most(_MOST_REMARKS, len(payer.remark_codes), f"{at}/remark_codes")
    if payer.remark_codes:
        remarks = [
            required(f"{at}/remark_codes/{place}", code)
            for place, code in enumerate(payer.remark_codes[:_MOST_REMARKS])
        ]
        segments.add("MOA", None, None, *remarks)
    member_id = required(f"{at}/member_id", payer.member_id)
    write_name(segments, "IL", at, payer.subscriber_name, "MI", member_id, prefix="subscriber_")
    write_address(segments, f"{at}/subscriber_address", payer.subscriber_address)
    name = required(f"{at}/payer_name", payer.payer_name)
    identifier = required(f"{at}/payer_identifier", payer.payer_identifier)
    segments.add("NM1", "PR", "2", name, None, None, None, None, "PI", identifier)
    write_address(segments, f"{at}/payer_address", payer.payer_address)
    if payer.adjudicated_on is not None:
        day = segments.date(f"{at}/adjudicated_on", payer.adjudicated_on)
        segments.add("DTP", "573", "D8", day)
    for qualifier, field, text in (
        ("G1", "prior_authorization", payer.prior_authorization),
        ("9F", "referral_number", payer.referral_number),
        ("F8", "payer_claim_number", payer.payer_claim_number),
    ):
        value = optional(f"{at}/{field}", text)
        if value is not None:
            segments.add("REF", qualifier, value)


def write_adjudications(
    segments: SegmentList,
    at: str,
    adjudications: Sequence[LineAdjudication],
    *,
    billed: str | None,
    revenue_code: str | None = None,
) -> None:
    """2430 for each earlier payer that decided about the line; ``billed`` is its procedure."""
    segments.at_most(_MOST_ADJUDICATIONS, len(adjudications), f"{at}/adjudications")
    for number, decided in enumerate(adjudications):
        where = f"{at}/adjudications/{number}"
        code = decided.procedure_code or billed
        procedure: Element = None
        if code:
            procedure = (
                "HC",
                required(f"{where}/procedure_code", code),
                *modifiers(segments, where, decided.modifiers),
            )
        segments.add(
            "SVD",
            required(f"{where}/payer_identifier", decided.payer_identifier),
            segments.amount(f"{where}/paid_cents", decided.paid_cents),
            procedure,
            optional(f"{where}/revenue_code", revenue_code),
            segments.quantity(f"{where}/units", decided.units),
            None if decided.bundled_into_line is None else str(decided.bundled_into_line),
        )
        _write_adjustments(segments, f"{where}/adjustments", decided.adjustments)
        day = segments.date(f"{where}/adjudicated_on", decided.adjudicated_on)
        segments.add("DTP", "573", "D8", day)
        if decided.remaining_patient_liability_cents is not None:
            pointer = f"{where}/remaining_patient_liability_cents"
            liability = segments.amount(pointer, decided.remaining_patient_liability_cents)
            segments.add("AMT", "EAF", liability)


def modifiers(segments: SegmentList, at: str, codes: Sequence[str]) -> list[Component]:
    """The up to four modifiers of a procedure."""
    most = 4
    segments.at_most(most, len(codes), f"{at}/modifiers")
    return [required(f"{at}/modifiers/{number}", code) for number, code in enumerate(codes[:most])]


def _write_adjustments(segments: SegmentList, at: str, adjustments: Sequence[Adjustment]) -> None:
    """CAS: one for each group, more where a group has more than six reasons."""
    groups: dict[str, list[tuple[int, Adjustment]]] = {}
    for number, adjustment in enumerate(adjustments):
        groups.setdefault(adjustment.group, []).append((number, adjustment))
    written = 0
    for group, members in groups.items():
        for start in range(0, len(members), _REASONS_OF_CAS):
            chunk = members[start : start + _REASONS_OF_CAS]
            elements: list[Element] = [required(f"{at}/{chunk[0][0]}/group", group)]
            for number, adjustment in chunk:
                pointer = f"{at}/{number}/amount_cents"
                elements += [
                    required(f"{at}/{number}/reason", adjustment.reason),
                    segments.amount(pointer, adjustment.amount_cents, may_be_negative=True),
                    optional(f"{at}/{number}/quantity", adjustment.quantity),
                ]
            segments.add("CAS", *elements)
            written += 1
    segments.at_most(_MOST_CAS, written, at)
