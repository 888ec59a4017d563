"""What a company's own systems can be told of, and telling them.

Events are thin: a type, what it was about, and when. Whoever receives one reads the rest through
the API, with a key and on record, so that nothing about a patient lies in a message.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from services.outbox.sending import enqueue_delivery
from storage.filters import EventFilter, WebhookEndpointFilter
from storage.identifiers import new_ids
from storage.interface import Page, Store
from storage.tables.outbox import Event, EventFields, OutboxMessageFields, WebhookEndpoint
from storage.vocabulary.outbox import Channel, EventType

MEANINGS: Mapping[EventType, str] = {
    EventType.REMITTANCE_RECEIVED: "An 835 was received and kept; its posting begins.",
    EventType.REMITTANCE_PROCESSED: "Every transaction of an 835 was gone through.",
    EventType.REMITTANCE_EXCEPTION_OPENED: "Something in an 835 waits for a person.",
    EventType.REMITTANCE_EXCEPTION_RESOLVED: "What had waited was posted, rejected, returned or"
    " taken back.",
    EventType.CLAIM_STATUS_CHANGED: "The status or the adjudication status of a claim changed.",
    EventType.APPROVAL_REQUESTED: "Somebody asked that somebody else approve a step.",
    EventType.APPROVAL_DECIDED: "Such a step was approved and done, or refused.",
    EventType.APPROVAL_EXPIRED: "Nobody decided about such a step in time.",
    EventType.CORRECTIVE_ACTION_ESCALATED: "Somebody was told that a corrective action needs them.",
    EventType.KEY_CREATED: "An API key was made.",
    EventType.KEY_REVOKED: "An API key was revoked.",
    EventType.PERSON_DISABLED: "A person can sign in no more.",
    EventType.ENDPOINT_PINGED: "Somebody tried whether an endpoint is reached.",
}
"""What each type of event says."""

EVERYTHING = "*"
PATTERNS: frozenset[str] = frozenset(
    {EVERYTHING, *EventType, *(f"{each.partition('.')[0]}.*" for each in EventType)}
)
"""What an endpoint can subscribe to: a type, all types of an area (``claim.*``), or everything."""


def matches(patterns: Collection[str], event_type: EventType) -> bool:
    """Whether a subscription to ``patterns`` holds an event of this type."""
    area = event_type.partition(".")[0]
    return not {EVERYTHING, event_type.value, f"{area}.*"}.isdisjoint(patterns)


async def publish(store: Store, event_type: EventType, entity: str, entity_id: UUID) -> None:
    """Tell whoever has subscribed, once this transaction has committed."""
    await publish_many(store, event_type, entity, [entity_id])


async def publish_many(
    store: Store, event_type: EventType, entity: str, entity_ids: Iterable[UUID]
) -> None:
    """``publish`` about each of many, in a number of statements that does not depend on how many.

    Without a subscription nothing is written.
    """
    about = list(dict.fromkeys(entity_ids))
    if not about:
        return
    enabled = await store.webhook_endpoints.all(WebhookEndpointFilter(is_enabled=True))
    subscribed = [each for each in enabled if matches(each.event_types, event_type)]
    if not subscribed:
        return
    event_ids = await store.events.create_many(
        [EventFields(type=event_type, entity=entity, entity_id=each) for each in about]
    )
    await address(store, event_type, event_ids, subscribed)


async def address(
    store: Store,
    event_type: EventType,
    event_ids: Sequence[UUID],
    endpoints: Sequence[WebhookEndpoint],
) -> Sequence[UUID]:
    """Put events into the outbox for some endpoints; returns the messages' ids."""
    message_ids = await store.outbox_messages.create_many(
        [
            OutboxMessageFields(
                channel=Channel.WEBHOOK,
                purpose=event_type.value,
                destination=line_of(endpoint.id),
                endpoint_id=endpoint.id,
                event_id=event_id,
                next_attempt_at=store.now,
            )
            for endpoint in endpoints
            for event_id in event_ids
        ],
        ids=new_ids(len(event_ids) * len(endpoints)),
    )
    for endpoint in endpoints:
        await enqueue_delivery(store, line_of(endpoint.id), Channel.WEBHOOK)
    return message_ids


def line_of(endpoint_id: UUID) -> str:
    """The line in which an endpoint's messages stand."""
    return f"webhook/{endpoint_id}"


async def list_events(
    store: Store, conditions: EventFilter, *, limit: int, after: UUID | None
) -> Page[Event]:
    """Events that somebody had subscribed to, newest first."""
    return await store.events.list(conditions, limit=limit, after=after)
