"""Files to mailboxes: how one gets into the outbox, and how it is delivered."""

import asyncio
import re
from contextlib import ExitStack
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.files.reading import FileNotKept, ReadableFile, readable
from services.guarded_http import Guard
from services.outbox.delivering import Outcome
from services.outbox.mailboxes import Opened, open_mailbox
from services.outbox.sending import enqueue_delivery
from services.outbox.sftp import LONGEST_SECONDS, outcome_of, upload
from services.refusals import Category, Refusal
from storage.errors import SecretUnreadable
from storage.files import FileVault
from storage.files.sealing import FileDamaged
from storage.filters import MailboxFileFilter
from storage.interface import Store
from storage.tables.mailboxes import MailboxFileFields
from storage.tables.outbox import OutboxMessage, OutboxMessageFields
from storage.vocabulary.outbox import Channel, DeliveryFailure

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")


@dataclass
class FileNameUnsafe(Refusal):
    """It could lead out of the folder, or be another name on another system."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "A file cannot be sent under this name"

    @property
    def detail(self) -> str:
        return (
            "A name is up to 100 letters, digits, dots, hyphens and underscores of ASCII, and"
            " begins and ends with a letter or digit."
        )


@dataclass
class FileNameUsed(Refusal):
    """A name stands for one content in each mailbox, so that a repeat can be told."""

    title: ClassVar[str] = "Another file goes to the mailbox under this name"
    message_id: UUID


@dataclass
class MailboxDisabled(Refusal):
    """Nothing is sent to a disabled mailbox."""

    title: ClassVar[str] = "The mailbox is disabled"

    @property
    def detail(self) -> str:
        return "Enable it first."


async def send_file(
    store: Store, mailbox_id: UUID, file_id: UUID, name: str, *, purpose: str = "file"
) -> OutboxMessage:
    """Have a kept file put into a mailbox under a name, once this transaction has committed.

    ``purpose`` is one word for lists and figures. The name stays in the outbox for ever and holds
    no patient's data. Asked for again, the same file under the same name is the same message.
    Raises FileNameUnsafe, RowNotFound, FileNotKept, MailboxDisabled, FileNameUsed.
    """
    if _NAME.fullmatch(name) is None:
        raise FileNameUnsafe
    mailbox = await store.mailboxes.get(mailbox_id)
    file = await store.stored_files.lock(file_id)
    await store.wait_for_lock(f"mailbox/{mailbox_id}")
    sent = await store.mailbox_files.all(MailboxFileFilter(mailbox_id=mailbox_id, name=name))
    for each in sent:
        if each.file_id != file_id:
            raise FileNameUsed(each.message_id)
        return await store.outbox_messages.get(each.message_id)
    if mailbox.disabled_at is not None:
        raise MailboxDisabled
    if file.deletion is not None:
        raise FileNotKept(file.deletion)
    message = await store.outbox_messages.create(
        OutboxMessageFields(
            channel=Channel.MAILBOX,
            purpose=purpose,
            destination=line_of(mailbox_id),
            next_attempt_at=store.now,
        )
    )
    await store.mailbox_files.create(
        MailboxFileFields(mailbox_id=mailbox_id, message_id=message.id, file_id=file_id, name=name)
    )
    await enqueue_delivery(store, message.destination, message.channel)
    return message


def line_of(mailbox_id: UUID) -> str:
    """The line in which a mailbox's files stand."""
    return f"mailbox/{mailbox_id}"


@dataclass(frozen=True)
class MailboxCarrier:
    """Takes files to mailboxes. See ``services.outbox.delivering.Carrier``."""

    guard: Guard
    vault: FileVault

    async def carry(self, store: Store, message: OutboxMessage) -> "MailboxErrand":
        """Where the file lies, and how its mailbox is opened."""
        (sent,) = await store.mailbox_files.all(MailboxFileFilter(message_id=message.id))
        try:
            opened = await open_mailbox(store, sent.mailbox_id)
            file = await readable(store, sent.file_id)
        except (SecretUnreadable, FileNotKept):
            return MailboxErrand(self, Outcome(DeliveryFailure.UNREADABLE))
        if opened.mailbox.disabled_at is not None:
            return MailboxErrand(self, Outcome(DeliveryFailure.DISABLED))
        return MailboxErrand(self, Outcome(), opened, file, sent.name)

    async def settle(self, store: Store, message: OutboxMessage, outcome: Outcome) -> None:
        """Nothing else: a mailbox stays enabled whatever its server does."""


@dataclass(frozen=True)
class MailboxErrand:
    """One try at one file, unless ``known`` says already how it ends."""

    carrier: MailboxCarrier
    known: Outcome
    opened: Opened | None = None
    file: ReadableFile | None = None
    name: str = ""

    async def run(self) -> Outcome:
        """Put it there. See ``services.outbox.delivering.Errand``."""
        if self.opened is None or self.file is None:
            return self.known
        try:
            return await outcome_of(
                self._upload(self.opened, self.file), longest_seconds=LONGEST_SECONDS
            )
        except FileDamaged:
            return Outcome(DeliveryFailure.UNREADABLE)

    async def _upload(self, opened: Opened, file: ReadableFile) -> None:
        with ExitStack() as opening:
            kept = self.carrier.vault.opened(file.key)
            content = await asyncio.to_thread(opening.enter_context, kept)
            await upload(
                self.carrier.guard,
                opened.server,
                opened.mailbox.write_folder,
                self.name,
                content,
                byte_count=file.row.byte_count,
            )
