"""E-mails: what one is, and how it gets into the outbox."""

import re
from dataclasses import dataclass, field
from typing import ClassVar

import msgspec

from services.identity.emails import CONTROL, is_deliverable
from services.outbox.sending import enqueue_delivery
from services.refusals import Category, Refusal
from storage.identifiers import new_id
from storage.interface import Store
from storage.tables.outbox import OutboxMessage, OutboxMessageFields
from storage.vocabulary.outbox import Channel

LINE = "email"
"""The one line in which a company's e-mails stand."""

SEALED_PAYLOAD = "outbox_messages.sealed_payload"
"""For what the content of a message is sealed."""

LONGEST_SUBJECT = 200
LONGEST_TEXT = 100_000

_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass
class EmailUnsendable(Refusal):
    """A part of an e-mail holds what an e-mail cannot carry: never what the part is."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "The e-mail cannot be sent"
    part: str


@dataclass(frozen=True)
class Email:
    """One e-mail to one address. Raises EmailUnsendable for what would not be one.

    ``text`` is plain; its lines end with a line feed. Neither part holds a patient's data.
    """

    to: str
    subject: str = field(repr=False)
    text: str = field(repr=False)

    def __post_init__(self) -> None:
        if not is_deliverable(self.to):
            raise EmailUnsendable("to")
        is_subject = 0 < len(self.subject) <= LONGEST_SUBJECT
        if not is_subject or CONTROL.search(self.subject) is not None:
            raise EmailUnsendable("subject")
        if len(self.text) > LONGEST_TEXT or _CONTROL_IN_TEXT.search(self.text) is not None:
            raise EmailUnsendable("text")


class EmailContent(msgspec.Struct, frozen=True):
    """What is kept of an e-mail until it is delivered: it may hold a link that opens a door."""

    subject: str
    text: str


async def send_email(store: Store, email: Email, *, purpose: str) -> OutboxMessage:
    """Have an e-mail delivered once this transaction has committed.

    ``purpose`` is one word for lists and figures: ``invitation``, ``digest``.
    """
    content = msgspec.json.encode(EmailContent(email.subject, email.text))
    message_id = new_id()
    message = await store.outbox_messages.create(
        OutboxMessageFields(
            channel=Channel.EMAIL,
            purpose=purpose,
            destination=LINE,
            recipient=email.to,
            sealed_payload=await store.secrets.seal(SEALED_PAYLOAD, message_id, content),
            next_attempt_at=store.now,
        ),
        row_id=message_id,
    )
    await enqueue_delivery(store, message.destination, message.channel)
    return message
