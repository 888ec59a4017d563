"""Writes random claims and asks both checkers about them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from services.claims.x12.claim_file_check import check_claim_file
from services.claims.x12.claim_writer import prepare_claim_file, write_claim_file
from tests.claims.x12.random_claims import RandomClaims, file_of
from tests.claims.x12.second_opinion import errors_of_x12sdk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.claims.x12.claim_file import ClaimKind
    from services.claims.x12.claim_model import Claim

BATCH = 125


def written(claims: Sequence[Claim], number: int = 1) -> bytes:
    """The claims as one file, which must have no fault."""
    file = file_of(claims, number)
    prepared = prepare_claim_file(file)
    assert prepared.faults == ()
    assert prepared.claim_count == len(claims)
    return b"".join(write_claim_file(file, prepared))


def faults_of_random_claims(
    kind: ClaimKind, count: int, *, seed: int, is_for_x12sdk: bool
) -> list[object]:
    """What pyx12, and x12sdk where it is asked, find wrong with ``count`` random claims."""
    source = RandomClaims(random.Random(seed), kind, is_for_x12sdk=is_for_x12sdk)
    found: list[object] = []
    for number in range(1, count // BATCH + 1):
        data = written(source.take(BATCH), number)
        found += check_claim_file([data])
        if is_for_x12sdk:
            found += errors_of_x12sdk(data)
    return found
