"""What figures are made of: facts of claims, their sums by month, and what a company enters."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    DerivedRow,
    TenantRow,
    cents_column,
    check,
    choice_column,
    date_column,
    index,
    key_column,
    moment_column,
    text_column,
    texts_column,
    unique,
)
from storage.vocabulary.figures import FigureInputKind


class ClaimFactFields(SQLModel):
    payer_id: UUID = key_column()
    provider_id: str = text_column(80)
    location: str = text_column(80)
    service_on: dt.date = date_column()
    first_scrubbed_on: dt.date | None = date_column(default=None)
    first_billed_on: dt.date | None = date_column(default=None)
    last_billed_on: dt.date | None = date_column(default=None)
    first_decided_on: dt.date | None = date_column(default=None)
    is_clean: bool = Field(sa_type=sa.Boolean)
    is_out: bool = Field(sa_type=sa.Boolean)
    is_turned_away: bool = Field(sa_type=sa.Boolean)
    is_voided: bool = Field(sa_type=sa.Boolean)
    is_counted: bool = Field(sa_type=sa.Boolean)
    is_settled: bool = Field(sa_type=sa.Boolean)
    is_initially_denied: bool = Field(sa_type=sa.Boolean)
    is_first_pass: bool = Field(sa_type=sa.Boolean)
    charge_cents: int = cents_column()
    booked_cents: int = cents_column()
    contractual_cents: int = cents_column()
    cash_cents: int = cents_column()
    insurance_balance_cents: int = cents_column()
    patient_balance_cents: int = cents_column()


class ClaimFact(ClaimFactFields, DerivedRow, table=True):
    """What figures ask of one claim; ``id`` is the claim's.

    A claim that goes out instead of another is not ``is_counted``, nor is one that a void claim
    has taken back. Decisions, ``is_settled``, ``booked_cents`` (the charge that the ledger has),
    ``contractual_cents`` and ``cash_cents`` are those of the claim and of all that replaced it.

    Days, not ages and not months: what changes with the calendar is not stored. ``location`` is
    empty where the claim names no facility.
    """

    __tablename__ = "claim_facts"
    __table_args__ = (
        sa.Index(
            "ix_claim_facts_open",
            "company_id",
            "payer_id",
            postgresql_where=sa.text("insurance_balance_cents <> 0 OR patient_balance_cents <> 0"),
            postgresql_include=[
                "provider_id",
                "location",
                "service_on",
                "last_billed_on",
                "insurance_balance_cents",
                "patient_balance_cents",
            ],
        ),
    )


class FigureSumFields(SQLModel):
    measure: str = text_column(40)
    month: dt.date = date_column()
    payer_id: UUID = key_column()
    provider_id: str = text_column(80)
    location: str = text_column(80)
    items: int = Field(sa_type=sa.BigInteger)
    amount: int = Field(sa_type=sa.BigInteger)
    is_folded: bool = Field(sa_type=sa.Boolean)


class FigureSum(FigureSumFields, DerivedRow, table=True):
    """A part of what a measure comes to in a month, for one payer, provider and location.

    A change appends what it adds or takes away, so that nobody waits for anybody; folding adds
    that up into one row. The sum over all rows is right at any moment.
    """

    __tablename__ = "figure_sums"
    __table_args__ = (
        unique(
            "figure_sums",
            "measure",
            "month",
            "payer_id",
            "provider_id",
            "location",
            where="is_folded",
        ),
        index("figure_sums", "measure", "month"),
        sa.Index("ix_figure_sums_loose", "company_id", postgresql_where=sa.text("NOT is_folded")),
        check("month_is_its_first_day", "extract(day FROM month) = 1"),
    )


class FigureInputFields(SQLModel):
    kind: FigureInputKind = choice_column(FigureInputKind)
    month: dt.date = date_column()
    amount_cents: int = cents_column()
    note: str | None = text_column(500, default=None)


class FigureInput(FigureInputFields, TenantRow, table=True):
    """An amount of one month that figures need and no claim knows."""

    __tablename__ = "figure_inputs"
    __table_args__ = (
        unique("figure_inputs", "kind", "month"),
        check("month_is_its_first_day", "extract(day FROM month) = 1"),
        check("amount_is_not_negative", "amount_cents >= 0"),
    )


class FigureCheckFields(SQLModel):
    corrects: bool = Field(default=False, sa_type=sa.Boolean)
    finished_at: dt.datetime | None = moment_column(default=None)
    is_sound: bool | None = Field(default=None, sa_type=sa.Boolean)
    claim_count: int = Field(default=0, sa_type=sa.Integer)
    differences: list[str] = texts_column(default_factory=list)


class FigureCheck(FigureCheckFields, TenantRow, table=True):
    """That somebody had everything that is kept for figures computed anew, and what differed. One
    that ``corrects`` has put that right."""

    __tablename__ = "figure_checks"
    __table_args__ = (
        check("finished_with_an_answer", "(finished_at IS NULL) = (is_sound IS NULL)"),
        check("sound_without_differences", "is_sound IS NOT TRUE OR differences = '{}'"),
        check("counts_are_not_negative", "claim_count >= 0"),
    )
