"""How fast claims with lines come over from another installation, from file to commit.

    python -m benchmarks.importing [CLAIMS | --megabytes MEGABYTES]

A dump of claims with two lines each is read, checked and written as ``wellkept import`` does it,
with its patients, its charges in the ledger, the trail of every row and the facts of every claim.
The yardstick is COPY of the same claims and lines alone, into tables of the same form. COPY of all
rows that an import leaves (those two, patients, ledger, facts, trail and the records as they came)
is the least that any program could need for them: no reading, no check, no foreign key. The target
is 5,000 claims a second on two cores. On a machine that does other work besides, look at the
processor's time a claim, of the program and of the database's processes, and at what two cores
could do in it if both were always busy. The importer's largest memory must not grow with the dump.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvloop

from app.file_reading import FileReading
from app.memory import look_for_cycles_rarely
from benchmarks.database import Place, temporary_database
from services.files.keeping import written
from services.importing import receiving
from services.importing.reporting import Verdict, reconcile
from services.importing.running import run_import
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import make_company
from tests.builders.dumps import claim, line, payer
from tests.builders.keys import KEYRING

CLAIMS = 20_000
CLAIMS_A_PATIENT = 4
CORES = 2
TARGET = 5_000
_TABLES = ("claims", "claim_lines")
_ALL_TABLES = (
    *_TABLES,
    "patients",
    "ledger_entries",
    "claim_facts",
    "audit_log",
    "import_records",
)


def dump(count: int) -> Iterator[str]:
    """The text of a dump, piece by piece."""
    yield '{"payers":' + json.dumps([payer()]) + ',"claims":['
    for number in range(count):
        day = dt.date(2025, 9, 5) + dt.timedelta(days=number % 60)
        patient = number // CLAIMS_A_PATIENT
        record = claim(
            f"c{number}",
            patientId=f"pt{patient}",
            patientName=f"Ada Quill{patient}",
            patientDOB=f"{1930 + patient % 90}-05-02T00:00:00.000Z",
            subscriberId=f"SUB{patient}",
            serviceDate=f"2025-{1 + number % 8:02}-{1 + number % 28:02}T00:00:00.000Z",
            submittedAt=f"{day}T10:{number % 60:02}:{number % 59:02}.{number % 1000:03}Z",
            createdAt=f"{day}T09:{number % 60:02}:{number % 59:02}.000Z",
            lineItems=[line(), line(id="l2", lineNumber=2, procedureCode="92015")],
        )
        yield ("," if number else "") + json.dumps(record)
    yield "]}"


@dataclass(frozen=True)
class Taken:
    """Seconds from file to commit: by the clock, of the program's processor, and of the
    database's."""

    whole: float
    program: float
    database: float


async def imported(place: Place, path: Path) -> Taken:
    """Have the dump imported, and its books compared."""
    storage = PostgresStorage(place.addresses.app, keyring=KEYRING)
    await storage.open()
    vault = FileVault(LocalFileStore(place.directory / "files"))
    company = await make_company(place.addresses.owner, storage)
    begun, program, database = time.perf_counter(), time.process_time(), database_seconds(place)
    reading = FileReading(path)
    new = receiving.new_file(path.name)
    async with (
        written(storage, vault, company.id, company.actor, new, reading) as file,
        storage.transaction(company.id, company.actor) as store,
    ):
        made = await receiving.receive(store, [file], source="benchmark", is_trial=False)
    await run_import(storage, vault, company.id, company.actor, made.id)
    taken = Taken(
        time.perf_counter() - begun,
        time.process_time() - program,
        database_seconds(place) - database,
    )
    async with storage.transaction(company.id, company.actor) as store:
        found = await reconcile(store, made.id)
    assert found.verdict is Verdict.AGREES, found
    await storage.close()
    return taken


def copied(place: Place, table: str) -> float:
    """Seconds that COPY takes for the same rows of a table, with the same indexes."""
    rows = io.BytesIO()
    with place.as_superuser() as connection:
        with connection.cursor().copy(
            f"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT binary)"
        ) as out:
            for block in out:
                rows.write(block)
        connection.execute(f"CREATE TABLE copied_{table} (LIKE {table} INCLUDING ALL)")
        connection.commit()
        begun = time.perf_counter()
        with connection.cursor().copy(f"COPY copied_{table} FROM STDIN (FORMAT binary)") as into:
            into.write(rows.getvalue())
        connection.commit()
        return time.perf_counter() - begun


def database_seconds(place: Place) -> float:
    """The processor's time of the server's processes, those that are gone included."""
    ticks = os.sysconf("SC_CLK_TCK")
    server = next(place.directory.rglob("postmaster.pid")).read_text("utf-8").split("\n", 1)[0]
    seconds = 0.0
    for directory in Path("/proc").iterdir():
        if not directory.name.isdigit():
            continue
        try:
            fields = (directory / "stat").read_text("utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if directory.name == server:
            seconds += sum(map(int, fields[11:15])) / ticks
        elif fields[1] == server:
            seconds += sum(map(int, fields[11:13])) / ticks
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("claims", nargs="?", type=int, default=CLAIMS)
    parser.add_argument("--megabytes", type=int, help="as many claims as come to that")
    given = parser.parse_args()
    count = (
        given.claims if given.megabytes is None else int(given.megabytes * 1e6 / bytes_a_claim())
    )
    look_for_cycles_rarely()
    with temporary_database() as place:
        path = place.directory / "dump.json"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(dump(count))
        taken = uvloop.run(imported(place, path))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        copies = {table: copied(place, table) for table in _ALL_TABLES}
        yardstick, floor = sum(copies[table] for table in _TABLES), sum(copies.values())
    busy = taken.program + taken.database
    sys.stdout.write(
        f"{count:,} claims with 2 lines each, {bytes_a_claim() * count / 1e6:,.0f} MB\n"
        f"imported, file to commit: {count / taken.whole:8,.0f} claims/s (target {TARGET:,})\n"
        f"COPY of claims and lines: {count / yardstick:8,.0f} claims/s\n"
        f"COPY of all that it left: {count / floor:8,.0f} claims/s\n"
        f"processor of the program: {taken.program / count * 1e6:8,.0f} microseconds a claim\n"
        f"         of the database: {taken.database / count * 1e6:8,.0f} microseconds a claim\n"
        f"both cores always busy:   {CORES * count / busy:8,.0f} claims/s\n"
        f"largest memory:           {peak / 1024:8,.0f} MB\n"
    )


def bytes_a_claim() -> float:
    """About how much of a dump one claim is."""
    return sum(map(len, dump(1_000))) / 1_000


if __name__ == "__main__":
    main()
