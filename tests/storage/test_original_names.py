"""Every storage method of the original has its counterpart, or is listed as to come."""

import pytest

from storage.original_names import MOVED, NOT_YET_MOVED
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests

SEED = {
    *("createClaimBatch", "getClaimBatch", "getClaimBatches", "updateClaimBatch"),
    *("createClaimAppeal", "getClaimAppeal", "getClaimAppeals", "updateClaimAppeal"),
    *("createClaimERA", "getClaimERA", "getClaimERAs", "updateClaimERA"),
}


@pytest.mark.anyio
async def test_every_moved_name_resolves_to_a_callable(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    async with storage.transaction(company.id, company.actor) as store:
        for name, verb in MOVED.items():
            assert callable(getattr(getattr(store, verb.repository), verb.verb)), name


def test_claims_are_complete() -> None:
    assert set(MOVED) >= SEED
    assert len(MOVED) == len(SEED) + 15


def test_no_name_is_both_moved_and_to_come() -> None:
    to_come = [name for names in NOT_YET_MOVED.values() for name in names]
    assert len(to_come) == len(set(to_come))
    assert not set(to_come) & set(MOVED)


def test_the_other_four_services_are_listed_with_every_method() -> None:
    assert {service: len(names) for service, names in NOT_YET_MOVED.items()} == {
        "risk_stratification": 30,
        "quality_measures": 20,
        "quality_improvement": 24,
        "regulatory_compliance": 28,
    }
