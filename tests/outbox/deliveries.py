"""A company's webhooks and mailboxes: made, written to, delivered from and looked at."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import SecretStr

from services.files.keeping import NewFile, keep
from services.guarded_http import Guard
from services.outbox.delivering import deliver_due
from services.outbox.endpoints import EndpointWithSecret, NewEndpoint, create_endpoint
from services.outbox.events import line_of, publish
from services.outbox.mailbox_files import MailboxCarrier, send_file
from services.outbox.mailbox_files import line_of as line_of_mailbox
from services.outbox.mailboxes import NewMailbox, create_mailbox
from services.outbox.messages import get_message, list_messages
from services.outbox.webhooks import WebhookCarrier
from storage.files import FileVault
from storage.filters import OutboxFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.mailboxes import Mailbox
from storage.tables.outbox import OutboxMessage, WebhookEndpoint
from storage.vocabulary.files import FilePurpose
from storage.vocabulary.outbox import Channel, EventType
from tests.builders.certificates import Authority
from tests.builders.companies import CompanyForTests
from tests.builders.sftp_servers import PASSWORD, USER_NAME, ServerForTests

CONTENT = b"ISA*00*" * 300_000
NAME = "claims-20260302.837"


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


@dataclass
class Post:
    """What a test does with mailboxes, in one line each."""

    storage: PostgresStorage
    company: CompanyForTests
    vault: FileVault
    authority: Authority

    async def mailbox(self, clearinghouse: ServerForTests) -> Mailbox:
        new = NewMailbox(
            name=f"Clearinghouse {new_id()}",
            host="localhost",
            port=clearinghouse.port,
            host_key=clearinghouse.public_key,
            user_name=USER_NAME,
            password=SecretStr(PASSWORD),
            write_folder="/in",
        )
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await create_mailbox(store, new)

    async def file(self, content: bytes = CONTENT) -> UUID:
        new = NewFile(purpose=FilePurpose.ATTACHMENT, name="claims.837", media_type="text/plain")
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return (await keep(store, self.vault, new, content)).id

    async def send(self, mailbox: Mailbox, file_id: UUID, name: str = NAME) -> OutboxMessage:
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await send_file(store, mailbox.id, file_id, name)

    async def deliver(self, clearinghouse: ServerForTests, mailbox: Mailbox) -> None:
        await deliver_due(
            self.storage,
            {Channel.MAILBOX: MailboxCarrier(clearinghouse.guard(self.authority), self.vault)},
            self.company.id,
            Actor(SYSTEM_ACTOR_ID, new_id()),
            line=line_of_mailbox(mailbox.id),
            channel=Channel.MAILBOX,
        )

    async def look_at(self, message: OutboxMessage) -> OutboxMessage:
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await get_message(store, message.id)
