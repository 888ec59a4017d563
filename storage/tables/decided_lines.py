"""Which line of a claim a payer's decided line is about, where a person had to say it."""

import datetime as dt
from uuid import UUID

from sqlmodel import SQLModel

from storage.rows import TenantRow, belongs_to, index, key_column, moment_column, unique


class DecidedLineMatchFields(SQLModel):
    claim_id: UUID = key_column()
    patient_id: UUID = key_column()
    adjudication_line_id: UUID = key_column()
    claim_line_id: UUID = key_column()
    withdrawn_at: dt.datetime | None = moment_column(default=None)


class DecidedLineMatch(DecidedLineMatchFields, TenantRow, table=True):
    """A decided line that fitted no line of the claim, and the line that a person matched it to.

    It counts until it is withdrawn; one decided line has one match that counts.
    """

    __tablename__ = "decided_line_matches"
    __table_args__ = (
        belongs_to("claims", "claim_id"),
        belongs_to("patients", "patient_id"),
        belongs_to("adjudication_lines", "adjudication_line_id"),
        belongs_to("claim_lines", "claim_line_id"),
        unique("decided_line_matches", "adjudication_line_id", where="withdrawn_at IS NULL"),
        index("decided_line_matches", "claim_id", "id"),
    )
