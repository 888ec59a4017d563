"""What the payers decided, and the money that moved: append-only, by grant."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    SealedRow,
    TenantRow,
    belongs_to,
    cents_column,
    check,
    choice_column,
    date_column,
    index,
    key_column,
    moment_column,
    quantity_column,
    text_column,
    texts_column,
)
from storage.vocabulary.claims import (
    AdjudicationOutcome,
    AdjustmentLevel,
    DenialStatus,
    LedgerAccount,
    LedgerKind,
)
from storage.vocabulary.denials import DenialResolution, SupersededBecause


class AdjudicationFields(SQLModel):
    claim_id: UUID = key_column()
    patient_id: UUID = key_column()
    transaction_id: UUID = key_column()
    exception_id: UUID | None = key_column(default=None)
    payer_id: UUID = key_column()
    payer_sequence: int = Field(sa_type=sa.SmallInteger)
    claim_ordinal: int = Field(sa_type=sa.Integer)
    position: int = Field(sa_type=sa.BigInteger)
    status_code: str = text_column(3)
    is_forwarded: bool = Field(sa_type=sa.Boolean)
    outcome: AdjudicationOutcome = choice_column(AdjudicationOutcome)
    reverses_id: UUID | None = key_column(default=None)
    effective_on: dt.date = date_column()
    order_key: str = text_column(120)
    charge_cents: int = cents_column()
    paid_cents: int = cents_column()
    patient_responsibility_cents: int = cents_column()
    payer_claim_number: str | None = text_column(80, default=None)
    remark_codes: list[str] = texts_column()


class Adjudication(AdjudicationFields, AppendOnlyRow, table=True):
    """One payer's decision on one claim, as one CLP said it. A reversal names what it reverses."""

    __tablename__ = "adjudications"
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("patients", "patient_id"),
        belongs_to("payers", "payer_id"),
        belongs_to("remittance_transactions", "transaction_id"),
        belongs_to("remittance_exceptions", "exception_id"),
        belongs_to("adjudications", "reverses_id"),
        index("adjudications", "claim_id", "id"),
        index("adjudications", "transaction_id", "claim_ordinal"),
        index("adjudications", "effective_on"),
        index("adjudications", "payer_id", "payer_claim_number"),
        index("adjudications", "reverses_id", where="reverses_id IS NOT NULL"),
    )


class AdjudicationLineFields(SQLModel):
    adjudication_id: UUID = key_column()
    ordinal: int = Field(sa_type=sa.Integer)
    claim_line_id: UUID | None = key_column(default=None)
    match_note: str | None = text_column(40, default=None)
    procedure_code: str = text_column(48)
    modifiers: list[str] = texts_column()
    outcome: AdjudicationOutcome = choice_column(AdjudicationOutcome)
    charge_cents: int = cents_column()
    paid_cents: int = cents_column()
    allowed_cents: int | None = cents_column(default=None)
    paid_units: Decimal | None = quantity_column(15, 3, default=None)
    submitted_units: Decimal | None = quantity_column(15, 3, default=None)
    submitted_procedure_code: str | None = text_column(48, default=None)
    line_control_number: str | None = text_column(50, default=None)
    remark_codes: list[str] = texts_column()


class AdjudicationLine(AdjudicationLineFields, AppendOnlyRow, table=True):
    """One SVC of an adjudication and the claim line it was matched to.

    ``paid_units`` is None where the payer names none: those that were billed.
    ``submitted_units`` and ``submitted_procedure_code`` are told where it decided about others.
    """

    __tablename__ = "adjudication_lines"
    __table_args__ = (
        belongs_to("adjudications", "adjudication_id"),
        belongs_to("claim_lines", "claim_line_id"),
        index("adjudication_lines", "adjudication_id", "ordinal"),
    )


class AdjustmentFields(SQLModel):
    adjudication_id: UUID = key_column()
    level: AdjustmentLevel = choice_column(AdjustmentLevel)
    line_ordinal: int | None = Field(default=None, sa_type=sa.Integer)
    ordinal: int = Field(sa_type=sa.Integer)
    group_code: str = text_column(2)
    reason_code: str = text_column(5)
    amount_cents: int = cents_column()
    quantity: str | None = text_column(20, default=None)


class AdjudicationAdjustment(AdjustmentFields, AppendOnlyRow, table=True):
    """One reason and amount of a CAS, kept as received whatever is made of it."""

    __tablename__ = "adjudication_adjustments"
    __table_args__ = (
        belongs_to("adjudications", "adjudication_id"),
        index("adjudication_adjustments", "adjudication_id", "ordinal"),
    )


class LedgerFields(SQLModel):
    kind: LedgerKind = choice_column(LedgerKind)
    debit_account: LedgerAccount = choice_column(LedgerAccount)
    credit_account: LedgerAccount = choice_column(LedgerAccount)
    amount_cents: int = cents_column()
    effective_on: dt.date = date_column()
    claim_id: UUID | None = key_column(default=None)
    payer_id: UUID | None = key_column(default=None)
    transaction_id: UUID | None = key_column(default=None)
    adjudication_id: UUID | None = key_column(default=None)
    adjustment_id: UUID | None = key_column(default=None)
    exception_id: UUID | None = key_column(default=None)
    provider_adjustment_id: UUID | None = key_column(default=None)
    source_id: UUID | None = key_column(default=None)


class LedgerEntry(LedgerFields, SealedRow, table=True):
    """An amount that moved from the credit to the debit account; negative moves it back.

    ``source_id`` is the row that an entry of the company's own was posted for: by its kind a
    patient's payment, a write-off, a refund or an expected amount of cash.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("remittance_transactions", "transaction_id"),
        belongs_to("adjudications", "adjudication_id"),
        belongs_to("remittance_exceptions", "exception_id"),
        belongs_to("provider_adjustments", "provider_adjustment_id"),
        index("ledger_entries", "claim_id", where="claim_id IS NOT NULL"),
        index("ledger_entries", "transaction_id", where="transaction_id IS NOT NULL"),
        index("ledger_entries", "source_id", where="source_id IS NOT NULL"),
        index("ledger_entries", "effective_on", where="claim_id IS NULL"),
        index("ledger_entries", "xid"),
    )


class ProviderAdjustmentFields(SQLModel):
    transaction_id: UUID = key_column()
    payer_key: str = text_column(80)
    payee_key: str = text_column(80)
    provider_identifier: str = text_column(80)
    fiscal_period_end: dt.date | None = date_column(default=None)
    reason: str = text_column(3)
    reference: str = text_column(80)
    amount_cents: int = cents_column()
    effective_on: dt.date = date_column()


class ProviderAdjustmentItem(ProviderAdjustmentFields, AppendOnlyRow, table=True):
    """One PLB amount. Items of one payer, payee and reference that do not sum to zero are open."""

    __tablename__ = "provider_adjustments"
    __table_args__ = (
        belongs_to("remittance_transactions", "transaction_id"),
        index("provider_adjustments", "payer_key", "payee_key", "reference"),
        index("provider_adjustments", "transaction_id"),
    )


class DenialFields(SQLModel):
    claim_id: UUID = key_column()
    patient_id: UUID = key_column()
    adjudication_id: UUID = key_column()
    payer_id: UUID = key_column()
    claim_line_id: UUID | None = key_column(default=None)
    line_ordinal: int | None = Field(default=None, sa_type=sa.Integer)
    group_code: str = text_column(2)
    reason_code: str = text_column(5)
    remark_codes: list[str] = texts_column()
    amount_cents: int = cents_column()
    category: str = text_column(60)
    root_cause: str = text_column(200)
    owner_role: str = text_column(60)
    next_action: str = text_column(300)
    denied_on: dt.date = date_column()
    due_on: dt.date = date_column()
    due_is_verified: bool = Field(sa_type=sa.Boolean)
    due_source: str = text_column(300)
    appeal_level: int | None = Field(default=None, sa_type=sa.SmallInteger)
    deadline_started_on: dt.date = date_column()
    is_correctable: bool = Field(sa_type=sa.Boolean)
    is_appealable: bool = Field(sa_type=sa.Boolean)
    status: DenialStatus = choice_column(DenialStatus, default=DenialStatus.OPEN)
    superseded_because: SupersededBecause | None = choice_column(SupersededBecause, default=None)
    assigned_person_id: UUID | None = key_column(default=None)
    assigned_at: dt.datetime | None = moment_column(default=None)
    resolution: DenialResolution | None = choice_column(DenialResolution, default=None)
    recovered_cents: int | None = cents_column(default=None)
    resolved_on: dt.date | None = date_column(default=None)
    resolution_note: str | None = text_column(500, default=None)


class Denial(DenialFields, TenantRow, table=True):
    """One denied line to work: why, whose, until when, and what to do next.

    ``due_on`` counts from ``deadline_started_on``: the day the remittance was received, or the
    payer's answer to the last appeal; ``appeal_level`` is the level that can be asked for until
    then. OPEN is what waits for somebody. Only people resolve one; posting supersedes those whose
    decision does not count any more, and notes what became of the amount if it knows.
    """

    __tablename__ = "denials"
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("patients", "patient_id"),
        belongs_to("payers", "payer_id"),
        belongs_to("claim_lines", "claim_line_id"),
        belongs_to("adjudications", "adjudication_id"),
        index("denials", "status", "due_on", "id"),
        belongs_to("people", "assigned_person_id"),
        index("denials", "claim_id"),
        index("denials", "category", "id"),
        index("denials", "payer_id", "status", "due_on"),
        index(
            "denials",
            "assigned_person_id",
            "status",
            "due_on",
            where="assigned_person_id IS NOT NULL",
        ),
        check("assigned_since", "(assigned_person_id IS NULL) = (assigned_at IS NULL)"),
        check(
            "superseded_has_a_reason",
            "(status = 'superseded') = (superseded_because IS NOT NULL)",
        ),
        check("resolved_has_a_resolution", "status <> 'resolved' OR resolution IS NOT NULL"),
        check("open_has_no_resolution", "status <> 'open' OR resolution IS NULL"),
        check("resolution_has_a_day", "(resolution IS NULL) = (resolved_on IS NULL)"),
    )
