"""An institutional claim: its rows to an 837I's claim. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import structs

from services.claims.claims import ClaimWithLines
from services.claims.outgoing.earlier_payers import LineAdjudications
from services.claims.outgoing.lacks import Lacks
from services.claims.outgoing.line_parts import line_drug, line_referring
from services.claims.outgoing.parties import provider
from services.claims.outgoing.records import Records, facts_of
from services.claims.x12 import claim_model as model
from storage.tables import billing_facts as facts
from storage.tables.claims import Claim, ClaimLine
from storage.vocabulary.parties import PartyKind

_REVENUE_CODE = re.compile(r"[0-9]{4}")


def institutional_claim(
    whole: ClaimWithLines,
    base: model.ClaimBase | None,
    adjudications: LineAdjudications,
    records: Records,
    lacks: Lacks,
) -> model.InstitutionalClaim | None:
    """The claim; None where something lacks that it cannot be put together without."""
    claim = whole.claim
    stated = claim.institutional
    diagnoses = _diagnoses(claim.diagnosis_codes, stated)
    _require_organization(whole, records, lacks)
    if stated is None:
        message = "is empty; enter type of bill, statement dates and patient status"
        lacks.add("/institutional", message, "institutional_facts_missing")
    if not diagnoses:
        message = "is empty; enter the principal diagnosis"
        lacks.add("/diagnosis_codes", message, "diagnosis_missing")
    if not whole.lines:
        lacks.add("/lines", "is empty; add a service line", "lines_missing")
    lines = tuple(
        structs.replace(
            _line(number, line, claim, records, lacks),
            adjudications=adjudications.get(line.id, ()),
        )
        for number, line in enumerate(whole.lines)
    )
    if stated is None:
        return None
    at = "/institutional"
    attending_id = _attending(claim, stated)
    attending = provider(attending_id, f"{at}/attending_provider_id", records, lacks)
    if attending_id is None:
        message = "is empty; name who was responsible for the patient's care"
        lacks.add(f"{at}/attending_provider_id", message, "attending_missing")
    operating = provider(
        stated.operating_provider_id, f"{at}/operating_provider_id", records, lacks
    )
    other_operating = provider(
        stated.other_operating_provider_id, f"{at}/other_operating_provider_id", records, lacks
    )
    if base is None or lacks.faults:
        return None
    if attending_id == claim.rendering_provider_id:
        base = structs.replace(base, rendering=None)
    return model.InstitutionalClaim(
        **structs.asdict(base),
        facility_type=stated.facility_code,
        statement_from=stated.statement_from,
        statement_to=stated.statement_to,
        principal_diagnosis=diagnoses[0],
        patient_status=stated.patient_status,
        lines=lines,
        admission_type=stated.admission_type,
        admission_source=stated.admission_source,
        admitted_on=claim.admission_date,
        admitted_at=stated.admitted_at,
        discharged_at=stated.discharged_at,
        admitting_diagnosis=_coded(stated.admitting_diagnosis),
        visit_reasons=tuple(model.Diagnosis(code) for code in stated.visit_reasons),
        external_causes=tuple(
            model.Diagnosis(each.code, each.present_on_admission) for each in stated.external_causes
        ),
        other_diagnoses=diagnoses[1:],
        drg=stated.drg,
        principal_procedure=_procedure(stated.principal_procedure),
        other_procedures=tuple(
            model.InpatientProcedure(each.code, each.on) for each in stated.other_procedures
        ),
        occurrence_spans=tuple(
            model.OccurrenceSpan(each.code, each.first_day, each.last_day)
            for each in stated.occurrence_spans
        ),
        occurrences=tuple(model.Occurrence(each.code, each.on) for each in stated.occurrences),
        value_codes=tuple(
            model.ValueCode(each.code, each.amount_cents) for each in stated.value_codes
        ),
        condition_codes=tuple(stated.condition_codes),
        patient_estimate_cents=stated.patient_estimate_cents,
        attending=attending,
        operating=operating,
        other_operating=other_operating,
    )


def _attending(claim: Claim, stated: facts.InstitutionalFacts) -> str | None:
    """Who is named as such, or else who gave the services, unless that is who bills them."""
    if stated.attending_provider_id is not None:
        return stated.attending_provider_id
    if claim.rendering_provider_id == claim.billing_provider_id:
        return None
    return claim.rendering_provider_id


def _require_organization(whole: ClaimWithLines, records: Records, lacks: Lacks) -> None:
    billing = records.providers.get(whole.claim.billing_provider_id)
    if billing is not None and billing.kind is PartyKind.PERSON:
        message = "names a person; an institutional claim is billed by an organisation"
        lacks.add("/billing_provider_id", message, "billing_provider_is_person")


def _diagnoses(
    codes: Sequence[str], stated: facts.InstitutionalFacts | None
) -> tuple[model.Diagnosis, ...]:
    """The claim's diagnoses, each with what is said of its presence on admission."""
    present = list(stated.present_on_admission) if stated is not None else []
    present += [None] * (len(codes) - len(present))
    return tuple(model.Diagnosis(code, said) for code, said in zip(codes, present, strict=False))


def _coded(code: str | None) -> model.Diagnosis | None:
    return None if code is None else model.Diagnosis(code)


def _procedure(of: facts.InpatientProcedure | None) -> model.InpatientProcedure | None:
    return None if of is None else model.InpatientProcedure(of.code, of.on)


def _line(
    number: int, line: ClaimLine, claim: Claim, records: Records, lacks: Lacks
) -> model.InstitutionalLine:
    """A line; one whose procedure is four digits bills a revenue code and no procedure."""
    is_revenue_code = _REVENUE_CODE.fullmatch(line.procedure_code) is not None
    revenue_code = line.revenue_code or (line.procedure_code if is_revenue_code else None)
    if revenue_code is None:
        message = "is empty; every line of an institutional claim has one"
        lacks.add(f"/lines/{number}/revenue_code", message, "revenue_code_missing")
    if line.ordering_provider_id is not None:
        message = "has no place on an institutional claim; name the attending provider instead"
        lacks.add(f"/lines/{number}/ordering_provider_id", message, "ordering_not_sent")
    own = line.rendering_provider_id
    return model.InstitutionalLine(
        revenue_code=revenue_code or "",
        procedure_code=None if is_revenue_code else line.procedure_code,
        charge_cents=line.charge_cents,
        units=line.units,
        unit=line.unit,
        modifiers=tuple(line.modifiers),
        control_number=line.line_control_number,
        service_from=line.service_date,
        service_to=line.service_until,
        rendering=(
            None
            if own in (None, claim.rendering_provider_id)
            else provider(own, f"/lines/{number}/rendering_provider_id", records, lacks)
        ),
        referring=line_referring(f"/lines/{number}", line, facts_of(claim), records, lacks),
        drug=line_drug(line),
    )
