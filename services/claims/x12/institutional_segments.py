"""An institutional claim to segments: 2300 with all below it. Source: X12N 005010X223A2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.claims.x12.adjudication_segments import (
    modifiers,
    write_adjudications,
    write_earlier_payers,
)
from services.claims.x12.claim_model import (
    CodeSystem,
    Diagnosis,
    InpatientProcedure,
    InstitutionalClaim,
)
from services.claims.x12.line_segments import write_drug, write_reference
from services.claims.x12.party_segments import write_facility, write_provider
from services.claims.x12.segment_list import (
    Component,
    Element,
    FaultKind,
    SegmentList,
    optional,
    required,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.claims.x12.claim_model import InstitutionalLine

_MOST_LINES = 999
_OF_ONE_HI = 12
_MOST_REASONS = 3
_PRINCIPAL, _ADMITTING, _REASON, _EXTERNAL, _OTHER = range(5)
_DIAGNOSIS_QUALIFIERS = {
    CodeSystem.ICD10: ("ABK", "ABJ", "APR", "ABN", "ABF"),
    CodeSystem.ICD9: ("BK", "BJ", "PR", "BN", "BF"),
}
_PROCEDURE_QUALIFIERS = {
    CodeSystem.ICD10: ("BBR", "BBQ"),  # principal, other
    CodeSystem.ICD9: ("BR", "BQ"),
}


def write_institutional_claim(segments: SegmentList, claim: InstitutionalClaim) -> None:
    """CLM and everything that belongs to it."""
    segments.add(
        "CLM",
        required("/patient_control_number", claim.patient_control_number),
        segments.amount("/charge_cents", claim.charge_cents),
        None,
        None,
        (required("/facility_type", claim.facility_type), "A", claim.frequency.value),
        None,
        required("/accepts_assignment", claim.accepts_assignment),
        required("/assigns_benefits", claim.assigns_benefits),
        required("/release_of_information", claim.release_of_information),
        *[None] * 10,
        optional("/delay_reason", claim.delay_reason),
    )
    _write_dates(segments, claim)
    segments.add(
        "CL1",
        optional("/admission_type", claim.admission_type),
        optional("/admission_source", claim.admission_source),
        required("/patient_status", claim.patient_status),
    )
    if claim.patient_estimate_cents is not None:
        estimate = segments.amount("/patient_estimate_cents", claim.patient_estimate_cents)
        segments.add("AMT", "F3", estimate)
    write_reference(segments, "9F", "/referral_number", claim.referral_number)
    write_reference(segments, "G1", "/prior_authorization", claim.prior_authorization)
    write_reference(segments, "F8", "/payer_claim_number", claim.payer_claim_number)
    write_reference(segments, "D9", "/clearinghouse_trace_number", claim.clearinghouse_trace_number)
    write_reference(segments, "EA", "/medical_record_number", claim.medical_record_number)
    note = optional("/note", claim.note)
    if note is not None:
        segments.add("NTE", "ADD", note)
    _write_information(segments, claim)
    write_provider(segments, "71", "/attending", claim.attending, "AT")
    write_provider(segments, "72", "/operating", claim.operating)
    write_provider(segments, "ZZ", "/other_operating", claim.other_operating)
    write_provider(segments, "82", "/rendering", claim.rendering)
    write_facility(segments, "/facility", claim.facility)
    write_provider(segments, "DN", "/referring", claim.referring)
    write_earlier_payers(segments, claim.earlier_payers, is_professional=False)
    if not claim.lines:
        segments.fault(FaultKind.MISSING, "/lines", "is empty")
    segments.at_most(_MOST_LINES, len(claim.lines), "/lines")
    for number, line in enumerate(claim.lines):
        _write_line(segments, number, line)


def _write_dates(segments: SegmentList, claim: InstitutionalClaim) -> None:
    if claim.discharged_at is not None:
        segments.add("DTP", "096", "TM", f"{claim.discharged_at:%H%M}")
    period = segments.period("/statement_to", claim.statement_from, claim.statement_to)
    segments.add("DTP", "434", "RD8", period)
    if claim.admitted_on is not None:
        day = segments.date("/admitted_on", claim.admitted_on)
        if claim.admitted_at is None:
            segments.add("DTP", "435", "D8", day)
        else:
            segments.add("DTP", "435", "DT", f"{day}{claim.admitted_at:%H%M}")
    elif claim.admitted_at is not None:
        segments.fault(FaultKind.MISSING, "/admitted_on", "is absent beside the hour")


def _write_information(segments: SegmentList, claim: InstitutionalClaim) -> None:
    """The HI segments, in the order of the guide."""
    principal = (claim.principal_diagnosis,)
    _write_diagnoses(segments, "/principal_diagnosis", principal, _PRINCIPAL, is_list=False)
    if claim.admitting_diagnosis is not None:
        admitting = (claim.admitting_diagnosis,)
        _write_diagnoses(segments, "/admitting_diagnosis", admitting, _ADMITTING, is_list=False)
    _write_diagnoses(segments, "/visit_reasons", claim.visit_reasons, _REASON)
    _write_diagnoses(segments, "/external_causes", claim.external_causes, _EXTERNAL)
    drg = optional("/drg", claim.drg)
    if drg is not None:
        segments.add("HI", ("DR", drg))
    _write_diagnoses(segments, "/other_diagnoses", claim.other_diagnoses, _OTHER)
    if claim.principal_procedure is not None:
        pointer = "/principal_procedure"
        segments.add("HI", _procedure(segments, pointer, claim.principal_procedure, 0))
    _write_coded(
        segments,
        "/other_procedures",
        [
            _procedure(segments, f"/other_procedures/{number}", procedure, 1)
            for number, procedure in enumerate(claim.other_procedures)
        ],
    )
    _write_coded(
        segments,
        "/occurrence_spans",
        [
            (
                "BI",
                required(f"/occurrence_spans/{number}/code", span.code),
                "RD8",
                segments.period(
                    f"/occurrence_spans/{number}/last_day", span.first_day, span.last_day
                ),
            )
            for number, span in enumerate(claim.occurrence_spans)
        ],
    )
    _write_coded(
        segments,
        "/occurrences",
        [
            (
                "BH",
                required(f"/occurrences/{number}/code", occurrence.code),
                "D8",
                segments.date(f"/occurrences/{number}/on", occurrence.on),
            )
            for number, occurrence in enumerate(claim.occurrences)
        ],
    )
    _write_coded(
        segments,
        "/value_codes",
        [
            (
                "BE",
                required(f"/value_codes/{number}/code", value.code),
                None,
                None,
                segments.amount(f"/value_codes/{number}/amount_cents", value.amount_cents),
            )
            for number, value in enumerate(claim.value_codes)
        ],
    )
    _write_coded(
        segments,
        "/condition_codes",
        [
            ("BG", required(f"/condition_codes/{number}", code))
            for number, code in enumerate(claim.condition_codes)
        ],
    )


def _write_diagnoses(
    segments: SegmentList,
    at: str,
    diagnoses: Sequence[Diagnosis],
    kind: int,
    *,
    is_list: bool = True,
) -> None:
    composites: list[tuple[Component, ...]] = []
    for number, diagnosis in enumerate(diagnoses):
        where = f"{at}/{number}" if is_list else at
        qualifier = _DIAGNOSIS_QUALIFIERS[diagnosis.system][kind]
        code = required(f"{where}/code", diagnosis.code.replace(".", ""))
        present = optional(f"{where}/present_on_admission", diagnosis.present_on_admission)
        if present is None:
            composites.append((qualifier, code))
            continue
        if kind in (_ADMITTING, _REASON):
            detail = "has no place beside an admitting diagnosis or a reason for the visit"
            segments.fault(FaultKind.NOT_IN_GUIDE, f"{where}/present_on_admission", detail)
        composites.append((qualifier, code, *[None] * 6, present))
    one_segment = {_REASON: _MOST_REASONS, _EXTERNAL: _OF_ONE_HI}
    _write_coded(segments, at, composites, one_segment.get(kind, 2 * _OF_ONE_HI))


def _write_coded(
    segments: SegmentList,
    at: str,
    composites: Sequence[tuple[Component, ...]],
    most: int = 2 * _OF_ONE_HI,
) -> None:
    """HI with up to twelve composites each."""
    segments.at_most(most, len(composites), at)
    for start in range(0, min(len(composites), most), _OF_ONE_HI):
        segments.add("HI", *composites[start : start + _OF_ONE_HI])


def _procedure(
    segments: SegmentList, at: str, procedure: InpatientProcedure, place: int
) -> tuple[Component, ...]:
    return (
        _PROCEDURE_QUALIFIERS[procedure.system][place],
        required(f"{at}/code", procedure.code.replace(".", "")),
        "D8",
        segments.date(f"{at}/on", procedure.on),
    )


def _write_line(segments: SegmentList, number: int, line: InstitutionalLine) -> None:
    at = f"/lines/{number}"
    segments.add("LX", str(number + 1))
    code = optional(f"{at}/procedure_code", line.procedure_code)
    procedure: Element = None
    if code is not None:
        coded = modifiers(segments, at, line.modifiers)
        description = optional(f"{at}/description", line.description)
        procedure = ("HC", code, *coded, *[None] * (4 - len(coded)), description)
    elif line.modifiers:
        segments.fault(FaultKind.NOT_IN_GUIDE, f"{at}/modifiers", "stand without a procedure")
    segments.add(
        "SV2",
        required(f"{at}/revenue_code", line.revenue_code),
        procedure,
        segments.amount(f"{at}/charge_cents", line.charge_cents),
        required(f"{at}/unit", line.unit),
        segments.quantity(f"{at}/units", line.units),
        None,
        segments.amount(f"{at}/noncovered_cents", line.noncovered_cents),
    )
    if line.service_from is not None:
        last = line.service_to or line.service_from
        if last == line.service_from:
            day = segments.date(f"{at}/service_from", line.service_from)
            segments.add("DTP", "472", "D8", day)
        else:
            period = segments.period(f"{at}/service_to", line.service_from, last)
            segments.add("DTP", "472", "RD8", period)
    write_reference(segments, "6R", f"{at}/control_number", line.control_number)
    write_drug(segments, at, line.drug)
    write_provider(segments, "72", f"{at}/operating", line.operating)
    write_provider(segments, "82", f"{at}/rendering", line.rendering)
    write_provider(segments, "DN", f"{at}/referring", line.referring)
    write_adjudications(
        segments,
        at,
        line.adjudications,
        billed=line.procedure_code,
        revenue_code=line.revenue_code,
    )
