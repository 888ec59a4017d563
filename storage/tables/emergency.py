"""Emergency access ("breaking the glass"), and the reviews that every one of them gets."""

import datetime as dt
from uuid import UUID

from sqlmodel import SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    check,
    choice_column,
    index,
    key_column,
    moment_column,
    refers_to,
    text_column,
    unique,
)
from storage.vocabulary.emergency import EmergencyReason, ReviewVerdict


class EmergencyAccessFields(SQLModel):
    person_id: UUID = key_column()
    session_id: UUID = key_column()
    reason: EmergencyReason = choice_column(EmergencyReason)
    explanation: str = text_column(500)
    expires_at: dt.datetime = moment_column()
    review_due_at: dt.datetime = moment_column()
    reviewed_at: dt.datetime | None = moment_column(default=None)


class EmergencyAccess(EmergencyAccessFields, TenantRow, table=True):
    """That a person's session could read patients until ``expires_at``, and why."""

    __tablename__ = "emergency_accesses"
    __table_args__ = (
        belongs_to("people", "person_id"),
        belongs_to("person_sessions", "session_id"),
        unique("emergency_accesses", "id", "person_id"),
        index("emergency_accesses", "person_id", "id"),
        index("emergency_accesses", "review_due_at", where="reviewed_at IS NULL"),
        check("it_ends", "expires_at > created_at"),
    )


class EmergencyReviewFields(SQLModel):
    access_id: UUID = key_column()
    person_id: UUID = key_column()
    verdict: ReviewVerdict = choice_column(ReviewVerdict)
    note: str = text_column(500)


class EmergencyReview(EmergencyReviewFields, AppendOnlyRow, table=True):
    """Who (``recorded_by``) looked at what ``person_id`` did with an emergency access, and what
    they make of it. It is somebody else: the keys say whose access it was."""

    __tablename__ = "emergency_reviews"
    __table_args__ = (
        belongs_to("people", "person_id"),
        belongs_to("people", "recorded_by"),
        refers_to("emergency_accesses", {"access_id": "id", "person_id": "person_id"}),
        unique("emergency_reviews", "access_id"),
        check("nobody_reviews_their_own", "recorded_by <> person_id"),
    )
