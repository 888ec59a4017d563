"""The folders that partners leave files in: on their SFTP server, or of this installation."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.claims.clearing.drop_folder import DropDirectory, DropFolder
from services.claims.clearing.pickup import LARGEST_BYTES, Inbox, InboxUnavailable, LeftFile
from services.guarded_http import Guard
from services.outbox.delivering import Outcome
from services.outbox.mailboxes import Opened, open_mailbox
from services.outbox.sftp import LONGEST_SECONDS, RemoteFile, download, list_files, outcome_of
from storage.errors import SecretUnreadable
from storage.filters import TradingPartnerFilter
from storage.interface import Store


@dataclass(frozen=True)
class FolderInbox:
    """The drop folder's own. See ``services.claims.clearing.pickup.Inbox``."""

    folder: DropFolder

    async def listed(self) -> Sequence[LeftFile]:
        """See ``Inbox``."""
        try:
            found = await asyncio.to_thread(self.folder.left_files)
        except OSError as error:
            raise InboxUnavailable(type(error).__name__) from error
        return [LeftFile(*each) for each in found]

    async def read(self, file: LeftFile) -> bytes:
        """See ``Inbox``."""
        try:
            return await asyncio.to_thread(self.folder.take, file.name, most=LARGEST_BYTES)
        except OSError as error:
            raise InboxUnavailable(type(error).__name__) from error


@dataclass(frozen=True)
class MailboxInbox:
    """A folder on the partner's server. See ``services.claims.clearing.pickup.Inbox``."""

    guard: Guard
    opened: Opened
    folder: str

    async def listed(self) -> Sequence[LeftFile]:
        """See ``Inbox``."""
        found: list[RemoteFile] = []

        async def look() -> None:
            found.extend(await list_files(self.guard, self.opened.server, self.folder))

        self._require(await outcome_of(look(), longest_seconds=LONGEST_SECONDS))
        return [LeftFile(each.name, each.byte_count, each.modified_at) for each in found]

    async def read(self, file: LeftFile) -> bytes:
        """See ``Inbox``."""
        content = bytearray()

        async def fetch() -> None:
            content.extend(
                await download(
                    self.guard, self.opened.server, self.folder, file.name, most=LARGEST_BYTES
                )
            )

        self._require(await outcome_of(fetch(), longest_seconds=LONGEST_SECONDS))
        return bytes(content)

    def _require(self, outcome: Outcome) -> None:
        if outcome.failure is not None:
            raise InboxUnavailable(outcome.failure.value)


async def inboxes(store: Store, guard: Guard, directory: DropDirectory | None) -> dict[UUID, Inbox]:
    """The inbox of each partner that has one, to be looked into once the transaction is over."""
    found: dict[UUID, Inbox] = {}
    for partner in await store.trading_partners.all(TradingPartnerFilter(is_enabled=True)):
        if partner.mailbox_id is None:
            if directory is not None:
                folder = directory.of(store.company_id, partner.id)
                found[partner.id] = FolderInbox(folder)
            continue
        try:
            opened = await open_mailbox(store, partner.mailbox_id)
        except SecretUnreadable:
            continue
        mailbox = opened.mailbox
        if mailbox.read_folder is not None and mailbox.disabled_at is None:
            found[partner.id] = MailboxInbox(guard, opened, mailbox.read_folder)
    return found
