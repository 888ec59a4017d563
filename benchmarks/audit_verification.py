"""How long ``wellkept audit verify`` takes over a million rows.

    python -m benchmarks.audit_verification

One company with 1,000,000 rows in the access log, written by 1,000 transactions and sealed in seals
of 10,000. The target is under a minute on two cores. The yardstick is the
same rows read by a server-side cursor and hashed, in the same run, without looking at any seal:
nothing can be verified faster than that.
"""

from __future__ import annotations

import asyncio
import hashlib
import resource
import sys
import time
from dataclasses import dataclass
from uuid import UUID

import psycopg
import uvloop

from app.memory import look_for_cycles_rarely
from benchmarks.database import Place, temporary_database
from storage.postgres.sealing import canonical_text
from storage.postgres.transaction import PostgresStorage
from storage.trail.forms import CURRENT_FORM
from storage.trail.keys import KnownKeys, Signer
from storage.trail.sealer import seal_company
from storage.trail.verification import verify_company
from tests.builders.companies import CompanyForTests, make_company

ROWS = 1_000_000
TRANSACTIONS = 1_000
ROWS_AT_ONCE = 5_000
MOST_SECONDS = 60
ROUNDS = 3

_LOAD = """
INSERT INTO api_log (company_id, id, recorded_at, recorded_by, request_id, operation, outcome,
                     patient_ids, record_id)
SELECT %(company)s, uuidv7(), now(), %(author)s, gen_random_uuid(), 'get_claim', 200,
       ARRAY[gen_random_uuid()], gen_random_uuid()
FROM generate_series(1, %(rows)s)
"""


@dataclass(frozen=True)
class Loaded:
    """A sealed log to verify."""

    place: Place
    storage: PostgresStorage
    company: CompanyForTests
    keys: KnownKeys


def load_rows(place: Place, company_id: UUID, author: UUID) -> None:
    """Requests as they come, each transaction's rows together."""
    given = {"company": company_id, "author": author, "rows": ROWS // TRANSACTIONS}
    with place.as_superuser() as connection:
        connection.autocommit = True
        for _ in range(TRANSACTIONS):
            connection.execute(_LOAD, given)
        connection.execute("VACUUM ANALYZE api_log")


async def hash_alone(loaded: Loaded) -> int:
    """Read every row and hash it; returns how many there were."""
    text = canonical_text("api_log", CURRENT_FORM)
    rows = 0
    async with await psycopg.AsyncConnection.connect(loaded.place.addresses.worker) as connection:
        await connection.execute(f"SET LOCAL app.company_id = '{loaded.company.id}'".encode())
        async with connection.cursor("rows") as cursor:
            cursor.itersize = ROWS_AT_ONCE
            query = (
                f"SELECT uuid_send(id), convert_to({text}, 'UTF8') FROM api_log"
                f" WHERE company_id = '{loaded.company.id}' ORDER BY xid, id"
            )
            await cursor.execute(query.encode(), binary=True)
            async for _, content in cursor:
                hashlib.sha256(content).digest()
                rows += 1
    return rows


async def rows_in_order(loaded: Loaded) -> int:
    """Verify the company; returns how many rows of the access log were in order."""
    reports = await verify_company(loaded.storage, loaded.company.id, loaded.keys)
    if not all(report.is_clean for report in reports):
        sys.exit("the log is not in order")
    return next(report.sealed_rows for report in reports if report.log == "api_log")


async def report(loaded: Loaded) -> None:
    alone, whole = [], []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        read = await hash_alone(loaded)
        alone.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        checked = await rows_in_order(loaded)
        whole.append(time.perf_counter() - begun)
        if read != checked or read < ROWS:
            sys.exit(f"{read} rows read and {checked} checked")
    best, yardstick = min(whole), min(alone)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(
        f"{ROWS:,} rows verified in {best:.1f} s (target under {MOST_SECONDS}),"
        f" {ROWS / best:,.0f} rows/s; reading and hashing alone {yardstick:.1f} s,"
        f" {best / yardstick:.2f} times that; {memory} MB at most\n"
    )


async def run() -> None:
    with temporary_database() as place:
        storage = PostgresStorage(place.addresses.worker)
        app_storage = PostgresStorage(place.addresses.app)
        await storage.open()
        await app_storage.open()
        try:
            company = await make_company(place.addresses.owner, app_storage)
            load_rows(place, company.id, company.actor.principal_id)
            signer = Signer(bytes(32))
            begun = time.perf_counter()
            made = await seal_company(storage, company.id, signer)
            seconds = time.perf_counter() - begun
            sys.stdout.write(
                f"{made.members:,} rows sealed under {made.seals} seals in {seconds:.1f} s\n"
            )
            await report(Loaded(place, storage, company, KnownKeys([signer.public_key])))
        finally:
            await app_storage.close()
            await storage.close()


def main() -> None:
    look_for_cycles_rarely()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


if __name__ == "__main__":
    main()
