"""Claims over HTTP."""

import httpx
import pytest

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import ClaimStatus
from tests.builders.claims import make_claim, make_claims, make_patient, make_payer, new_claim
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio


async def test_a_claim_is_drafted_read_and_listed_with_its_total(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient = await make_patient(storage, company)
    payer = await make_payer(storage, company)
    draft = new_claim(patient, [payer], charges_cents=(14_250, 750))
    created = await client.post("/api/v1/claims", json=draft.model_dump(mode="json"))
    assert created.status_code == 201, created.text
    read = await client.get(created.headers["Location"])
    assert read.json() == created.json()
    assert read.json()["total_charge_cents"] == 15_000
    assert [line["line_number"] for line in read.json()["lines"]] == [1, 2]
    listed = await client.get("/api/v1/claims")
    assert [row["id"] for row in listed.json()["items"]] == [read.json()["id"]]


async def test_a_claim_goes_out(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    claim = (await make_claim(storage, company, status=ClaimStatus.DRAFT)).claim
    url = f"/api/v1/claims/{claim.id}"
    found = await client.get(f"{url}/validation")
    assert found.json()["is_valid"], found.text
    ready = await client.post(f"{url}/ready", headers={"If-Match": '"1"'})
    assert ready.status_code == 200, ready.text
    sent = await client.post(
        f"{url}/transmissions",
        headers={"If-Match": ready.headers["ETag"]},
        json={"method": "portal", "reference": "P-1", "transmitted_at": "2025-03-04T10:00:00Z"},
    )
    assert sent.status_code == 200, sent.text
    assert sent.json()["status"] == "submitted"
    assert sent.json()["insurance_balance_cents"] == 10_000
    await make_claims(storage, company, 20)
