"""Looking at what leaves the house, and having it tried again."""

from uuid import UUID

from services.outbox.delivering import replay
from storage.errors import VersionConflict
from storage.filters import ByMessage, OutboxFilter
from storage.interface import Page, Store
from storage.tables.outbox import OutboxAttempt, OutboxMessage


async def get_message(store: Store, message_id: UUID) -> OutboxMessage:
    """Raises RowNotFound."""
    return await store.outbox_messages.get(message_id)


async def list_messages(
    store: Store, conditions: OutboxFilter, *, limit: int, after: UUID | None
) -> Page[OutboxMessage]:
    """Messages, newest first."""
    return await store.outbox_messages.list(conditions, limit=limit, after=after)


async def list_attempts(
    store: Store, message_id: UUID, *, limit: int, after: UUID | None
) -> Page[OutboxAttempt]:
    """The tries of one message, newest first. Raises RowNotFound."""
    await store.outbox_messages.get(message_id)
    conditions = ByMessage(message_id=message_id)
    return await store.outbox_attempts.list(conditions, limit=limit, after=after)


async def replay_message(store: Store, message_id: UUID, *, expected_version: int) -> OutboxMessage:
    """Try a message again that was given up. Raises RowNotFound, VersionConflict,
    IllegalTransition."""
    message = await store.outbox_messages.lock(message_id)
    if message.version != expected_version:
        raise VersionConflict("outbox_messages")
    return await replay(store, message)
