"""Load from a process of its own: ``python -m benchmarks.load``.

Reads jobs from standard input, one JSON line each, and answers each with a line. It reads no more
of an answer than its status and length, so that it takes little of the machine from the servers.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator
from typing import cast

import msgspec
import uvloop

LONGEST_ANSWER_SECONDS = 10


class Job(msgspec.Struct):
    """Requests, as bytes, to be sent in turn over so many connections for so many seconds."""

    port: int
    connections: int
    seconds: float
    status: int
    requests: list[str]


class Answered(msgspec.Struct):
    """How many answers came in the seconds that were measured."""

    count: int
    seconds: float


class WrongAnswer(Exception):
    """A server answered with another status than the job expects."""


class _Connection(asyncio.Protocol):
    """One connection: the next request goes out when the answer is in."""

    def __init__(self, requests: Iterator[bytes], status: bytes, until: float) -> None:
        self.count = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._status = status
        self._until = until
        self._head = b""
        self._left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._head[:end].lower()
            if head[9:12] != self._status:
                self._fail(self._head.decode(errors="replace"))
                return
            at = head.index(b"content-length:") + len(b"content-length:")
            length = int(head[at:].partition(b"\r\n")[0])
            self._left = length - (len(self._head) - end - 4)
            self._head = b""
        if self._left == 0:
            self.count += 1
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the server hung up"))

    def _send(self) -> None:
        if time.perf_counter() < self._until:
            self._transport.write(next(self._requests))
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()

    def _fail(self, answer: str) -> None:
        self.done.set_exception(WrongAnswer(answer[:2000]))
        self._transport.close()


async def perform(job: Job) -> Answered:
    """Send the job's requests for its time."""
    requests = itertools.cycle([text.encode() for text in job.requests])
    started = time.perf_counter()
    loop = asyncio.get_running_loop()
    connections = []
    for _ in range(job.connections):
        _, connection = await loop.create_connection(
            lambda: _Connection(requests, str(job.status).encode(), started + job.seconds),
            "127.0.0.1",
            job.port,
        )
        connections.append(connection)
    async with asyncio.timeout(job.seconds + LONGEST_ANSWER_SECONDS):
        await asyncio.gather(*(connection.done for connection in connections))
    seconds = time.perf_counter() - started
    return Answered(sum(connection.count for connection in connections), seconds)


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for line in sys.stdin:
            answered = runner.run(perform(msgspec.json.decode(line, type=Job)))
            sys.stdout.write(msgspec.json.encode(answered).decode() + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
