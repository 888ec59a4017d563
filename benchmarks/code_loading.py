"""How long a million NCCI pairs take from a file into an edition, and how much memory.

    python -m benchmarks.code_loading [rows]

The file is generated, a line a pair as CMS writes them, and loaded as ``wellkept codes load`` does.
The yardstick of the same run is COPY of the same rows, already parsed, into a bare table without
keys, indexes or guards. The program's peak memory is printed for a tenth of the rows and for all of
them: it does not grow with the file.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import resource
import string
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop

from app.memory import look_for_cycles_rarely
from benchmarks.database import Place, temporary_database
from services.claims.scrubbing.code_files import rows_of
from services.claims.scrubbing.code_tables import (
    CodeFile,
    NewCodeTable,
    load_code_table,
    read_code_file,
)
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.codes import CodeKind
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING

ROWS = 1_000_000
_READ_BYTES = 1 << 18
_HEADING = "Column 1,Column 2,Effective Date,Deletion Date,Modifier Indicator\n"


def write_file(path: Path, rows: int) -> None:
    """Pairs of codes, no two of them the same."""
    codes = ["".join(each) for each in itertools.product("0123456789", repeat=3)]
    pairs = itertools.product(string.digits[1:], codes, codes)
    with path.open("w", encoding="ascii", newline="") as file:
        file.write(_HEADING)
        for at, (lead, one, two) in enumerate(itertools.islice(pairs, rows)):
            file.write(f"{lead}{one}9,{lead}{two}7,20240101,*,{at % 2}\n")


def chunks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            yield chunk


async def load(
    storage: PostgresStorage, company: CompanyForTests, path: Path, edition: str
) -> float:
    """Seconds that the edition took."""
    new = NewCodeTable(
        kind=CodeKind.PROCEDURE_PAIRS,
        edition=edition,
        source="generated",
        effective_from=dt.date(2026, 1, 1),
        file_name=path.name,
    )
    started = time.perf_counter()
    file: CodeFile = await asyncio.to_thread(read_code_file, lambda: chunks_of(path))
    async with storage.transaction(company.id, company.actor) as store:
        await load_code_table(store, new, file, told=_tell)
    return time.perf_counter() - started


def yardstick(place: Place, path: Path) -> float:
    """Seconds that COPY takes of the same rows, once they are parsed."""
    rows = [row for _, row in rows_of(CodeKind.PROCEDURE_PAIRS, chunks_of(path))]
    with place.as_superuser() as connection:
        connection.execute(
            "CREATE TABLE bare (column_one text, column_two text, effective_from date,"
            " effective_to date, modifier_allowed boolean)"
        )
        started = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy("COPY bare FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        connection.commit()
        return time.perf_counter() - started


def peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _tell(row_count: int) -> None:
    if row_count % 200_000 == 0:
        _say(f"  {row_count:,} rows read")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def run(rows: int) -> None:
    with temporary_database() as place:
        storage = PostgresStorage(place.addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            company = await make_company(place.addresses.owner, storage)
            small, large = place.directory / "small.csv", place.directory / "large.csv"
            write_file(small, rows // 10)
            write_file(large, rows)
            _say(f"peak memory before: {peak_megabytes()} MB")
            await load(storage, company, small, "a tenth")
            _say(f"peak memory at {rows // 10:,} rows: {peak_megabytes()} MB")
            took = await load(storage, company, large, "all")
            _say(f"peak memory at {rows:,} rows: {peak_megabytes()} MB")
            bare = yardstick(place, large)
            _say(f"loaded {rows:,} pairs in {took:.1f} s: {rows / took:,.0f} rows/s")
            _say(f"yardstick, COPY of the same rows: {bare:.1f} s; {took / bare:.1f} times that")
        finally:
            await storage.close()


def main() -> None:
    look_for_cycles_rarely()
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(rows))


if __name__ == "__main__":
    main()
