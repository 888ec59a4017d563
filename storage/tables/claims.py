"""Payers, patients, claims and what goes out with them."""

import datetime as dt
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    cents_column,
    check,
    choice_column,
    date_column,
    document_column,
    index,
    key_column,
    keys_column,
    moment_column,
    quantity_column,
    text_column,
    texts_column,
    unique,
)
from storage.tables.addresses import PostalAddress
from storage.tables.billing_facts import InstitutionalFacts, LineDrug, ProfessionalFacts
from storage.vocabulary.billing import ClaimFrequency, ServiceUnit
from storage.vocabulary.claims import (
    AcknowledgementOutcome,
    AdjudicationStatus,
    BatchStatus,
    ClaimStatus,
    ClaimType,
    PayerType,
    SubmissionMethod,
)
from storage.vocabulary.parties import Sex

_ContactText = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Without control characters: PostgreSQL's JSON cannot hold NUL."""


class ContactInfo(BaseModel):
    """How to reach a payer."""

    model_config = ConfigDict(extra="forbid")

    phone: _ContactText | None = None
    fax: _ContactText | None = None
    email: _ContactText | None = None
    address: _ContactText | None = None


class PayerFields(SQLModel):
    name: str = text_column(200)
    payer_identifier: str = text_column(80)
    remittance_identifier: str | None = text_column(80, default=None)
    type: PayerType = choice_column(PayerType)
    claim_submission_method: SubmissionMethod = choice_column(
        SubmissionMethod, default=SubmissionMethod.ELECTRONIC
    )
    timely_filing_limit_days: int = Field(default=365, sa_type=sa.Integer)
    contact_info: ContactInfo | None = document_column(ContactInfo, default=None)
    electronic_identifier: str | None = text_column(80, default=None)
    address: PostalAddress | None = document_column(PostalAddress, default=None)
    is_active: bool = Field(default=True, sa_type=sa.Boolean)


class Payer(PayerFields, TenantRow, table=True):
    """Who adjudicates claims. ``remittance_identifier`` is TRN03 of the payer's 835 files,
    ``electronic_identifier`` what claims to it name it by where that is another."""

    __tablename__ = "payers"
    __table_args__ = (
        unique("payers", "payer_identifier"),
        unique("payers", "remittance_identifier"),
        check("filing_limit_is_positive", "timely_filing_limit_days > 0"),
    )


class PatientFields(SQLModel):
    medical_record_number: str = text_column(80)
    last_name: str = text_column(100)
    first_name: str = text_column(100)
    birth_date: dt.date = date_column()
    sex: Sex | None = choice_column(Sex, default=None)
    address: PostalAddress | None = document_column(PostalAddress, default=None)
    name_key: str = text_column(210, searched=True)


class Patient(PatientFields, TenantRow, table=True):
    """The minimal registry. ``name_key`` is the normalised name that prefix search uses."""

    __tablename__ = "patients"
    __table_args__ = (
        unique("patients", "medical_record_number"),
        index("patients", "name_key"),
    )


class ClaimFields(SQLModel):
    claim_number: str = text_column(40, searched=True)
    patient_control_number: str = text_column(38, searched=True)
    type: ClaimType = choice_column(ClaimType)
    frequency: ClaimFrequency = choice_column(ClaimFrequency, default=ClaimFrequency.ORIGINAL)
    replaces_id: UUID | None = key_column(default=None)
    is_replaced: bool = Field(default=False, sa_type=sa.Boolean)
    status: ClaimStatus = choice_column(ClaimStatus, default=ClaimStatus.DRAFT)
    status_reason: str | None = text_column(500, default=None)
    patient_id: UUID = key_column()
    patient_name_key: str = text_column(210, searched=True)
    subscriber_id: str = text_column(80)
    rendering_provider_id: str = text_column(80)
    billing_provider_id: str = text_column(80)
    facility_id: str | None = text_column(80, default=None)
    primary_payer_id: UUID = key_column()
    secondary_payer_id: UUID | None = key_column(default=None)
    tertiary_payer_id: UUID | None = key_column(default=None)
    payer_claim_number: str | None = text_column(80, default=None)
    service_date: dt.date = date_column()
    admission_date: dt.date | None = date_column(default=None)
    discharge_date: dt.date | None = date_column(default=None)
    diagnosis_codes: list[str] = texts_column()
    authorization_number: str | None = text_column(80, default=None)
    professional: ProfessionalFacts | None = document_column(ProfessionalFacts, default=None)
    institutional: InstitutionalFacts | None = document_column(InstitutionalFacts, default=None)
    notes: str | None = text_column(4000, default=None)
    total_charge_cents: int = cents_column(default=0)
    submitted_at: dt.datetime | None = moment_column(default=None)
    appeal_count: int = Field(default=0, sa_type=sa.Integer)
    adjudication_status: AdjudicationStatus = choice_column(
        AdjudicationStatus, default=AdjudicationStatus.NOT_ADJUDICATED
    )
    last_adjudicated_on: dt.date | None = date_column(default=None)
    payment_cents: int = cents_column(default=0)
    write_off_cents: int = cents_column(default=0)
    insurance_balance_cents: int = cents_column(default=0)
    patient_balance_cents: int = cents_column(default=0)
    patient_payment_cents: int = cents_column(default=0)
    patient_write_off_cents: int = cents_column(default=0)
    insurance_write_off_cents: int = cents_column(default=0)
    payer_refund_cents: int = cents_column(default=0)
    insurance_credit_since: dt.date | None = date_column(default=None)
    patient_credit_since: dt.date | None = date_column(default=None)
    removed_line_ids: list[UUID] = keys_column(default_factory=list)


class Claim(ClaimFields, TenantRow, table=True):
    """A bill to the patient's payers, in their order.

    Three axes that never mix: ``status`` (the way out), ``adjudication_status`` (what the payers
    decided) and the balances, which always equal the ledger. Balances are zero until the claim is
    submitted, for only then is the charge in the ledger; it is not while ``is_replaced`` says that
    a corrected claim carries it, nor is that of a void claim, which asks for nothing.
    ``payment_cents`` and ``write_off_cents``
    are the payers'; what patients paid and the company gave up or returned stands beside them. A
    balance below zero is owed to somebody since its ``credit_since``. ``removed_line_ids`` keep
    the trail of lines that are gone within reach of the claim's history, and their numbers out of
    use.
    """

    __tablename__ = "claims"
    __table_args__ = (
        belongs_to("patients", "patient_id"),
        belongs_to("claims", "replaces_id"),
        belongs_to("payers", "primary_payer_id"),
        belongs_to("payers", "secondary_payer_id"),
        belongs_to("payers", "tertiary_payer_id"),
        unique("claims", "claim_number"),
        unique("claims", "patient_control_number"),
        check("charge_is_not_negative", "total_charge_cents >= 0"),
        check("replaces_what_it_names", "(frequency = '1') = (replaces_id IS NULL)"),
        check(
            "balances_add_up",
            "submitted_at IS NULL OR insurance_balance_cents + patient_balance_cents"
            " = CASE WHEN is_replaced OR frequency = '8' THEN 0 ELSE total_charge_cents END"
            " - payment_cents - write_off_cents - patient_payment_cents"
            " - patient_write_off_cents - insurance_write_off_cents + payer_refund_cents",
        ),
        check("patient_payment_is_not_negative", "patient_payment_cents >= 0"),
        check("patient_write_off_is_not_negative", "patient_write_off_cents >= 0"),
        check("insurance_write_off_is_not_negative", "insurance_write_off_cents >= 0"),
        check("payer_refund_is_not_negative", "payer_refund_cents >= 0"),
        check(
            "payers_differ",
            "primary_payer_id <> secondary_payer_id AND primary_payer_id <> tertiary_payer_id"
            " AND secondary_payer_id <> tertiary_payer_id",
        ),
        check(
            "tertiary_needs_secondary",
            "tertiary_payer_id IS NULL OR secondary_payer_id IS NOT NULL",
        ),
        index(
            "claims",
            "patient_id",
            "patient_balance_cents",
            where="patient_balance_cents > 0",
        ),
        index("claims", "status", "id"),
        index("claims", "adjudication_status", "id"),
        index("claims", "patient_id", "id"),
        index("claims", "primary_payer_id", "id"),
        index("claims", "secondary_payer_id", "id", where="secondary_payer_id IS NOT NULL"),
        index("claims", "tertiary_payer_id", "id", where="tertiary_payer_id IS NOT NULL"),
        index("claims", "total_charge_cents", "id"),
        index("claims", "rendering_provider_id", "id"),
        index("claims", "billing_provider_id", "id"),
        index("claims", "service_date", "id"),
        index("claims", "patient_name_key"),
        index("claims", "payer_claim_number", where="payer_claim_number IS NOT NULL"),
        index("claims", "replaces_id", where="replaces_id IS NOT NULL"),
        index("claims", "insurance_credit_since", where="insurance_credit_since IS NOT NULL"),
        index("claims", "patient_credit_since", where="patient_credit_since IS NOT NULL"),
    )


class ClaimLineFields(SQLModel):
    claim_id: UUID = key_column()
    line_number: int = Field(sa_type=sa.Integer)
    line_control_number: str = text_column(30)
    service_date: dt.date = date_column()
    service_until: dt.date | None = date_column(default=None)
    revenue_code: str | None = text_column(4, default=None)
    procedure_code: str = text_column(20)
    modifiers: list[str] = texts_column()
    diagnosis_codes: list[str] = texts_column()
    units: Decimal = quantity_column(9, 3, default=Decimal(1))
    unit: ServiceUnit = choice_column(ServiceUnit, default=ServiceUnit.UNITS)
    charge_cents: int = cents_column()
    place_of_service: str = text_column(2)
    rendering_provider_id: str | None = text_column(80, default=None)
    referring_provider_id: str | None = text_column(80, default=None)
    ordering_provider_id: str | None = text_column(80, default=None)
    drug: LineDrug | None = document_column(LineDrug, default=None)
    description: str | None = text_column(500, default=None)


class ClaimLine(ClaimLineFields, TenantRow, table=True):
    """One service. ``charge_cents`` is the extended charge of the line, not a unit price."""

    __tablename__ = "claim_lines"
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        unique("claim_lines", "claim_id", "line_number"),
        unique("claim_lines", "line_control_number"),
        check("units_are_positive", "units > 0"),
        check("ends_after_it_begins", "service_until >= service_date"),
        check("charge_is_not_negative", "charge_cents >= 0"),
    )


class ClaimBatchFields(SQLModel):
    batch_number: str = text_column(40)
    payer_id: UUID = key_column()
    status: BatchStatus = choice_column(BatchStatus)
    claim_count: int = Field(sa_type=sa.Integer)
    refused_count: int = Field(sa_type=sa.Integer)
    total_charge_cents: int = cents_column()


class ClaimBatch(ClaimBatchFields, TenantRow, table=True):
    """Claims of one payer that go out together."""

    __tablename__ = "claim_batches"
    __table_args__ = (
        belongs_to("payers", "payer_id"),
        unique("claim_batches", "batch_number"),
        index("claim_batches", "status", "id"),
        index("claim_batches", "payer_id", "id"),
    )


class ClaimBatchItemFields(SQLModel):
    batch_id: UUID = key_column()
    given_claim_id: UUID = key_column()
    claim_id: UUID | None = key_column(default=None)
    refusal: str | None = text_column(500, default=None)


class ClaimBatchItem(ClaimBatchItemFields, AppendOnlyRow, table=True):
    """A claim that was put forward for a batch; ``refusal`` says why it is not part of it.

    ``given_claim_id`` is the id as it was given; ``claim_id`` is empty where it names no claim.
    """

    __tablename__ = "claim_batch_items"
    __table_args__ = (
        belongs_to("claim_batches", "batch_id"),
        belongs_to("claims", "claim_id"),
        unique("claim_batch_items", "batch_id", "given_claim_id"),
        check("is_a_claim_or_refused", "claim_id IS NOT NULL OR refusal IS NOT NULL"),
        index("claim_batch_items", "claim_id"),
    )


class ClaimTransmissionFields(SQLModel):
    claim_id: UUID = key_column()
    batch_id: UUID | None = key_column(default=None)
    method: SubmissionMethod = choice_column(SubmissionMethod)
    reference: str = text_column(200)
    transmitted_at: dt.datetime = moment_column()


class ClaimTransmission(ClaimTransmissionFields, AppendOnlyRow, table=True):
    """The proof that a claim went out: where it was handed in, and the reference given there."""

    __tablename__ = "claim_transmissions"
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("claim_batches", "batch_id"),
        index("claim_transmissions", "claim_id", "id"),
    )


class ClaimAcknowledgementFields(SQLModel):
    claim_id: UUID = key_column()
    outcome: AcknowledgementOutcome = choice_column(AcknowledgementOutcome)
    reference: str = text_column(200)
    reason: str | None = text_column(500, default=None)
    payer_claim_number: str | None = text_column(80, default=None)
    status_codes: list[str] = texts_column(default_factory=list)
    acknowledgement_file_id: UUID | None = key_column(default=None)


class ClaimAcknowledgement(ClaimAcknowledgementFields, AppendOnlyRow, table=True):
    """What came back for a transmission before any adjudication: taken in, or turned away."""

    __tablename__ = "claim_acknowledgements"
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("acknowledgement_files", "acknowledgement_file_id"),
        index("claim_acknowledgements", "claim_id", "id"),
        index(
            "claim_acknowledgements",
            "acknowledgement_file_id",
            where="acknowledgement_file_id IS NOT NULL",
        ),
    )
