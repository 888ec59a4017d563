"""The program behind PgBouncer in transaction mode, where every transaction may get a connection
that another company had a moment ago."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from storage.embedded import EmbeddedServer, RoleAddresses
from storage.filters import PayerFilter
from storage.postgres.transaction import PostgresStorage
from tests import poolers
from tests.builders.companies import CompanyForTests, make_company
from tests.running.load import kept, writers
from tests.running.program import Program

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(poolers.PGBOUNCER is None, reason=poolers.NOT_INSTALLED),
]


@pytest.fixture(scope="module")
def through(
    durable_server: EmbeddedServer, durable: RoleAddresses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RoleAddresses]:
    """A pooler with one connection to the server for each role: everybody has it after another."""
    directory = tmp_path_factory.mktemp("pooler") / "pgbouncer"
    with poolers.pooled(durable_server, durable, directory, connections=1) as addresses:
        yield addresses


@pytest.fixture
async def pooled(through: RoleAddresses) -> AsyncIterator[PostgresStorage]:
    storage = PostgresStorage(through.app, prepares_statements=False)
    await storage.open()
    yield storage
    await storage.close()


@pytest.fixture
async def companies(through: RoleAddresses, pooled: PostgresStorage) -> list[CompanyForTests]:
    return [await make_company(through.owner, pooled) for _ in range(3)]


async def test_companies_that_share_a_connection_see_only_their_own_rows(
    through: RoleAddresses,
    pooled: PostgresStorage,
    companies: list[CompanyForTests],
    tmp_path: Path,
) -> None:
    program = Program(
        tmp_path / "data",
        database_url=through.app,
        worker_url=through.worker,
        prepares_statements="false",
        worker_listens="false",
        rate_per_address="1000000/second",
        rate_per_principal="1000000/second",
    )
    await asyncio.to_thread(program.start, "serve")
    first, second, third = companies
    try:
        async with (
            writers(program.url, first.headers, 4) as of_first,
            writers(program.url, second.headers, 4) as of_second,
        ):
            await of_first.amount_to(60)
            await of_second.amount_to(60)
            assert await _listed(program, third) == set()
            assert await _listed(program, first) >= set(list(of_first.acknowledged)[:50])
        assert (of_first.failures, of_second.failures) == ([], [])
    finally:
        assert await asyncio.to_thread(program.stop) == 0
    assert await kept(pooled, first) == of_first.acknowledged
    assert await kept(pooled, second) == of_second.acknowledged
    assert await kept(pooled, third) == {}


async def _listed(program: Program, company: CompanyForTests) -> set[str]:
    found: set[str] = set()
    query = {"limit": "200"}
    async with httpx.AsyncClient(base_url=program.url, headers=company.headers) as client:
        while True:
            page = (await client.get("/api/v1/payers", params=query)).raise_for_status().json()
            found |= {row["payer_identifier"] for row in page["items"]}
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]


async def test_nothing_of_a_transaction_stays_on_the_connection_that_the_next_one_gets(
    through: RoleAddresses, pooled: PostgresStorage, companies: list[CompanyForTests]
) -> None:
    for company in companies:
        async with pooled.transaction(company.id, company.actor) as store:
            await store.payers.count(PayerFilter())
        with psycopg.connect(through.app, prepare_threshold=None) as stranger:
            found = stranger.execute(
                "SELECT coalesce(current_setting('app.company_id', true), ''),"
                " (SELECT count(*) FROM companies), current_setting('statement_timeout')"
            ).fetchone()
        assert found == ("", 0, "30s")
