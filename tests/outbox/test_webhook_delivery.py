"""Webhooks reach real receivers over TLS: signed, at least once, under one id; or are given up."""

import datetime as dt
import ssl

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.guarded_http import Guard
from services.outbox.delivering import LEASE
from services.outbox.endpoints import (
    EndpointDisabled,
    disable_endpoint,
    enable_endpoint,
    ping,
    replay_failed,
    rotate_secret,
    webhook_limits,
)
from services.outbox.messages import replay_message
from storage.filters import ByMessage, NotificationFilter
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from storage.vocabulary.notifications import NotificationKind
from storage.vocabulary.outbox import (
    DeliveryFailure,
    DisabledBecause,
    EventType,
    MessageStatus,
)
from tests.builders.certificates import Authority
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import make_person
from tests.builders.receivers import (
    Receiver,
    Respond,
    close_in_the_middle,
    flood,
    receiving,
    silence,
    status,
    trickle,
)
from tests.outbox.deliveries import Hooks

pytestmark = pytest.mark.anyio


@pytest.fixture
def hooks(worker: PostgresStorage, company: CompanyForTests, authority: Authority) -> Hooks:
    return Hooks(worker, company, authority)


async def test_an_event_arrives_signed_thin_and_once(hooks: Hooks, authority: Authority) -> None:
    receiver = Receiver()
    async with receiving(receiver, tls=authority.server) as port:
        made = await hooks.endpoint(port, "key.*")
        about = await hooks.happen()
        await hooks.deliver(made.endpoint, port)
        await hooks.deliver(made.endpoint, port)
    (received,) = receiver.received
    (message,) = await hooks.messages()
    assert received.line == "POST /hook HTTP/1.1"
    assert received.headers["webhook-id"] == str(message.id)
    content = Webhook(made.secret).verify(received.body, received.headers)
    assert content == {
        "type": "key.revoked",
        "timestamp": content["timestamp"],
        "data": {"event_id": str(message.event_id), "entity": "api_keys", "id": str(about)},
    }
    assert message.status == MessageStatus.DELIVERED


async def test_a_changed_body_or_another_secret_does_not_verify(
    hooks: Hooks, authority: Authority
) -> None:
    receiver = Receiver()
    async with receiving(receiver, tls=authority.server) as port:
        made, other = await hooks.endpoint(port), await hooks.endpoint(port)
        await hooks.happen()
        await hooks.deliver(made.endpoint, port)
    (received,) = receiver.received
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(received.body + b" ", received.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(other.secret).verify(received.body, received.headers)


async def test_nobody_is_told_what_they_have_not_subscribed_to(
    hooks: Hooks, authority: Authority
) -> None:
    receiver = Receiver()
    async with receiving(receiver, tls=authority.server) as port:
        made = await hooks.endpoint(port, "claim.*", "remittance.received")
        await hooks.happen(EventType.KEY_REVOKED)
        assert await hooks.messages() == []
        await hooks.happen(EventType.REMITTANCE_RECEIVED)
        await hooks.happen(EventType.REMITTANCE_PROCESSED)
        await hooks.deliver(made.endpoint, port)
    assert [each.purpose for each in await hooks.messages()] == ["remittance.received"]


async def test_during_a_rotation_both_secrets_sign_and_afterwards_the_new_one_alone(
    hooks: Hooks, authority: Authority, clock: FixedClock
) -> None:
    receiver = Receiver()
    async with receiving(receiver, tls=authority.server) as port:
        old = await hooks.endpoint(port)
        async with hooks.storage.transaction(hooks.company.id, hooks.company.actor) as store:
            new = await rotate_secret(
                store, old.endpoint.id, overlap_hours=1, expected_version=old.endpoint.version
            )
        await hooks.happen()
        await hooks.deliver(old.endpoint, port)
        clock.move(dt.timedelta(hours=1))
        await hooks.happen()
        await hooks.deliver(old.endpoint, port)
    during, after = receiver.received
    for secret in (old.secret, new.secret):
        Webhook(secret).verify(during.body, during.headers)
    assert len(during.headers["webhook-signature"].split()) == 2
    assert len(after.headers["webhook-signature"].split()) == 1
    assert old.secret != new.secret


@pytest.mark.parametrize(
    ("answer", "failure", "reply_code"),
    [
        (status(500), DeliveryFailure.REFUSED_FOR_NOW, 500),
        (status(404), DeliveryFailure.REFUSED_FOR_NOW, 404),
        (status(302, "Location: https://localhost/"), DeliveryFailure.REFUSED_FOR_NOW, 302),
        (silence, DeliveryFailure.TIMEOUT, None),
        (trickle, DeliveryFailure.TIMEOUT, None),
        (close_in_the_middle, DeliveryFailure.UNREACHABLE, None),
    ],
)
async def test_whatever_a_receiver_does_wrong_it_is_left_and_told_again_under_the_same_id(
    hooks: Hooks,
    authority: Authority,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    answer: Respond,
    failure: DeliveryFailure,
    reply_code: int | None,
) -> None:
    monkeypatch.setattr("services.outbox.webhooks.LONGEST_SECONDS", 0.5)
    receiver = Receiver(answers=[answer])
    async with receiving(receiver, tls=authority.server) as port:
        made = await hooks.endpoint(port)
        await hooks.happen()
        await hooks.deliver(made.endpoint, port)
        (waiting,) = await hooks.messages()
        assert (waiting.status, waiting.last_failure) == (MessageStatus.WAITING, failure)
        assert (await hooks.look_at(made.endpoint)).failing_since == clock.now()
        clock.move(dt.timedelta(seconds=10))
        await hooks.deliver(made.endpoint, port)
    assert [each.headers["webhook-id"] for each in receiver.received] == [str(waiting.id)] * 2
    (delivered,) = await hooks.messages()
    assert delivered.status == MessageStatus.DELIVERED
    assert (await hooks.look_at(made.endpoint)).failing_since is None
    async with hooks.storage.transaction(hooks.company.id, hooks.company.actor) as store:
        attempts = await store.outbox_attempts.list(ByMessage(message_id=waiting.id))
    assert [(each.failure, each.reply_code) for each in attempts.rows] == [
        (None, 204),
        (failure, reply_code),
    ]


async def test_a_success_that_goes_on_for_ever_is_a_success_and_is_not_read_to_its_end(
    hooks: Hooks, authority: Authority
) -> None:
    receiver = Receiver(answers=[flood])
    async with receiving(receiver, tls=authority.server) as port:
        made = await hooks.endpoint(port)
        await hooks.happen()
        await hooks.deliver(made.endpoint, port)
    (message,) = await hooks.messages()
    assert message.status == MessageStatus.DELIVERED


async def test_a_receiver_that_is_gone_is_told_nothing_more_and_the_administrators_are(
    hooks: Hooks, authority: Authority
) -> None:
    administrator = await make_person(hooks.storage, hooks.company, Role.ADMINISTRATOR)
    await make_person(hooks.storage, hooks.company, Role.VIEWER)
    receiver = Receiver(answers=[status(410)])
    async with receiving(receiver, tls=authority.server) as port:
        made = await hooks.endpoint(port)
        await hooks.happen()
        await hooks.happen()
        await hooks.deliver(made.endpoint, port)
        await hooks.happen()
        await hooks.deliver(made.endpoint, port)
    endpoint = await hooks.look_at(made.endpoint)
    assert endpoint.disabled_because == DisabledBecause.GONE
    assert len(receiver.received) == 1
    assert [each.last_failure for each in await hooks.messages()] == [
        DeliveryFailure.GONE,
        DeliveryFailure.DISABLED,
    ]
    async with hooks.storage.transaction(hooks.company.id, hooks.company.actor) as store:
        told = await store.notifications.all(NotificationFilter())
    assert [(each.person_id, each.kind, each.entity_id) for each in told] == [
        (administrator.id, NotificationKind.ENDPOINT_DISABLED, endpoint.id)
    ]


async def test_an_endpoint_that_fails_for_days_is_disabled_and_what_it_missed_can_be_replayed(
    hooks: Hooks, authority: Authority, clock: FixedClock
) -> None:
    receiver = Receiver(answers=[status(503)] * 9)
    lasting = webhook_limits().lasting_failure
    begun = clock.now()
    async with receiving(receiver, tls=authority.server) as port:
        made = await hooks.endpoint(port)
        await hooks.happen()
        await hooks.deliver(made.endpoint, port)
        clock.move(lasting - dt.timedelta(seconds=1))
        await hooks.deliver(made.endpoint, port)
        assert (await hooks.look_at(made.endpoint)).disabled_at is None
        clock.move(dt.timedelta(days=1))
        await hooks.deliver(made.endpoint, port)
        disabled = await hooks.look_at(made.endpoint)
        assert disabled.disabled_because == DisabledBecause.FAILING
        clock.move(dt.timedelta(days=1))
        await hooks.deliver(made.endpoint, port)
        (failed,) = await hooks.messages()
        assert (failed.status, failed.last_failure) == (
            MessageStatus.FAILED,
            DeliveryFailure.DISABLED,
        )
        receiver.answers.clear()
        async with hooks.storage.transaction(hooks.company.id, hooks.company.actor) as store:
            with pytest.raises(EndpointDisabled):
                await replay_failed(store, disabled.id, failed_since=begun)
            await enable_endpoint(store, disabled.id, expected_version=disabled.version)
            assert await replay_failed(store, disabled.id, failed_since=clock.now()) == 1
            assert await replay_failed(store, disabled.id, failed_since=begun) == 0
        await hooks.deliver(made.endpoint, port)
    (delivered,) = await hooks.messages()
    assert delivered.status == MessageStatus.DELIVERED
    assert {each.headers["webhook-id"] for each in receiver.received} == {str(failed.id)}


async def test_a_delivered_webhook_can_be_sent_again_under_its_own_id(
    hooks: Hooks, authority: Authority
) -> None:
    receiver = Receiver()
    async with receiving(receiver, tls=authority.server) as port:
        made = await hooks.endpoint(port)
        await hooks.happen()
        await hooks.deliver(made.endpoint, port)
        (message,) = await hooks.messages()
        async with hooks.storage.transaction(hooks.company.id, hooks.company.actor) as store:
            await replay_message(store, message.id, expected_version=message.version)
        await hooks.deliver(made.endpoint, port)
    ids = [each.headers["webhook-id"] for each in receiver.received]
    assert ids == [str(message.id)] * 2
    assert receiver.received[0].body == receiver.received[1].body


async def test_a_worker_that_dies_after_delivering_tells_again_under_the_same_id(
    hooks: Hooks, authority: Authority, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    async def die(*_: object) -> None:
        raise Died

    receiver = Receiver()
    async with receiving(receiver, tls=authority.server) as port:
        made = await hooks.endpoint(port)
        await hooks.happen()
        with monkeypatch.context() as patch:
            patch.setattr("services.outbox.delivering.record", die)
            with pytest.raises(Died):
                await hooks.deliver(made.endpoint, port)
        clock.move(LEASE)
        await hooks.deliver(made.endpoint, port)
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
    assert len(receiver.received) == 2


async def test_a_receiver_inside_is_never_connected_to(hooks: Hooks, authority: Authority) -> None:
    receiver = Receiver()
    async with receiving(receiver, tls=authority.server) as port:
        made = await hooks.endpoint(port)
        await hooks.happen()
        await hooks.deliver_guarded(made.endpoint, Guard(tls=authority.client))
    (message,) = await hooks.messages()
    assert message.last_failure == DeliveryFailure.HOST_REFUSED
    assert receiver.connections == 0


async def test_a_receiver_without_a_certificate_that_is_believed_is_told_nothing(
    hooks: Hooks, authority: Authority
) -> None:
    receiver = Receiver()
    async with receiving(receiver, tls=authority.server) as port:
        made = await hooks.endpoint(port)
        await hooks.happen()
        admitted = frozenset({("localhost", port)})
        stranger = Guard(tls=ssl.create_default_context(), private_hosts=admitted)
        await hooks.deliver_guarded(made.endpoint, stranger)
    (message,) = await hooks.messages()
    assert message.last_failure == DeliveryFailure.UNVERIFIED
    assert receiver.received == []


async def test_a_ping_reaches_an_endpoint_whatever_it_has_subscribed_to(
    hooks: Hooks, authority: Authority
) -> None:
    receiver = Receiver()
    async with receiving(receiver, tls=authority.server) as port:
        made = await hooks.endpoint(port, "claim.status_changed")
        async with hooks.storage.transaction(hooks.company.id, hooks.company.actor) as store:
            await ping(store, made.endpoint.id)
        await hooks.deliver(made.endpoint, port)
        async with hooks.storage.transaction(hooks.company.id, hooks.company.actor) as store:
            await disable_endpoint(store, made.endpoint.id, expected_version=1)
            with pytest.raises(EndpointDisabled):
                await ping(store, made.endpoint.id)
    (received,) = receiver.received
    assert Webhook(made.secret).verify(received.body, received.headers)["type"] == "endpoint.pinged"
