"""How many claims a second one core reads from an 835 and balances, and in how much memory.

    python -m benchmarks.remittance_parsing

The yardstick of the same run is one ``bytes.split`` pass over the same bytes. The target is 12,000
claims a second and less than 200 MB at 100,000 claims, no more than at 10,000.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import resource
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from services.claims.remittances.balancing import (
    claim_difference_cents,
    line_difference_cents,
    transaction_difference_cents,
)
from services.claims.x12.remittance_model import (
    Anomaly,
    RemittanceClaim,
    TransactionEnd,
    TransactionHeader,
)
from services.claims.x12.remittance_reader import read_remittances
from tests.builders.remittance_files import Cas, Claim, Line, RemittanceFile, Transaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


CLAIM_COUNTS = (10_000, 100_000)
PATIENT_RESPONSIBILITY_CENTS = 1_500
PAID_CENTS_OF_A_CLAIM = 14_500
SERVICE_DATE = dt.date(2025, 3, 3)


class Claims:
    """``count`` balanced claims of two lines, made anew each time they are read."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __iter__(self) -> Iterator[Claim]:
        for number in range(self._count):
            yield Claim(
                patient_control_number=f"ACCOUNT{number:010}",
                payer_claim_number=f"2025090{number:010}",
                patient_responsibility_cents=PATIENT_RESPONSIBILITY_CENTS,
                patient_last_name="EXAMPLEPERSON",
                member_id=f"MEMBER{number:09}",
                service_from=SERVICE_DATE,
                service_to=SERVICE_DATE,
                lines=[
                    Line(
                        modifiers=["25"],
                        control_number=f"{number:010}L1",
                        allowed_cents=8_000,
                        adjustments=[
                            Cas("CO", "45", 2_000),
                            Cas("PR", "2", PATIENT_RESPONSIBILITY_CENTS),
                        ],
                    ),
                    Line(
                        procedure_code="85025",
                        control_number=f"{number:010}L2",
                        allowed_cents=8_000,
                    ),
                ],
            )


class Figures(NamedTuple):
    """What one process measured."""

    claim_count: int
    byte_count: int
    read_seconds: float
    split_seconds: float
    peak_megabytes: float


def file_of(claim_count: int) -> RemittanceFile:
    transaction = Transaction(
        claims=Claims(claim_count), payment_cents=PAID_CENTS_OF_A_CLAIM * claim_count
    )
    return RemittanceFile(transactions=[transaction])


def unbalanced_in(chunks: Iterable[bytes]) -> int:
    """Read a file and balance every line, claim and transaction; how many do not balance."""
    unbalanced = 0
    header: TransactionHeader | None = None
    for event in read_remittances(chunks):
        if isinstance(event, RemittanceClaim):
            unbalanced += claim_difference_cents(event) != 0
            for line in event.lines:
                unbalanced += line_difference_cents(line) != 0
        elif isinstance(event, TransactionHeader):
            header = event
        elif isinstance(event, TransactionEnd):
            unbalanced += header is None or transaction_difference_cents(header, event) != 0
        elif isinstance(event, Anomaly):
            unbalanced += 1
    return unbalanced


def measure(claim_count: int) -> Figures:
    """Read chunk by chunk, timing only the reading; the file is never whole in memory."""
    written = 0.0
    split = 0.0
    byte_count = 0

    def chunks() -> Iterator[bytes]:
        nonlocal written, split, byte_count
        pieces = file_of(claim_count).iter_bytes()
        while True:
            started = time.perf_counter()
            piece = next(pieces, None)
            made = time.perf_counter()
            written += made - started
            if piece is None:
                return
            piece.split(b"~")
            split_seconds = time.perf_counter() - made
            split += split_seconds
            byte_count += len(piece)
            yield piece

    started = time.perf_counter()
    if unbalanced_in(chunks()):
        sys.exit("the benchmark's own file does not balance")
    read = time.perf_counter() - started - written - split
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Figures(claim_count, byte_count, read, split, peak)


def main() -> None:
    context = multiprocessing.get_context("spawn")  # a peak of its own for each size
    for claim_count in CLAIM_COUNTS:
        with context.Pool(1) as pool:
            figures = pool.apply(measure, (claim_count,))
        size = figures.byte_count / figures.claim_count
        sys.stdout.write(
            f"{figures.claim_count:>7,} claims of {size:.0f} bytes: "
            f"{figures.claim_count / figures.read_seconds:>7,.0f} claims/s read and balanced "
            f"({figures.read_seconds / figures.split_seconds:.0f} times one bytes.split pass at "
            f"{figures.claim_count / figures.split_seconds:,.0f} claims/s), "
            f"peak {figures.peak_megabytes:.0f} MB\n"
        )


if __name__ == "__main__":
    main()
