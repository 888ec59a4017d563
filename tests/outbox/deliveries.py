"""A company's webhooks: endpoints made, work done, messages delivered and looked at."""

from uuid import UUID

from services.guarded_http import Guard
from services.outbox.delivering import deliver_due
from services.outbox.endpoints import EndpointWithSecret, NewEndpoint, create_endpoint
from services.outbox.events import line_of, publish
from services.outbox.messages import list_messages
from services.outbox.webhooks import WebhookCarrier
from storage.filters import OutboxFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.outbox import OutboxMessage, WebhookEndpoint
from storage.vocabulary.outbox import Channel, EventType
from tests.builders.certificates import Authority
from tests.builders.companies import CompanyForTests


class Hooks:
    """What a test does with webhooks, in one line each."""

    def __init__(
        self, storage: PostgresStorage, company: CompanyForTests, authority: Authority
    ) -> None:
        self.storage = storage
        self.company = company
        self._authority = authority

    async def endpoint(self, port: int, *event_types: str) -> EndpointWithSecret:
        new = NewEndpoint(
            name="Warehouse",
            url=f"https://localhost:{port}/hook",
            event_types=list(event_types) or ["*"],
        )
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await create_endpoint(store, new)

    async def happen(self, event_type: EventType = EventType.KEY_REVOKED) -> UUID:
        about = new_id()
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            await publish(store, event_type, "api_keys", about)
        return about

    async def deliver(self, endpoint: WebhookEndpoint, port: int) -> None:
        guard = Guard(tls=self._authority.client, private_hosts=frozenset({("localhost", port)}))
        await self.deliver_guarded(endpoint, guard)

    async def deliver_guarded(self, endpoint: WebhookEndpoint, guard: Guard) -> None:
        await deliver_due(
            self.storage,
            {Channel.WEBHOOK: WebhookCarrier(guard)},
            self.company.id,
            Actor(SYSTEM_ACTOR_ID, new_id()),
            line=line_of(endpoint.id),
            channel=Channel.WEBHOOK,
        )

    async def messages(self, channel: Channel = Channel.WEBHOOK) -> list[OutboxMessage]:
        """Oldest first."""
        conditions = OutboxFilter(channel=channel)
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            page = await list_messages(store, conditions, limit=200, after=None)
        return list(reversed(page.rows))

    async def look_at(self, endpoint: WebhookEndpoint) -> WebhookEndpoint:
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await store.webhook_endpoints.get(endpoint.id)
