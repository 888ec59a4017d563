"""E-mails get out of the house: at least once, under one id, whatever the mail server does."""

import asyncio
import datetime as dt
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from email.headerregistry import Address

import pytest

from services.outbox import mail_carrier
from services.outbox.delivering import LEASE, deliver_due, sweep
from services.outbox.emails import LINE, Email, send_email
from services.outbox.mail_carrier import MailCarrier
from services.outbox.mail_server import (
    MailSenderUnknown,
    MailServer,
    MailServerUnknown,
    Transport,
    mail_server,
)
from services.outbox.messages import list_attempts, list_messages, replay_message
from services.refusals import IllegalTransition
from storage.filters import OutboxFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.outbox import OutboxMessage
from storage.vocabulary.outbox import Channel, DeliveryFailure, MessageStatus
from tests.builders.certificates import Authority
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.mail_servers import Inbox, mail_server_of, silent_server, trickling_server

pytestmark = pytest.mark.anyio

SENDER = "Wellkept <no-reply@wellkept.test>"


class Post:
    """A company's e-mails: written, delivered, looked at."""

    def __init__(self, storage: PostgresStorage, company: CompanyForTests) -> None:
        self._storage = storage
        self._company = company

    async def write(self, *, to: str = "ana@example.org") -> OutboxMessage:
        email = Email(to=to, subject="Your invitation", text="Follow the link.\n")
        async with self._storage.transaction(self._company.id, self._company.actor) as store:
            return await send_email(store, email, purpose="invitation")

    async def deliver(self, server: MailServer | None) -> None:
        await deliver_due(
            self._storage,
            {} if server is None else {Channel.EMAIL: MailCarrier(server)},
            self._company.id,
            Actor(SYSTEM_ACTOR_ID, new_id()),
            line=LINE,
            channel=Channel.EMAIL,
        )

    async def message(self, message_id: object = None) -> OutboxMessage:
        async with self._storage.transaction(self._company.id, self._company.actor) as store:
            page = await list_messages(store, OutboxFilter(), limit=50, after=None)
        return next(row for row in page.rows if message_id in (None, row.id))

    async def tries(self, message: OutboxMessage) -> list[tuple[int, DeliveryFailure | None]]:
        async with self._storage.transaction(self._company.id, self._company.actor) as store:
            page = await list_attempts(store, message.id, limit=50, after=None)
        return [(row.number, row.failure) for row in reversed(page.rows)]

    async def replay(self, message: OutboxMessage) -> OutboxMessage:
        async with self._storage.transaction(self._company.id, self._company.actor) as store:
            return await replay_message(store, message.id, expected_version=message.version)

    async def sweep(self) -> int:
        async with self._storage.transaction(self._company.id, self._company.actor) as store:
            return await sweep(store)


@pytest.fixture
def post(worker: PostgresStorage, company: CompanyForTests) -> Post:
    return Post(worker, company)


def plain(port: int) -> MailServer:
    return mail_server(f"smtp://127.0.0.1:{port}", SENDER)


async def test_an_email_is_delivered_once_and_then_forgotten(post: Post) -> None:
    inbox = Inbox()
    message = await post.write()
    async with mail_server_of(inbox) as port:
        await post.deliver(plain(port))
        await post.deliver(plain(port))
    (received,) = inbox.received
    assert inbox.recipients == ["ana@example.org"]
    assert received["To"] == "ana@example.org"
    assert received["From"] == SENDER
    assert received["Subject"] == "Your invitation"
    assert received["Message-ID"] == f"<{message.id}@wellkept.test>"
    assert received["Auto-Submitted"] == "auto-generated"
    assert received.get_content().splitlines() == ["Follow the link."]
    delivered = await post.message()
    assert (delivered.status, delivered.sealed_payload) == (MessageStatus.DELIVERED, None)
    assert await post.tries(delivered) == [(1, None)]


async def test_an_email_lies_sealed_until_it_is_delivered_and_one_that_cannot_be_opened_is_given_up(
    post: Post, worker: PostgresStorage, company: CompanyForTests
) -> None:
    inbox = Inbox()
    message = await post.write()
    assert message.sealed_payload is not None
    assert b"Follow" not in message.sealed_payload
    async with worker.transaction(company.id, company.actor) as store:
        spoilt = {"sealed_payload": message.sealed_payload[:-1] + b"?"}
        await store.outbox_messages.update(message.id, spoilt, expected_version=1)
    async with mail_server_of(inbox) as port:
        await post.deliver(plain(port))
    assert inbox.received == []
    assert await post.tries(message) == [(1, DeliveryFailure.UNREADABLE)]


async def test_work_that_is_undone_sends_nothing(
    post: Post, worker: PostgresStorage, company: CompanyForTests
) -> None:
    inbox = Inbox()
    email = Email(to="ana@example.org", subject="Your invitation", text="")
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 -- what is raised undoes the work
        async with worker.transaction(company.id, company.actor) as store:
            await send_email(store, email, purpose="invitation")
            raise ZeroDivisionError
    async with mail_server_of(inbox) as port:
        await post.deliver(plain(port))
    assert inbox.received == []


async def test_what_is_refused_for_now_is_tried_again_later(post: Post, clock: FixedClock) -> None:
    inbox = Inbox(replies=["451 4.7.1 greylisted"])
    message = await post.write()
    async with mail_server_of(inbox) as port:
        await post.deliver(plain(port))
        waiting = await post.message()
        assert waiting.status == MessageStatus.WAITING
        assert waiting.last_failure == DeliveryFailure.REFUSED_FOR_NOW
        assert waiting.next_attempt_at is not None
        assert waiting.next_attempt_at <= clock.now() + dt.timedelta(seconds=30)
        clock.move(dt.timedelta(seconds=30))
        await post.deliver(plain(port))
    assert [each["Message-ID"] for each in inbox.received] == [f"<{message.id}@wellkept.test>"]
    assert await post.tries(message) == [(1, DeliveryFailure.REFUSED_FOR_NOW), (2, None)]


async def test_what_is_refused_for_good_is_given_up_and_can_be_replayed(post: Post) -> None:
    inbox = Inbox(replies_to_recipient=["550 5.1.1 no such mailbox"])
    message = await post.write()
    async with mail_server_of(inbox) as port:
        await post.deliver(plain(port))
        failed = await post.message()
        assert (failed.status, failed.last_failure) == (
            MessageStatus.FAILED,
            DeliveryFailure.REFUSED,
        )
        await post.deliver(plain(port))
        assert inbox.received == []
        await post.replay(failed)
        await post.deliver(plain(port))
    delivered = await post.message()
    assert delivered.status == MessageStatus.DELIVERED
    assert [each["Message-ID"] for each in inbox.received] == [f"<{message.id}@wellkept.test>"]
    assert await post.tries(message) == [(1, DeliveryFailure.REFUSED), (2, None)]
    with pytest.raises(IllegalTransition):
        await post.replay(delivered)


async def test_a_message_is_given_up_after_the_last_try_of_its_schedule(
    post: Post, clock: FixedClock
) -> None:
    inbox = Inbox(replies=["451 later"] * 40)
    await post.write()
    async with mail_server_of(inbox) as port:
        for _ in range(30):
            await post.deliver(plain(port))
            clock.move(dt.timedelta(hours=4))
    failed = await post.message()
    assert (failed.status, failed.attempts) == (MessageStatus.FAILED, 30)
    assert len(inbox.replies) == 10


async def test_a_connection_cut_after_the_message_repeats_it_under_the_same_id(
    post: Post, clock: FixedClock
) -> None:
    inbox = Inbox(replies=[None])
    message = await post.write()
    async with mail_server_of(inbox) as port:
        await post.deliver(plain(port))
        assert (await post.message()).last_failure == DeliveryFailure.UNREACHABLE
        clock.move(dt.timedelta(minutes=1))
        await post.deliver(plain(port))
    ids = [each["Message-ID"] for each in inbox.received]
    assert ids == [f"<{message.id}@wellkept.test>"] * 2


async def test_a_worker_that_dies_after_delivering_repeats_it_under_the_same_id(
    post: Post, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox()
    message = await post.write()

    class Died(BaseException):
        pass

    async def die(*_: object) -> None:
        raise Died

    async with mail_server_of(inbox) as port:
        with monkeypatch.context() as patch:
            patch.setattr("services.outbox.delivering.record", die)
            with pytest.raises(Died):
                await post.deliver(plain(port))
        await post.deliver(plain(port))
        assert len(inbox.received) == 1
        clock.move(LEASE)
        await post.deliver(plain(port))
    ids = [each["Message-ID"] for each in inbox.received]
    assert ids == [f"<{message.id}@wellkept.test>"] * 2
    assert (await post.message()).status == MessageStatus.DELIVERED


@pytest.mark.parametrize("hanging", [silent_server, trickling_server])
async def test_a_server_that_hangs_is_left_and_the_line_is_not_tried_further(
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
    hanging: Callable[[], AbstractAsyncContextManager[int]],
) -> None:
    monkeypatch.setattr(mail_carrier, "STEP_SECONDS", 0.2)
    monkeypatch.setattr(mail_carrier, "LONGEST_SECONDS", 0.4)
    first, second = await post.write(), await post.write()
    async with hanging() as port:
        await post.deliver(plain(port))
    assert await post.tries(first) == [(1, DeliveryFailure.TIMEOUT)]
    assert await post.tries(second) == []


async def test_two_workers_at_once_deliver_each_message_once_and_one_at_a_time(
    post: Post,
) -> None:
    inbox = Inbox()
    for _ in range(6):
        await post.write()
    async with mail_server_of(inbox) as port:
        await asyncio.gather(*(post.deliver(plain(port)) for _ in range(3)))
    ids = [each["Message-ID"] for each in inbox.received]
    assert len(ids) == len(set(ids)) == 6
    assert inbox.most_at_once == 1


async def test_one_address_that_is_refused_does_not_keep_the_next_one_waiting(post: Post) -> None:
    inbox = Inbox(replies_to_recipient=["450 mailbox busy"])
    await post.write(to="busy@example.org")
    await post.write(to="free@example.org")
    async with mail_server_of(inbox) as port:
        await post.deliver(plain(port))
    assert inbox.recipients == ["free@example.org"]


async def test_a_server_that_is_not_there_is_unreachable(post: Post) -> None:
    async with silent_server() as port:
        pass
    message = await post.write()
    await post.deliver(plain(port))
    assert await post.tries(message) == [(1, DeliveryFailure.UNREACHABLE)]


@pytest.mark.parametrize("transport", ["starttls", "tls"])
async def test_an_encrypted_server_is_believed_by_its_certificate(
    post: Post, authority: Authority, transport: str
) -> None:
    inbox = Inbox()
    await post.write()
    is_tls = transport == "tls"
    async with mail_server_of(
        inbox,
        tls=authority.server if is_tls else None,
        starttls=None if is_tls else authority.server,
    ) as port:
        url = f"smtps://localhost:{port}" if is_tls else f"smtp://localhost:{port}?starttls"
        stranger = mail_server(url, SENDER)
        await post.deliver(stranger)
        unverified = await post.message()
        assert unverified.last_failure == DeliveryFailure.UNVERIFIED
        assert inbox.received == []
        await post.write()
        await post.deliver(mail_server(url, SENDER, tls=authority.client))
    assert len(inbox.received) >= 1
    assert all(inbox.is_encrypted)


async def test_nothing_is_said_in_the_clear_where_encryption_was_asked_for(
    post: Post, authority: Authority
) -> None:
    inbox = Inbox()
    message = await post.write()
    async with mail_server_of(inbox) as port:
        url = f"smtp://ana:right@localhost:{port}?starttls"
        await post.deliver(mail_server(url, SENDER, tls=authority.client))
    assert (inbox.received, inbox.logins) == ([], [])
    assert await post.tries(message) == [(1, DeliveryFailure.UNVERIFIED)]


async def test_a_login_that_is_refused_is_mended_by_the_operator_and_loses_nothing(
    post: Post, clock: FixedClock, authority: Authority
) -> None:
    inbox = Inbox()
    message = await post.write()
    async with mail_server_of(inbox, starttls=authority.server, asks_for_login=True) as port:
        for password in ("wrong", "right"):
            url = f"smtp://ana:{password}@localhost:{port}?starttls"
            await post.deliver(mail_server(url, SENDER, tls=authority.client))
            clock.move(dt.timedelta(minutes=1))
    assert await post.tries(message) == [(1, DeliveryFailure.LOGIN_REFUSED), (2, None)]
    assert len(inbox.received) == 1


async def test_without_a_mail_server_emails_wait_and_the_sweep_brings_them_back(
    post: Post, clock: FixedClock
) -> None:
    inbox = Inbox()
    message = await post.write()
    await post.deliver(None)
    assert await post.tries(message) == []
    assert await post.sweep() == 0
    clock.move(dt.timedelta(minutes=2))
    assert await post.sweep() == 1
    async with mail_server_of(inbox) as port:
        await post.deliver(plain(port))
    assert len(inbox.received) == 1
    assert await post.sweep() == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example",
        "smtp://",
        "smtp://mail.example?tls",
        "smtp://mail.example:notaport?starttls",
        "smtp://mail.example/path?starttls",
        "mail.example",
        "smtp://mail.example",
    ],
)
def test_a_server_that_cannot_be_used_is_refused_at_start(url: str) -> None:
    with pytest.raises(MailServerUnknown):
        mail_server(url, SENDER)


@pytest.mark.parametrize("sender", ["", "Wellkept", "a@b\nBcc: c@d", "a@b, c@d", "Wellkept <>"])
def test_a_sender_that_is_no_address_is_refused_at_start(sender: str) -> None:
    with pytest.raises(MailSenderUnknown):
        mail_server("smtp://127.0.0.1", sender)


def test_the_address_of_the_server_says_everything_and_shows_no_password() -> None:
    server = mail_server("smtp://ana%40x:p%3Aw@mail.example?starttls", SENDER)
    assert (server.host, server.port, server.transport) == ("mail.example", 587, Transport.STARTTLS)
    assert (server.user_name, server.password) == ("ana@x", "p:w")
    assert server.sender == Address("Wellkept", "no-reply", "wellkept.test")
    assert "p:w" not in repr(server)
