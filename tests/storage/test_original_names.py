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
        for names in MOVED.values():
            for name, verb in names.items():
                assert callable(getattr(getattr(store, verb.repository), verb.verb)), name


def test_claims_are_complete() -> None:
    assert set(MOVED["claims"]) >= SEED
    assert len(MOVED["claims"]) == len(SEED) + 15


def test_compliance_has_four_methods_for_each_of_its_seven_records() -> None:
    assert len(MOVED["regulatory_compliance"]) == 7 * 4


def test_no_name_is_both_moved_and_to_come() -> None:
    to_come = [name for names in NOT_YET_MOVED.values() for name in names]
    assert len(to_come) == len(set(to_come))
    assert not set(to_come) & {name for names in MOVED.values() for name in names}


def test_the_other_three_services_are_listed_with_every_method() -> None:
    assert {service: len(names) for service, names in NOT_YET_MOVED.items()} == {
        "risk_stratification": 30,
        "quality_measures": 20,
        "quality_improvement": 24,
    }
