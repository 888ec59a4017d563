"""Our own side fails in the middle of a delivery: nothing is lost, and what is repeated bears the
same id."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from services.outbox.delivering import LEASE, LEASES
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.errors import StorageUnavailable
from storage.files import FileVault
from storage.files.s3 import Bucket, S3FileStore
from storage.filters import AuditFilter, ByMessage
from storage.postgres.checks import readiness
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.outbox import Channel, DeliveryFailure, MessageStatus
from tests.builders.certificates import Authority
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING
from tests.builders.receivers import Receiver, receiving
from tests.builders.sftp_servers import ServerForTests, serving
from tests.files.seaweed import ACCESS_KEY, BUCKET, SECRET_KEY, Seaweed
from tests.outbox.deliveries import CONTENT, NAME, Hooks, Post
from tests.servers import chosen_server, migrated_database, start_test_server

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server of this module's own, to be killed; the machine, which keeps its writes, is not."""
    server = start_test_server(chosen_server(), tmp_path_factory.mktemp("mortal"), unsafe_fast=True)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def there(mortal: EmbeddedServer) -> RoleAddresses:
    return migrated_database(mortal, "wellkept")


@pytest.fixture
async def far(there: RoleAddresses, clock: FixedClock) -> AsyncIterator[PostgresStorage]:
    """The worker's storage on it."""
    storage = PostgresStorage(there.worker, clock=clock, keyring=KEYRING)
    await storage.open()
    yield storage
    await storage.close()


@pytest.fixture
async def tenant(there: RoleAddresses, far: PostgresStorage) -> CompanyForTests:
    return await make_company(there.owner, far)


async def again(mortal: EmbeddedServer, storage: PostgresStorage) -> None:
    """The database is back, and known to be."""
    await asyncio.to_thread(mortal.start)
    for _ in range(100):
        if await readiness(storage) is None:
            return
        await asyncio.sleep(0.1)


async def test_a_webhook_whose_database_died_before_its_end_was_written_comes_twice_under_one_id(
    mortal: EmbeddedServer,
    far: PostgresStorage,
    tenant: CompanyForTests,
    authority: Authority,
    clock: FixedClock,
) -> None:
    hooks = Hooks(far, tenant, authority)

    async def take_the_database_away(writer: asyncio.StreamWriter) -> None:
        await asyncio.to_thread(mortal.kill)
        writer.write(b"HTTP/1.1 204 So\r\n\r\n")
        await writer.drain()

    receiver = Receiver(answers=[take_the_database_away])
    async with receiving(receiver, tls=authority.server) as port:
        made = await hooks.endpoint(port, "key.*")
        await hooks.happen()
        with pytest.raises(StorageUnavailable):
            await hooks.deliver(made.endpoint, port)
        await again(mortal, far)
        clock.move(LEASE - dt.timedelta(seconds=1))
        await hooks.deliver(made.endpoint, port)
        assert len(receiver.received) == 1
        clock.move(dt.timedelta(seconds=1))
        for _ in range(2):
            await hooks.deliver(made.endpoint, port)
    (message,) = await hooks.messages()
    assert message.status == MessageStatus.DELIVERED
    assert [each.headers["webhook-id"] for each in receiver.received] == [str(message.id)] * 2
    assert receiver.received[0].body == receiver.received[1].body
    async with far.transaction(tenant.id, tenant.actor) as store:
        tries = await store.outbox_attempts.all(ByMessage(message_id=message.id))
        changes = await store.audit_log.all(AuditFilter(entity_id=message.id))
    assert [each.number for each in tries] == [2]
    taken = [each for each in changes if (each.after or {}).get("status") == "delivering"]
    assert len(taken) == 2, "the try whose end nobody wrote down is on record by its beginning"


async def test_a_file_whose_database_died_while_it_went_is_there_once_in_the_end(
    mortal: EmbeddedServer,
    far: PostgresStorage,
    tenant: CompanyForTests,
    vault: FileVault,
    authority: Authority,
    clock: FixedClock,
    tmp_path: Path,
) -> None:
    post = Post(far, tenant, vault, authority)
    is_dead = False

    def take_the_database_away(step: str, is_done: bool) -> bool:
        nonlocal is_dead
        if step == "write" and is_done and not is_dead:
            mortal.kill()
            is_dead = True
        return False

    clearinghouse = ServerForTests(tmp_path / "sftp", meddle=take_the_database_away)
    async with serving(clearinghouse):
        mailbox = await post.mailbox(clearinghouse)
        message = await post.send(mailbox, await post.file())
        with pytest.raises(StorageUnavailable):
            await post.deliver(clearinghouse, mailbox)
        assert is_dead
        await again(mortal, far)
        clock.move(LEASES[Channel.MAILBOX])
        for _ in range(2):
            await post.deliver(clearinghouse, mailbox)
    assert clearinghouse.files() == {NAME: CONTENT}
    assert clearinghouse.steps.count("rename") == 1
    assert (await post.look_at(message)).status == MessageStatus.DELIVERED


async def test_a_file_store_that_goes_away_while_a_file_goes_is_a_try_on_record(
    worker: PostgresStorage,
    company: CompanyForTests,
    authority: Authority,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    seaweed = Seaweed(tmp_path / "seaweed")
    request.addfinalizer(seaweed.stop)
    await asyncio.to_thread(seaweed.start)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    vault = FileVault(S3FileStore(Bucket(BUCKET, uuid4().hex, seaweed.endpoint)))
    post = Post(worker, company, vault, authority)
    content = CONTENT * 12

    def take_the_store_away(step: str, is_done: bool) -> bool:
        if step == "write" and is_done:
            seaweed.stop()
        return False

    clearinghouse = ServerForTests(tmp_path / "sftp", meddle=take_the_store_away)
    async with serving(clearinghouse):
        mailbox = await post.mailbox(clearinghouse)
        message = await post.send(mailbox, await post.file(content))
        await post.deliver(clearinghouse, mailbox)
        waiting = await post.look_at(message)
        assert (waiting.status, waiting.last_failure) == (
            MessageStatus.WAITING,
            DeliveryFailure.STORE_UNAVAILABLE,
        )
        assert waiting.next_attempt_at is not None
        assert waiting.next_attempt_at - clock.now() <= dt.timedelta(seconds=30)
        async with worker.transaction(company.id, company.actor) as store:
            (attempt,) = await store.outbox_attempts.all(ByMessage(message_id=message.id))
        assert attempt.failure == DeliveryFailure.STORE_UNAVAILABLE
        assert NAME not in clearinghouse.files()
        clearinghouse.meddle = lambda *_: False
        await asyncio.to_thread(seaweed.start)
        clock.move(dt.timedelta(seconds=30))
        await post.deliver(clearinghouse, mailbox)
    assert clearinghouse.files() == {NAME: content}
    assert (await post.look_at(message)).status == MessageStatus.DELIVERED
