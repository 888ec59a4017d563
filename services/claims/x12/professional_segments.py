"""A professional claim to segments: 2300 with all below it. Source: X12N 005010X222A1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.claims.x12.adjudication_segments import (
    modifiers,
    write_adjudications,
    write_earlier_payers,
)
from services.claims.x12.claim_model import CodeSystem, Diagnosis, ProfessionalClaim
from services.claims.x12.line_segments import write_drug, write_reference
from services.claims.x12.party_segments import write_facility, write_provider
from services.claims.x12.segment_list import (
    Element,
    FaultKind,
    SegmentList,
    optional,
    required,
)

if TYPE_CHECKING:
    from services.claims.x12.claim_model import Accident, ProfessionalLine

_MOST_DIAGNOSES = 12
_MOST_POINTERS = 4
_MOST_LINES = 50
_MOST_CAUSES = 3
_QUALIFIERS = {
    CodeSystem.ICD10: ("ABK", "ABF"),  # principal, other
    CodeSystem.ICD9: ("BK", "BF"),
}


def write_professional_claim(segments: SegmentList, claim: ProfessionalClaim) -> None:
    """CLM and everything that belongs to it."""
    segments.add(
        "CLM",
        required("/patient_control_number", claim.patient_control_number),
        segments.amount("/charge_cents", claim.charge_cents),
        None,
        None,
        (required("/place_of_service", claim.place_of_service), "B", claim.frequency.value),
        "Y" if claim.provider_signature_on_file else "N",
        required("/accepts_assignment", claim.accepts_assignment),
        required("/assigns_benefits", claim.assigns_benefits),
        required("/release_of_information", claim.release_of_information),
        None,
        _accident(segments, claim.accident),
        *[None] * 8,
        optional("/delay_reason", claim.delay_reason),
    )
    _write_dates(segments, claim)
    if claim.patient_paid_cents is not None:
        paid = segments.amount("/patient_paid_cents", claim.patient_paid_cents)
        segments.add("AMT", "F5", paid)
    write_reference(segments, "9F", "/referral_number", claim.referral_number)
    write_reference(segments, "G1", "/prior_authorization", claim.prior_authorization)
    write_reference(segments, "F8", "/payer_claim_number", claim.payer_claim_number)
    write_reference(segments, "X4", "/clia_number", claim.clia_number)
    write_reference(segments, "D9", "/clearinghouse_trace_number", claim.clearinghouse_trace_number)
    write_reference(segments, "EA", "/medical_record_number", claim.medical_record_number)
    note = optional("/note", claim.note)
    if note is not None:
        segments.add("NTE", "ADD", note)
    _write_diagnoses(segments, claim.diagnoses)
    write_provider(segments, "DN", "/referring", claim.referring)
    write_provider(segments, "82", "/rendering", claim.rendering, "PE")
    write_facility(segments, "/facility", claim.facility)
    write_provider(segments, "DQ", "/supervising", claim.supervising)
    write_earlier_payers(segments, claim.earlier_payers, is_professional=True)
    if not claim.lines:
        segments.fault(FaultKind.MISSING, "/lines", "is empty")
    segments.at_most(_MOST_LINES, len(claim.lines), "/lines")
    for number, line in enumerate(claim.lines):
        _write_line(segments, number, line)


def _accident(segments: SegmentList, accident: Accident | None) -> Element:
    if accident is None:
        return None
    if not accident.causes:
        segments.fault(FaultKind.MISSING, "/accident/causes", "is empty")
    segments.at_most(2, len(accident.causes), "/accident/causes")
    causes = [
        required(f"/accident/causes/{number}", code)
        for number, code in enumerate(accident.causes[:2])
    ]
    absent = [None] * (_MOST_CAUSES - len(causes))
    return (
        *causes,
        *absent,
        optional("/accident/state", accident.state),
        optional("/accident/country", accident.country),
    )


def _write_dates(segments: SegmentList, claim: ProfessionalClaim) -> None:
    accident = claim.accident
    for qualifier, field, day in (
        ("431", "illness_began_on", claim.illness_began_on),
        ("454", "treatment_began_on", claim.treatment_began_on),
        ("304", "last_seen_on", claim.last_seen_on),
        ("439", "accident/happened_on", accident.happened_on if accident else None),
        ("484", "last_menstrual_period_on", claim.last_menstrual_period_on),
        ("435", "admitted_on", claim.admitted_on),
        ("096", "discharged_on", claim.discharged_on),
    ):
        if day is not None:
            segments.add("DTP", qualifier, "D8", segments.date(f"/{field}", day))


def _write_diagnoses(segments: SegmentList, diagnoses: tuple[Diagnosis, ...]) -> None:
    if not diagnoses:
        segments.fault(FaultKind.MISSING, "/diagnoses", "is empty")
        return
    segments.at_most(_MOST_DIAGNOSES, len(diagnoses), "/diagnoses")
    for number, diagnosis in enumerate(diagnoses):
        if diagnosis.present_on_admission is not None:
            pointer = f"/diagnoses/{number}/present_on_admission"
            segments.fault(FaultKind.NOT_IN_GUIDE, pointer, "has no place in a professional claim")
    composites = [
        (
            _QUALIFIERS[diagnosis.system][number > 0],
            required(f"/diagnoses/{number}/code", diagnosis.code.replace(".", "")),
        )
        for number, diagnosis in enumerate(diagnoses[:_MOST_DIAGNOSES])
    ]
    segments.add("HI", *composites)


def _write_line(segments: SegmentList, number: int, line: ProfessionalLine) -> None:
    at = f"/lines/{number}"
    segments.add("LX", str(number + 1))
    description = optional(f"{at}/description", line.description)
    coded = modifiers(segments, at, line.modifiers)
    segments.add(
        "SV1",
        (
            "HC",
            required(f"{at}/procedure_code", line.procedure_code),
            *coded,
            *[None] * (4 - len(coded)),
            description,
        ),
        segments.amount(f"{at}/charge_cents", line.charge_cents),
        required(f"{at}/unit", line.unit),
        segments.quantity(f"{at}/units", line.units),
        optional(f"{at}/place_of_service", line.place_of_service),
        None,
        _pointers(segments, at, line.diagnosis_pointers),
        None,
        "Y" if line.is_emergency else None,
    )
    if line.service_to is None or line.service_to == line.service_from:
        day = segments.date(f"{at}/service_from", line.service_from)
        segments.add("DTP", "472", "D8", day)
    else:
        period = segments.period(f"{at}/service_to", line.service_from, line.service_to)
        segments.add("DTP", "472", "RD8", period)
    write_reference(segments, "G1", f"{at}/prior_authorization", line.prior_authorization)
    write_reference(segments, "6R", f"{at}/control_number", line.control_number)
    note = optional(f"{at}/note", line.note)
    if note is not None:
        segments.add("NTE", "ADD", note)
    write_drug(segments, at, line.drug)
    write_provider(segments, "82", f"{at}/rendering", line.rendering, "PE")
    write_facility(segments, f"{at}/facility", line.facility)
    write_provider(segments, "DQ", f"{at}/supervising", line.supervising)
    write_provider(segments, "DK", f"{at}/ordering", line.ordering)
    write_provider(segments, "DN", f"{at}/referring", line.referring)
    write_adjudications(segments, at, line.adjudications, billed=line.procedure_code)


def _pointers(segments: SegmentList, at: str, pointers: tuple[int, ...]) -> Element:
    """SV107. That each points to a diagnosis of the claim is the scrubber's to say."""
    where = f"{at}/diagnosis_pointers"
    if not pointers:
        segments.fault(FaultKind.MISSING, where, "is empty")
    segments.at_most(_MOST_POINTERS, len(pointers), where)
    return tuple(str(pointer) for pointer in pointers[:_MOST_POINTERS])
