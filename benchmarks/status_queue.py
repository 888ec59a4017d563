"""Whether the queue of a status lists in the same time whatever else is in the table.

    python -m benchmarks.status_queue

Three databases: one company with 10,000 claims, one with 1,000,000, and one with 10,000 among 999
other companies with 1,000 each. Pages are read through the repository as the program's restricted
role, in turn from each, and the medians are compared. The target is the same time within 1.5
times. As times are noisy, the plan's nodes and the buffers it touches are printed as well.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import uvloop

from app.memory import look_for_cycles_rarely
from benchmarks.database import Place, temporary_database
from storage import migrations
from storage.embedded import provision
from storage.filters import ClaimFilter
from storage.postgres import selecting
from storage.postgres.sql import table_of
from storage.postgres.transaction import PostgresStorage, PostgresStore
from storage.tables.claims import Claim
from storage.vocabulary.claims import ClaimStatus
from tests.builders.claims import make_claims
from tests.builders.companies import CompanyForTests, make_company

QUEUE = ClaimFilter(status=ClaimStatus.READY_TO_SUBMIT)
ONE_IN_QUEUE_OF = 20
PAGE = 50
ROUNDS = 40
PAGES_IN_TURN = 5
MOST_TIMES = 1.5

COPIES = """
INSERT INTO claims ({columns})
SELECT {values}
FROM claims AS model, generate_series(1, %(companies)s) AS company,
     generate_series(1, %(claims)s) AS number
WHERE model.id = %(model)s
"""
"""More claims like one; each company's are next to each other in time."""


@dataclass(frozen=True)
class Case:
    """A database to list from."""

    title: str
    database: str
    claims: int
    other_companies: int = 0
    claims_of_others: int = 0


CASES = (
    Case("1 company, 10,000 claims", "small", 10_000),
    Case("1 company, 1,000,000 claims", "large", 1_000_000),
    Case("1,000 companies, 1,009,000 claims", "many", 10_000, 999, 1_000),
)


@dataclass
class Listing:
    """A loaded database, its company, and where the middle of its queue is."""

    case: Case
    storage: PostgresStorage
    company: CompanyForTests
    middle: UUID

    def pages(self) -> Iterator[tuple[str, UUID | None]]:
        yield "first page", None
        yield "page in the middle", self.middle


async def load(place: Place, case: Case, stack: AsyncExitStack) -> Listing:
    """A database with the case's claims; its connections are closed with the stack."""
    addresses = provision(place.server, case.database)
    migrations.upgrade(addresses.owner)
    storage = PostgresStorage(addresses.app)
    await storage.open()
    stack.push_async_callback(storage.close)
    company = await make_company(addresses.owner, storage)
    (model,) = await make_claims(storage, company, 1, status=ClaimStatus.DRAFT)
    with place.server.connect_as_superuser(case.database) as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # no foreign key checks
        names = [column.name for column in table_of(Claim).columns]
        for companies, claims, company_id in (
            (1, case.claims, "model.company_id"),
            (case.other_companies, case.claims_of_others, "md5(company::text)::uuid"),
        ):
            given = {
                "company_id": company_id,
                "id": "uuidv7()",
                "status": f"CASE WHEN number %% {ONE_IN_QUEUE_OF} = 0"
                f" THEN '{QUEUE.status}' ELSE 'draft' END",
                "claim_number": "'CLM-' || company || '-' || number || 'x'",
                "patient_control_number": "company || '-' || number",
            }
            sql = COPIES.format(
                columns=", ".join(names),
                values=", ".join(given.get(name, f"model.{name}") for name in names),
            )
            connection.execute(
                sql.encode(), {"companies": companies, "claims": claims, "model": model.claim.id}
            )
        found = connection.execute(
            "SELECT id FROM claims WHERE company_id = %s AND status = %s ORDER BY id",
            [company.id, QUEUE.status],
        ).fetchall()
    with place.server.connect_as_superuser(case.database) as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE claims")
    return Listing(case, storage, company, found[len(found) // 2][0])


async def seconds_of(listing: Listing, after: UUID | None) -> float:
    """The time of one page, the shortest of a few in turn."""
    async with listing.storage.transaction(listing.company.id, listing.company.actor) as store:
        found = []
        for _ in range(PAGES_IN_TURN):
            started = time.perf_counter()
            page = await store.claims.list(QUEUE, limit=PAGE, after=after)
            found.append(time.perf_counter() - started)
            if len(page.rows) != PAGE:
                sys.exit(f"{listing.case.title}: a page of {len(page.rows)} claims")
    return min(found)


async def plan_of(listing: Listing, after: UUID | None) -> tuple[list[str], int]:
    """The nodes of the page's plan from the top down, and how many buffers it touches."""
    sql = selecting.select_page(Claim, ClaimFilter, ("status",), continued=after is not None)
    parameters: dict[str, Any] = {
        "company_id": listing.company.id,
        "where_status": QUEUE.status,
        "row_limit": PAGE + 1,
    }
    if after is not None:
        parameters["after"] = after
    async with listing.storage.transaction(listing.company.id, listing.company.actor) as store:
        assert isinstance(store, PostgresStore)
        cursor = await store.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", parameters)
        ((document,),) = await cursor.fetchall()
    top = document[0]["Plan"]
    return list(_nodes(top)), top["Shared Hit Blocks"] + top["Shared Read Blocks"]


def _nodes(plan: dict[str, Any]) -> Iterator[str]:
    yield " ".join([plan["Node Type"], *filter(None, [plan.get("Index Name")])])
    for child in plan.get("Plans", []):
        yield from _nodes(child)


async def measure(listings: Sequence[Listing]) -> dict[tuple[str, str], list[float]]:
    """Times by case and page, one a round."""
    times: dict[tuple[str, str], list[float]] = {}
    for turn in range(ROUNDS):
        shift = turn % len(listings)
        for listing in (*listings[shift:], *listings[:shift]):
            for page, after in listing.pages():
                seconds = await seconds_of(listing, after)
                times.setdefault((listing.case.title, page), []).append(seconds)
    return times


async def report(listings: Sequence[Listing]) -> None:
    times = await measure(listings)
    yardstick = listings[0].case.title
    for listing in listings:
        sys.stdout.write(f"{listing.case.title}\n")
        for page, after in listing.pages():
            own = times[listing.case.title, page]
            ratio = statistics.median(own) / statistics.median(times[yardstick, page])
            nodes, buffers = await plan_of(listing, after)
            sys.stdout.write(
                f"  {page:<19}{statistics.median(own) * 1000:>6.2f} ms, {ratio:.2f} times"
                f" (target at most {MOST_TIMES}); {buffers} buffers; {' > '.join(nodes)}\n"
            )


async def run() -> None:
    with temporary_database() as place:
        async with AsyncExitStack() as stack:
            await report([await load(place, case, stack) for case in CASES])


def main() -> None:
    look_for_cycles_rarely()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


if __name__ == "__main__":
    main()
