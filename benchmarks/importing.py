"""How fast claims with lines come over from another installation, from file to commit.

    python -m benchmarks.importing [CLAIMS]

A dump of claims with two lines each is read, checked and written as ``wellkept import`` does it,
with its patients, its charges in the ledger, the trail of every row and the facts of every claim.
The yardstick is COPY of the same claims and lines alone, into tables of the same form. The target
is 5,000 claims a second on two cores.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop

from app.file_reading import FileReading
from app.memory import look_for_cycles_rarely
from benchmarks.database import Place, temporary_database
from services.files.keeping import written
from services.importing import receiving
from services.importing.reporting import Verdict, reconcile
from services.importing.running import Progress, run_import
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.importing import ImportStatus
from tests.builders.companies import make_company
from tests.builders.dumps import claim, line, payer
from tests.builders.keys import KEYRING

CLAIMS = 20_000
CLAIMS_A_PATIENT = 4
TARGET = 5_000
_TABLES = ("claims", "claim_lines")


def dump(count: int) -> Iterator[str]:
    """The text of a dump, piece by piece."""
    yield '{"payers":' + json.dumps([payer()]) + ',"claims":['
    for number in range(count):
        record = claim(
            f"c{number}",
            patientId=f"pt{number // CLAIMS_A_PATIENT}",
            lineItems=[line(), line(id="l2", lineNumber=2, procedureCode="92015")],
        )
        yield ("," if number else "") + json.dumps(record)
    yield "]}"


async def imported(place: Place, path: Path) -> tuple[float, float]:
    """Seconds until all was checked, and until all was written."""
    storage = PostgresStorage(place.addresses.app, keyring=KEYRING)
    await storage.open()
    vault = FileVault(LocalFileStore(place.directory / "files"))
    company = await make_company(place.addresses.owner, storage)
    begun = time.perf_counter()
    written_from: list[float] = []

    def tell(progress: Progress) -> None:
        if progress.status is ImportStatus.WRITING and not written_from:
            written_from.append(time.perf_counter())

    reading = FileReading(path)
    new = receiving.new_file(path.name)
    async with (
        written(storage, vault, company.id, company.actor, new, reading) as file,
        storage.transaction(company.id, company.actor) as store,
    ):
        made = await receiving.receive(store, [file], source="benchmark", is_trial=False)
    await run_import(storage, vault, company.id, company.actor, made.id, tell=tell)
    ended = time.perf_counter()
    async with storage.transaction(company.id, company.actor) as store:
        found = await reconcile(store, made.id)
    assert found.verdict is Verdict.AGREES, found
    await storage.close()
    return written_from[0] - begun, ended - begun


def copied(place: Place) -> float:
    """Seconds that COPY takes for the same claims and lines, with the same indexes."""
    seconds = 0.0
    with place.as_superuser() as connection:
        for table in _TABLES:
            rows = io.BytesIO()
            with connection.cursor().copy(f"COPY {table} TO STDOUT (FORMAT binary)") as out:
                for block in out:
                    rows.write(block)
            connection.execute(f"CREATE TABLE copied_{table} (LIKE {table} INCLUDING ALL)")
            connection.commit()
            begun = time.perf_counter()
            with connection.cursor().copy(
                f"COPY copied_{table} FROM STDIN (FORMAT binary)"
            ) as into:
                into.write(rows.getvalue())
            connection.commit()
            seconds += time.perf_counter() - begun
    return seconds


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CLAIMS
    look_for_cycles_rarely()
    with temporary_database() as place:
        path = place.directory / "dump.json"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(dump(count))
        checked, whole = uvloop.run(imported(place, path))
        yardstick = copied(place)
    sys.stdout.write(
        f"{count:,} claims with 2 lines each, {path_megabytes(count)}\n"
        f"imported, file to commit: {count / whole:8,.0f} claims/s (target {TARGET:,})\n"
        f"  of it read and checked: {count / checked:8,.0f} claims/s\n"
        f"  of it written:          {count / (whole - checked):8,.0f} claims/s\n"
        f"COPY of the same rows:    {count / yardstick:8,.0f} claims/s\n"
    )


def path_megabytes(count: int) -> str:
    """About how large the dump was."""
    return f"{sum(len(each) for each in dump(min(count, 1000))) * count / 1e9:.1f} MB"


if __name__ == "__main__":
    main()
