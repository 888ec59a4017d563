"""Files reach mailboxes from the outbox: once under one name, from the company's own files."""

import datetime as dt
from pathlib import Path

import pytest

from services.files.reading import FileNotKept
from services.outbox.delivering import LEASES
from services.outbox.mailbox_files import (
    FileNameUnsafe,
    FileNameUsed,
    MailboxDisabled,
)
from services.outbox.mailboxes import disable_mailbox, enable_mailbox
from services.outbox.messages import replay_message
from storage.errors import RowNotFound
from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.files import FileDeletion
from storage.vocabulary.outbox import Channel, DeliveryFailure, MessageStatus
from tests.builders.certificates import Authority
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.sftp_servers import ServerForTests, serving
from tests.outbox.deliveries import CONTENT, NAME, Post

pytestmark = pytest.mark.anyio


@pytest.fixture
def clearinghouse(tmp_path: Path) -> ServerForTests:
    return ServerForTests(tmp_path / "sftp")


@pytest.fixture
def post(
    worker: PostgresStorage, company: CompanyForTests, vault: FileVault, authority: Authority
) -> Post:
    return Post(worker, company, vault, authority)


async def test_a_kept_file_arrives_decrypted_under_its_name(
    post: Post, clearinghouse: ServerForTests
) -> None:
    async with serving(clearinghouse):
        mailbox = await post.mailbox(clearinghouse)
        message = await post.send(mailbox, await post.file())
        await post.deliver(clearinghouse, mailbox)
        await post.deliver(clearinghouse, mailbox)
    assert clearinghouse.files() == {NAME: CONTENT}
    assert clearinghouse.connections == 1
    assert (await post.look_at(message)).status == MessageStatus.DELIVERED


async def test_a_worker_that_dies_after_the_file_got_its_name_sends_it_once(
    post: Post, clearinghouse: ServerForTests, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(Exception):
        pass

    async def die(*_: object) -> None:
        raise Died

    async with serving(clearinghouse):
        mailbox = await post.mailbox(clearinghouse)
        message = await post.send(mailbox, await post.file())
        with monkeypatch.context() as patch:
            patch.setattr("services.outbox.delivering.record", die)
            with pytest.raises(Died):
                await post.deliver(clearinghouse, mailbox)
        clock.move(LEASES[Channel.MAILBOX] - dt.timedelta(seconds=1))
        await post.deliver(clearinghouse, mailbox)
        assert clearinghouse.connections == 1
        clock.move(dt.timedelta(seconds=1))
        await post.deliver(clearinghouse, mailbox)
    assert clearinghouse.files() == {NAME: CONTENT}
    assert (clearinghouse.connections, clearinghouse.steps.count("rename")) == (2, 1)
    assert (await post.look_at(message)).status == MessageStatus.DELIVERED


async def test_a_server_that_fails_is_tried_again_and_nothing_is_lost(
    post: Post, clearinghouse: ServerForTests, clock: FixedClock
) -> None:
    async with serving(clearinghouse):
        mailbox = await post.mailbox(clearinghouse)
        message = await post.send(mailbox, await post.file())
        clearinghouse.meddle = lambda step, is_done: step == "write" and is_done
        await post.deliver(clearinghouse, mailbox)
        waiting = await post.look_at(message)
        assert (waiting.status, waiting.last_failure) == (
            MessageStatus.WAITING,
            DeliveryFailure.UNREACHABLE,
        )
        clearinghouse.meddle = lambda *_: False
        clock.move(dt.timedelta(seconds=30))
        await post.deliver(clearinghouse, mailbox)
    assert clearinghouse.files() == {NAME: CONTENT}
    assert (await post.look_at(message)).status == MessageStatus.DELIVERED


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../a", "a/b", "a\\b", ".hidden", "a.", "a b", "a\n", "a\x00", "ä", "x" * 101],
)
async def test_a_name_that_could_lead_elsewhere_is_refused(
    post: Post, clearinghouse: ServerForTests, name: str
) -> None:
    clearinghouse.port = 22
    mailbox, file_id = await post.mailbox(clearinghouse), await post.file(b"x")
    with pytest.raises(FileNameUnsafe):
        await post.send(mailbox, file_id, name)


async def test_a_name_stands_for_one_file_in_each_mailbox(
    post: Post, clearinghouse: ServerForTests
) -> None:
    clearinghouse.port = 22
    mailbox, other = await post.mailbox(clearinghouse), await post.mailbox(clearinghouse)
    first, second = await post.file(b"1"), await post.file(b"2")
    message = await post.send(mailbox, first)
    assert (await post.send(mailbox, first)).id == message.id
    with pytest.raises(FileNameUsed) as refused:
        await post.send(mailbox, second)
    assert refused.value.message_id == message.id
    assert (await post.send(other, second)).id != message.id


async def test_another_companys_mailbox_or_file_is_not_there(
    post: Post, clearinghouse: ServerForTests, other_company: CompanyForTests
) -> None:
    clearinghouse.port = 22
    theirs = Post(post.storage, other_company, post.vault, post.authority)
    our_mailbox, our_file = await post.mailbox(clearinghouse), await post.file(b"x")
    their_mailbox, their_file = await theirs.mailbox(clearinghouse), await theirs.file(b"x")
    with pytest.raises(RowNotFound):
        await post.send(their_mailbox, our_file)
    with pytest.raises(RowNotFound):
        await post.send(our_mailbox, their_file)


async def test_what_waits_for_a_disabled_mailbox_is_given_up_and_can_be_replayed(
    post: Post, clearinghouse: ServerForTests
) -> None:
    async with serving(clearinghouse):
        mailbox = await post.mailbox(clearinghouse)
        file_id = await post.file()
        message = await post.send(mailbox, file_id)
        async with post.storage.transaction(post.company.id, post.company.actor) as store:
            disabled = await disable_mailbox(store, mailbox.id, expected_version=mailbox.version)
        await post.deliver(clearinghouse, mailbox)
        failed = await post.look_at(message)
        assert (failed.status, failed.last_failure) == (
            MessageStatus.FAILED,
            DeliveryFailure.DISABLED,
        )
        with pytest.raises(MailboxDisabled):
            await post.send(mailbox, file_id, "another.837")
        async with post.storage.transaction(post.company.id, post.company.actor) as store:
            await enable_mailbox(store, mailbox.id, expected_version=disabled.version)
            await replay_message(store, message.id, expected_version=failed.version)
        await post.deliver(clearinghouse, mailbox)
    assert clearinghouse.files() == {NAME: CONTENT}


async def test_a_file_that_is_not_kept_any_more_is_not_sent(
    post: Post, clearinghouse: ServerForTests, clock: FixedClock
) -> None:
    async with serving(clearinghouse):
        mailbox, file_id = await post.mailbox(clearinghouse), await post.file()
        message = await post.send(mailbox, file_id)
        async with post.storage.transaction(post.company.id, post.company.actor) as store:
            gone = {"deleted_at": clock.now(), "deletion": FileDeletion.RETENTION}
            await store.stored_files.update(file_id, gone, expected_version=1)
        await post.deliver(clearinghouse, mailbox)
        assert (await post.look_at(message)).last_failure == DeliveryFailure.UNREADABLE
        with pytest.raises(FileNotKept):
            await post.send(mailbox, file_id, "another.837")
    assert clearinghouse.connections == 0
