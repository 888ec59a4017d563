"""835 files, their transactions, and the queue of what could not be posted by itself."""

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    bytes_column,
    cents_column,
    check,
    choice_column,
    date_column,
    index,
    key_column,
    moment_column,
    text_column,
    unique,
)
from storage.vocabulary.claims import (
    ExceptionKind,
    ExceptionStatus,
    RemittanceStatus,
    TransactionStatus,
)


class RemittanceFields(SQLModel):
    file_name: str = text_column(255)
    file_id: UUID = key_column()
    sha256: bytes = bytes_column()
    byte_count: int = Field(sa_type=sa.BigInteger)
    status: RemittanceStatus = choice_column(RemittanceStatus, default=RemittanceStatus.RECEIVED)
    transaction_count: int = Field(sa_type=sa.Integer)
    claim_count: int = Field(sa_type=sa.Integer)
    anomaly_count: int = Field(sa_type=sa.Integer)
    done_count: int = Field(default=0, sa_type=sa.Integer)
    processed_at: dt.datetime | None = moment_column(default=None)


class Remittance(RemittanceFields, TenantRow, table=True):
    """One 835 file, scanned to its end and kept; the same bytes are one remittance.

    ``done_count`` says how many of its claims were gone through, also while a large transaction is
    still being posted; only what is committed counts as posted.
    """

    __tablename__ = "remittances"
    __table_args__ = (
        belongs_to("stored_files", "file_id"),
        unique("remittances", "file_id"),
        unique("remittances", "sha256"),
        index("remittances", "status", "id"),
    )


class RemittanceAnomalyFields(SQLModel):
    remittance_id: UUID = key_column()
    kind: str = text_column(40)
    position: int = Field(sa_type=sa.BigInteger)
    transaction_ordinal: int | None = Field(default=None, sa_type=sa.Integer)
    claim_ordinal: int | None = Field(default=None, sa_type=sa.Integer)
    detail: str = text_column(500)


class RemittanceAnomaly(RemittanceAnomalyFields, AppendOnlyRow, table=True):
    """Something odd in a file and where it stands."""

    __tablename__ = "remittance_anomalies"
    __table_args__ = (
        belongs_to("remittances", "remittance_id"),
        index("remittance_anomalies", "remittance_id", "id"),
    )


class RemittanceTransactionFields(SQLModel):
    remittance_id: UUID = key_column()
    ordinal: int = Field(sa_type=sa.Integer)
    position: int = Field(sa_type=sa.BigInteger)
    control_number: str = text_column(20)
    status: TransactionStatus = choice_column(TransactionStatus, default=TransactionStatus.RECEIVED)
    status_reason: str | None = text_column(500, default=None)
    duplicate_of_id: UUID | None = key_column(default=None)
    payer_id: UUID | None = key_column(default=None)
    payer_name: str | None = text_column(200, default=None)
    payer_identifier: str | None = text_column(80, default=None)
    payer_additional_identifier: str | None = text_column(80, default=None)
    payer_trace_identifier: str | None = text_column(80, default=None)
    payee_identifier: str | None = text_column(80, default=None)
    payee_tax_identifier: str | None = text_column(80, default=None)
    trace_number: str | None = text_column(80, default=None)
    payment_method: str | None = text_column(3, default=None)
    payment_date: dt.date | None = date_column(default=None)
    payment_cents: int = cents_column()
    charge_cents: int = cents_column()
    paid_cents: int = cents_column()
    provider_adjustment_cents: int = cents_column()
    difference_cents: int = cents_column()
    claim_count: int = Field(sa_type=sa.Integer)
    posted_count: int = Field(default=0, sa_type=sa.Integer)
    exception_count: int = Field(default=0, sa_type=sa.Integer)
    transaction_key: bytes = bytes_column()
    content_sha256: bytes = bytes_column()
    has_reversals: bool = Field(default=False, sa_type=sa.Boolean)
    is_accepted: bool = Field(default=False, sa_type=sa.Boolean)
    posted_at: dt.datetime | None = moment_column(default=None)


class RemittanceTransaction(RemittanceTransactionFields, TenantRow, table=True):
    """One ST: a deposit and the claims it pays.

    ``transaction_key`` is the hash of payer, trace, amount, date and payee: posted at most once.
    ``difference_cents`` is the third balance gate: paid - provider adjustments - payment.
    """

    __tablename__ = "remittance_transactions"
    __table_args__ = (
        belongs_to("remittances", "remittance_id"),
        belongs_to("payers", "payer_id"),
        belongs_to("remittance_transactions", "duplicate_of_id"),
        unique("remittance_transactions", "remittance_id", "ordinal"),
        unique("remittance_transactions", "transaction_key", where="status = 'posted'"),
        index("remittance_transactions", "trace_number"),
        index("remittance_transactions", "status", "id"),
        index("remittance_transactions", "payer_id", "id"),
        index("remittance_transactions", "duplicate_of_id", where="duplicate_of_id IS NOT NULL"),
        check("posts_only_when_balanced", "status <> 'posted' OR difference_cents = 0"),
    )


class RemittanceExceptionFields(SQLModel):
    transaction_id: UUID = key_column()
    claim_ordinal: int = Field(sa_type=sa.Integer)
    position: int = Field(sa_type=sa.BigInteger)
    kind: ExceptionKind = choice_column(ExceptionKind)
    status: ExceptionStatus = choice_column(ExceptionStatus, default=ExceptionStatus.OPEN)
    detail: str = text_column(500)
    patient_control_number: str = text_column(80)
    payer_claim_number: str | None = text_column(80, default=None)
    status_code: str = text_column(3)
    charge_cents: int = cents_column()
    paid_cents: int = cents_column()
    difference_cents: int = cents_column(default=0)
    service_date: dt.date | None = date_column(default=None)
    member_id: str | None = text_column(80, default=None)
    claim_id: UUID | None = key_column(default=None)
    patient_id: UUID | None = key_column(default=None)
    is_released: bool = Field(default=False, sa_type=sa.Boolean)
    release_reason: str | None = text_column(500, default=None)
    release_requested_by: UUID | None = key_column(default=None)
    release_approved_by: UUID | None = key_column(default=None)
    resolution_note: str | None = text_column(500, default=None)
    resolved_at: dt.datetime | None = moment_column(default=None)
    owed_cents: int = cents_column(default=0)
    content: dict[str, Any] = Field(sa_type=pg.JSONB)


class RemittanceException(RemittanceExceptionFields, TenantRow, table=True):
    """A claim of a remittance that waits for a person; its money lies in unapplied cash.

    ``content`` is the whole ``RemittanceClaim`` as it was read, so that posting can resume;
    ``owed_cents`` what of its money is owed back to the payer and no refund has taken up.
    """

    __tablename__ = "remittance_exceptions"
    __table_args__ = (
        belongs_to("remittance_transactions", "transaction_id"),
        belongs_to("claims", "claim_id"),
        belongs_to("patients", "patient_id"),
        unique("remittance_exceptions", "transaction_id", "claim_ordinal"),
        index("remittance_exceptions", "status", "kind", "id"),
        index("remittance_exceptions", "claim_id", where="claim_id IS NOT NULL"),
        index("remittance_exceptions", "patient_control_number"),
        index("remittance_exceptions", "payer_claim_number"),
        index("remittance_exceptions", "id", where="owed_cents > 0"),
        check("owes_what_is_returned", "owed_cents = 0 OR status = 'returned'"),
        check("owes_no_more_than_it_paid", "owed_cents BETWEEN 0 AND greatest(paid_cents, 0)"),
        check("release_takes_two", "release_approved_by <> release_requested_by"),
        check(
            "released_by_a_second_person",
            "NOT is_released OR (release_requested_by IS NOT NULL"
            " AND release_approved_by IS NOT NULL AND release_reason IS NOT NULL)",
        ),
    )
