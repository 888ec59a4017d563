"""What leaves the house, over HTTP."""

import datetime as dt
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from app.answers import PageAnswer, RecordAnswer, RowAnswer, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.outbox import messages
from storage.filters import OutboxFilter
from storage.vocabulary.outbox import Channel, DeliveryFailure, MessageStatus


class MessageAnswer(RowAnswer):
    """Something that is, was or could not be delivered. Its id is the one that the receiver sees
    each time that it is tried; what it says is not shown."""

    channel: Channel
    purpose: str
    status: MessageStatus
    recipient: str | None
    endpoint_id: UUID | None
    event_id: UUID | None
    attempts: int
    failures: int
    next_attempt_at: dt.datetime | None
    last_failure: DeliveryFailure | None
    settled_at: dt.datetime | None


class AttemptAnswer(RecordAnswer):
    """One try, and why it did not succeed. ``reply_code`` is SMTP's, HTTP's or SFTP's."""

    message_id: UUID
    number: int
    failure: DeliveryFailure | None
    reply_code: int | None


class OutboxController(Controller):
    """Messages of all channels: e-mails, webhooks and files."""

    path = "/outbox-messages"
    tags = ("Outbox",)

    @get(operation_id="list_outbox_messages", scope=Scope.OUTBOX_READ)
    async def browse(
        self,
        request: Call,
        channel: FromQuery[Channel | None] = None,
        status: FromQuery[MessageStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[MessageAnswer]]:
        """Messages, newest first."""
        conditions = OutboxFilter(channel=channel, status=status)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: messages.list_messages(store, conditions, limit=limit, after=after),
            page(MessageAnswer),
        )

    @get("/{message_id:uuid}", operation_id="get_outbox_message", scope=Scope.OUTBOX_READ)
    async def read(self, request: Call, message_id: FromPath[UUID]) -> Response[MessageAnswer]:
        """One message."""
        return await request.run(
            lambda store: messages.get_message(store, message_id), one(MessageAnswer)
        )

    @get(
        "/{message_id:uuid}/attempts",
        operation_id="list_outbox_attempts",
        scope=Scope.OUTBOX_READ,
    )
    async def attempts(
        self,
        request: Call,
        message_id: FromPath[UUID],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[AttemptAnswer]]:
        """The tries of a message, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: messages.list_attempts(store, message_id, limit=limit, after=after),
            page(AttemptAnswer),
        )

    @post(
        "/{message_id:uuid}/replay",
        operation_id="replay_outbox_message",
        scope=Scope.OUTBOX_MANAGE,
        status_code=200,
    )
    async def replay(self, request: Call, message_id: FromPath[UUID]) -> Response[MessageAnswer]:
        """Try a message again that was given up, under its own id."""
        version = request.expected_version
        return await request.run(
            lambda store: messages.replay_message(store, message_id, expected_version=version),
            one(MessageAnswer),
        )
