"""Runs of statements: one for all patients who qualify, and who did not and why."""

import datetime as dt
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
    unique,
)
from storage.vocabulary.money import StatementOutcome, StatementRunStatus


class StatementRunFields(SQLModel):
    is_dry: bool = Field(sa_type=sa.Boolean)
    stated_on: dt.date = date_column()
    due_in_days: int = Field(sa_type=sa.Integer)
    minimum_cents: int = cents_column()
    quiet_days: int = Field(sa_type=sa.Integer)
    status: StatementRunStatus = choice_column(StatementRunStatus, default=StatementRunStatus.ASKED)
    patients_through: UUID | None = key_column(default=None)
    stated_count: int = Field(default=0, sa_type=sa.Integer)
    left_out_count: int = Field(default=0, sa_type=sa.Integer)
    amount_cents: int = cents_column(default=0)
    file_id: UUID | None = key_column(default=None)
    finished_at: dt.datetime | None = moment_column(default=None)


class StatementRun(StatementRunFields, TenantRow, table=True):
    """Statements for all patients who owe something now; a dry one only says what it would do.

    Patients come in the order of their ids; ``patients_through`` is the last one that is done, so
    that a run goes on where it was stopped. ``file_id`` is all its documents, once it is done.
    """

    __tablename__ = "statement_runs"
    __table_args__ = (
        belongs_to("stored_files", "file_id"),
        index("statement_runs", "status", "id"),
        check("minimum_is_not_negative", "minimum_cents >= 0"),
        check("done_at_a_time", "(status = 'done') = (finished_at IS NOT NULL)"),
        check("dry_runs_have_no_file", "file_id IS NULL OR NOT is_dry"),
    )


class StatementRunItemFields(SQLModel):
    run_id: UUID = key_column()
    patient_id: UUID = key_column()
    outcome: StatementOutcome = choice_column(StatementOutcome)
    due_cents: int = cents_column()
    statement_id: UUID | None = key_column(default=None)


class StatementRunItem(StatementRunItemFields, AppendOnlyRow, table=True):
    """What a run made of one patient, or would have made."""

    __tablename__ = "statement_run_items"
    __table_args__ = (
        belongs_to("statement_runs", "run_id"),
        belongs_to("patients", "patient_id"),
        belongs_to("patient_statements", "statement_id"),
        unique("statement_run_items", "run_id", "patient_id"),
        check("states_what_is_stated", "statement_id IS NULL OR outcome = 'stated'"),
    )
