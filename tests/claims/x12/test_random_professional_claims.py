"""Random professional claims pass both checkers, pyx12 and x12sdk."""

from __future__ import annotations

from services.claims.x12.claim_file import ClaimKind
from tests.claims.x12.judged_claims import faults_of_random_claims


def test_no_checker_finds_a_fault_in_random_claims() -> None:
    found = faults_of_random_claims(ClaimKind.PROFESSIONAL, 500, seed=1, is_for_x12sdk=True)
    assert found == []


def test_pyx12_finds_no_fault_in_what_x12sdk_wrongly_rejects() -> None:
    found = faults_of_random_claims(ClaimKind.PROFESSIONAL, 250, seed=2, is_for_x12sdk=False)
    assert found == []
