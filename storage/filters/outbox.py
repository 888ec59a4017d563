"""Conditions on what leaves the house, and on what people are told."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from storage.filters.conditions import Filter, where
from storage.vocabulary.files import FilePurpose
from storage.vocabulary.notifications import NotificationKind, ReminderSubject, Timing
from storage.vocabulary.outbox import Channel, EventType, MessageStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswerFilter(Filter):
    principal_id: UUID | None = where("principal_id")
    operation: str | None = where("operation")
    idempotency_key: str | None = where("idempotency_key")
    expires_from: dt.datetime | None = where("expires_at", operator=">=")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxFilter(Filter):
    channel: Channel | None = where("channel")
    status: MessageStatus | None = where("status")
    purpose: str | None = where("purpose")
    destination: str | None = where("destination")
    endpoint_id: UUID | None = where("endpoint_id")
    event_id: UUID | None = where("event_id")
    settled_from: dt.datetime | None = where("settled_at", operator=">=")
    created_from: dt.datetime | None = where("created_at", operator=">=")
    created_until: dt.datetime | None = where("created_at", operator="<=")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter(Filter):
    type: EventType | None = where("type")
    entity_id: UUID | None = where("entity_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationFilter(Filter):
    person_id: UUID | None = where("person_id")
    is_unread: bool | None = where("read_at", operator="null")
    is_untold: bool | None = where("told_at", operator="null")
    timings: list[Timing] | None = where("timing", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationPreferenceFilter(Filter):
    person_id: UUID | None = where("person_id")
    person_ids: list[UUID] | None = where("person_id", operator="in")
    kind: NotificationKind | None = where("kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHoursFilter(Filter):
    person_id: UUID | None = where("person_id")
    person_ids: list[UUID] | None = where("person_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationDigestFilter(Filter):
    person_ids: list[UUID] | None = where("person_id", operator="in")
    days: list[dt.date] | None = where("day", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderFilter(Filter):
    subject: ReminderSubject | None = where("subject")
    entity_ids: list[UUID] | None = where("entity_id", operator="in")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointFilter(Filter):
    is_enabled: bool | None = where("disabled_at", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxFilter(Filter):
    is_enabled: bool | None = where("disabled_at", operator="null")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxFileFilter(Filter):
    mailbox_id: UUID | None = where("mailbox_id")
    message_id: UUID | None = where("message_id")
    name: str | None = where("name")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByMessage(Filter):
    message_id: UUID | None = where("message_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFileFilter(Filter):
    purpose: FilePurpose | None = where("purpose")
    patient_id: UUID | None = where("patient_id")
    media_type: str | None = where("media_type")
    name_prefix: str | None = where("name", operator="prefix")
    is_kept: bool | None = where("deleted_at", operator="null")
    retain_until: dt.date | None = where("retain_until", operator="<=")
    object_keys: list[str] | None = where("object_key", operator="in")
    data_key_number: int | None = where("data_key_number")
