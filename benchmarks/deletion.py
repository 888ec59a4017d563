"""How long a large company takes to be deleted, and whether others are served meanwhile.

    python -m benchmarks.deletion [claims]

A company with its claims, lines, decisions, ledger and trail is deleted twice: what goes at once
with the records handed over, and, as if its retention were over, the rest. Beside it a second
company works all the time; printed are its slowest transaction, and the longest statement and
transaction of the deletion, which must not grow with the company. The yardsticks of time are
``COPY ... TO`` of the same rows and their ``DELETE`` by primary key out of tables with no key to
them, in the same run.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.archives import SIGNER, closed, measured
from benchmarks.company_rows import TABLES, fill
from benchmarks.database import Place, temporary_database
from storage.clock import SystemClock
from storage.deletion.removing import go_on
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import PayerFields
from storage.trail.sealer import seal_company
from storage.vocabulary.claims import PayerType
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests, found_company
from tests.builders.keys import KEYRING
from tests.builders.tenant_rows import bind

CLAIMS = 20_000
LATER = dt.datetime(2090, 1, 1, tzinfo=dt.UTC)
_AGES = r"""
SELECT extract(epoch FROM now() - query_start), extract(epoch FROM now() - xact_start),
       left(regexp_replace(query, '\s+', ' ', 'g'), 90)
FROM pg_stat_activity
WHERE state <> 'idle' AND backend_type = 'client backend' AND usename = %s
  AND pid <> pg_backend_pid() AND query NOT LIKE 'VACUUM%%' AND query NOT LIKE 'SELECT pg_adv%%'"""


@dataclass
class Watched:
    """What was seen while others worked, in seconds."""

    statement: float = 0
    text: str = ""
    """The longest one's beginning."""
    transaction: float = 0
    other: float = 0
    others: int = 0


def delete(owner_url: str, files: Path, moment: dt.datetime | None = None) -> None:
    """Whatever can go at a moment."""
    clock = SystemClock() if moment is None else FixedClock(moment)
    vault = FileVault(LocalFileStore(files))
    go_on(owner_url, vault=vault, signer=SIGNER, clock=clock)


async def seal(owner_url: str, company: CompanyForTests) -> None:
    """As the worker does every minute."""
    owner = PostgresStorage(owner_url)
    await owner.open()
    try:
        await seal_company(owner, company.id, SIGNER)
    finally:
        await owner.close()


@contextmanager
def watched(place: Place, other: CompanyForTests) -> Iterator[Watched]:
    """Look at what the owner does, and work as somebody else, all the time."""
    found, over = Watched(), threading.Event()

    def look() -> None:
        with place.as_superuser() as connection:
            connection.autocommit = True
            owner = psycopg.conninfo.conninfo_to_dict(place.addresses.owner)["user"]
            while not over.wait(0.05):
                for statement, transaction, text in connection.execute(_AGES, [owner]):
                    if float(statement) > found.statement:
                        found.statement, found.text = float(statement), text
                    found.transaction = max(found.transaction, float(transaction))

    async def work() -> None:
        storage = PostgresStorage(place.addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            while not over.is_set():
                begun = time.perf_counter()
                async with storage.transaction(other.id, other.actor) as store:
                    name = new_id().hex
                    await store.payers.create(
                        PayerFields(name=name, payer_identifier=name, type=PayerType.COMMERCIAL)
                    )
                found.other = max(found.other, time.perf_counter() - begun)
                found.others += 1
                await asyncio.sleep(0.02)
        finally:
            await storage.close()

    threads = [threading.Thread(target=look), threading.Thread(target=asyncio.run, args=(work(),))]
    for each in threads:
        each.start()
    try:
        yield found
    finally:
        over.set()
        for each in threads:
            each.join()


def yardsticks(owner_url: str, company: CompanyForTests) -> tuple[float, float]:
    """Seconds for COPY of the rows, and for their deletion where nothing refers to them."""
    copying = deleting = 0.0
    with psycopg.connect(owner_url) as owner:
        bind(owner, company.id)
        owner.execute(b"SET LOCAL statement_timeout = 0")
        for each in TABLES:
            name = sql.Identifier(each.table)
            begun = time.perf_counter()
            with owner.cursor().copy(
                sql.SQL("COPY (SELECT * FROM {}) TO STDOUT").format(name)
            ) as rows:
                for _ in rows:
                    """Read to the end."""
            copying += time.perf_counter() - begun
            owner.execute(sql.SQL("CREATE TEMPORARY TABLE bare AS SELECT * FROM {}").format(name))
            owner.execute(b"ALTER TABLE bare ADD PRIMARY KEY (company_id, id)")
            begun = time.perf_counter()
            owner.execute(
                sql.SQL(
                    "DELETE FROM bare USING {} AS entry"
                    " WHERE bare.company_id = entry.company_id AND bare.id = entry.id"
                ).format(name)
            )
            deleting += time.perf_counter() - begun
            owner.execute(b"DROP TABLE bare")
        owner.rollback()
    return copying, deleting


def main() -> None:
    claims = int(sys.argv[1]) if len(sys.argv) > 1 else CLAIMS
    with temporary_database() as place:
        owner, files = place.addresses.owner, place.directory / "files"
        other = found_company(place.addresses)
        with watched(place, other) as alone:
            time.sleep(3)
        print(f"alone, the other's slowest transaction {alone.other * 1000:.0f} ms", flush=True)
        for size in (claims // 10, claims):
            company = found_company(place.addresses)
            rows = fill(owner, company, size)
            begun = time.perf_counter()
            asyncio.run(seal(owner, company))
            sealing = time.perf_counter() - begun
            with place.as_superuser() as connection:
                connection.autocommit = True
                connection.execute("VACUUM ANALYZE")
            copying, deleting = yardsticks(owner, company)
            print(
                f"{size} claims, {rows} rows: sealing {sealing:.1f} s, COPY {copying:.1f} s,"
                f" bare DELETE {deleting:.1f} s",
                flush=True,
            )
            closed(owner, company.slug)
            for name, moment in (("at once", None), ("the rest", LATER)):
                with watched(place, other) as seen:
                    seconds, peak = measured(delete, owner, files, moment)
                print(
                    f"  {name:8} {seconds:7.1f} s ({seconds / deleting:.1f} x bare) {peak} MB;"
                    f" longest statement {seen.statement:.1f} s, transaction"
                    f" {seen.transaction:.1f} s; the other's slowest of {seen.others}"
                    f" {seen.other * 1000:.0f} ms",
                    flush=True,
                )
                print(f"    the longest: {seen.text}", flush=True)


if __name__ == "__main__":
    main()
