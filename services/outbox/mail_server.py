"""The mail server that takes the installation's e-mails: where it is, as the settings name it."""

import ipaddress
import re
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.utils import getaddresses
from enum import StrEnum
from urllib.parse import SplitResult, unquote, urlsplit

from services.identity.emails import is_deliverable


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
