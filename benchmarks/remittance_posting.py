"""How many claims a second are posted, from a file to its last commit, and in how many statements.

    python -m benchmarks.remittance_posting

The claims are in place: submitted, two lines each, their charges in the ledger. One claim in ten
is denied, one in ten has a denied line, the others are paid with a write-off and a patient share.
The yardstick of the same run loads the very rows that posting wrote by plain COPY into copies of
the tables without indexes, keys, policies or trail. The target is 1,500 claims a second on two
cores, and as many statements a thousand claims whatever the size of the file.
"""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import uvloop

from app.memory import look_for_cycles_rarely
from benchmarks.database import Place, temporary_database
from services.claims.remittances.receiving import ReceivedFile, new_file, receive
from services.claims.remittances.remittance_scan import scan
from services.claims.remittances.remittances import post_remittance
from services.files.keeping import Bytes, written
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.filters import RemittanceTransactionFilter
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage, PostgresStore
from storage.vocabulary.claims import TransactionStatus
from tests.builders.claims import make_claims, make_patient, make_payer
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.keys import KEYRING
from tests.builders.remittance_files import Cas, Claim, Line, Plb, RemittanceFile, Transaction

if TYPE_CHECKING:
    from services.claims.claims import ClaimWithLines

READ_BYTES = 1 << 18
PAYER_TRACE_IDENTIFIER = "1999999999"
LINE_CENTS = 10_000
LEAST_RATE = 1_500
WRITE_OFF = Cas("CO", "45", 2_000)
PATIENT_SHARE = Cas("PR", "2", 1_500)
REFUSED = Cas("CO", "197", LINE_CENTS)
PROVIDER_ADJUSTMENT = Plb("WO", 500, "REF1")

INSERTED = (
    "adjudications",
    "adjudication_lines",
    "adjudication_adjustments",
    "ledger_entries",
    "denials",
    "provider_adjustments",
    "audit_log",
)
"""The tables whose rows posting inserts; of ``claims`` it changes one row a claim."""


@dataclass(frozen=True)
class Size:
    """A file: how many claims, how many in each ST."""

    claim_count: int
    claims_in_transaction: int

    @property
    def is_one_transaction(self) -> bool:
        return self.claim_count == self.claims_in_transaction

    def __str__(self) -> str:
        transactions = -(-self.claim_count // self.claims_in_transaction)
        return f"{self.claim_count:>6,} claims in {transactions:>3} ST"


SIZES = (Size(1_000, 1_000), Size(5_000, 5_000), Size(20_000, 20_000), Size(20_000, 500))


@dataclass(frozen=True)
class Figures:
    """What posting one file took, and what loading its rows took."""

    post_seconds: float
    statement_count: int
    row_count: int
    copy_seconds: float


def file_of(claims: Sequence[ClaimWithLines], size: Size) -> bytes:
    """The 835 that answers the claims, in transactions of the size."""
    step = size.claims_in_transaction
    transactions = [
        Transaction(
            claims=[_decided(at, each) for at, each in enumerate(claims[first : first + step])],
            provider_adjustments=[PROVIDER_ADJUSTMENT],
            control_number=f"{number:04}",
            trace_number=new_id().hex[-20:],
            payer_trace_identifier=PAYER_TRACE_IDENTIFIER,
        )
        for number, first in enumerate(range(0, len(claims), step), start=1)
    ]
    return RemittanceFile(transactions=transactions).render()


def _decided(at: int, claim: ClaimWithLines) -> Claim:
    """The payer's decision: of ten claims the first is denied, the second in part."""
    paid = (WRITE_OFF, PATIENT_SHARE)
    outcomes = {0: ((REFUSED,), (REFUSED,)), 1: (paid, (REFUSED,))}
    return Claim(
        patient_control_number=claim.claim.patient_control_number,
        payer_claim_number=f"ICN{claim.claim.claim_number}",
        lines=[
            Line(
                charge_cents=line.charge_cents,
                adjustments=adjustments,
                procedure_code=line.procedure_code,
                service_date=line.service_date,
                control_number=line.line_control_number,
                allowed_cents=LINE_CENTS - WRITE_OFF.cents,
            )
            for line, adjustments in zip(
                claim.lines, outcomes.get(at % 10, (paid, paid)), strict=True
            )
        ],
    )


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """The statements that stores run meanwhile."""
    executed: list[str] = []
    original = PostgresStore.execute

    async def execute(store: PostgresStore, sql: str, parameters: Any = None) -> Any:
        executed.append(sql)
        return await original(store, sql, parameters)

    PostgresStore.execute = execute  # type: ignore[method-assign, assignment]
    try:
        yield executed
    finally:
        PostgresStore.execute = original  # type: ignore[method-assign]


async def post_file(
    storage: PostgresStorage, vault: FileVault, company: CompanyForTests, content: bytes
) -> UUID:
    """Scan, keep, receive and post, as the command line and the upload do."""
    file = io.BytesIO(content)
    scanned = await asyncio.to_thread(scan, iter(lambda: file.read(READ_BYTES), b""))
    new, held = new_file("benchmark.835"), Bytes(content)
    async with (
        written(storage, vault, company.id, company.actor, new, held) as kept,
        storage.transaction(company.id, company.actor) as store,
    ):
        remittance, _ = await receive(store, ReceivedFile(kept, scanned))
    await post_remittance(storage, vault, company.id, company.actor, remittance.id)
    return remittance.id


async def measure(
    place: Place, storage: PostgresStorage, company: CompanyForTests, size: Size
) -> Figures:
    """Put the claims in place, post their file, load the same rows by COPY."""
    payer = await make_payer(storage, company, remittance_identifier=PAYER_TRACE_IDENTIFIER)
    patient = await make_patient(storage, company)
    claims = await make_claims(
        storage,
        company,
        size.claim_count,
        charges_cents=(LINE_CENTS, LINE_CENTS),
        payers=[payer],
        patient=patient,
    )
    content = file_of(claims, size)
    claim_ids = [each.claim.id for each in claims]
    del claims
    with place.as_superuser() as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    vault = FileVault(LocalFileStore(place.directory / "files"))
    mark = new_id()
    with counted_statements() as statements:
        started = time.perf_counter()
        remittance_id = await post_file(storage, vault, company, content)
        post_seconds = time.perf_counter() - started
    await _check(storage, company, remittance_id, size)
    row_count, copy_seconds = copy_rows(place, mark, claim_ids)
    return Figures(post_seconds, len(statements), row_count, copy_seconds)


async def _check(
    storage: PostgresStorage, company: CompanyForTests, remittance_id: UUID, size: Size
) -> None:
    async with storage.transaction(company.id, company.actor) as store:
        transactions = await store.remittance_transactions.all(
            RemittanceTransactionFilter(remittance_id=remittance_id)
        )
    posted = sum(
        each.posted_count for each in transactions if each.status is TransactionStatus.POSTED
    )
    if posted != size.claim_count:
        sys.exit(f"only {posted} of {size.claim_count} claims were posted")


def copy_rows(place: Place, mark: UUID, claim_ids: Sequence[UUID]) -> tuple[int, float]:
    """Load the rows that are newer than ``mark``, and the claims, into bare copies of the tables.

    Returns how many rows, and the seconds from the first COPY to the commit.
    """
    with place.as_superuser() as connection:
        selections = {name: f"SELECT * FROM {name} WHERE id > '{mark}'" for name in INSERTED} | {
            "claims": "SELECT claims.* FROM claims JOIN wanted USING (id)",
        }
        connection.execute("CREATE TEMPORARY TABLE wanted (id uuid)")
        with connection.cursor().copy("COPY wanted FROM STDIN") as copy:
            for claim_id in claim_ids:
                copy.write_row([claim_id])
        texts = {name: _copied_out(connection, query) for name, query in selections.items()}
        for name in selections:
            connection.execute(f"DROP TABLE IF EXISTS bare_{name}".encode())
            connection.execute(
                f"CREATE TABLE bare_{name} (LIKE {name} INCLUDING DEFAULTS)".encode()
            )
        connection.commit()
        row_count = 0
        started = time.perf_counter()
        for name, text in texts.items():
            cursor = connection.cursor()
            with cursor.copy(f"COPY bare_{name} FROM STDIN".encode()) as copy:
                copy.write(text)
            row_count += cursor.rowcount
        connection.commit()
        return row_count, time.perf_counter() - started


def _copied_out(connection: psycopg.Connection, query: str) -> bytes:
    with connection.cursor().copy(f"COPY ({query}) TO STDOUT".encode()) as copy:
        return b"".join(bytes(block) for block in copy)


async def run() -> None:
    with temporary_database() as place:
        storage = PostgresStorage(place.addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            counts: dict[Size, int] = {}
            for size in SIZES:
                company = await make_company(place.addresses.owner, storage)
                figures = await measure(place, storage, company, size)
                counts[size] = figures.statement_count
                _print(size, figures)
            _print_growth(counts)
        finally:
            await storage.close()


def _print(size: Size, figures: Figures) -> None:
    sys.stdout.write(
        f"{size}: {size.claim_count / figures.post_seconds:>6,.0f} claims/s"
        f" (target {LEAST_RATE:,}) in {figures.statement_count} statements; plain COPY of the same"
        f" {figures.row_count:,} rows: {size.claim_count / figures.copy_seconds:,.0f} claims/s,"
        f" {figures.post_seconds / figures.copy_seconds:.1f} times as fast\n"
    )
    sys.stdout.flush()


def _print_growth(counts: Mapping[Size, int]) -> None:
    """How many statements each further thousand claims of one ST take: the same at every size."""
    in_one = [(size, count) for size, count in counts.items() if size.is_one_transaction]
    for (small, few), (large, more) in pairwise(in_one):
        thousands = (large.claim_count - small.claim_count) / 1000
        sys.stdout.write(
            f"from {small.claim_count:,} to {large.claim_count:,} claims in one ST:"
            f" {(more - few) / thousands:.1f} statements for each further thousand\n"
        )


def main() -> None:
    look_for_cycles_rarely()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


if __name__ == "__main__":
    main()
