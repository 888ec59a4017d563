"""Real mail servers, as kind or unkind as a test wants them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Inbox:
    """What a server has taken, and what it answers: one reply a message, then 250 for ever."""

    received: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    replies: list[str | None] = field(default_factory=list)
    """None: takes the message and drops the connection instead of answering."""
    replies_to_recipient: list[str] = field(default_factory=list)
    is_encrypted: list[bool] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    under_way: int = 0
    most_at_once: int = 0

    async def handle_RCPT(  # noqa: N802 -- the library's
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if self.replies_to_recipient:
            return self.replies_to_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 -- the library's
        self, server: SMTP, _: Session, envelope: Envelope
    ) -> str:
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        reply = self.replies.pop(0) if self.replies else "250 OK"
        if reply is None or reply.startswith("2"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.received.append(message_from_bytes(content, policy=policy.default))
            self.recipients += envelope.rcpt_tos
            self.is_encrypted.append(_is_encrypted(server))
        if reply is None:
            assert server.transport is not None
            server.transport.abort()
            return "250 too late"
        return reply

    def authenticate(
        self, _: SMTP, __: Session, ___: Envelope, ____: str, given: Any
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append(given.login.decode())
        return AuthResult(success=given.password == b"right", handled=False)


def _is_encrypted(server: SMTP) -> bool:
    assert server.transport is not None
    return server.transport.get_extra_info("sslcontext") is not None


@asynccontextmanager
async def mail_server_of(
    inbox: Inbox,
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    asks_for_login: bool = False,
) -> AsyncIterator[int]:
    """A server that fills an inbox; its port."""

    def connected() -> SMTP:
        return SMTP(
            inbox,
            hostname="mail.test",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=inbox.authenticate,
            auth_required=asks_for_login,
        )

    async with _listening(connected, tls) as port:
        yield port


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """A server that takes connections and never says a word; its port."""
    async with _listening(asyncio.Protocol, None) as port:
        yield port


class _Trickle(asyncio.Protocol):
    """Says one character of an endless greeting at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._talking = asyncio.ensure_future(self._talk(transport))

    async def _talk(self, transport: asyncio.Transport) -> None:
        while not transport.is_closing():
            transport.write(b"220-still here\r\n")
            await asyncio.sleep(0.01)

    def connection_lost(self, _: Exception | None) -> None:
        self._talking.cancel()


@asynccontextmanager
async def trickling_server() -> AsyncIterator[int]:
    """A server whose first answer never ends; its port."""
    async with _listening(_Trickle, None) as port:
        yield port


@asynccontextmanager
async def _listening(
    connected: Callable[[], asyncio.BaseProtocol], tls: ssl.SSLContext | None
) -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
