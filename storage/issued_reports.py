"""Issued reports without what they say, which may be long."""

import datetime as dt
from uuid import UUID

from sqlmodel import SQLModel

from storage.vocabulary.compliance import Program


class IssuedReport(SQLModel):
    """A row of ``compliance_reports`` but for its content."""

    id: UUID
    recorded_at: dt.datetime
    recorded_by: UUID
    report_number: str
    title: str
    program: Program
    period_from: dt.date
    period_to: dt.date
    known_at: dt.datetime
    issued_by_person_id: UUID
    content_hash: bytes
