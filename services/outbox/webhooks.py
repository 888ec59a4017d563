"""Delivering events to webhook endpoints, by the convention of Standard Webhooks."""

import datetime as dt
from dataclasses import dataclass, field

import httpx
import msgspec
from standardwebhooks import Webhook

from services.guarded_http import AnswerEndless, Guard, HostRefused, guarded_client
from services.identity.holders import holders_of
from services.identity.scopes import Scope
from services.notifications.telling import notify
from services.outbox.certificates import is_about_a_certificate
from services.outbox.delivering import Outcome
from services.outbox.endpoints import (
    SEALED_PREVIOUS_SECRET,
    SEALED_SECRET,
    webhook_limits,
)
from storage.errors import SecretUnreadable
from storage.interface import Store
from storage.tables.outbox import Event, OutboxMessage, WebhookEndpoint
from storage.vocabulary.notifications import NotificationKind
from storage.vocabulary.outbox import DeliveryFailure, DisabledBecause

LONGEST_SECONDS = 15.0
"""How long an endpoint may take to answer."""

_GONE = 410
_HEAD_OF_AN_ANSWER = 65_536
"""How much of an answer is read; what it says does not matter."""


@dataclass(frozen=True)
class WebhookCarrier:
    """Takes events to endpoints. See ``services.outbox.delivering.Carrier``."""

    guard: Guard

    async def carry(self, store: Store, message: OutboxMessage) -> "WebhookErrand":
        """The request as it will be sent, signed at this time."""
        assert message.endpoint_id is not None
        assert message.event_id is not None
        endpoint = await store.webhook_endpoints.get(message.endpoint_id)
        event = await store.events.get(message.event_id)
        if endpoint.disabled_at is not None:
            return WebhookErrand(self.guard, Outcome(DeliveryFailure.DISABLED))
        try:
            secrets = await _secrets_of(store, endpoint)
        except SecretUnreadable:
            return WebhookErrand(self.guard, Outcome(DeliveryFailure.UNREADABLE))
        body = body_of(event)
        headers = signed_headers(str(message.id), store.now, body, secrets)
        return WebhookErrand(self.guard, Outcome(), endpoint.url, body, headers)

    async def settle(self, store: Store, message: OutboxMessage, outcome: Outcome) -> None:
        """Note how the endpoint is; one that is gone, or has failed for too long, is disabled and
        the company's administrators are told."""
        assert message.endpoint_id is not None
        endpoint = await store.webhook_endpoints.lock(message.endpoint_id)
        if endpoint.disabled_at is not None or outcome.failure is DeliveryFailure.UNREADABLE:
            return
        if outcome.failure is None:
            if endpoint.failing_since is not None:
                await _change(store, endpoint, {"failing_since": None})
        elif outcome.failure is DeliveryFailure.GONE:
            await self._disable(store, endpoint, DisabledBecause.GONE)
        elif endpoint.failing_since is None:
            await _change(store, endpoint, {"failing_since": store.now})
        elif store.now - endpoint.failing_since >= webhook_limits().lasting_failure:
            await self._disable(store, endpoint, DisabledBecause.FAILING)

    async def _disable(
        self, store: Store, endpoint: WebhookEndpoint, because: DisabledBecause
    ) -> None:
        changes = {"disabled_at": store.now, "disabled_because": because}
        await _change(store, endpoint, changes)
        await notify(
            store,
            [each.id for each in await holders_of(store, Scope.WEBHOOKS_MANAGE)],
            NotificationKind.ENDPOINT_DISABLED,
            "webhook_endpoints",
            endpoint.id,
        )


@dataclass(frozen=True)
class WebhookErrand:
    """One try at one request, unless ``known`` says already how it ends."""

    guard: Guard
    known: Outcome
    url: str = ""
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    async def run(self) -> Outcome:
        """Send it. See ``services.outbox.delivering.Errand``."""
        if self.known.failure is not None:
            return self.known
        try:
            status = await self._send()
        except HostRefused:
            return Outcome(DeliveryFailure.HOST_REFUSED)
        except httpx.TimeoutException:
            return Outcome(DeliveryFailure.TIMEOUT)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            is_unverified = is_about_a_certificate(error)
            return Outcome(
                DeliveryFailure.UNVERIFIED if is_unverified else DeliveryFailure.UNREACHABLE
            )
        if httpx.codes.is_success(status):
            return Outcome(reply_code=status)
        is_gone = status == _GONE
        return Outcome(DeliveryFailure.GONE if is_gone else DeliveryFailure.REFUSED_FOR_NOW, status)

    async def _send(self) -> int:
        async with (
            guarded_client(
                self.guard, longest_seconds=LONGEST_SECONDS, most_bytes=_HEAD_OF_AN_ANSWER
            ) as client,
            client.stream("POST", self.url, content=self.body, headers=self.headers) as answer,
        ):
            try:
                async for _ in answer.aiter_raw():
                    pass
            except AnswerEndless:
                return answer.status_code
            return answer.status_code


def body_of(event: Event) -> bytes:
    """What is sent of an event: the same each time that it is tried."""
    return msgspec.json.encode(
        {
            "type": event.type.value,
            "timestamp": event.recorded_at,
            "data": {"event_id": event.id, "entity": event.entity, "id": event.entity_id},
        }
    )


def signed_headers(
    message_id: str, moment: dt.datetime, body: bytes, secrets: list[str]
) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature by each secret that holds."""
    signatures = [Webhook(secret).sign(message_id, moment, body.decode()) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


async def _secrets_of(store: Store, endpoint: WebhookEndpoint) -> list[str]:
    """The secrets that hold, the newest first. Raises SecretUnreadable."""
    held = [await store.secrets.open(SEALED_SECRET, endpoint.id, endpoint.sealed_secret)]
    until, previous = endpoint.previous_valid_until, endpoint.sealed_previous_secret
    if previous is not None and until is not None and until > store.now:
        held.append(await store.secrets.open(SEALED_PREVIOUS_SECRET, endpoint.id, previous))
    return [each.decode() for each in held]


async def _change(store: Store, endpoint: WebhookEndpoint, changes: dict[str, object]) -> None:
    await store.webhook_endpoints.update(endpoint.id, changes, expected_version=endpoint.version)
