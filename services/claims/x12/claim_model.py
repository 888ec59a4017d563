"""A claim as a payer needs it, in the domain's words: what the 837 writer takes.

Source of the lengths and places that the writer checks: X12N 005010X222A1 (professional) and
005010X223A2 (institutional). Amounts are whole cents, codes are X12's. Every text is written
without blanks at its ends; a text of blanks is absent.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum

import msgspec

from services.claims.x12.party_model import (
    Address,
    BillingProvider,
    Dependent,
    Facility,
    Name,
    Payer,
    Provider,
    Responsibility,
    Subscriber,
)
from services.claims.x12.remittance_model import Adjustment

# What earlier payers decided


class LineAdjudication(msgspec.Struct, frozen=True, gc=False):
    """What an earlier payer decided about a line (2430)."""

    payer_identifier: str  # as the earlier payer's own
    paid_cents: int
    units: Decimal
    adjudicated_on: dt.date
    procedure_code: str | None = None  # None: as billed
    modifiers: tuple[str, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    remaining_patient_liability_cents: int | None = None
    bundled_into_line: int | None = None


class EarlierPayer(msgspec.Struct, frozen=True, gc=False):
    """A payer beside the one that the claim goes to, and what it decided if it did (2320, 2330).

    ``adjustments`` are those of the claim as a whole; those of lines stand there. For a payer that
    comes later in the order everything about its decision is left out.
    """

    responsibility: Responsibility
    relationship: str  # SBR02: of the patient to that payer's subscriber; 18 is self
    filing_indicator: str
    subscriber_name: Name
    member_id: str
    payer_name: str
    payer_identifier: str
    subscriber_address: Address | None = None
    payer_address: Address | None = None
    group_number: str | None = None
    group_name: str | None = None
    insurance_type: str | None = None
    assigns_benefits: str = "Y"  # OI03
    release_of_information: str = "Y"  # OI06
    paid_cents: int | None = None  # AMT*D
    noncovered_cents: int | None = None  # AMT*A8
    remaining_patient_liability_cents: int | None = None  # AMT*EAF
    adjudicated_on: dt.date | None = None  # where no line says so
    payer_claim_number: str | None = None  # REF*F8
    prior_authorization: str | None = None
    referral_number: str | None = None
    remark_codes: tuple[str, ...] = ()  # MOA, at most five
    adjustments: tuple[Adjustment, ...] = ()


# Claims


class CodeSystem(StrEnum):
    """Of diagnoses and inpatient procedures."""

    ICD10 = "icd10"
    ICD9 = "icd9"


class Diagnosis(msgspec.Struct, frozen=True, gc=False):
    """A diagnosis code, with or without its dot."""

    code: str
    present_on_admission: str | None = None  # institutional: Y, N, U or W
    system: CodeSystem = CodeSystem.ICD10


class Frequency(StrEnum):
    """CLM05-3. Corrected and void claims name the payer's claim number."""

    ORIGINAL = "1"
    FIRST_INTERIM = "2"
    CONTINUING_INTERIM = "3"
    LAST_INTERIM = "4"
    CORRECTED = "7"
    VOID = "8"


class Drug(msgspec.Struct, frozen=True, gc=False):
    """What was given (2410): an NDC of eleven digits."""

    ndc: str
    quantity: Decimal
    unit: str = "UN"  # F2, GR, ME, ML or UN
    prescription_number: str | None = None


class ClaimBase(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What both kinds of claims have. The charge is that of the claim; the lines say their own."""

    patient_control_number: str  # CLM01
    charge_cents: int
    billing_provider: BillingProvider
    subscriber: Subscriber
    payer: Payer
    dependent: Dependent | None = None
    frequency: Frequency = Frequency.ORIGINAL
    payer_claim_number: str | None = None  # REF*F8
    accepts_assignment: str = "A"  # CLM07: A yes, B only clinical laboratory, C no
    assigns_benefits: str = "Y"  # CLM08
    release_of_information: str = "Y"  # CLM09
    delay_reason: str | None = None  # CLM20
    prior_authorization: str | None = None  # REF*G1
    referral_number: str | None = None  # REF*9F
    clearinghouse_trace_number: str | None = None  # REF*D9
    medical_record_number: str | None = None  # REF*EA
    note: str | None = None  # NTE*ADD
    referring: Provider | None = None
    rendering: Provider | None = None
    facility: Facility | None = None
    earlier_payers: tuple[EarlierPayer, ...] = ()


class LineBase(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the lines of both kinds of claims have."""

    charge_cents: int
    units: Decimal
    modifiers: tuple[str, ...] = ()
    description: str | None = None
    control_number: str | None = None  # REF*6R
    drug: Drug | None = None
    referring: Provider | None = None
    rendering: Provider | None = None
    adjudications: tuple[LineAdjudication, ...] = ()


class Accident(msgspec.Struct, frozen=True, gc=False):
    """That the services follow an accident (CLM11): AA auto, EM employment, OA other."""

    causes: tuple[str, ...]
    happened_on: dt.date | None = None
    state: str | None = None  # of an automobile accident
    country: str | None = None


class ProfessionalLine(LineBase, frozen=True, gc=False, kw_only=True):
    """One SV1 loop. ``diagnosis_pointers`` count the claim's diagnoses from 1."""

    procedure_code: str
    service_from: dt.date
    service_to: dt.date | None = None
    diagnosis_pointers: tuple[int, ...]
    unit: str = "UN"  # MJ: minutes
    place_of_service: str | None = None  # where it differs from the claim's
    is_emergency: bool = False
    prior_authorization: str | None = None
    note: str | None = None
    facility: Facility | None = None
    supervising: Provider | None = None
    ordering: Provider | None = None


class ProfessionalClaim(ClaimBase, frozen=True, gc=False, kw_only=True):
    """One claim of an 837P. The first diagnosis is the principal one."""

    place_of_service: str
    diagnoses: tuple[Diagnosis, ...]
    lines: tuple[ProfessionalLine, ...]
    provider_signature_on_file: bool = True  # CLM06
    accident: Accident | None = None
    illness_began_on: dt.date | None = None  # DTP*431
    treatment_began_on: dt.date | None = None  # DTP*454
    last_seen_on: dt.date | None = None  # DTP*304
    last_menstrual_period_on: dt.date | None = None  # DTP*484
    admitted_on: dt.date | None = None  # DTP*435
    discharged_on: dt.date | None = None  # DTP*096
    patient_paid_cents: int | None = None  # AMT*F5
    clia_number: str | None = None  # REF*X4
    supervising: Provider | None = None


class Occurrence(msgspec.Struct, frozen=True, gc=False):
    """An event that bears on the bill (HI*BH)."""

    code: str
    on: dt.date


class OccurrenceSpan(msgspec.Struct, frozen=True, gc=False):
    """A period that bears on the bill (HI*BI)."""

    code: str
    first_day: dt.date
    last_day: dt.date


class ValueCode(msgspec.Struct, frozen=True, gc=False):
    """An amount that bears on the bill (HI*BE); a count is written as if it were dollars."""

    code: str
    amount_cents: int


class InpatientProcedure(msgspec.Struct, frozen=True, gc=False):
    """An ICD procedure (HI*BBR, HI*BBQ)."""

    code: str
    on: dt.date
    system: CodeSystem = CodeSystem.ICD10


class InstitutionalLine(LineBase, frozen=True, gc=False, kw_only=True):
    """One SV2 loop."""

    revenue_code: str
    procedure_code: str | None = None
    unit: str = "UN"  # DA: days
    service_from: dt.date | None = None
    service_to: dt.date | None = None
    noncovered_cents: int | None = None
    operating: Provider | None = None


class InstitutionalClaim(ClaimBase, frozen=True, gc=False, kw_only=True):
    """One claim of an 837I.

    ``facility_type`` is the type of bill without its last digit, which is the frequency: type of
    bill 131 is facility type 13 with frequency 1.
    """

    facility_type: str
    statement_from: dt.date
    statement_to: dt.date
    principal_diagnosis: Diagnosis
    patient_status: str  # CL103: where the patient went
    lines: tuple[InstitutionalLine, ...]
    admission_type: str | None = None  # CL101
    admission_source: str | None = None  # CL102
    admitted_on: dt.date | None = None
    admitted_at: dt.time | None = None
    discharged_at: dt.time | None = None
    admitting_diagnosis: Diagnosis | None = None
    visit_reasons: tuple[Diagnosis, ...] = ()  # at most three
    external_causes: tuple[Diagnosis, ...] = ()  # at most twelve
    other_diagnoses: tuple[Diagnosis, ...] = ()  # at most 24
    drg: str | None = None
    principal_procedure: InpatientProcedure | None = None
    other_procedures: tuple[InpatientProcedure, ...] = ()  # these and the next: at most 24 each
    occurrence_spans: tuple[OccurrenceSpan, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()
    value_codes: tuple[ValueCode, ...] = ()
    condition_codes: tuple[str, ...] = ()
    patient_estimate_cents: int | None = None  # AMT*F3
    attending: Provider | None = None
    operating: Provider | None = None
    other_operating: Provider | None = None


Claim = ProfessionalClaim | InstitutionalClaim
Line = ProfessionalLine | InstitutionalLine
