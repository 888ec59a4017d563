"""The mail server that takes the installation's e-mails, by SMTP."""

import asyncio
import ipaddress
import re
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE_FORM
from email.utils import format_datetime, getaddresses
from enum import StrEnum
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib
import msgspec

from services.outbox.certificates import is_about_a_certificate
from services.outbox.delivering import Outcome
from services.outbox.emails import SEALED_PAYLOAD, EmailContent, is_deliverable
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


class MailServerUnknown(Exception):
    """The address of the mail server cannot be used; says what is expected."""


class MailSenderUnknown(Exception):
    """The sender cannot be used; says what is expected."""


class Transport(StrEnum):
    """What protects the connection."""

    PLAIN = "plain"
    STARTTLS = "starttls"
    TLS = "tls"


_PORTS = {Transport.PLAIN: 25, Transport.STARTTLS: 587, Transport.TLS: 465}


@dataclass(frozen=True)
class MailServer:
    """Where e-mails are handed over, and who they are from."""

    host: str
    port: int
    transport: Transport
    sender: Address
    user_name: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """By which certificates it is believed; the system's by default."""

    async def carry(self, store: Store, message: OutboxMessage) -> "MailErrand":
        """See ``services.outbox.delivering.Carrier``."""
        if message.sealed_payload is None or message.recipient is None:
            return MailErrand(self, None)
        try:
            payload = await store.secrets.open(SEALED_PAYLOAD, message.id, message.sealed_payload)
        except SecretUnreadable:
            return MailErrand(self, None)
        content = msgspec.json.decode(payload, type=EmailContent)
        return MailErrand(self, written(message, content, self.sender))

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
    email = EmailMessage(policy=WIRE_FORM)
    email["From"] = sender
    email["To"] = Address(username=local, domain=domain)
    email["Subject"] = content.subject
    email["Date"] = format_datetime(message.created_at)
    email["Message-ID"] = f"<{message.id}@{sender.domain}>"
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(content.text)
    return email


def mail_server(url: str, sender: str, *, tls: ssl.SSLContext | None = None) -> MailServer:
    """The server at ``smtp://user:password@host:587?starttls`` or ``smtps://...``.

    Without TLS only this machine's own server is taken. Raises MailServerUnknown,
    MailSenderUnknown.
    """
    parts = urlsplit(url)
    transport = _transport(parts)
    host = parts.hostname
    if transport is None or not host or parts.path not in ("", "/") or parts.fragment:
        raise MailServerUnknown("is like smtp://user:password@host:587?starttls or smtps://host")
    if transport is Transport.PLAIN and not _is_here(host):
        raise MailServerUnknown("needs ?starttls or smtps:// for a server of another machine")
    try:
        port = parts.port or _PORTS[transport]
    except ValueError:
        raise MailServerUnknown("has a port that is none") from None
    return MailServer(
        host=host,
        port=port,
        transport=transport,
        sender=_sender(sender),
        user_name=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        tls=tls,
    )


def _transport(parts: SplitResult) -> Transport | None:
    match parts.scheme, parts.query:
        case "smtps", "":
            return Transport.TLS
        case "smtp", "starttls":
            return Transport.STARTTLS
        case "smtp", "":
            return Transport.PLAIN
        case _:
            return None


def _sender(text: str) -> Address:
    """Raises MailSenderUnknown."""
    (name, address), *others = getaddresses([text]) or [("", "")]
    is_one_line = re.search(r"[\x00-\x1f\x7f]", text) is None
    if others or not is_one_line or not is_deliverable(address) or not address.isascii():
        raise MailSenderUnknown("is like Wellkept <no-reply@example.org>")
    return Address(display_name=name, addr_spec=address)


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _addr_spec(email: EmailMessage) -> str:
    (address,) = email["To"].addresses
    return str(address.addr_spec)


def _refusal(code: int) -> Outcome:
    is_final = code >= _PERMANENT_FROM
    return Outcome(DeliveryFailure.REFUSED if is_final else DeliveryFailure.REFUSED_FOR_NOW, code)
