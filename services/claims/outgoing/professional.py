"""A professional claim: its rows to an 837P's claim. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from services.claims.claims import ClaimWithLines
from services.claims.outgoing.earlier_payers import LineAdjudications
from services.claims.outgoing.lacks import Lacks
from services.claims.outgoing.line_parts import line_drug, line_referring
from services.claims.outgoing.parties import provider
from services.claims.outgoing.records import Records, facts_of
from services.claims.x12.claim_model import (
    Accident,
    ClaimBase,
    Diagnosis,
    ProfessionalClaim,
    ProfessionalLine,
)
from storage.tables import billing_facts as facts
from storage.tables.claims import Claim, ClaimLine


def professional_claim(
    whole: ClaimWithLines,
    base: ClaimBase | None,
    adjudications: LineAdjudications,
    records: Records,
    lacks: Lacks,
) -> ProfessionalClaim | None:
    """The claim; None where something lacks that it cannot be put together without."""
    claim, lines = whole.claim, whole.lines
    if not lines:
        lacks.add("/lines", "is empty; add a service line", "lines_missing")
        return None
    place_of_service = lines[0].place_of_service
    made = tuple(
        structs.replace(
            _line(claim, number, line, place_of_service, records, lacks),
            adjudications=adjudications.get(line.id, ()),
        )
        for number, line in enumerate(lines)
    )
    stated = claim.professional or facts.ProfessionalFacts()
    supervising = provider(
        stated.supervising_provider_id, "/professional/supervising_provider_id", records, lacks
    )
    if base is None or lacks.faults:
        return None
    return ProfessionalClaim(
        **structs.asdict(base),
        place_of_service=place_of_service,
        diagnoses=tuple(Diagnosis(code) for code in claim.diagnosis_codes),
        lines=made,
        admitted_on=claim.admission_date,
        discharged_on=claim.discharge_date,
        provider_signature_on_file=stated.provider_signature_on_file,
        accident=_accident(stated.accident),
        illness_began_on=stated.illness_began_on,
        treatment_began_on=stated.treatment_began_on,
        last_seen_on=stated.last_seen_on,
        last_menstrual_period_on=stated.last_menstrual_period_on,
        patient_paid_cents=stated.patient_paid_cents,
        clia_number=stated.clia_number,
        supervising=supervising,
    )


def _accident(stated: facts.Accident | None) -> Accident | None:
    if stated is None:
        return None
    return Accident(tuple(stated.causes), stated.happened_on, stated.state)


def _line(
    claim: Claim,
    number: int,
    line: ClaimLine,
    place_of_service: str,
    records: Records,
    lacks: Lacks,
) -> ProfessionalLine:
    at = f"/lines/{number}"
    own = line.rendering_provider_id
    ordering = line.ordering_provider_id
    return ProfessionalLine(
        procedure_code=line.procedure_code,
        charge_cents=line.charge_cents,
        units=line.units,
        modifiers=tuple(line.modifiers),
        control_number=line.line_control_number,
        service_from=line.service_date,
        service_to=line.service_until,
        unit=line.unit,
        diagnosis_pointers=_pointers(claim.diagnosis_codes, line.diagnosis_codes, at, lacks),
        place_of_service=(
            None if line.place_of_service == place_of_service else line.place_of_service
        ),
        rendering=(
            None
            if own in (None, claim.rendering_provider_id)
            else provider(own, f"{at}/rendering_provider_id", records, lacks)
        ),
        ordering=(
            None
            if ordering in (None, own or claim.rendering_provider_id)
            else provider(ordering, f"{at}/ordering_provider_id", records, lacks)
        ),
        referring=line_referring(at, line, facts_of(claim), records, lacks),
        drug=line_drug(line),
    )


def _pointers(
    of_claim: Sequence[str], of_line: Sequence[str], at: str, lacks: Lacks
) -> tuple[int, ...]:
    """Where the line's diagnoses stand in the claim's, from 1."""
    places = {code.replace(".", ""): place for place, code in enumerate(of_claim, start=1)}
    pointer = f"{at}/diagnosis_codes"
    if not of_line:
        message = "is empty; say which of the claim's diagnoses the service was for"
        lacks.add(pointer, message, "line_diagnosis_missing")
    found = [places.get(code.replace(".", "")) for code in of_line]
    if None in found:
        message = "holds a code that the claim does not have; add it to the claim's diagnoses"
        lacks.add(pointer, message, "line_diagnosis_not_on_claim")
    return tuple(place for place in found if place is not None)
