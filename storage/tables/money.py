"""Money that the company moves itself: patients' payments, write-offs and refunds."""

import datetime as dt
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import SQLModel

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
    text_column,
    unique,
)
from storage.vocabulary.money import (
    BalanceSide,
    PatientPaymentStatus,
    PaymentMethod,
    RefundStatus,
    TakebackKind,
    TakebackStatus,
    WriteOffStatus,
)


class PatientPaymentFields(SQLModel):
    receipt_number: str = text_column(40)
    patient_id: UUID = key_column()
    method: PaymentMethod = choice_column(PaymentMethod)
    reference: str | None = text_column(80, default=None)
    received_on: dt.date = date_column()
    amount_cents: int = cents_column()
    applied_cents: int = cents_column(default=0)
    refunded_cents: int = cents_column(default=0)
    status: PatientPaymentStatus = choice_column(
        PatientPaymentStatus, default=PatientPaymentStatus.RECEIVED
    )
    reversed_on: dt.date | None = date_column(default=None)
    reversal_reason: str | None = text_column(500, default=None)


class PatientPayment(PatientPaymentFields, TenantRow, table=True):
    """What a patient paid. What is applied to which claim is the sum of its ledger entries; the
    rest, less what was refunded, is unapplied."""

    __tablename__ = "patient_payments"
    __table_args__ = (
        belongs_to("patients", "patient_id"),
        unique("patient_payments", "receipt_number"),
        index("patient_payments", "patient_id", "id"),
        check("amount_is_positive", "amount_cents > 0"),
        check("applied_is_not_negative", "applied_cents >= 0"),
        check("refunded_is_not_negative", "refunded_cents >= 0"),
        check("no_more_than_was_received", "applied_cents + refunded_cents <= amount_cents"),
        check("reversed_on_a_day", "(status = 'reversed') = (reversed_on IS NOT NULL)"),
        check(
            "what_was_reversed_pays_nothing",
            "status <> 'reversed' OR (applied_cents = 0 AND refunded_cents = 0)",
        ),
    )


class WriteOffFields(SQLModel):
    write_off_number: str = text_column(40)
    claim_id: UUID = key_column()
    patient_id: UUID = key_column()
    side: BalanceSide = choice_column(BalanceSide)
    reason_code: str = text_column(40)
    note: str | None = text_column(500, default=None)
    amount_cents: int = cents_column()
    status: WriteOffStatus = choice_column(WriteOffStatus, default=WriteOffStatus.REQUESTED)
    posted_on: dt.date | None = date_column(default=None)
    reversed_on: dt.date | None = date_column(default=None)
    closing_note: str | None = text_column(500, default=None)


class WriteOff(WriteOffFields, TenantRow, table=True):
    """A part of a claim's balance that the company gives up, by its own decision."""

    __tablename__ = "write_offs"
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("patients", "patient_id"),
        unique("write_offs", "write_off_number"),
        index("write_offs", "claim_id"),
        index("write_offs", "status", "id"),
        check("amount_is_positive", "amount_cents > 0"),
        check("posted_on_a_day", "(status IN ('posted', 'reversed')) = (posted_on IS NOT NULL)"),
        check("reversed_on_a_day", "(status = 'reversed') = (reversed_on IS NOT NULL)"),
    )


class RefundFields(SQLModel):
    refund_number: str = text_column(40)
    patient_id: UUID | None = key_column(default=None)
    claim_id: UUID | None = key_column(default=None)
    payer_id: UUID | None = key_column(default=None)
    patient_payment_id: UUID | None = key_column(default=None)
    exception_id: UUID | None = key_column(default=None)
    reason_code: str = text_column(40)
    note: str | None = text_column(500, default=None)
    amount_cents: int = cents_column()
    status: RefundStatus = choice_column(RefundStatus, default=RefundStatus.REQUESTED)
    approved_on: dt.date | None = date_column(default=None)
    paid_on: dt.date | None = date_column(default=None)
    reference: str | None = text_column(80, default=None)
    closing_note: str | None = text_column(500, default=None)
    paid_before_cents: int | None = cents_column(default=None)
    booked_on: dt.date | None = date_column(default=None)


class Refund(RefundFields, TenantRow, table=True):
    """Money that goes back: to the payer of a claim out of its credit, to a patient out of what is
    unapplied of a payment, or to the payer of what belongs to no claim here.

    ``paid_before_cents`` is what the payer had paid on the claim when the refund was approved, less
    what other refunds have settled of it since; ``booked_on`` the day on which the payer's own
    books had it.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        belongs_to("patients", "patient_id"),
        belongs_to("claims", "claim_id"),
        belongs_to("payers", "payer_id"),
        belongs_to("patient_payments", "patient_payment_id"),
        belongs_to("remittance_exceptions", "exception_id"),
        unique("refunds", "refund_number"),
        index("refunds", "claim_id", where="claim_id IS NOT NULL"),
        index("refunds", "patient_payment_id", where="patient_payment_id IS NOT NULL"),
        index("refunds", "exception_id", where="exception_id IS NOT NULL"),
        index("refunds", "payer_id", "amount_cents", where="payer_id IS NOT NULL"),
        index("refunds", "status", "id"),
        check("amount_is_positive", "amount_cents > 0"),
        check("is_of_one_thing", "num_nonnulls(claim_id, patient_payment_id, exception_id) = 1"),
        check(
            "goes_to_a_payer_or_a_patient", "(patient_payment_id IS NULL) = (payer_id IS NOT NULL)"
        ),
        check("knows_its_patient", "patient_id IS NOT NULL OR exception_id IS NOT NULL"),
        check("books_what_is_of_a_claim", "booked_on IS NULL OR claim_id IS NOT NULL"),
        check("paid_on_a_day", "(status = 'paid') = (paid_on IS NOT NULL)"),
    )


class RefundTakebackFields(SQLModel):
    refund_id: UUID = key_column()
    claim_id: UUID | None = key_column(default=None)
    patient_id: UUID | None = key_column(default=None)
    payer_id: UUID = key_column()
    transaction_id: UUID = key_column()
    provider_adjustment_id: UUID | None = key_column(default=None)
    kind: TakebackKind = choice_column(TakebackKind)
    status: TakebackStatus = choice_column(TakebackStatus, default=TakebackStatus.PROPOSED)
    amount_cents: int = cents_column()
    fell_cents: int = cents_column()
    detail: str = text_column(500)
    settled_on: dt.date | None = date_column(default=None)
    closing_note: str | None = text_column(500, default=None)


class RefundTakeback(RefundTakebackFields, TenantRow, table=True):
    """A payer's own taking back of what a refund gives it: the same money, once.

    ``fell_cents`` is what the payer has taken back on the claim since the refund was approved.
    """

    __tablename__ = "refund_takebacks"
    __table_args__ = (
        belongs_to("refunds", "refund_id"),
        belongs_to("claims", "claim_id"),
        belongs_to("patients", "patient_id"),
        belongs_to("payers", "payer_id"),
        belongs_to("remittance_transactions", "transaction_id"),
        belongs_to("provider_adjustments", "provider_adjustment_id"),
        unique("refund_takebacks", "refund_id", "kind", where="status = 'settled'"),
        unique("refund_takebacks", "refund_id", where="status = 'proposed'"),
        unique("refund_takebacks", "provider_adjustment_id", where="status = 'settled'"),
        index("refund_takebacks", "status", "id"),
        check("amount_is_positive", "amount_cents > 0"),
        check("settled_on_a_day", "(status = 'settled') = (settled_on IS NOT NULL)"),
        check("plb_is_named", "(kind = 'recalled') = (provider_adjustment_id IS NULL)"),
    )


class StatementLine(BaseModel):
    """What a statement says of one claim, in cents: its sums add up to what is due."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    claim_id: UUID
    claim_number: str
    service_date: dt.date
    charge_cents: int
    insurance_paid_cents: int
    adjusted_cents: int
    """Written off by payers or by the company: nobody owes it."""
    patient_paid_cents: int
    not_yet_due_cents: int
    """The patient's by what a payer said, and still being worked as a denial."""
    due_cents: int


class StatementContent(BaseModel):
    """All that stands on a statement, as it was then."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    company_name: str
    patient_name: str
    patient_address: list[str]
    lines: list[StatementLine]


class PatientStatementFields(SQLModel):
    statement_number: str = text_column(40)
    patient_id: UUID = key_column()
    stated_on: dt.date = date_column()
    due_on: dt.date = date_column()
    amount_cents: int = cents_column()
    content: StatementContent = document_column(StatementContent)
    file_id: UUID = key_column()


class PatientStatement(PatientStatementFields, AppendOnlyRow, table=True):
    """A bill to a patient, as it was written: whatever moves later, it stays."""

    __tablename__ = "patient_statements"
    __table_args__ = (
        belongs_to("patients", "patient_id"),
        belongs_to("stored_files", "file_id"),
        unique("patient_statements", "statement_number"),
        unique("patient_statements", "file_id"),
        index("patient_statements", "patient_id", "id"),
        check("asks_for_something", "amount_cents > 0"),
    )
