"""E-mails handed over to the mail server, by SMTP."""

import asyncio
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

import aiosmtplib
import msgspec

from services.outbox.certificates import is_about_a_certificate
from services.outbox.delivering import Outcome
from services.outbox.emails import SEALED_PAYLOAD, EmailContent
from services.outbox.mail_server import MailServer, Transport
from storage.errors import SecretUnreadable
from storage.interface import Store
from storage.tables.outbox import OutboxMessage
from storage.vocabulary.outbox import DeliveryFailure

STEP_SECONDS = 15.0
"""How long the server may take to answer one command."""

LONGEST_SECONDS = 45.0
"""How long one e-mail may take in all: a server that keeps just alive is cut as well."""

_PERMANENT_FROM = 500
_NO_LOGIN_HERE = 503


@dataclass(frozen=True)
class MailCarrier:
    """Hands e-mails over to a mail server. See ``services.outbox.delivering.Carrier``."""

    server: MailServer

    async def carry(self, store: Store, message: OutboxMessage) -> "MailErrand":
        """The e-mail, as far as it can be read."""
        if message.sealed_payload is None or message.recipient is None:
            return MailErrand(self.server, None)
        try:
            payload = await store.secrets.open(SEALED_PAYLOAD, message.id, message.sealed_payload)
        except SecretUnreadable:
            return MailErrand(self.server, None)
        content = msgspec.json.decode(payload, type=EmailContent)
        return MailErrand(self.server, written(message, content, self.server.sender))

    async def settle(self, store: Store, message: OutboxMessage, outcome: Outcome) -> None:
        """A message is all that there is to an e-mail."""


@dataclass(frozen=True)
class MailErrand:
    """One try at one e-mail."""

    server: MailServer
    email: EmailMessage | None = field(repr=False)

    async def run(self) -> Outcome:
        """Hand the e-mail over. See ``services.outbox.delivering.Errand``."""
        if self.email is None:
            return Outcome(DeliveryFailure.UNREADABLE)
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await self._hand_over(self.email)
        except aiosmtplib.SMTPAuthenticationError as error:
            return Outcome(DeliveryFailure.LOGIN_REFUSED, error.code)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refusal(min(each.code for each in error.recipients))
        except aiosmtplib.SMTPResponseException as error:
            return _refusal(error.code)
        except aiosmtplib.SMTPNotSupported:
            return Outcome(DeliveryFailure.REFUSED)
        except TimeoutError:
            return Outcome(DeliveryFailure.TIMEOUT)
        except (aiosmtplib.SMTPException, OSError) as error:
            is_unverified = isinstance(error, _NotEncrypted) or is_about_a_certificate(error)
            return Outcome(
                DeliveryFailure.UNVERIFIED if is_unverified else DeliveryFailure.UNREACHABLE
            )
        return Outcome()

    async def _hand_over(self, email: EmailMessage) -> None:
        server = self.server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=STEP_SECONDS,
            use_tls=server.transport is Transport.TLS,
            start_tls=False,
            tls_context=server.tls if server.transport is not Transport.PLAIN else None,
            local_hostname=server.sender.domain,
        )
        try:
            await client.connect()
            await client.ehlo()
            if server.transport is Transport.STARTTLS:
                if not client.supports_extension("starttls"):
                    raise _NotEncrypted("no STARTTLS")
                await client.starttls()
            if server.user_name is not None:
                await _log_in(client, server.user_name, server.password or "")
            await client.send_message(
                email, sender=server.sender.addr_spec, recipients=[_addr_spec(email)]
            )
        finally:
            client.close()


class _NotEncrypted(aiosmtplib.SMTPException):
    """The server does not offer what the settings ask for."""


async def _log_in(client: aiosmtplib.SMTP, user_name: str, password: str) -> None:
    """Raises SMTPAuthenticationError also where the server knows no login at all."""
    await client.ehlo()
    if not client.server_auth_methods:
        raise aiosmtplib.SMTPAuthenticationError(_NO_LOGIN_HERE, "no AUTH")
    await client.login(user_name, password)


def written(message: OutboxMessage, content: EmailContent, sender: Address) -> EmailMessage:
    """The e-mail as it goes over the wire: the same each time that the message is tried."""
    assert message.recipient is not None
    local, _, domain = message.recipient.rpartition("@")
    is_plain = message.recipient.isascii()  # an encoded word in an address would be another address
    email = EmailMessage(policy=SMTP if is_plain else SMTPUTF8)
    email["From"] = sender
    email["To"] = Address(username=local, domain=domain)
    email["Subject"] = content.subject
    email["Date"] = format_datetime(message.created_at)
    email["Message-ID"] = f"<{message.id}@{sender.domain}>"
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(content.text)
    return email


def _addr_spec(email: EmailMessage) -> str:
    (address,) = email["To"].addresses
    return str(address.addr_spec)


def _refusal(code: int) -> Outcome:
    is_final = code >= _PERMANENT_FROM
    return Outcome(DeliveryFailure.REFUSED if is_final else DeliveryFailure.REFUSED_FOR_NOW, code)
