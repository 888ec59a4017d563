"""What leaves the house: a committed row first, and a record of every try."""

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
    index,
    key_column,
    moment_column,
    sealed_column,
    text_column,
    texts_column,
    unique,
)
from storage.vocabulary.outbox import (
    Channel,
    DeliveryFailure,
    DisabledBecause,
    EventType,
    MessageStatus,
)


class EventFields(SQLModel):
    type: EventType = choice_column(EventType)
    entity: str = text_column(63)
    entity_id: UUID = key_column()


class Event(EventFields, AppendOnlyRow, table=True):
    """Something that a company's own systems are told of: what it was about, and no more."""

    __tablename__ = "events"


class WebhookEndpointFields(SQLModel):
    name: str = text_column(200)
    url: str = text_column(2000)
    event_types: list[str] = texts_column()
    sealed_secret: bytes = sealed_column()
    sealed_previous_secret: bytes | None = sealed_column(default=None)
    previous_valid_until: dt.datetime | None = moment_column(default=None)
    failing_since: dt.datetime | None = moment_column(default=None)
    """The first failure since the last success."""
    disabled_at: dt.datetime | None = moment_column(default=None)
    disabled_because: DisabledBecause | None = choice_column(DisabledBecause, default=None)


class WebhookEndpoint(WebhookEndpointFields, TenantRow, table=True):
    """Where a company's own systems are told of events."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        check("disabled_says_why", "(disabled_at IS NULL) = (disabled_because IS NULL)"),
    )


class OutboxMessageFields(SQLModel):
    channel: Channel = choice_column(Channel)
    purpose: str = text_column(63)
    destination: str = text_column(100)
    """What is delivered to one after another: a company's mail, an endpoint, a mailbox."""
    recipient: str | None = text_column(254, default=None)
    endpoint_id: UUID | None = key_column(default=None)
    event_id: UUID | None = key_column(default=None)
    sealed_payload: bytes | None = sealed_column(default=None)
    status: MessageStatus = choice_column(MessageStatus, default=MessageStatus.WAITING)
    attempts: int = Field(default=0, sa_type=sa.Integer)
    failures: int = Field(default=0, sa_type=sa.Integer)
    """Failed attempts since it was written or replayed: what the retry schedule goes by."""
    next_attempt_at: dt.datetime | None = moment_column(default=None)
    """When it is tried next; while it is being delivered, when its worker must be thought dead."""
    last_failure: DeliveryFailure | None = choice_column(DeliveryFailure, default=None)
    settled_at: dt.datetime | None = moment_column(default=None)


class OutboxMessage(OutboxMessageFields, TenantRow, table=True):
    """Something to deliver, at least once, under its own id each time."""

    __tablename__ = "outbox_messages"
    __table_args__ = (
        belongs_to("webhook_endpoints", "endpoint_id"),
        belongs_to("events", "event_id"),
        check(
            "webhook_has_an_endpoint_and_an_event",
            "CASE WHEN channel = 'webhook' THEN endpoint_id IS NOT NULL AND event_id IS NOT NULL"
            " ELSE endpoint_id IS NULL AND event_id IS NULL END",
        ),
        check(
            "unsettled_has_a_next_attempt",
            "(status IN ('waiting', 'delivering')) = (next_attempt_at IS NOT NULL)",
        ),
        check(
            "settled_says_when",
            "(status IN ('delivered', 'failed')) = (settled_at IS NOT NULL)",
        ),
        index(
            "outbox_messages",
            "destination",
            "next_attempt_at",
            where="next_attempt_at IS NOT NULL",
        ),
        index("outbox_messages", "status", "id"),
        index("outbox_messages", "endpoint_id", "id", where="endpoint_id IS NOT NULL"),
        index("outbox_messages", "event_id", where="event_id IS NOT NULL"),
    )


class OutboxAttemptFields(SQLModel):
    message_id: UUID = key_column()
    number: int = Field(sa_type=sa.Integer)
    failure: DeliveryFailure | None = choice_column(DeliveryFailure, default=None)
    reply_code: int | None = Field(default=None, sa_type=sa.Integer)
    """What the receiver answered: SMTP's, HTTP's or SFTP's status."""


class OutboxAttempt(OutboxAttemptFields, AppendOnlyRow, table=True):
    """One try; without a failure, the one that succeeded."""

    __tablename__ = "outbox_attempts"
    __table_args__ = (
        belongs_to("outbox_messages", "message_id"),
        unique("outbox_attempts", "message_id", "number"),
    )
