"""Claims and lines as they are handed in: bounded in every field.

What is bounded here cannot be stored otherwise; whether a claim would be accepted by a payer is
the matter of ``services.claims.validation``, so that a draft may be incomplete.
"""

import datetime as dt
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field

from services.inputs import Identifier, Input, LongText, Name, Reason, left_out
from storage.tables.billing_facts import InstitutionalFacts, LineDrug, ProfessionalFacts
from storage.vocabulary.billing import ServiceUnit
from storage.vocabulary.claims import AcknowledgementOutcome, ClaimType, SubmissionMethod

EARLIEST_SERVICE = dt.date(1990, 1, 1)
EARLIEST_MOMENT = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
LATEST_SERVICE = dt.date(2100, 1, 1)
MOST_LINES = 999
HIGHEST_CHARGE_CENTS = 99_999_999_999
MOST_MODIFIERS = 4
MOST_DIAGNOSES = 25

DIAGNOSIS_CODE = r"^[A-Z][0-9A][0-9A-Z](\.?[0-9A-Z]{1,4})?$"
"""The shape of an ICD-10-CM code; the point may be left out."""


def _to_thousandths(units: Decimal) -> Decimal:
    """Units as the column holds them."""
    return units.quantize(Decimal("0.001"))


CalendarDay = Annotated[dt.date, Field(ge=EARLIEST_SERVICE, le=LATEST_SERVICE)]
DiagnosisCode = Annotated[str, Field(pattern=DIAGNOSIS_CODE, max_length=8)]
DiagnosisCodes = Annotated[list[DiagnosisCode], Field(max_length=MOST_DIAGNOSES)]
Modifier = Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")]
Modifiers = Annotated[list[Modifier], Field(max_length=MOST_MODIFIERS)]
ProcedureCode = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,20}$")]
RevenueCode = Annotated[str, Field(pattern=r"^[0-9]{4}$")]
PlaceOfService = Annotated[str, Field(pattern=r"^[0-9]{2}$")]
Units = Annotated[
    Decimal, Field(gt=0, max_digits=9, decimal_places=3), AfterValidator(_to_thousandths)
]
ChargeCents = Annotated[int, Field(ge=1, le=HIGHEST_CHARGE_CENTS)]


class NewLine(Input):
    """One service. ``charge_cents`` is the extended charge of the line, not a unit price;
    ``service_date`` is the claim's where it is left out."""

    procedure_code: ProcedureCode
    revenue_code: RevenueCode | None = None
    charge_cents: ChargeCents
    place_of_service: PlaceOfService
    diagnosis_codes: DiagnosisCodes = []
    modifiers: Modifiers = []
    units: Units = Decimal("1.000")
    unit: ServiceUnit = ServiceUnit.UNITS
    service_date: CalendarDay | None = None
    service_until: Annotated[CalendarDay | None, Field(examples=[None])] = None
    rendering_provider_id: Identifier | None = None
    referring_provider_id: Identifier | None = None
    ordering_provider_id: Identifier | None = None
    drug: Annotated[LineDrug | None, Field(examples=[None])] = None
    description: Reason | None = None


class LineChanges(Input):
    """What to change of a line; what is left out stays."""

    procedure_code: ProcedureCode = left_out()
    revenue_code: RevenueCode | None = None
    charge_cents: ChargeCents = left_out()
    place_of_service: PlaceOfService = left_out()
    diagnosis_codes: DiagnosisCodes = left_out()
    modifiers: Modifiers = left_out()
    units: Units = left_out()
    unit: ServiceUnit = left_out()
    service_date: CalendarDay = left_out()
    service_until: Annotated[CalendarDay | None, Field(examples=[None])] = None
    rendering_provider_id: Identifier | None = None
    referring_provider_id: Identifier | None = None
    ordering_provider_id: Identifier | None = None
    drug: Annotated[LineDrug | None, Field(examples=[None])] = None
    description: Reason | None = None


class NewClaim(Input):
    """A claim to draft, with its lines. Numbers, totals and states are the program's."""

    type: ClaimType
    patient_id: UUID
    subscriber_id: Identifier
    rendering_provider_id: Identifier
    billing_provider_id: Identifier
    facility_id: Identifier | None = None
    primary_payer_id: UUID
    secondary_payer_id: UUID | None = None
    tertiary_payer_id: UUID | None = None
    service_date: CalendarDay
    admission_date: CalendarDay | None = None
    discharge_date: CalendarDay | None = None
    diagnosis_codes: DiagnosisCodes = []
    authorization_number: Identifier | None = None
    professional: ProfessionalFacts | None = None
    institutional: Annotated[InstitutionalFacts | None, Field(examples=[None])] = None
    notes: LongText | None = None
    lines: Annotated[list[NewLine], Field(max_length=MOST_LINES)] = []


class ClaimChanges(Input):
    """What to change of a claim; what is left out stays. Lines have operations of their own."""

    type: ClaimType = left_out()
    patient_id: UUID = left_out()
    subscriber_id: Identifier = left_out()
    rendering_provider_id: Identifier = left_out()
    billing_provider_id: Identifier = left_out()
    facility_id: Identifier | None = None
    primary_payer_id: UUID = left_out()
    secondary_payer_id: UUID | None = None
    tertiary_payer_id: UUID | None = None
    service_date: CalendarDay = left_out()
    admission_date: CalendarDay | None = None
    discharge_date: CalendarDay | None = None
    diagnosis_codes: DiagnosisCodes = left_out()
    authorization_number: Identifier | None = None
    professional: ProfessionalFacts | None = None
    institutional: Annotated[InstitutionalFacts | None, Field(examples=[None])] = None
    notes: LongText | None = None


class NewTransmission(Input):
    """The record that a claim or batch was handed in somewhere, with the reference given there."""

    method: SubmissionMethod
    reference: Name
    transmitted_at: Annotated[AwareDatetime, Field(ge=EARLIEST_MOMENT)]


class NewAcknowledgement(Input):
    """What came back for a transmission; a rejection needs its reason."""

    outcome: AcknowledgementOutcome
    reference: Name
    reason: Reason | None = None
    payer_claim_number: Identifier | None = None


class NewVoid(Input):
    """Why a claim is given up."""

    reason: Reason
