"""How many claims a second one core writes, how many its checkers check, and in how much memory.

    python -m benchmarks.claim_files

10,000 random claims of both kinds and all variants go through the writer, pyx12 and x12sdk; the
program fails if any of the three finds a fault. The yardstick of writing is x12sdk's own writer
over its models of the same claims; the yardstick of checking is pyx12's own entry point, which
loads its maps on every call. Memory is that of writing 10,000 and 100,000 claims one by one.
"""

from __future__ import annotations

import io
import multiprocessing
import random
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace as changed
from typing import NamedTuple

from pyx12.params import ParamsBase
from pyx12.x12n_document import x12n_document
from x12sdk.io import X12ModelReader, write_transactions

from services.claims.x12.claim_file import ClaimKind
from services.claims.x12.claim_file_check import check_claim_file
from services.claims.x12.claim_model import Claim
from services.claims.x12.claim_writer import prepare_claim_file, write_claim_file
from tests.claims.x12.random_claims import RandomClaims, file_of
from tests.claims.x12.second_opinion import errors_of_x12sdk, relabelled

CLAIMS_OF_A_KIND = 5_000
BATCH = 250
MEMORY_COUNTS = (10_000, 100_000)


class Seconds(NamedTuple):
    """What one kind of claims took."""

    write: float
    check: float
    second_opinion: float
    their_write: float
    own_entry_point: float
    byte_count: int


def judged(kind: ClaimKind, seed: int) -> Seconds:
    """Write and check the claims of one kind, batch by batch; exit at the first fault."""
    source = RandomClaims(random.Random(seed), kind, is_for_x12sdk=True)
    spent = [0.0] * 5
    byte_count = 0
    for number in range(1, CLAIMS_OF_A_KIND // BATCH + 1):
        file = file_of(source.take(BATCH), number)
        started = time.perf_counter()
        data = b"".join(write_claim_file(file, prepare_claim_file(file)))
        spent[0] += time.perf_counter() - started
        byte_count += len(data)
        started = time.perf_counter()
        faults: list[object] = list(check_claim_file([data]))
        spent[1] += time.perf_counter() - started
        started = time.perf_counter()
        faults += errors_of_x12sdk(data)
        spent[2] += time.perf_counter() - started
        if faults:
            sys.exit(f"{kind} batch {number}: {faults[:3]}")
        if number == 1:
            with X12ModelReader(relabelled(data)) as reader:
                models = list(reader.models())
            started = time.perf_counter()
            write_transactions(models, sender_id="SENDER01", receiver_id="CLEAR01")
            spent[3] = time.perf_counter() - started
            started = time.perf_counter()
            x12n_document(ParamsBase(), io.StringIO(data.decode()), None, None)
            spent[4] = time.perf_counter() - started
    return Seconds(*spent, byte_count)


class OneByOne:
    """``count`` claims, made anew each time they are read."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __iter__(self) -> Iterator[Claim]:
        source = RandomClaims(random.Random(7), ClaimKind.PROFESSIONAL)
        for _ in range(self._count // 10):
            yield from source.take(10)


def peak_megabytes(count: int) -> float:
    """The peak of a process that prepares and writes ``count`` claims."""
    file = file_of(RandomClaims(random.Random(7), ClaimKind.PROFESSIONAL).take(1))
    file = changed(file, sets=[changed(file.sets[0], claims=OneByOne(count))])
    for _ in write_claim_file(file, prepare_claim_file(file)):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    context = multiprocessing.get_context("spawn")  # a peak of its own for each size,
    # which a child inherits from its parent: so this comes before the parent grows
    for count in MEMORY_COUNTS:
        with context.Pool(1) as pool:
            peak = pool.apply(peak_megabytes, (count,))
        sys.stdout.write(f"{count:>7,} claims written one by one: peak {peak:.0f} MB\n")
    for seed, kind in enumerate(ClaimKind, start=1):
        took = judged(kind, seed)
        sys.stdout.write(
            f"{CLAIMS_OF_A_KIND:,} {kind} claims of {took.byte_count // CLAIMS_OF_A_KIND} bytes, "
            "no fault:\n"
            f"  written   {CLAIMS_OF_A_KIND / took.write:>6,.0f} claims/s "
            f"(x12sdk writes {BATCH / took.their_write:,.0f})\n"
            f"  checked   {CLAIMS_OF_A_KIND / took.check:>6,.0f} claims/s by pyx12 "
            f"(by its own entry point {BATCH / took.own_entry_point:,.0f})\n"
            f"  confirmed {CLAIMS_OF_A_KIND / took.second_opinion:>6,.0f} claims/s by x12sdk\n"
        )


if __name__ == "__main__":
    main()
