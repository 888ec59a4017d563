"""A clearinghouse, whichever way files go to it: a committed row of the outbox first."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from services.claims.clearing import drop_folder
from services.outbox.mailbox_files import send_file
from services.outbox.sending import enqueue_delivery
from storage.interface import Store
from storage.tables.clearing import TradingPartner
from storage.tables.outbox import OutboxMessage, OutboxMessageFields
from storage.vocabulary.outbox import Channel

CLAIM_FILE = "claim_file"
"""The purpose of a message that takes claims out of the house."""


class Clearinghouse(Protocol):
    """Takes files of claims."""

    async def hand_over(self, store: Store, file_id: UUID, name: str) -> OutboxMessage:
        """Have a kept file delivered under a name, once this transaction has committed.

        Delivered again after a crash, it bears the same name. Raises MailboxDisabled, FileNotKept,
        RowNotFound.
        """


@dataclass(frozen=True)
class MailboxClearinghouse:
    """By SFTP, to a mailbox."""

    mailbox_id: UUID

    async def hand_over(self, store: Store, file_id: UUID, name: str) -> OutboxMessage:
        """See ``Clearinghouse``."""
        return await send_file(store, self.mailbox_id, file_id, name, purpose=CLAIM_FILE)


@dataclass(frozen=True)
class DropFolderClearinghouse:
    """By a folder of this installation."""

    partner_id: UUID

    async def hand_over(self, store: Store, file_id: UUID, name: str) -> OutboxMessage:  # noqa: ARG002 -- the claim file holds both
        """See ``Clearinghouse``."""
        message = await store.outbox_messages.create(
            OutboxMessageFields(
                channel=Channel.DROP_FOLDER,
                purpose=CLAIM_FILE,
                destination=drop_folder.line_of(self.partner_id),
                next_attempt_at=store.now,
            )
        )
        await enqueue_delivery(store, message.destination, message.channel)
        return message


def clearinghouse_of(partner: TradingPartner) -> Clearinghouse:
    """The way that a partner's files go."""
    if partner.mailbox_id is not None:
        return MailboxClearinghouse(partner.mailbox_id)
    return DropFolderClearinghouse(partner.id)
