"""What a payer asks of a claim beside its parties and lines: shown and sent, never searched by."""

import datetime as dt
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from storage.vocabulary.billing import (
    AccidentCause,
    BenefitAssignment,
    DelayReason,
    DrugUnit,
    InterimBill,
    MedicareAssignment,
    PresentOnAdmission,
    ReleaseOfInformation,
)

_ONE_LINE = r"^[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
"""Begins with something to see; PostgreSQL's JSON cannot hold NUL."""
_MOST_OF_A_KIND = 24
_HIGHEST_CENTS = 99_999_999_99

_Named = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=_ONE_LINE)]
_Reference = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=_ONE_LINE)]
_Note = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=_ONE_LINE)]
_Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{2}$")]
_OneCharacter = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]$")]
_DiagnosisCode = Annotated[
    str, StringConstraints(pattern=r"^[A-Z][0-9][0-9A-Z](\.?[0-9A-Z]{1,4})?$", max_length=8)
]
_ProcedureCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{7}$")]
_State = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
_Cents = Annotated[int, Field(ge=0, le=_HIGHEST_CENTS)]
_Day = Annotated[dt.date, Field(ge=dt.date(1850, 1, 1), le=dt.date(2100, 1, 1))]


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Accident(_Facts):
    """That the services follow an accident; the state of an automobile accident is needed."""

    causes: Annotated[list[AccidentCause], Field(min_length=1, max_length=2)]
    happened_on: _Day | None = None
    state: _State | None = None


class BillingFacts(_Facts):
    """What both kinds of claims say. Providers are named by their identifiers."""

    accepts_assignment: MedicareAssignment = MedicareAssignment.ASSIGNED
    assigns_benefits: BenefitAssignment = BenefitAssignment.YES
    release_of_information: ReleaseOfInformation = ReleaseOfInformation.SIGNED
    delay_reason: DelayReason | None = None
    referral_number: _Reference | None = None
    referring_provider_id: _Named | None = None
    note: _Note | None = None


class ProfessionalFacts(BillingFacts):
    """What a professional claim says beside."""

    provider_signature_on_file: bool = True
    accident: Accident | None = None
    illness_began_on: _Day | None = None
    treatment_began_on: _Day | None = None
    last_seen_on: _Day | None = None
    last_menstrual_period_on: _Day | None = None
    patient_paid_cents: _Cents | None = None
    clia_number: _Reference | None = None
    supervising_provider_id: _Named | None = None


class LineDrug(_Facts):
    """A drug that was given: its NDC of eleven digits, and how much of it."""

    ndc: Annotated[str, StringConstraints(pattern=r"^[0-9]{5}-?[0-9]{4}-?[0-9]{2}$")]
    quantity: Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=3)]
    unit: DrugUnit = DrugUnit.UNITS
    prescription_number: _Reference | None = None


class Occurrence(_Facts):
    """An event that bears on the bill."""

    code: _Code
    on: _Day


class OccurrenceSpan(_Facts):
    """A period that bears on the bill."""

    code: _Code
    first_day: _Day
    last_day: _Day


class ValueCode(_Facts):
    """An amount that bears on the bill."""

    code: _Code
    amount_cents: _Cents


class InpatientProcedure(_Facts):
    """An ICD-10-PCS procedure."""

    code: _ProcedureCode
    on: _Day


class ExternalCause(_Facts):
    """Why an injury came about."""

    code: _DiagnosisCode
    present_on_admission: PresentOnAdmission | None = None


class InstitutionalFacts(BillingFacts):
    """What an institutional claim says beside.

    ``facility_code`` is the type of bill without its frequency: type of bill 0131 is 13;
    ``interim`` says which part of a stay it bills, where that is billed in parts.
    ``present_on_admission`` stands in the order of the claim's diagnoses, the principal one first.
    """

    interim: InterimBill | None = None
    facility_code: Annotated[str, StringConstraints(pattern=r"^[1-9][1-9]$")]
    statement_from: _Day
    statement_to: _Day
    patient_status: _Code
    admission_type: _OneCharacter | None = None
    admission_source: _OneCharacter | None = None
    admitted_at: dt.time | None = None
    discharged_at: dt.time | None = None
    present_on_admission: Annotated[
        list[PresentOnAdmission | None], Field(max_length=_MOST_OF_A_KIND + 1)
    ] = []
    admitting_diagnosis: _DiagnosisCode | None = None
    visit_reasons: Annotated[list[_DiagnosisCode], Field(max_length=3)] = []
    external_causes: Annotated[list[ExternalCause], Field(max_length=12)] = []
    drg: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,4}$")] | None = None
    principal_procedure: InpatientProcedure | None = None
    other_procedures: Annotated[list[InpatientProcedure], Field(max_length=_MOST_OF_A_KIND)] = []
    occurrences: Annotated[list[Occurrence], Field(max_length=_MOST_OF_A_KIND)] = []
    occurrence_spans: Annotated[list[OccurrenceSpan], Field(max_length=_MOST_OF_A_KIND)] = []
    value_codes: Annotated[list[ValueCode], Field(max_length=_MOST_OF_A_KIND)] = []
    condition_codes: Annotated[list[_Code], Field(max_length=_MOST_OF_A_KIND)] = []
    patient_estimate_cents: _Cents | None = None
    attending_provider_id: _Named | None = None
    operating_provider_id: _Named | None = None
    other_operating_provider_id: _Named | None = None
