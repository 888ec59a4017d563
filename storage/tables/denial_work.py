"""What people note about a denial, and what became of it: append-only, by grant."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    belongs_to,
    cents_column,
    check,
    choice_column,
    date_column,
    index,
    key_column,
    text_column,
)
from storage.vocabulary.denials import DenialResolution


class DenialNoteFields(SQLModel):
    denial_id: UUID = key_column()
    patient_id: UUID = key_column()
    text: str = text_column(4000)


class DenialNote(DenialNoteFields, AppendOnlyRow, table=True):
    """What somebody did or found out about a denial."""

    __tablename__ = "denial_notes"
    __table_args__ = (
        belongs_to("denials", "denial_id"),
        belongs_to("patients", "patient_id"),
        index("denial_notes", "denial_id", "id"),
    )


class DenialOutcomeFields(SQLModel):
    denial_id: UUID = key_column()
    payer_id: UUID = key_column()
    category: str = text_column(60)
    resolution: DenialResolution = choice_column(DenialResolution)
    denied_cents: int = cents_column()
    recovered_cents: int = cents_column()
    recovered_basis_points: int = Field(sa_type=sa.Integer)
    is_retraction: bool = Field(default=False, sa_type=sa.Boolean)
    recorded_on: dt.date = date_column()
    adjudication_id: UUID | None = key_column(default=None)


class DenialOutcome(DenialOutcomeFields, AppendOnlyRow, table=True):
    """How a payer decided about a denied amount a second time: what odds are learned from.

    One that turns out not to hold is taken back by another row with ``is_retraction``.
    ``recorded_on`` is the company's day on which either was put on record.
    """

    __tablename__ = "denial_outcomes"
    __table_args__ = (
        belongs_to("denials", "denial_id"),
        belongs_to("payers", "payer_id"),
        belongs_to("adjudications", "adjudication_id"),
        index("denial_outcomes", "denial_id"),
        index("denial_outcomes", "payer_id", "category", "recorded_on"),
        check("decided_again", "resolution IN ('overturned', 'partly_overturned', 'upheld')"),
        check("recovered_is_a_part", "recovered_cents BETWEEN 0 AND denied_cents"),
        check("basis_points_are_a_part", "recovered_basis_points BETWEEN 0 AND 10000"),
    )
