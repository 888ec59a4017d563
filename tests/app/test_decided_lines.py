"""Decided lines that fit no line of their claim, matched over HTTP."""

from typing import Any

import httpx
import pytest

from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import Claim, Line

pytestmark = pytest.mark.anyio


async def test_a_decided_line_is_matched_looked_at_and_taken_back(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    vault: FileVault,
) -> None:
    books = await Books.open(storage, vault, company, payers=2)
    claim = f"/api/v1/claims/{await books.claim(payers=books.payers)}"
    await books.pay(Claim(lines=[Line(charge_cents=6_000), Line(charge_cents=4_000)]))
    decisions = (await client.get(f"{claim}/adjudications")).json()["items"]
    decided = [line["id"] for line in decisions[0]["lines"] if line["claim_line_id"] is None]
    (line,) = (await client.get(claim)).json()["lines"]
    matches = f"{claim}/decided-line-matches"
    body: dict[str, Any] = {"adjudication_line_id": decided[0], "claim_line_id": line["id"]}
    made = await client.post(matches, json=body)
    assert made.status_code == 201, made.text
    url = made.headers["Location"]
    assert (await client.get(url)).json() == made.json()
    again = await client.post(matches, json=body)
    assert again.status_code == 409
    assert again.json()["claim_line_id"] == line["id"]
    unknown = await client.post(matches, json=body | {"claim_line_id": decided[0]})
    assert unknown.status_code == 422
    assert [each["pointer"] for each in unknown.json()["errors"]] == ["/claim_line_id"]
    assert (await client.post(f"{url}/withdraw")).status_code == 428
    taken = await client.post(f"{url}/withdraw", headers={"If-Match": made.headers["ETag"]})
    assert taken.status_code == 200
    assert taken.json()["withdrawn_at"] is not None
    assert (await client.post(matches, json=body)).status_code == 201
    standing = [
        each["withdrawn_at"] is None for each in (await client.get(matches)).json()["items"]
    ]
    assert standing == [True, False]
