"""Writers on keep-alive connections, who demand an answer to everything that they ask."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import httpx

from storage.filters import PayerFilter
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests


@dataclass
class Written:
    """What writers asked for, and what was answered."""

    acknowledged: dict[str, UUID] = field(default_factory=dict)
    """The id of each payer by the identifier that it was asked for with."""
    failures: list[str] = field(default_factory=list)
    """Requests that were not answered, or not as they should have been."""
    told_to_leave: int = 0
    """Answers that asked for a new connection."""

    async def amount_to(self, count: int) -> None:
        """Wait until so many are acknowledged, or one has failed."""
        async with asyncio.timeout(60):
            while len(self.acknowledged) < count and not self.failures:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def writers(
    url: str,
    headers: Mapping[str, str],
    count: int,
    *,
    until_told: bool = False,
    pause_seconds: float = 0,
) -> AsyncIterator[Written]:
    """So many writers, each on a connection of its own, for as long as this lasts.

    With ``until_told`` each goes on until its server wants the connection closed. Where a server
    starts meanwhile, a pause after each answer leaves it the processor that it needs.
    """
    written = Written()
    stop = asyncio.Event()
    running = [
        asyncio.create_task(
            _write(url, headers, written, stop, until_told=until_told, pause_seconds=pause_seconds)
        )
        for _ in range(count)
    ]
    try:
        yield written
        if not until_told:
            stop.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*running)
    finally:
        for each in running:
            each.cancel()


async def _write(
    url: str,
    headers: Mapping[str, str],
    written: Written,
    stop: asyncio.Event,
    *,
    until_told: bool,
    pause_seconds: float,
) -> None:
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        for number in itertools.count():
            name = f"{new_id().hex}-{number}"
            for _ in range(2 if number % 5 == 0 else 1):
                if stop.is_set() or written.failures:
                    return
                is_told = await _ask(client, name, written)
                if is_told and until_told:
                    return
                await asyncio.sleep(pause_seconds)


async def _ask(client: httpx.AsyncClient, name: str, written: Written) -> bool:
    """Have a payer written, once however often it is asked for; whether the server leaves."""
    try:
        answer = await client.post(
            "/api/v1/payers",
            json={"name": name, "payer_identifier": name, "type": "other"},
            headers={"Idempotency-Key": name},
        )
    except httpx.TransportError as error:
        written.failures.append(repr(error))
        return False
    if answer.status_code != 201:
        written.failures.append(answer.text)
        return False
    payer_id = UUID(answer.json()["id"])
    if written.acknowledged.setdefault(name, payer_id) != payer_id:
        written.failures.append(f"{name} was written twice")
    is_told = answer.headers.get("Connection") == "close"
    written.told_to_leave += is_told
    return is_told


async def kept(storage: PostgresStorage, company: CompanyForTests) -> dict[str, UUID]:
    """The company's payers that are there, each by its identifier; none may be there twice."""
    async with storage.transaction(company.id, company.actor) as store:
        rows = await store.payers.all(PayerFilter())
    found = {row.payer_identifier: row.id for row in rows}
    assert len(found) == len(rows)
    return found
