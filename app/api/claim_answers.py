"""Claims as they go out, and the renderers that the claim routes share."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

from app.answers import Render, RowAnswer, created, one
from services.claims.claims import ClaimWithLines
from storage.tables.billing_facts import InstitutionalFacts, LineDrug, ProfessionalFacts
from storage.vocabulary.billing import ClaimFrequency, ServiceUnit
from storage.vocabulary.claims import AdjudicationStatus, ClaimStatus, ClaimType


class ClaimSummary(RowAnswer):
    """A claim without its lines. Balances equal the ledger at all times."""

    claim_number: str
    patient_control_number: str
    type: ClaimType
    frequency: ClaimFrequency
    replaces_id: UUID | None
    is_replaced: bool
    status: ClaimStatus
    status_reason: str | None
    patient_id: UUID
    subscriber_id: str
    rendering_provider_id: str
    billing_provider_id: str
    facility_id: str | None
    primary_payer_id: UUID
    secondary_payer_id: UUID | None
    tertiary_payer_id: UUID | None
    payer_claim_number: str | None
    service_date: dt.date
    admission_date: dt.date | None
    discharge_date: dt.date | None
    diagnosis_codes: list[str]
    authorization_number: str | None
    notes: str | None
    total_charge_cents: int
    submitted_at: dt.datetime | None
    appeal_count: int
    adjudication_status: AdjudicationStatus
    last_adjudicated_on: dt.date | None
    payment_cents: int
    write_off_cents: int
    insurance_balance_cents: int
    patient_balance_cents: int
    patient_payment_cents: int
    patient_write_off_cents: int
    insurance_write_off_cents: int
    payer_refund_cents: int


class ClaimLineAnswer(RowAnswer):
    """One service of a claim. ``line_control_number`` is what a payer gives back as REF*6R."""

    line_number: int
    line_control_number: str
    service_date: dt.date
    service_until: dt.date | None
    revenue_code: str | None
    procedure_code: str
    modifiers: list[str]
    diagnosis_codes: list[str]
    units: Decimal
    unit: ServiceUnit
    charge_cents: int
    place_of_service: str
    rendering_provider_id: str | None
    referring_provider_id: str | None
    ordering_provider_id: str | None
    drug: LineDrug | None
    description: str | None


class ClaimAnswer(ClaimSummary):
    """A claim with its lines, and what it says beside them."""

    professional: ProfessionalFacts | None
    institutional: InstitutionalFacts | None
    lines: list[ClaimLineAnswer]


class _Whole:
    """A claim and its lines side by side, as the answer shows them."""

    id: UUID

    def __init__(self, found: ClaimWithLines) -> None:
        self.__dict__.update(found.claim.__dict__, lines=found.lines)


def claim_answer() -> Render[ClaimWithLines]:
    """Answers with the claim, its lines and its ETag."""
    render = one(ClaimAnswer)
    return lambda found: render(_Whole(found))


def claim_created() -> Render[ClaimWithLines]:
    """Answers 201 with the claim, its lines, its ETag and its Location."""
    render = created(ClaimAnswer, "/api/v1/claims/{id}")
    return lambda found: render(_Whole(found))
