"""Webhook endpoints, events and their deliveries over HTTP."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from pydantic import AwareDatetime, Field

from app.answers import (
    JSON,
    Answer,
    PageAnswer,
    RecordAnswer,
    Render,
    RowAnswer,
    created,
    decode_cursor,
    encode,
    entity_tag,
    one,
    page,
)
from app.api.outbox import AttemptAnswer, MessageAnswer
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.inputs import Input
from services.outbox import endpoints, events, messages
from services.outbox.endpoints import (
    LONGEST_OVERLAP_HOURS,
    EndpointChanges,
    EndpointWithSecret,
    NewEndpoint,
)
from storage.filters import EventFilter, OutboxFilter, WebhookEndpointFilter
from storage.vocabulary.outbox import Channel, DisabledBecause, EventType, MessageStatus

LOCATION = "/api/v1/webhook-endpoints/{id}"
DELIVERY_LOCATION = "/api/v1/webhook-deliveries/{id}"


class EndpointAnswer(RowAnswer):
    """Where events are sent. Until ``previous_valid_until`` the secret before the last rotation
    signs as well; ``failing_since`` is the first failure since the last success."""

    name: str
    url: str
    event_types: list[str]
    previous_valid_until: dt.datetime | None
    failing_since: dt.datetime | None
    disabled_at: dt.datetime | None
    disabled_because: DisabledBecause | None


class EndpointWithSecretAnswer(Answer):
    """An endpoint and the secret that signs its messages, which is shown this once."""

    endpoint: EndpointAnswer
    secret: str


class _EndpointAndSecret:
    """What ``EndpointWithSecretAnswer`` is encoded from."""

    def __init__(self, made: EndpointWithSecret) -> None:
        self.endpoint = made.endpoint
        self.secret = made.secret


class SecretRotation(Input):
    """For how many hours the old secret signs beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP_HOURS)] = 24


class Replay(Input):
    """Send anew what was given up since then."""

    failed_since: AwareDatetime


class ReplayAnswer(Answer):
    """How many messages are sent anew."""

    replayed: int


class EventAnswer(RecordAnswer):
    """Something that somebody had subscribed to, and what it was about."""

    type: EventType
    entity: str
    entity_id: UUID


class EventTypeAnswer(Answer):
    """A type of event and what it says."""

    type: EventType
    meaning: str


class EventTypesAnswer(Answer):
    """Every type of event. Subscribe to one, to all of an area (``claim.*``) or to all (``*``)."""

    items: list[EventTypeAnswer]


class WebhookEndpointController(Controller):
    """Where the company's own systems are told of events."""

    path = "/webhook-endpoints"
    tags = ("Webhooks",)

    @post(operation_id="create_webhook_endpoint", scope=Scope.WEBHOOKS_MANAGE)
    async def create(
        self, request: Call, data: JSONBody[NewEndpoint]
    ) -> Response[EndpointWithSecretAnswer]:
        """Have events sent to an address. The secret stands in this answer and nowhere else."""
        return await request.run(
            lambda store: endpoints.create_endpoint(store, data), _with_secret(status=201)
        )

    @get(operation_id="list_webhook_endpoints", scope=Scope.WEBHOOKS_READ)
    async def browse(
        self,
        request: Call,
        is_enabled: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[EndpointAnswer]]:
        """Endpoints, newest first."""
        conditions = WebhookEndpointFilter(is_enabled=is_enabled)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: endpoints.list_endpoints(store, conditions, limit=limit, after=after),
            page(EndpointAnswer),
        )

    @get("/{endpoint_id:uuid}", operation_id="get_webhook_endpoint", scope=Scope.WEBHOOKS_READ)
    async def read(self, request: Call, endpoint_id: FromPath[UUID]) -> Response[EndpointAnswer]:
        """One endpoint."""
        return await request.run(
            lambda store: endpoints.get_endpoint(store, endpoint_id), one(EndpointAnswer)
        )

    @patch(
        "/{endpoint_id:uuid}", operation_id="update_webhook_endpoint", scope=Scope.WEBHOOKS_MANAGE
    )
    async def update(
        self, request: Call, endpoint_id: FromPath[UUID], data: JSONBody[EndpointChanges]
    ) -> Response[EndpointAnswer]:
        """Change its name, address or subscriptions. What waits goes to the new address."""
        version = request.expected_version
        return await request.run(
            lambda store: endpoints.change_endpoint(
                store, endpoint_id, data, expected_version=version
            ),
            one(EndpointAnswer),
        )

    @post(
        "/{endpoint_id:uuid}/rotate-secret",
        operation_id="rotate_webhook_secret",
        scope=Scope.WEBHOOKS_MANAGE,
        status_code=200,
    )
    async def rotate(
        self, request: Call, endpoint_id: FromPath[UUID], data: JSONBody[SecretRotation]
    ) -> Response[EndpointWithSecretAnswer]:
        """Give it a new secret; for ``overlap_hours`` messages bear both signatures."""
        version = request.expected_version
        return await request.run(
            lambda store: endpoints.rotate_secret(
                store, endpoint_id, overlap_hours=data.overlap_hours, expected_version=version
            ),
            _with_secret(status=200),
        )

    @post(
        "/{endpoint_id:uuid}/disable",
        operation_id="disable_webhook_endpoint",
        scope=Scope.WEBHOOKS_MANAGE,
        status_code=200,
    )
    async def disable(self, request: Call, endpoint_id: FromPath[UUID]) -> Response[EndpointAnswer]:
        """Send it nothing more; what waits for it is given up."""
        version = request.expected_version
        return await request.run(
            lambda store: endpoints.disable_endpoint(store, endpoint_id, expected_version=version),
            one(EndpointAnswer),
        )

    @post(
        "/{endpoint_id:uuid}/enable",
        operation_id="enable_webhook_endpoint",
        scope=Scope.WEBHOOKS_MANAGE,
        status_code=200,
    )
    async def enable(self, request: Call, endpoint_id: FromPath[UUID]) -> Response[EndpointAnswer]:
        """Send it what happens from now on. What it missed can be replayed."""
        version = request.expected_version
        return await request.run(
            lambda store: endpoints.enable_endpoint(store, endpoint_id, expected_version=version),
            one(EndpointAnswer),
        )

    @post(
        "/{endpoint_id:uuid}/ping",
        operation_id="ping_webhook_endpoint",
        scope=Scope.WEBHOOKS_MANAGE,
    )
    async def ping(self, request: Call, endpoint_id: FromPath[UUID]) -> Response[MessageAnswer]:
        """Send it an event that means nothing; the answer names the delivery to look at."""
        return await request.run(
            lambda store: endpoints.ping(store, endpoint_id),
            created(MessageAnswer, DELIVERY_LOCATION),
        )

    @post(
        "/{endpoint_id:uuid}/replay-failed",
        operation_id="replay_failed_webhooks",
        scope=Scope.WEBHOOKS_MANAGE,
        status_code=200,
    )
    async def replay_failed(
        self, request: Call, endpoint_id: FromPath[UUID], data: JSONBody[Replay]
    ) -> Response[ReplayAnswer]:
        """Send anew everything that was given up since a time, each message under its own id."""
        return await request.run(
            lambda store: endpoints.replay_failed(
                store, endpoint_id, failed_since=data.failed_since
            ),
            _replayed,
        )


class WebhookDeliveryController(Controller):
    """What was sent to endpoints, and how that went."""

    path = "/webhook-deliveries"
    tags = ("Webhooks",)

    @get(operation_id="list_webhook_deliveries", scope=Scope.WEBHOOKS_READ)
    async def browse(
        self,
        request: Call,
        endpoint_id: FromQuery[UUID | None] = None,
        event_id: FromQuery[UUID | None] = None,
        status: FromQuery[MessageStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[MessageAnswer]]:
        """Deliveries, newest first."""
        conditions = OutboxFilter(
            channel=Channel.WEBHOOK, endpoint_id=endpoint_id, event_id=event_id, status=status
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: messages.list_messages(store, conditions, limit=limit, after=after),
            page(MessageAnswer),
        )

    @get("/{message_id:uuid}", operation_id="get_webhook_delivery", scope=Scope.WEBHOOKS_READ)
    async def read(self, request: Call, message_id: FromPath[UUID]) -> Response[MessageAnswer]:
        """One delivery."""
        return await request.run(
            lambda store: messages.get_message(store, message_id, channel=Channel.WEBHOOK),
            one(MessageAnswer),
        )

    @get(
        "/{message_id:uuid}/attempts",
        operation_id="list_webhook_attempts",
        scope=Scope.WEBHOOKS_READ,
    )
    async def attempts(
        self,
        request: Call,
        message_id: FromPath[UUID],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[AttemptAnswer]]:
        """The tries of a delivery, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: messages.list_attempts(
                store, message_id, channel=Channel.WEBHOOK, limit=limit, after=after
            ),
            page(AttemptAnswer),
        )

    @post(
        "/{message_id:uuid}/replay",
        operation_id="replay_webhook_delivery",
        scope=Scope.WEBHOOKS_MANAGE,
        status_code=200,
    )
    async def replay(self, request: Call, message_id: FromPath[UUID]) -> Response[MessageAnswer]:
        """Send it anew under its own id: one that was given up, or that the receiver has lost."""
        version = request.expected_version
        return await request.run(
            lambda store: messages.replay_message(
                store, message_id, channel=Channel.WEBHOOK, expected_version=version
            ),
            one(MessageAnswer),
        )


class EventController(Controller):
    """What the company's own systems were told of."""

    path = "/events"
    tags = ("Webhooks",)

    @get(operation_id="list_events", scope=Scope.WEBHOOKS_READ)
    async def browse(
        self,
        request: Call,
        type: FromQuery[EventType | None] = None,  # noqa: A002 -- the name of the field
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[EventAnswer]]:
        """Events that somebody had subscribed to, newest first."""
        conditions = EventFilter(type=type)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: events.list_events(store, conditions, limit=limit, after=after),
            page(EventAnswer),
        )

    @get("/types", operation_id="list_event_types", scope=Scope.WEBHOOKS_READ)
    async def types(self, request: Call) -> Response[EventTypesAnswer]:
        """Every type of event, and what it says."""
        await request.authenticated()
        items = [
            EventTypeAnswer(type=each, meaning=meaning) for each, meaning in events.MEANINGS.items()
        ]
        content = encode(EventTypesAnswer, EventTypesAnswer(items=items))
        return Response(content, media_type=JSON)  # type: ignore[arg-type]


def _with_secret(*, status: int) -> Render[EndpointWithSecret]:
    def render(made: EndpointWithSecret) -> Response[Any]:
        return Response(
            encode(EndpointWithSecretAnswer, _EndpointAndSecret(made)),
            media_type=JSON,
            status_code=status,
            headers={
                "Location": LOCATION.replace("{id}", str(made.endpoint.id)),
                "ETag": entity_tag(made.endpoint.version),
                "Cache-Control": "no-store",
            },
        )

    return render


def _replayed(count: int) -> Response[Any]:
    return Response(encode(ReplayAnswer, ReplayAnswer(replayed=count)), media_type=JSON)
