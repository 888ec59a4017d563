"""Batches over HTTP."""

import httpx
import pytest

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import ClaimStatus
from tests.builders.claims import make_claim, make_claims, make_payer
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio

SENT = {"method": "electronic", "reference": "F-1", "transmitted_at": "2025-03-04T10:00:00Z"}


async def test_a_batch_is_made_looked_at_and_sent(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    payer = await make_payer(storage, company)
    made = await make_claims(
        storage, company, 3, payers=[payer], status=ClaimStatus.READY_TO_SUBMIT
    )
    ids = [str(each.claim.id) for each in made]
    draft = await make_claim(storage, company, payers=[payer], status=ClaimStatus.DRAFT)
    created = await client.post(
        "/api/v1/batches",
        json={"payer_id": str(payer.id), "claim_ids": [*ids, str(draft.claim.id)]},
    )
    assert created.status_code == 201
    assert created.json()["refused"] == [
        {"claim_id": str(draft.claim.id), "reason": "is draft, not ready_to_submit"}
    ]
    url = created.headers["Location"]
    items = (await client.get(f"{url}/items?is_accepted=true")).json()["items"]
    assert sorted(item["given_claim_id"] for item in items) == ids
    sent = await client.post(
        f"{url}/transmissions", json=SENT, headers={"If-Match": created.headers["ETag"]}
    )
    assert (sent.status_code, sent.json()["status"], sent.json()["refused"]) == (
        200,
        "completed",
        [],
    )
    assert {(await client.get(f"/api/v1/claims/{each}")).json()["status"] for each in ids} == {
        "submitted"
    }
    completed = (await client.get("/api/v1/batches?status=completed")).json()["items"]
    assert [row["id"] for row in completed] == [created.json()["id"]]


async def test_a_foreign_claim_is_refused_in_the_words_for_an_absent_one(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    other_company: CompanyForTests,
) -> None:
    theirs = await make_claim(storage, other_company, status=ClaimStatus.READY_TO_SUBMIT)
    payer = await make_payer(storage, company)
    absent = "01a1fd87-34ee-71ca-b850-10bcf0bfc799"
    created = await client.post(
        "/api/v1/batches",
        json={"payer_id": str(payer.id), "claim_ids": [str(theirs.claim.id), absent]},
    )
    assert {each["reason"] for each in created.json()["refused"]} == {"names no claim"}
    assert created.json()["status"] == "failed"


async def test_a_foreign_payer_reads_like_an_absent_one(
    client: httpx.AsyncClient, storage: PostgresStorage, other_company: CompanyForTests
) -> None:
    foreign = (await make_payer(storage, other_company)).id
    absent = "01a1fd87-34ee-71ca-b850-10bcf0bfc799"
    answers = [
        await client.post(
            "/api/v1/batches", json={"payer_id": str(payer_id), "claim_ids": [absent]}
        )
        for payer_id in (foreign, absent)
    ]
    assert answers[0].status_code == 422
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("count", [0, 5001])
async def test_a_batch_holds_one_to_five_thousand_claims(
    client: httpx.AsyncClient, count: int
) -> None:
    absent = "01a1fd87-34ee-71ca-b850-10bcf0bfc799"
    refused = await client.post(
        "/api/v1/batches", json={"payer_id": absent, "claim_ids": [absent] * count}
    )
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/claim_ids"


async def test_another_company_cannot_see_or_send_a_batch(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    other_company: CompanyForTests,
) -> None:
    payer = await make_payer(storage, company)
    on = await make_claim(storage, company, payers=[payer], status=ClaimStatus.READY_TO_SUBMIT)
    created = await client.post(
        "/api/v1/batches", json={"payer_id": str(payer.id), "claim_ids": [str(on.claim.id)]}
    )
    url = created.headers["Location"]
    theirs = other_company.headers | {"If-Match": '"1"'}
    answers = [
        await client.get(url, headers=theirs),
        await client.get(f"{url}/items", headers=theirs),
        await client.post(f"{url}/transmissions", json=SENT, headers=theirs),
        await client.post(f"{url}/cancel", headers=theirs),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert (await client.get("/api/v1/batches", headers=theirs)).json()["items"] == []
