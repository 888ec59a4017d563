"""Appeals over HTTP."""

import httpx
import pytest

from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import Cas, Claim, Line

pytestmark = pytest.mark.anyio

DENIED = Claim(lines=(Line(adjustments=(Cas("CO", "197", 10_000),)),))


@pytest.fixture
async def claim_url(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> str:
    """A claim that its payer has denied."""
    books = await Books.open(storage, vault, company)
    claim_id = await books.claim()
    await books.pay(DENIED)
    return f"/api/v1/claims/{claim_id}"


async def test_an_appeal_is_filed_listed_and_resolved(
    client: httpx.AsyncClient, claim_url: str
) -> None:
    claim = await client.get(claim_url)
    filed = await client.post(
        f"{claim_url}/appeals",
        json={"reason": "Authorisation is on file.", "appealed_on": "2025-04-02"},
        headers={"If-Match": claim.headers["ETag"]},
    )
    assert (filed.status_code, filed.json()["appeal_number"]) == (201, 1)
    assert (await client.get(claim_url)).json()["appeal_count"] == 1
    url, tag = filed.headers["Location"], filed.headers["ETag"]
    for changes in (
        {"status": "pending"},
        {"status": "approved", "resolved_on": "2025-04-20", "resolution_cents": 9_800},
    ):
        moved = await client.patch(url, json=changes, headers={"If-Match": tag})
        assert moved.status_code == 200
        tag = moved.headers["ETag"]
    assert (await client.get(url)).json() == moved.json()
    approved = (await client.get("/api/v1/appeals?status=approved")).json()["items"]
    assert approved == [moved.json()]


async def test_a_stale_claim_is_not_appealed(client: httpx.AsyncClient, claim_url: str) -> None:
    appeal = {"reason": "Authorisation is on file."}
    blind = await client.post(f"{claim_url}/appeals", json=appeal)
    stale = await client.post(f"{claim_url}/appeals", json=appeal, headers={"If-Match": '"1"'})
    assert (blind.status_code, stale.status_code) == (428, 412)


async def test_another_company_cannot_see_or_move_an_appeal(
    client: httpx.AsyncClient, claim_url: str, other_company: CompanyForTests
) -> None:
    claim = await client.get(claim_url)
    filed = await client.post(
        f"{claim_url}/appeals",
        json={"reason": "Authorisation is on file."},
        headers={"If-Match": claim.headers["ETag"]},
    )
    theirs = other_company.headers | {"If-Match": '"1"'}
    url = filed.headers["Location"]
    seen = await client.get(url, headers=theirs)
    moved = await client.patch(url, json={"status": "pending"}, headers=theirs)
    assert (seen.status_code, moved.status_code) == (404, 404)
    assert (await client.get("/api/v1/appeals", headers=theirs)).json()["items"] == []
    assert (await client.get(url)).json()["status"] == "submitted"


async def test_denials_are_listed_and_read(
    client: httpx.AsyncClient, claim_url: str, other_company: CompanyForTests
) -> None:
    listed = (await client.get("/api/v1/denials?status=open&category=authorization")).json()
    (denial,) = listed["items"]
    assert denial["claim_id"] == claim_url.rpartition("/")[2]
    url = f"/api/v1/denials/{denial['id']}"
    assert (await client.get(url)).json() == denial
    assert (await client.get(url, headers=other_company.headers)).status_code == 404
