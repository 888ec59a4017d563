"""Webhook endpoints: where events go, which ones, and what signs them."""

import base64
import datetime as dt
import secrets
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Annotated, ClassVar
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from pydantic import Field

from services.inputs import ONE_LINE, Input, Name, left_out
from services.outbox.events import PATTERNS, address, line_of
from services.outbox.sending import enqueue_delivery
from services.refusals import Fault, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.filters import OutboxFilter, WebhookEndpointFilter
from storage.identifiers import new_id
from storage.interface import Page, Store
from storage.tables.outbox import EventFields, OutboxMessage, WebhookEndpoint, WebhookEndpointFields
from storage.vocabulary.outbox import Channel, DisabledBecause, EventType, MessageStatus

SECRET_PREFIX = "whsec_"  # noqa: S105 -- how every one begins, and no secret
SEALED_SECRET = "webhook_endpoints.sealed_secret"  # noqa: S105 -- for what it is sealed
SEALED_PREVIOUS_SECRET = "webhook_endpoints.sealed_previous_secret"  # noqa: S105 -- the same
LONGEST_OVERLAP_HOURS = 168
_SECRET_BYTES = 32

Url = Annotated[str, Field(min_length=1, max_length=2000, pattern=ONE_LINE)]
Patterns = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=80)]], Field(min_length=1, max_length=100)
]


class WebhookLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When an endpoint is given up, and how many a company has."""

    lasting_failure_days: int
    most_endpoints: int

    @property
    def lasting_failure(self) -> dt.timedelta:
        return dt.timedelta(days=self.lasting_failure_days)


@cache
def webhook_limits() -> WebhookLimits:
    """The packaged figures."""
    text = files("services.outbox").joinpath("data/webhooks.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), WebhookLimits)


@dataclass
class TooManyEndpoints(Refusal):
    """Every endpoint makes every change dearer."""

    title: ClassVar[str] = "The company has as many enabled endpoints as it can have"
    most: int


@dataclass
class EndpointDisabled(Refusal):
    """Nothing is sent to a disabled endpoint."""

    title: ClassVar[str] = "The endpoint is disabled"

    @property
    def detail(self) -> str:
        return "Enable it first."


class NewEndpoint(Input):
    """Where to send events: by https, to a host with public addresses."""

    name: Name
    url: Url
    event_types: Patterns


class EndpointChanges(Input):
    """What to change of an endpoint; what is left out stays."""

    name: Name = left_out()
    url: Url = left_out()
    event_types: Patterns = left_out()


@dataclass(frozen=True, slots=True)
class EndpointWithSecret:
    """An endpoint and the secret that signs its messages, shown this once."""

    endpoint: WebhookEndpoint
    secret: str = field(repr=False)


async def create_endpoint(store: Store, new: NewEndpoint) -> EndpointWithSecret:
    """Raises InvalidInput, TooManyEndpoints."""
    _check(url=new.url, event_types=new.event_types)
    await _keep_few(store)
    secret = new_secret()
    endpoint_id = new_id()
    endpoint = await store.webhook_endpoints.create(
        WebhookEndpointFields(
            name=new.name,
            url=new.url,
            event_types=sorted(set(new.event_types)),
            sealed_secret=await store.secrets.seal(SEALED_SECRET, endpoint_id, secret.encode()),
        ),
        row_id=endpoint_id,
    )
    return EndpointWithSecret(endpoint, secret)


async def get_endpoint(store: Store, endpoint_id: UUID) -> WebhookEndpoint:
    """Raises RowNotFound."""
    return await store.webhook_endpoints.get(endpoint_id)


async def list_endpoints(
    store: Store, conditions: WebhookEndpointFilter, *, limit: int, after: UUID | None
) -> Page[WebhookEndpoint]:
    """Endpoints, newest first."""
    return await store.webhook_endpoints.list(conditions, limit=limit, after=after)


async def change_endpoint(
    store: Store, endpoint_id: UUID, changes: EndpointChanges, *, expected_version: int
) -> WebhookEndpoint:
    """Messages that wait go to the new address. Raises RowNotFound, VersionConflict,
    InvalidInput."""
    given = changes.given()
    _check(**given)
    if "event_types" in given:
        given["event_types"] = sorted(set(changes.event_types))
    if not given:
        return await _held(store, endpoint_id, expected_version)
    return await store.webhook_endpoints.update(
        endpoint_id, given, expected_version=expected_version
    )


async def rotate_secret(
    store: Store, endpoint_id: UUID, *, overlap_hours: int, expected_version: int
) -> EndpointWithSecret:
    """Give an endpoint a new secret; for 0 to 168 hours the old one signs beside it.

    Raises RowNotFound, VersionConflict, InvalidInput, SecretUnreadable.
    """
    if not 0 <= overlap_hours <= LONGEST_OVERLAP_HOURS:
        message = f"is 0 to {LONGEST_OVERLAP_HOURS}, not {overlap_hours}"
        raise InvalidInput([Fault("/overlap_hours", message)])
    endpoint = await _held(store, endpoint_id, expected_version)
    secret = new_secret()
    changes: dict[str, object] = {
        "sealed_secret": await store.secrets.seal(SEALED_SECRET, endpoint_id, secret.encode()),
        "sealed_previous_secret": None,
        "previous_valid_until": None,
    }
    if overlap_hours:
        old = await store.secrets.open(SEALED_SECRET, endpoint_id, endpoint.sealed_secret)
        changes["sealed_previous_secret"] = await store.secrets.seal(
            SEALED_PREVIOUS_SECRET, endpoint_id, old
        )
        changes["previous_valid_until"] = store.now + dt.timedelta(hours=overlap_hours)
    rotated = await store.webhook_endpoints.update(
        endpoint_id, changes, expected_version=expected_version
    )
    return EndpointWithSecret(rotated, secret)


async def disable_endpoint(
    store: Store, endpoint_id: UUID, *, expected_version: int
) -> WebhookEndpoint:
    """Send it nothing more. Disabled already, it stays so. Raises RowNotFound, VersionConflict."""
    endpoint = await _held(store, endpoint_id, expected_version)
    if endpoint.disabled_at is not None:
        return endpoint
    return await store.webhook_endpoints.update(
        endpoint_id,
        {"disabled_at": store.now, "disabled_because": DisabledBecause.ASKED},
        expected_version=expected_version,
    )


async def enable_endpoint(
    store: Store, endpoint_id: UUID, *, expected_version: int
) -> WebhookEndpoint:
    """Send it what happens from now on; what it missed is replayed when somebody asks.

    Raises RowNotFound, VersionConflict, TooManyEndpoints.
    """
    endpoint = await _held(store, endpoint_id, expected_version)
    if endpoint.disabled_at is None:
        return endpoint
    await _keep_few(store)
    return await store.webhook_endpoints.update(
        endpoint_id,
        {"disabled_at": None, "disabled_because": None, "failing_since": None},
        expected_version=expected_version,
    )


async def ping(store: Store, endpoint_id: UUID) -> OutboxMessage:
    """Send an endpoint an event that means nothing, whatever it has subscribed to.

    Raises RowNotFound, EndpointDisabled.
    """
    endpoint = await store.webhook_endpoints.get(endpoint_id)
    if endpoint.disabled_at is not None:
        raise EndpointDisabled
    event = await store.events.create(
        EventFields(
            type=EventType.ENDPOINT_PINGED, entity="webhook_endpoints", entity_id=endpoint_id
        )
    )
    (message_id,) = await address(store, event.type, [event.id], [endpoint])
    return await store.outbox_messages.get(message_id)


async def replay_failed(store: Store, endpoint_id: UUID, *, failed_since: dt.datetime) -> int:
    """Send anew what was given up since then, each message under its own id; returns how many.

    Raises RowNotFound, EndpointDisabled.
    """
    endpoint = await store.webhook_endpoints.get(endpoint_id)
    if endpoint.disabled_at is not None:
        raise EndpointDisabled
    failed = await store.outbox_messages.lock_all(
        OutboxFilter(
            endpoint_id=endpoint_id, status=MessageStatus.FAILED, settled_from=failed_since
        )
    )
    count = len(failed)
    await store.outbox_messages.update_many(
        {each.id: each.version for each in failed},
        {
            "status": [MessageStatus.WAITING] * count,
            "failures": [0] * count,
            "next_attempt_at": [store.now] * count,
            "settled_at": [None] * count,
        },
    )
    if failed:
        await enqueue_delivery(store, line_of(endpoint_id), Channel.WEBHOOK)
    return count


def new_secret() -> str:
    """A fresh secret in the form of Standard Webhooks."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def _check(*, url: object = None, event_types: object = None, **_: object) -> None:
    """Raises InvalidInput with every fault."""
    faults = [] if url is None else _faults_of_url(str(url))
    for at, pattern in enumerate(event_types if isinstance(event_types, list) else []):
        if pattern not in PATTERNS:
            faults.append(Fault(f"/event_types/{at}", "is no type of event, nor all of an area"))
    if faults:
        raise InvalidInput(faults)


def _faults_of_url(url: str) -> list[Fault]:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or any(each.isspace() for each in url):
        return [Fault("/url", "is like https://example.org/path")]
    faults = []
    if "@" in parts.netloc:
        faults.append(Fault("/url", "holds a user or a password: messages are signed instead"))
    if parts.fragment:
        faults.append(Fault("/url", "holds a fragment, which is never sent"))
    return faults


async def _keep_few(store: Store) -> None:
    """Raises TooManyEndpoints; two who come at once take turns."""
    await store.wait_for_lock("webhook_endpoints")
    most = webhook_limits().most_endpoints
    if await store.webhook_endpoints.count(WebhookEndpointFilter(is_enabled=True)) >= most:
        raise TooManyEndpoints(most)


async def _held(store: Store, endpoint_id: UUID, expected_version: int) -> WebhookEndpoint:
    endpoint = await store.webhook_endpoints.lock(endpoint_id)
    if endpoint.version != expected_version:
        raise VersionConflict("webhook_endpoints")
    return endpoint
