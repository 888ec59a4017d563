"""Scrubbing many claims, and every row of the table of mutations, on claims as they are kept."""

import pytest

from services.claims.scrubbing.runs import ClaimsToScrub, scrub_many
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.codes import CodeKind
from tests.builders.companies import CompanyForTests
from tests.builders.scrubbing import Practice
from tests.builders.statements import counted

pytestmark = pytest.mark.anyio


@pytest.fixture
async def practice(storage: PostgresStorage, company: CompanyForTests) -> Practice:
    return await Practice.open(storage, company)


async def test_two_hundred_claims_take_as_many_statements_as_two(practice: Practice) -> None:
    await practice.load(CodeKind.PROCEDURES, "code\n92014\n")
    counts = []
    for size in (2, 200):
        made = await practice.claims(size)
        wanted = ClaimsToScrub(claim_ids=[each.claim.id for each in made])
        async with practice.storage.transaction(
            practice.company.id, practice.company.actor
        ) as store:
            with counted(store) as counting:
                runs = await scrub_many(store, wanted)
            assert len(runs) == size
        counts.append(counting.statements)
    assert counts[0] == counts[1] > 0
