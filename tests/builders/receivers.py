"""Real receivers of HTTP requests, as kind or unkind as a test wants them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Respond = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What has come, and how each next request is answered; 204 when nothing is said."""

    received: list[Received] = field(default_factory=list)
    answers: list[Respond] = field(default_factory=list)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *fields = head.strip().split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (each.partition(":") for each in fields)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received.append(Received(line, headers, body))
            answer = self.answers.pop(0) if self.answers else status(204)
            await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()


def status(code: int, *headers: str) -> Respond:
    """Answers with a status and nothing else."""

    async def respond(writer: asyncio.StreamWriter) -> None:
        head = "\r\n".join([f"HTTP/1.1 {code} So", "Content-Length: 0", *headers, "", ""])
        writer.write(head.encode())
        await writer.drain()
        writer.write_eof() if writer.can_write_eof() else None
        await asyncio.sleep(0.01)

    return respond


async def silence(_: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.sleep(3600)


async def trickle(writer: asyncio.StreamWriter) -> None:
    """Answers a byte at a time, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.01)


async def flood(writer: asyncio.StreamWriter) -> None:
    """Answers without an end, fast."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"." * 65536)
        await writer.drain()


async def close_in_the_middle(writer: asyncio.StreamWriter) -> None:
    """Promises more than it sends."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123")
    await writer.drain()
    await asyncio.sleep(0.01)


@asynccontextmanager
async def receiving(receiver: Receiver, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A receiver that listens on this machine; its port."""
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
