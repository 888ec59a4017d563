"""Told to stop under load, the program loses no request: red first, then quiet, then gone."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from storage.embedded import RoleAddresses
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests, make_company
from tests.running.load import kept, writers
from tests.running.program import Program

pytestmark = pytest.mark.anyio

WRITERS = 24
DRAIN_SECONDS = 6


@pytest.fixture
def program(durable: RoleAddresses, tmp_path: Path) -> Iterator[Program]:
    """A server that is not started yet, on a database that forgets nothing."""
    program = Program(
        tmp_path / "data",
        database_url=durable.app,
        worker_url=durable.worker,
        drain_seconds=DRAIN_SECONDS,
        rate_per_address="1000000/second",
        rate_per_principal="1000000/second",
    )
    yield program
    program.leave_nothing()


@pytest.fixture
async def kept_by(durable: RoleAddresses) -> AsyncIterator[PostgresStorage]:
    storage = PostgresStorage(durable.app)
    await storage.open()
    yield storage
    await storage.close()


@pytest.fixture
async def writer(durable: RoleAddresses, kept_by: PostgresStorage) -> CompanyForTests:
    return await make_company(durable.owner, kept_by)


async def test_no_request_is_lost_when_the_program_is_told_to_stop_under_load(
    program: Program, kept_by: PostgresStorage, writer: CompanyForTests
) -> None:
    await asyncio.to_thread(program.start, "serve")
    idle = [await asyncio.open_connection("127.0.0.1", program.port) for _ in range(8)]
    async with writers(program.url, writer.headers, WRITERS, until_told=True) as written:
        await written.amount_to(3 * WRITERS)
        program.signal(signal.SIGTERM)
        await _turns_red(program)
    assert (await asyncio.to_thread(program.ended), written.failures) == (0, [])
    assert written.told_to_leave == WRITERS
    assert await kept(kept_by, writer) == written.acknowledged
    for reader, sender in idle:
        assert await reader.read() == b"", "closed without a reset"
        sender.close()


async def _turns_red(program: Program) -> None:
    """Wait until readiness is red: by then the program still listens, so it is an answer."""
    async with httpx.AsyncClient(base_url=program.url) as client, asyncio.timeout(DRAIN_SECONDS):
        while True:
            answer = await client.get("/health/ready")
            if answer.status_code == 503:
                assert answer.json()["detail"] == "the program is stopping"
                assert answer.headers["Connection"] == "close"
                return
            assert answer.status_code == 200
            await asyncio.sleep(0.01)


async def test_who_has_just_connected_may_still_ask(program: Program) -> None:
    program.settings["drain_seconds"] = 0
    await asyncio.to_thread(program.start, "serve")
    reader, sender = await asyncio.open_connection("127.0.0.1", program.port)
    program.signal(signal.SIGTERM)
    await asyncio.sleep(0.5)
    sender.write(b"GET /health/live HTTP/1.1\r\nHost: wellkept\r\n\r\n")
    answer = await reader.read()
    sender.close()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in answer.lower()
    assert await asyncio.to_thread(program.ended) == 0


async def test_told_twice_it_does_not_wait(program: Program) -> None:
    await asyncio.to_thread(program.start, "serve")
    async with httpx.AsyncClient(base_url=program.url) as client:
        for _ in range(2):
            program.signal(signal.SIGTERM)
            await asyncio.sleep(0.2)
        with pytest.raises(httpx.TransportError):
            await client.get("/health/live")
    assert await asyncio.to_thread(program.ended) == 0
