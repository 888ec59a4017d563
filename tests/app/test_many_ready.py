"""Many drafts declared complete at once: each as if it were asked for alone."""

import asyncio
from uuid import UUID

import httpx
import pytest

from services.claims.readying import make_many_ready
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import ClaimStatus
from tests.builders.claims import new_line
from tests.builders.companies import CompanyForTests
from tests.builders.scrubbing import Practice
from tests.builders.statements import counted

pytestmark = pytest.mark.anyio

READY = "/api/v1/claims/ready"


@pytest.fixture
async def practice(storage: PostgresStorage, company: CompanyForTests) -> Practice:
    return await Practice.open(storage, company)


async def status_of(practice: Practice, claim_id: UUID) -> ClaimStatus:
    async with practice.storage.transaction(practice.company.id, practice.company.actor) as store:
        (claim,) = await store.claims.get_many([claim_id])
        return claim.status


async def test_what_the_rules_let_through_is_ready_and_the_rest_is_told_why_not(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    sound, again = await practice.claims(2)
    gone = await practice.claim(charges_cents=(7_000,), status=ClaimStatus.SUBMITTED)
    wrong = await practice.claim(lines=[new_line(8_000, modifiers=["XX", "XX"])])
    absent = new_id()
    wanted = [sound, again, gone, wrong]
    ids = [*(str(each.claim.id) for each in wanted), str(absent)]
    answer = await client.post(READY, json={"claim_ids": [*ids, ids[0]]})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["ready"] == [str(sound.claim.id)]
    assert [each["claim_id"] for each in said["refused"]] == ids[1:]
    repeated, submitted, invalid, unknown = said["refused"]
    assert [each["rule"] for each in repeated["findings"]] == ["claim_repeated"]
    assert submitted["reason"] == "is submitted, not draft"
    assert invalid["findings"]
    assert unknown["reason"] == "names nothing that exists"
    assert await status_of(practice, sound.claim.id) is ClaimStatus.READY_TO_SUBMIT
    for each in (again, wrong):
        assert await status_of(practice, each.claim.id) is ClaimStatus.DRAFT


async def test_of_repeated_claims_one_is_ready_whoever_asks_at_once(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    first, second = await practice.claims(2)
    ids = [str(first.claim.id), str(second.claim.id)]
    answers = await asyncio.gather(
        client.post(READY, json={"claim_ids": ids}),
        client.post(READY, json={"claim_ids": ids[::-1]}),
        client.post(f"/api/v1/claims/{ids[1]}/ready", headers={"If-Match": '"1"'}),
    )
    assert {each.status_code for each in answers} <= {200, 409, 412, 422}
    states = [await status_of(practice, each.claim.id) for each in (first, second)]
    assert sorted(states) == [ClaimStatus.DRAFT, ClaimStatus.READY_TO_SUBMIT]


async def test_forty_claims_take_as_many_statements_as_two(practice: Practice) -> None:
    counts = []
    for size in (2, 40):
        made = [
            await practice.claim(charges_cents=(size * 1_000 + number,)) for number in range(size)
        ]
        async with practice.storage.transaction(
            practice.company.id, practice.company.actor
        ) as store:
            with counted(store) as counting:
                outcome = await make_many_ready(store, [each.claim.id for each in made])
        assert len(outcome.ready) == size, outcome.refused
        counts.append(counting.statements)
    assert counts[0] == counts[1] > 0
