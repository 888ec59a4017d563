"""Contracts with payers, what payments are worth against them, and what was paid too little."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
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
    unique,
)
from storage.vocabulary.claims import ClaimType
from storage.vocabulary.contracts import (
    TermBasis,
    UnderpaymentResolution,
    UnderpaymentStatus,
    VarianceVerdict,
)


class PayerContractFields(SQLModel):
    payer_id: UUID = key_column()
    name: str = text_column(200)
    claim_type: ClaimType | None = choice_column(ClaimType, default=None)
    effective_from: dt.date = date_column()
    effective_to: dt.date | None = date_column(default=None)
    pays_at_most_the_charge: bool = Field(default=True, sa_type=sa.Boolean)
    tolerance_cents: int = cents_column(default=0)
    tolerance_basis_points: int = Field(default=0, sa_type=sa.Integer)
    terms_revision: int = Field(default=0, sa_type=sa.Integer)
    dispute_days: int | None = Field(default=None, sa_type=sa.Integer)
    dispute_source: str | None = text_column(200, default=None)


class PayerContract(PayerContractFields, TenantRow, table=True):
    """What a payer has agreed to pay for the claims of a type, or of all, on some days of service.

    A payment that differs by no more than the larger of the two tolerances is as expected; one
    below it can be disputed for ``dispute_days`` from the day on which its remittance came.
    """

    __tablename__ = "payer_contracts"
    __table_args__ = (
        belongs_to("payers", "payer_id"),
        check("ends_after_it_begins", "effective_to >= effective_from"),
        check("dispute_days_have_a_source", "(dispute_days > 0) = (dispute_source IS NOT NULL)"),
        check("tolerance_is_not_negative", "least(tolerance_cents, tolerance_basis_points) >= 0"),
        index("payer_contracts", "payer_id", "id"),
    )


class ContractTermFields(SQLModel):
    contract_id: UUID = key_column()
    revision: int = Field(sa_type=sa.Integer)
    ordinal: int = Field(sa_type=sa.Integer)
    basis: TermBasis = choice_column(TermBasis)
    code_from: str | None = text_column(5, default=None)
    code_to: str | None = text_column(5, default=None)
    modifier: str | None = text_column(2, default=None)
    schedule: str | None = text_column(80, default=None)
    percent: Decimal | None = quantity_column(7, 3, default=None)
    amount_cents: int | None = cents_column(default=None)
    is_carve_out: bool = Field(default=False, sa_type=sa.Boolean)


class ContractTerm(ContractTermFields, AppendOnlyRow, table=True):
    """How one kind of service is priced. Terms are never changed: a correction is a revision of
    all of them. Without codes it is for whatever no other term is about."""

    __tablename__ = "contract_terms"
    __table_args__ = (
        belongs_to("payer_contracts", "contract_id"),
        unique("contract_terms", "contract_id", "revision", "ordinal"),
        check("codes_are_a_range", "num_nulls(code_from, code_to) <> 1 AND code_from <= code_to"),
        check(
            "says_what_its_basis_takes",
            "(basis = 'percent_of_schedule') = (schedule IS NOT NULL)"
            " AND (basis IN ('percent_of_schedule', 'percent_of_charge')) = (percent IS NOT NULL)"
            " AND (basis IN ('fixed', 'case_rate')) = (amount_cents IS NOT NULL)",
        ),
        check("is_not_negative", "percent >= 0 IS NOT FALSE AND amount_cents >= 0 IS NOT FALSE"),
    )


class PaymentVarianceFields(SQLModel):
    adjudication_id: UUID = key_column()
    line_ordinal: int = Field(sa_type=sa.Integer)
    valuation: int = Field(sa_type=sa.Integer)
    claim_id: UUID = key_column()
    patient_id: UUID = key_column()
    payer_id: UUID = key_column()
    claim_line_id: UUID | None = key_column(default=None)
    contract_id: UUID | None = key_column(default=None)
    term_id: UUID | None = key_column(default=None)
    verdict: VarianceVerdict = choice_column(VarianceVerdict)
    expected_cents: int | None = cents_column(default=None)
    allowed_cents: int = cents_column()
    refused_cents: int = cents_column()
    difference_cents: int | None = cents_column(default=None)
    arithmetic: str = text_column(500)


class PaymentVariance(PaymentVarianceFields, AppendOnlyRow, table=True):
    """A payer's decision on a line held against the contract; the highest valuation counts.

    ``line_ordinal`` is that of the adjudication's line, 0 for one that came without lines. The
    difference is what was allowed less what is expected, below zero for too little; what a denial
    refuses (``refused_cents``) is worked as a denial and taken out of it.
    """

    __tablename__ = "payment_variances"
    __table_args__ = (
        belongs_to("adjudications", "adjudication_id"),
        belongs_to("claims", "claim_id"),
        belongs_to("patients", "patient_id"),
        belongs_to("payers", "payer_id"),
        belongs_to("claim_lines", "claim_line_id"),
        belongs_to("payer_contracts", "contract_id"),
        belongs_to("contract_terms", "term_id"),
        unique("payment_variances", "adjudication_id", "line_ordinal", "valuation"),
        index("payment_variances", "claim_id", "id"),
        index("payment_variances", "payer_id", "verdict", "id"),
        check(
            "difference_is_of_what_is_expected",
            "difference_cents IS NOT DISTINCT FROM allowed_cents + refused_cents - expected_cents",
        ),
        check(
            "no_data_is_no_zero",
            "(expected_cents IS NULL) = (verdict IN ('no_data', 'reversed'))",
        ),
    )


class UnderpaymentFields(SQLModel):
    variance_id: UUID = key_column()
    adjudication_id: UUID = key_column()
    line_ordinal: int = Field(sa_type=sa.Integer)
    claim_id: UUID = key_column()
    patient_id: UUID = key_column()
    payer_id: UUID = key_column()
    expected_cents: int = cents_column()
    allowed_cents: int = cents_column()
    amount_cents: int = cents_column()
    found_on: dt.date = date_column()
    deadline_started_on: dt.date = date_column()
    due_on: dt.date = date_column()
    due_is_verified: bool = Field(sa_type=sa.Boolean)
    due_source: str = text_column(300)
    status: UnderpaymentStatus = choice_column(UnderpaymentStatus, default=UnderpaymentStatus.OPEN)
    assigned_person_id: UUID | None = key_column(default=None)
    assigned_at: dt.datetime | None = moment_column(default=None)
    resolution: UnderpaymentResolution | None = choice_column(UnderpaymentResolution, default=None)
    recovered_cents: int | None = cents_column(default=None)
    resolved_on: dt.date | None = date_column(default=None)
    resolution_note: str | None = text_column(500, default=None)
    superseded_because: str | None = text_column(200, default=None)


class Underpayment(UnderpaymentFields, TenantRow, table=True):
    """A payment below the contract, to work: whose it is, and what became of it.

    It follows its variance while it is open; one whose payment turns out to be right, or is taken
    back, is superseded and says why.
    """

    __tablename__ = "underpayments"
    __table_args__ = (
        belongs_to("payment_variances", "variance_id"),
        belongs_to("adjudications", "adjudication_id"),
        belongs_to("claims", "claim_id"),
        belongs_to("patients", "patient_id"),
        belongs_to("payers", "payer_id"),
        belongs_to("people", "assigned_person_id"),
        unique("underpayments", "adjudication_id", "line_ordinal"),
        index("underpayments", "status", "amount_cents", "id"),
        index("underpayments", "status", "due_on", "id"),
        index("underpayments", "claim_id", "id"),
        index("underpayments", "assigned_person_id", where="assigned_person_id IS NOT NULL"),
        check("amount_is_positive", "amount_cents > 0"),
        check(
            "resolved_says_how",
            "(status = 'resolved') = (resolution IS NOT NULL)"
            " AND (status = 'resolved') = (resolved_on IS NOT NULL)",
        ),
        check("superseded_says_why", "(status = 'superseded') = (superseded_because IS NOT NULL)"),
    )


class UnderpaymentNoteFields(SQLModel):
    underpayment_id: UUID = key_column()
    patient_id: UUID = key_column()
    text: str = text_column(4000)


class UnderpaymentNote(UnderpaymentNoteFields, AppendOnlyRow, table=True):
    """What somebody did or found out about an underpayment."""

    __tablename__ = "underpayment_notes"
    __table_args__ = (
        belongs_to("underpayments", "underpayment_id"),
        belongs_to("patients", "patient_id"),
        index("underpayment_notes", "underpayment_id", "id"),
    )
