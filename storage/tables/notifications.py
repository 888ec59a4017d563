"""What people are told of, and how they want to be told."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    check,
    choice_column,
    date_column,
    index,
    key_column,
    moment_column,
    text_column,
    unique,
)
from storage.vocabulary.notifications import NotificationKind, ReminderSubject, Timing


class NotificationFields(SQLModel):
    person_id: UUID = key_column()
    kind: NotificationKind = choice_column(NotificationKind)
    entity: str = text_column(63)
    entity_id: UUID = key_column()
    read_at: dt.datetime | None = moment_column(default=None)
    timing: Timing = choice_column(Timing)
    """How the person wanted to be told of it when it happened."""
    told_at: dt.datetime | None = moment_column(default=None)


class Notification(NotificationFields, TenantRow, table=True):
    """Something that one person should know."""

    __tablename__ = "notifications"
    __table_args__ = (
        belongs_to("people", "person_id"),
        index("notifications", "person_id", "id"),
        index("notifications", "timing", "id", where="told_at IS NULL"),
    )


class NotificationPreferenceFields(SQLModel):
    person_id: UUID = key_column()
    kind: NotificationKind = choice_column(NotificationKind)
    timing: Timing = choice_column(Timing)


class NotificationPreference(NotificationPreferenceFields, TenantRow, table=True):
    """When one person wants to be told of one kind."""

    __tablename__ = "notification_preferences"
    __table_args__ = (
        belongs_to("people", "person_id"),
        unique("notification_preferences", "person_id", "kind"),
    )


class QuietHoursFields(SQLModel):
    person_id: UUID = key_column()
    quiet_from_minute: int = Field(sa_type=sa.Integer)
    quiet_until_minute: int = Field(sa_type=sa.Integer)
    digest_minute: int = Field(sa_type=sa.Integer)


class QuietHours(QuietHoursFields, TenantRow, table=True):
    """Between which minutes of the company's day a person gets no e-mail, and when the digest."""

    __tablename__ = "quiet_hours"
    __table_args__ = (
        belongs_to("people", "person_id"),
        check(
            "minutes_are_of_a_day",
            "quiet_from_minute BETWEEN 0 AND 1439 AND quiet_until_minute BETWEEN 0 AND 1439"
            " AND digest_minute BETWEEN 0 AND 1439",
        ),
        unique("quiet_hours", "person_id"),
    )


class NotificationDigestFields(SQLModel):
    person_id: UUID = key_column()
    day: dt.date = date_column()


class NotificationDigest(NotificationDigestFields, AppendOnlyRow, table=True):
    """That a person was sent the digest of one of the company's days."""

    __tablename__ = "notification_digests"
    __table_args__ = (
        belongs_to("people", "person_id"),
        unique("notification_digests", "person_id", "day"),
    )


class ReminderFields(SQLModel):
    subject: ReminderSubject = choice_column(ReminderSubject)
    entity_id: UUID = key_column()
    due_on: dt.date = date_column()
    lead_days: int = Field(sa_type=sa.Integer)
    """So many days before it was due; below zero, after."""


class Reminder(ReminderFields, AppendOnlyRow, table=True):
    """That people were reminded of what is due on a day: once for each lead."""

    __tablename__ = "reminders"
    __table_args__ = (unique("reminders", "subject", "entity_id", "due_on", "lead_days"),)
