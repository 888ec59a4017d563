"""Sending a company the ends of its chains, to be kept out of reach of the database's owner.

To a mailbox as a file, and by e-mail, as the company's settings say: once in every six hours. Both
hold the same lines as the files that the operator's folder holds, so that ``wellkept audit verify
--roots`` reads them.
"""

import datetime as dt
from uuid import UUID

from services.files.keeping import NewFile, keep
from services.outbox.emails import Email, send_email
from services.outbox.mailbox_files import send_file
from storage.files import FileVault
from storage.filters import MailboxFileFilter, OutboxFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, IStorage, Store
from storage.tables.identity import Company
from storage.trail.roots import roots_of, write_roots
from storage.vocabulary.files import FilePurpose
from storage.vocabulary.outbox import Channel

PURPOSE = "roots"
"""What the outbox calls these messages."""

SLOT_HOURS = 6


def slot_of(moment: dt.datetime) -> dt.datetime:
    """When the six hours began (UTC) that a moment lies in."""
    at = moment.astimezone(dt.UTC)
    return at.replace(hour=at.hour - at.hour % SLOT_HOURS, minute=0, second=0, microsecond=0)


async def send_roots(storage: IStorage, vault: FileVault, company_id: UUID) -> None:
    """Send the roots where the company wants them, unless they were in these six hours already.

    Nothing goes to a mailbox that is disabled. Raises StorageUnavailable, FileStoreFull,
    FileStoreUnavailable.
    """
    actor = Actor(SYSTEM_ACTOR_ID, new_id())
    async with storage.transaction(company_id, actor) as store:
        company = await store.companies.get(company_id)
    if company.roots_mailbox_id is None and company.roots_email is None:
        return
    text = write_roots(await roots_of(storage, company_id, company.slug))
    if not text:
        return
    async with storage.transaction(company_id, actor) as store:
        await store.wait_for_lock(PURPOSE)
        company = await store.companies.get(company_id)
        if company.roots_mailbox_id is not None:
            await _send_file(store, vault, company, company.roots_mailbox_id, text)
        if company.roots_email is not None:
            await _send_email(store, company, company.roots_email, text)


async def _send_file(
    store: Store, vault: FileVault, company: Company, mailbox_id: UUID, text: str
) -> None:
    name = f"roots-{company.slug}-{slot_of(store.now):%Y%m%dT%H%MZ}.jsonl"
    mailbox = await store.mailboxes.get(mailbox_id)
    sent = MailboxFileFilter(mailbox_id=mailbox_id, name=name)
    if mailbox.disabled_at is not None or await store.mailbox_files.count(sent):
        return
    new = NewFile(purpose=FilePurpose.ROOTS, name=name, media_type="application/jsonl")
    file = await keep(store, vault, new, text.encode())
    await send_file(store, mailbox_id, file.id, name, purpose=PURPOSE)


async def _send_email(store: Store, company: Company, address: str, text: str) -> None:
    sent = OutboxFilter(channel=Channel.EMAIL, purpose=PURPOSE, created_from=slot_of(store.now))
    if await store.outbox_messages.count(sent):
        return
    email = Email(
        to=address,
        subject=f"Roots of the audit trail of {company.slug}",
        text=f"""These are the last seals of the audit trail of {company.slug}. Keep this e-mail.
The lines that begin with a brace, in a file of their own, are what
wellkept audit verify --roots compares the trail with.

{text}""",
    )
    await send_email(store, email, purpose=PURPOSE)
