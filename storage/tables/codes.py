"""Code tables that a company loads, edition by edition: what the scrubber looks codes up in."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
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
)
from storage.vocabulary.codes import CodeKind


class CodeTableFields(SQLModel):
    kind: CodeKind = choice_column(CodeKind)
    schedule: str | None = text_column(80, default=None)
    payer_id: UUID | None = key_column(default=None)
    edition: str = text_column(80)
    source: str = text_column(200)
    file_name: str = text_column(255)
    sha256: bytes = bytes_column()
    row_count: int = Field(sa_type=sa.Integer)
    effective_from: dt.date = date_column()
    effective_to: dt.date | None = date_column(default=None)
    withdrawn_at: dt.datetime | None = moment_column(default=None)
    withdrawal_reason: str | None = text_column(500, default=None)


class CodeTable(CodeTableFields, TenantRow, table=True):
    """One edition of a table, loaded whole from one file.

    It is in force from ``effective_from`` until the next edition of the same table begins, at the
    latest until ``effective_to``; of two that begin on one day the later loaded is. Only a fee
    schedule has a name (``schedule``), only a list of authorizations a payer.
    """

    __tablename__ = "code_tables"
    __table_args__ = (
        belongs_to("payers", "payer_id"),
        check("schedule_is_of_fees", "(kind = 'fees') = (schedule IS NOT NULL)"),
        check("payer_is_of_authorizations", "(kind = 'authorizations') = (payer_id IS NOT NULL)"),
        check("ends_after_it_begins", "effective_to >= effective_from"),
        check("withdrawal_says_why", "num_nulls(withdrawn_at, withdrawal_reason) <> 1"),
        index("code_tables", "kind", "id"),
    )


class CodeFields(SQLModel):
    table_id: UUID = key_column()
    code: str = text_column(20, searched=True)
    label: str = text_column(1000, default="")
    effective_from: dt.date | None = date_column(default=None)
    effective_to: dt.date | None = date_column(default=None)
    is_billable: bool = Field(default=True, sa_type=sa.Boolean)


class Code(CodeFields, AppendOnlyRow, table=True):
    """A code of a set, without dots. Without days of its own it holds as long as its edition."""

    __tablename__ = "codes"
    __table_args__ = (
        belongs_to("code_tables", "table_id"),
        index("codes", "table_id", "code"),
    )


class ProcedurePairFields(SQLModel):
    table_id: UUID = key_column()
    column_one: str = text_column(5, searched=True)
    column_two: str = text_column(5, searched=True)
    effective_from: dt.date | None = date_column(default=None)
    effective_to: dt.date | None = date_column(default=None)
    modifier_allowed: bool = Field(default=False, sa_type=sa.Boolean)


class ProcedurePair(ProcedurePairFields, AppendOnlyRow, table=True):
    """Two procedures that are not paid together on one day: the second one is not."""

    __tablename__ = "procedure_pairs"
    __table_args__ = (
        belongs_to("code_tables", "table_id"),
        index("procedure_pairs", "table_id", "column_two", "column_one"),
    )


class UnitLimitFields(SQLModel):
    table_id: UUID = key_column()
    code: str = text_column(5, searched=True)
    units: int = Field(sa_type=sa.Integer)
    effective_from: dt.date | None = date_column(default=None)
    effective_to: dt.date | None = date_column(default=None)


class UnitLimit(UnitLimitFields, AppendOnlyRow, table=True):
    """The most units of a procedure that are paid for one day."""

    __tablename__ = "unit_limits"
    __table_args__ = (
        belongs_to("code_tables", "table_id"),
        check("units_are_not_negative", "units >= 0"),
        index("unit_limits", "table_id", "code"),
    )


class FeeFields(SQLModel):
    table_id: UUID = key_column()
    code: str = text_column(5, searched=True)
    modifier: str | None = text_column(2, default=None)
    amount_cents: int = cents_column()
    effective_from: dt.date | None = date_column(default=None)
    effective_to: dt.date | None = date_column(default=None)


class Fee(FeeFields, AppendOnlyRow, table=True):
    """The price of one unit of a procedure, with a modifier where the schedule has one."""

    __tablename__ = "fees"
    __table_args__ = (
        belongs_to("code_tables", "table_id"),
        check("amount_is_not_negative", "amount_cents >= 0"),
        index("fees", "table_id", "code"),
    )
