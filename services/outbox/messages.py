"""Looking at what leaves the house, and having it tried again."""

from uuid import UUID

from services.outbox.delivering import replay
from storage.errors import RowNotFound, VersionConflict
from storage.filters import ByMessage, OutboxFilter
from storage.interface import Page, Store
from storage.tables.outbox import OutboxAttempt, OutboxMessage
from storage.vocabulary.outbox import Channel


async def get_message(
    store: Store, message_id: UUID, *, channel: Channel | None = None
) -> OutboxMessage:
    """A message, of this channel where one is given. Raises RowNotFound."""
    return _of_channel(await store.outbox_messages.get(message_id), channel)


async def list_messages(
    store: Store, conditions: OutboxFilter, *, limit: int, after: UUID | None
) -> Page[OutboxMessage]:
    """Messages, newest first."""
    return await store.outbox_messages.list(conditions, limit=limit, after=after)


async def list_attempts(
    store: Store,
    message_id: UUID,
    *,
    channel: Channel | None = None,
    limit: int,
    after: UUID | None,
) -> Page[OutboxAttempt]:
    """The tries of one message, newest first. Raises RowNotFound."""
    await get_message(store, message_id, channel=channel)
    conditions = ByMessage(message_id=message_id)
    return await store.outbox_attempts.list(conditions, limit=limit, after=after)


async def replay_message(
    store: Store, message_id: UUID, *, channel: Channel | None = None, expected_version: int
) -> OutboxMessage:
    """Try a message again that was given up; a webhook also where the receiver has lost it.

    Raises RowNotFound, VersionConflict, IllegalTransition.
    """
    message = _of_channel(await store.outbox_messages.lock(message_id), channel)
    if message.version != expected_version:
        raise VersionConflict("outbox_messages")
    return await replay(store, message)


def _of_channel(message: OutboxMessage, channel: Channel | None) -> OutboxMessage:
    """Raises RowNotFound: who may see one channel alone sees no message of another."""
    if channel not in (None, message.channel):
        raise RowNotFound("outbox_messages")
    return message
