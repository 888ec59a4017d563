"""How much memory and time a company takes to leave, to be deleted and to come back, at two sizes.

    python -m benchmarks.archives [claims]

Companies with a tenth of the claims and with all of them, and what hangs on each claim, are
exported, deleted with their records handed over, and brought into another database. Every step is a
process of its own, so that its peak memory is its own: it should not grow with the company. The
yardstick of time is the sum of ``COPY ... TO`` of the same tables in the same run.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from multiprocessing.queues import Queue
from pathlib import Path

import psycopg

from benchmarks.company_rows import TABLES, fill
from benchmarks.database import temporary_database
from storage import migrations
from storage.archive.exporting import export_company
from storage.archive.importing import import_company
from storage.clock import SystemClock
from storage.deletion.closing import as_owner, close_company
from storage.deletion.register import Decision
from storage.deletion.removing import go_on
from storage.embedded import provision
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.trail.keys import Signer
from tests.builders.companies import CompanyForTests, found_company
from tests.builders.keys import KEYRING
from tests.builders.tenant_rows import bind

CLAIMS = 100_000
PASSPHRASE = "a benchmark's passphrase"
SIGNER = Signer(bytes(range(32)))


def measured(work: Callable[..., None], *arguments: object) -> tuple[float, int]:
    """Seconds and peak memory (MB) of work in a process of its own."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    process = context.Process(target=_told, args=(results, work, arguments))
    process.start()
    found: tuple[float, int] = results.get()
    process.join()
    return found


def _told(
    results: Queue[tuple[float, int]],
    work: Callable[..., None],
    arguments: tuple[object, ...],
) -> None:
    begun = time.perf_counter()
    work(*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    results.put((time.perf_counter() - begun, peak))


def leave(owner_url: str, slug: str, target: Path, files: Path) -> None:
    vault = FileVault(LocalFileStore(files))
    export_company(owner_url, slug, target, PASSPHRASE, vault=vault, keyring=KEYRING)


def closed(owner_url: str, slug: str) -> None:
    """Close a company that has its records."""
    now = SystemClock().now()
    decision = Decision(
        asked_by="a", asked_at=now, approved_by="b", approved_at=now, is_handed_over=True
    )
    with as_owner(owner_url) as owner:
        close_company(owner, slug, slug, decision, now)


def delete(owner_url: str, slug: str, files: Path) -> None:
    closed(owner_url, slug)
    go_on(owner_url, vault=FileVault(LocalFileStore(files)), signer=SIGNER)


def come(owner_url: str, source: Path, files: Path) -> None:
    vault = FileVault(LocalFileStore(files))
    import_company(owner_url, source, PASSPHRASE, vault=vault, keyring=KEYRING)


def copied(owner_url: str, company: CompanyForTests) -> float:
    """Seconds that the bare rows take out of the database."""
    begun = time.perf_counter()
    with psycopg.connect(owner_url) as owner:
        bind(owner, company.id)
        for table in (each.table for each in TABLES):
            copy = f"COPY (SELECT * FROM {table}) TO STDOUT".encode()
            with owner.cursor().copy(copy) as rows:
                for _ in rows:
                    """Read to the end."""
    return time.perf_counter() - begun


def main() -> None:
    claims = int(sys.argv[1]) if len(sys.argv) > 1 else CLAIMS
    with temporary_database() as place:
        there = provision(place.server, "elsewhere")
        migrations.upgrade(there.owner)
        owner, files = place.addresses.owner, place.directory / "files"
        for size in (claims // 10, claims):
            company = found_company(place.addresses)
            fill(owner, company, size)
            archive = place.directory / f"{size}.archive"
            print(
                f"{size} claims; COPY of the same rows {copied(owner, company):.1f} s", flush=True
            )
            for name, work, arguments in (
                ("export", leave, (owner, company.slug, archive, files)),
                ("deletion", delete, (owner, company.slug, files)),
                ("import", come, (there.owner, archive, place.directory / "theirs")),
            ):
                seconds, peak = measured(work, *arguments)
                print(f"  {name:10} {seconds:8.1f} s {peak:6} MB", flush=True)
            print(f"  archive    {archive.stat().st_size / 1e6:8.1f} MB")


if __name__ == "__main__":
    main()
