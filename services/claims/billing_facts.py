"""What a claim says beside its parties and lines: whether it fits together. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Protocol

from services.refusals import Fault
from storage.tables.billing_facts import InstitutionalFacts, ProfessionalFacts
from storage.vocabulary.billing import AccidentCause, InterimBill
from storage.vocabulary.claims import ClaimType

MOST_PROFESSIONAL_DIAGNOSES = 12
_STILL_PATIENT = "30"
_BEFORE_THE_LAST = frozenset({InterimBill.FIRST, InterimBill.CONTINUING})


class Stated(Protocol):
    """A claim as far as these rules look at it."""

    @property
    def type(self) -> ClaimType: ...
    @property
    def diagnosis_codes(self) -> list[str]: ...
    @property
    def professional(self) -> ProfessionalFacts | None: ...
    @property
    def institutional(self) -> InstitutionalFacts | None: ...


class Period(Protocol):
    """A line as far as its days go."""

    @property
    def service_date(self) -> dt.date | None: ...
    @property
    def service_until(self) -> dt.date | None: ...


def fact_faults(claim: Stated) -> list[Fault]:
    """What of the facts belongs to another kind of claim, or contradicts itself."""
    faults = []
    is_institutional = claim.type is ClaimType.INSTITUTIONAL
    if is_institutional and claim.professional is not None:
        faults.append(Fault("/professional", "has no place on an institutional claim"))
    if not is_institutional and claim.institutional is not None:
        faults.append(Fault("/institutional", f"has no place on a {claim.type} claim"))
    if not is_institutional and len(claim.diagnosis_codes) > MOST_PROFESSIONAL_DIAGNOSES:
        message = f"holds more than the {MOST_PROFESSIONAL_DIAGNOSES} that a {claim.type} claim has"
        faults.append(Fault("/diagnosis_codes", message))
    if claim.professional is not None and (accident := claim.professional.accident) is not None:
        if len(set(accident.causes)) < len(accident.causes):
            faults.append(Fault("/professional/accident/causes", "names a cause twice"))
        if AccidentCause.AUTOMOBILE in accident.causes and accident.state is None:
            message = "is needed for an automobile accident"
            faults.append(Fault("/professional/accident/state", message))
    if claim.institutional is not None:
        faults += _institutional_faults(claim.institutional, claim.diagnosis_codes)
    return faults


def period_faults(lines: Iterable[Period], *, claim_date: dt.date) -> list[Fault]:
    """Lines that end before they begin; a line without a date has the claim's."""
    return [
        Fault(f"/lines/{number}/service_until", "lies before the service begins")
        for number, line in enumerate(lines)
        if line.service_until is not None and line.service_until < (line.service_date or claim_date)
    ]


def _institutional_faults(facts: InstitutionalFacts, diagnoses: Sequence[str]) -> list[Fault]:
    faults = []
    is_discharged = facts.patient_status != _STILL_PATIENT
    if facts.interim in _BEFORE_THE_LAST and is_discharged:
        message = f"is {_STILL_PATIENT}, still a patient, on every bill of a stay before the last"
        faults.append(Fault("/institutional/patient_status", message))
    if facts.interim is InterimBill.LAST and not is_discharged:
        message = "is where the patient went, on the last bill of a stay"
        faults.append(Fault("/institutional/patient_status", message))
    if facts.statement_to < facts.statement_from:
        message = "lies before the statement begins"
        faults.append(Fault("/institutional/statement_to", message))
    faults += [
        Fault(f"/institutional/occurrence_spans/{number}/last_day", "lies before the first day")
        for number, span in enumerate(facts.occurrence_spans)
        if span.last_day < span.first_day
    ]
    if len(facts.present_on_admission) > len(diagnoses):
        message = "holds more entries than the claim has diagnoses"
        faults.append(Fault("/institutional/present_on_admission", message))
    return faults
