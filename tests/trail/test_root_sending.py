"""Roots of the trail go to a company's own mailbox and address, and are missed if they do not."""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.reading import readable
from services.outbox.emails import SEALED_PAYLOAD, EmailContent
from services.trail.root_lateness import remind_of_late_roots
from services.trail.root_sending import PURPOSE, send_roots, slot_of
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.filters import MailboxFileFilter, NotificationFilter, OutboxFilter
from storage.postgres.transaction import PostgresStorage
from storage.tables.mailboxes import MailboxFields
from storage.tables.outbox import OutboxMessage
from storage.trail.keys import KnownKeys, Signer
from storage.trail.roots import read_roots
from storage.trail.sealer import seal_company
from storage.vocabulary.identity import Role
from storage.vocabulary.notifications import NotificationKind
from storage.vocabulary.outbox import Channel, MessageStatus
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.people import make_person
from tests.trail.logs import look

anyio = pytest.mark.anyio

SIX_HOURS = dt.timedelta(hours=6)
A_DAY = dt.timedelta(days=1)


@given(st.builds(dt.datetime.fromtimestamp, st.integers(0, 2**32), st.timezones()))
def test_a_moment_lies_in_the_six_hours_that_have_begun(moment: dt.datetime) -> None:
    slot = slot_of(moment)
    assert slot <= moment < slot + SIX_HOURS
    assert (slot.hour % 6, slot.minute, slot.second) == (0, 0, 0)
    assert slot_of(slot) == slot


@dataclass
class Archive:
    """A company that has its roots sent, and a way to see what became of them."""

    storage: PostgresStorage
    clock: FixedClock
    vault: FileVault
    company: CompanyForTests

    async def want(self, *, by_mailbox: bool = False, email: str | None = None) -> UUID | None:
        """Name where they go; the mailbox's id."""
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            mailbox = None
            if by_mailbox:
                mailbox = await store.mailboxes.create(
                    MailboxFields(
                        name="Archive",
                        host="archive.example",
                        port=22,
                        host_key="ssh-ed25519 AAAA",
                        host_key_fingerprint="SHA256:x",
                        user_name="x",
                        sealed_password=b"x",
                        write_folder="/in",
                    )
                )
            mailbox_id = None if mailbox is None else mailbox.id
            company = await store.companies.get(self.company.id)
            await store.companies.update(
                company.id,
                {"roots_mailbox_id": mailbox_id, "roots_email": email},
                expected_version=company.version,
            )
        return mailbox_id

    async def send(self) -> None:
        await send_roots(self.storage, self.vault, self.company.id)

    async def sent(self) -> list[OutboxMessage]:
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return list(await store.outbox_messages.all(OutboxFilter(purpose=PURPOSE)))

    async def settle(self, status: MessageStatus) -> None:
        """What becomes of everything that was sent."""
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            for message in await store.outbox_messages.all(OutboxFilter(purpose=PURPOSE)):
                changes = {"status": status, "settled_at": store.now, "next_attempt_at": None}
                await store.outbox_messages.update(
                    message.id, changes, expected_version=message.version
                )

    async def remind(self, *, is_folder_late: bool = False) -> int:
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await remind_of_late_roots(store, is_folder_late=is_folder_late)

    async def told(self) -> Counter[UUID]:
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            found = await store.notifications.all(NotificationFilter())
        assert {each.kind for each in found} <= {NotificationKind.ROOTS_LATE}
        return Counter(each.person_id for each in found)


@pytest.fixture
async def archive(
    addresses: RoleAddresses, tenant: CompanyForTests, vault: FileVault, signer: Signer
) -> AsyncIterator[Archive]:
    now = dt.datetime.now(dt.UTC)
    seven = now.replace(hour=7)
    clock = FixedClock(seven if seven >= now else seven + A_DAY)
    storage = PostgresStorage(addresses.worker, clock=clock, keyring=KEYRING)
    await storage.open()
    await look(storage, tenant, 1)
    await seal_company(storage, tenant.id, signer)
    yield Archive(storage, clock, vault, tenant)
    await storage.close()


@anyio
async def test_the_mailbox_gets_one_file_in_six_hours_that_the_verification_reads(
    archive: Archive, keys: KnownKeys
) -> None:
    mailbox_id = await archive.want(by_mailbox=True)
    await asyncio.gather(archive.send(), archive.send())
    archive.clock.move(dt.timedelta(hours=4))
    await archive.send()
    (first,) = await archive.sent()
    assert first.channel is Channel.MAILBOX
    async with archive.storage.transaction(archive.company.id, archive.company.actor) as store:
        (file,) = await store.mailbox_files.all(MailboxFileFilter(mailbox_id=mailbox_id))
        kept = await readable(store, file.file_id)
        stored = await store.stored_files.get(file.file_id)
    day = f"{archive.clock.now():%Y%m%d}"
    assert file.name == f"roots-{archive.company.slug}-{day}T0600Z.jsonl"
    assert stored.retain_until is not None
    text = b"".join(archive.vault.read(kept.key)).decode()
    roots = read_roots(text, keys)
    assert {company_id for company_id, _ in roots} == {archive.company.id}
    archive.clock.move(dt.timedelta(hours=2))
    await archive.send()
    assert len(await archive.sent()) == 2


@anyio
async def test_the_address_gets_one_letter_in_six_hours_with_the_same_lines(
    archive: Archive, keys: KnownKeys
) -> None:
    await archive.want(email="archive@example.org")
    await asyncio.gather(archive.send(), archive.send())
    (letter,) = await archive.sent()
    async with archive.storage.transaction(archive.company.id, archive.company.actor) as store:
        payload = await store.secrets.open(SEALED_PAYLOAD, letter.id, letter.sealed_payload or b"")
    text = msgspec.json.decode(payload, type=EmailContent).text
    lines = [line for line in text.splitlines() if line.startswith("{")]
    assert letter.recipient == "archive@example.org"
    assert (archive.company.id, "api_log") in read_roots("\n".join(lines), keys)
    archive.clock.move(SIX_HOURS)
    await archive.send()
    assert len(await archive.sent()) == 2


@anyio
async def test_nothing_is_sent_where_nobody_wants_it_nor_to_a_disabled_mailbox(
    archive: Archive,
) -> None:
    await archive.send()
    mailbox_id = await archive.want(by_mailbox=True)
    assert mailbox_id is not None
    async with archive.storage.transaction(archive.company.id, archive.company.actor) as store:
        await store.mailboxes.update(mailbox_id, {"disabled_at": store.now}, expected_version=1)
    await archive.send()
    assert await archive.sent() == []


@anyio
async def test_whoever_can_change_it_is_told_once_a_day_that_roots_do_not_arrive(
    archive: Archive,
) -> None:
    administrator = await make_person(archive.storage, archive.company, Role.ADMINISTRATOR)
    await make_person(archive.storage, archive.company, Role.COMPLIANCE_OFFICER)
    await archive.want(by_mailbox=True, email="archive@example.org")
    await archive.send()
    archive.clock.move(A_DAY - dt.timedelta(minutes=1))
    assert await archive.remind() == 0
    archive.clock.move(dt.timedelta(minutes=2))
    assert [await archive.remind(), await archive.remind()] == [1, 0]
    archive.clock.move(A_DAY)
    assert await archive.remind() == 1
    assert await archive.told() == {administrator.id: 2}
    await archive.send()
    await archive.settle(MessageStatus.DELIVERED)
    archive.clock.move(A_DAY - dt.timedelta(minutes=1))
    assert await archive.remind() == 0, "the last that was sent has arrived"
    archive.clock.move(dt.timedelta(minutes=2))
    assert await archive.remind() == 1, "for a day nothing was sent"


@anyio
async def test_whoever_reads_the_trail_is_told_that_the_operators_folder_is_late(
    archive: Archive,
) -> None:
    roles = (Role.ADMINISTRATOR, Role.COMPLIANCE_OFFICER, Role.AUDITOR, Role.VIEWER)
    people = {role: await make_person(archive.storage, archive.company, role) for role in roles}
    assert await archive.remind(is_folder_late=True) == 0, "the company is new"
    archive.clock.move(2 * A_DAY)
    assert await archive.remind() == 0
    assert await archive.remind(is_folder_late=True) == 1
    assert await archive.told() == {people[role].id: 1 for role in roles[:3]}
