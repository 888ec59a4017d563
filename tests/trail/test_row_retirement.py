"""What left the house goes row by row: what refers to it keeps it, a hold is told, and several runs
do the work once."""

import asyncio
import datetime as dt
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from uuid import UUID

import pytest
from sqlmodel import SQLModel
from typer.testing import CliRunner

import storage.tables  # noqa: F401 -- fills the metadata
from app.cli.commands import application
from storage.embedded import EmbeddedServer, RoleAddresses
from storage.filters import ByLog, OutboxFilter
from storage.identifiers import lowest_id_at
from storage.maintenance import maintain, row_retirement
from storage.maintenance.deeds import Deed, RowsForgotten, RowsKept
from storage.maintenance.subjects import ABOUT_NOBODY, is_about_a_patient
from storage.postgres.transaction import PostgresStorage
from storage.tables.files import StoredFileFields
from storage.tables.identity import LegalHold, LegalHoldFields
from storage.tables.mailboxes import MailboxFields, MailboxFileFields
from storage.tables.outbox import EventFields, OutboxMessage, OutboxMessageFields
from storage.trail.keys import Signer
from storage.vocabulary.files import FilePurpose
from storage.vocabulary.outbox import Channel, EventType, MessageStatus
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING
from tests.servers import migrated_database

pytestmark = pytest.mark.anyio

LONG_AGO = dt.datetime(2015, 3, 4, tzinfo=dt.UTC)
LATER = dt.datetime(2051, 6, 15, tzinfo=dt.UTC)

Maintain = Callable[..., list[Deed]]


@pytest.fixture(scope="module")
def retired(server: EmbeddedServer) -> RoleAddresses:
    """A database of this module's own, in which decades pass."""
    return migrated_database(server, "passing")


@pytest.fixture
async def worker(retired: RoleAddresses) -> AsyncIterator[PostgresStorage]:
    """Storage as the worker's role, long ago."""
    storage = PostgresStorage(retired.worker, clock=FixedClock(LONG_AGO), keyring=KEYRING)
    await storage.open()
    yield storage
    await storage.close()


@pytest.fixture
async def company(retired: RoleAddresses, worker: PostgresStorage) -> CompanyForTests:
    """A company that leaves no more behind than its test asks for."""
    return await make_company(retired.owner, worker)


@pytest.fixture
def upkeep(retired: RoleAddresses, signer: Signer) -> Maintain:
    """Maintenance, decades later."""

    def run(*, dry_run: bool = False) -> list[Deed]:
        return maintain(retired.owner, signer, clock=FixedClock(LATER), dry_run=dry_run)

    return run


def rows_gone(deeds: list[Deed]) -> dict[str, int]:
    return {deed.table: deed.rows for deed in deeds if isinstance(deed, RowsForgotten)}


def old_ids(count: int) -> list[UUID]:
    """Ids as they were made long ago."""
    first = lowest_id_at(LONG_AGO).int + secrets.randbits(60)
    return [UUID(int=first + at) for at in range(count)]


async def emails(worker: PostgresStorage, company: CompanyForTests, count: int) -> list[UUID]:
    """E-mails that arrived long ago."""
    fields = OutboxMessageFields(
        channel=Channel.EMAIL,
        purpose="digest",
        destination="email",
        status=MessageStatus.DELIVERED,
        settled_at=LONG_AGO,
    )
    async with worker.transaction(company.id, company.actor) as store:
        return await store.outbox_messages.create_many([fields] * count, ids=old_ids(count))


async def messages_left(worker: PostgresStorage, company: CompanyForTests) -> set[UUID]:
    async with worker.transaction(company.id, company.actor) as store:
        return {row.id for row in await store.outbox_messages.all(OutboxFilter())}


async def hold(worker: PostgresStorage, company: CompanyForTests, **on: UUID) -> LegalHold:
    async with worker.transaction(company.id, company.actor) as store:
        return await store.legal_holds.create(
            LegalHoldFields(reason="litigation", starts_on=LONG_AGO.date(), **on)
        )


async def test_the_message_of_a_mailbox_file_stays_for_its_name_says_for_ever_what_was_sent(
    worker: PostgresStorage, company: CompanyForTests, upkeep: Maintain
) -> None:
    (email,) = await emails(worker, company, 1)
    async with worker.transaction(company.id, company.actor) as store:
        file = await store.stored_files.create(
            StoredFileFields(
                purpose=FilePurpose.REMITTANCE,
                name="claims.837",
                media_type="application/edi-x12",
                byte_count=1,
                sha256=b"",
                object_key=company.id.hex,
                data_key_number=1,
            )
        )
        mailbox = await store.mailboxes.create(
            MailboxFields(
                name="clearinghouse",
                host="sftp.example.org",
                port=22,
                host_key="",
                host_key_fingerprint="",
                user_name="us",
                sealed_password=b"",
                write_folder="/in",
            )
        )
        message = await store.outbox_messages.create(
            OutboxMessageFields(
                channel=Channel.MAILBOX,
                purpose="file",
                destination=f"mailbox/{mailbox.id}",
                status=MessageStatus.DELIVERED,
                settled_at=LONG_AGO,
            )
        )
        await store.mailbox_files.create(
            MailboxFileFields(
                mailbox_id=mailbox.id, message_id=message.id, file_id=file.id, name="claims.837"
            )
        )
    upkeep()
    left = await messages_left(worker, company)
    assert (message.id in left, email in left) == (True, False)


async def test_batches_add_up_and_several_runs_at_once_do_the_work_once(
    worker: PostgresStorage,
    company: CompanyForTests,
    upkeep: Maintain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(row_retirement, "ROWS_AT_ONCE", 2)
    await emails(worker, company, 5)
    async with worker.transaction(company.id, company.actor) as store:
        event = EventFields(
            type=EventType.KEY_REVOKED, entity="api_keys", entity_id=company.actor.principal_id
        )
        await store.events.create_many([event] * 3)
    rehearsed = rows_gone(upkeep(dry_run=True))
    runs = await asyncio.gather(*(asyncio.to_thread(upkeep) for _ in range(3)))
    gone = [found for deeds in runs if (found := rows_gone(deeds))]
    assert gone == [rehearsed] == [{"outbox_messages": 5, "events": 3}]
    async with worker.transaction(company.id, company.actor) as store:
        signed = await store.retirements.all(ByLog(log="events"))
    assert sorted(each.row_count for each in signed) == [1, 2]
    assert all(each.signature for each in signed)


async def test_a_run_passes_over_what_somebody_replays_at_the_same_time(
    worker: PostgresStorage, company: CompanyForTests, upkeep: Maintain
) -> None:
    first, second = await emails(worker, company, 2)
    async with worker.transaction(company.id, company.actor) as store:
        held: OutboxMessage = await store.outbox_messages.lock(first)
        await asyncio.to_thread(upkeep)
        again = {
            "status": MessageStatus.WAITING,
            "settled_at": None,
            "next_attempt_at": store.now,
        }
        await store.outbox_messages.update(first, again, expected_version=held.version)
    await asyncio.to_thread(upkeep)
    left = await messages_left(worker, company)
    assert (first in left, second in left) == (True, False)


async def test_what_a_hold_keeps_is_told_with_the_hold_and_goes_after_its_release(
    worker: PostgresStorage,
    company: CompanyForTests,
    retired: RoleAddresses,
    environment: Mapping[str, str | None],
    upkeep: Maintain,
) -> None:
    await emails(worker, company, 3)
    placed = await hold(worker, company)
    reason = f"legal hold {placed.id} stands"
    kept = RowsKept("outbox_messages", company.slug, 3, reason)
    assert kept in upkeep()
    own = {
        **environment,
        "WELLKEPT_DATABASE_URL": retired.app,
        "WELLKEPT_OWNER_URL": retired.owner,
        "WELLKEPT_WORKER_URL": retired.worker,
    }

    def told() -> list[str]:
        shown = CliRunner().invoke(application, ["retention"], env=own)
        assert shown.exit_code == 0
        return [line for line in shown.stdout.splitlines() if "outbox_messages" in line]

    since, *due = await asyncio.to_thread(told)
    assert since == "outbox_messages: kept since 2015-03-04"
    assert f"outbox_messages: 3 rows kept for {company.slug}: {reason}" in due
    async with worker.transaction(company.id, company.actor) as store:
        released = {"released_at": store.now, "release_reason": "settled"}
        await store.legal_holds.update(placed.id, released, expected_version=1)
    assert "would: outbox_messages: 3 rows deleted" in await asyncio.to_thread(told)
    assert rows_gone(upkeep())["outbox_messages"] == 3


def test_what_is_said_to_be_about_nobody_has_no_patient() -> None:
    tables = SQLModel.metadata.tables
    assert [name for name in sorted(ABOUT_NOBODY) if is_about_a_patient(tables[name])] == []
