"""Payers over HTTP."""

import httpx
import pytest

from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio

AETNA = {"name": "Aetna", "payer_identifier": "AETNA", "type": "commercial"}


async def test_a_registered_payer_can_be_read_back(client: httpx.AsyncClient) -> None:
    created = await client.post("/api/v1/payers", json=AETNA)
    read = await client.get(created.headers["Location"])
    assert created.status_code == 201
    assert read.json() == created.json()
    assert read.headers["ETag"] == '"1"'


async def test_another_company_finds_nothing_and_may_use_the_same_identifier(
    client: httpx.AsyncClient, other_company: CompanyForTests
) -> None:
    created = await client.post("/api/v1/payers", json=AETNA)
    theirs = {"headers": other_company.headers}
    absent = await client.get("/api/v1/payers/01a1fd87-34ee-71ca-b850-10bcf0bfc799", **theirs)
    foreign = await client.get(created.headers["Location"], **theirs)
    assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content)
    assert foreign.status_code == 404
    assert (await client.post("/api/v1/payers", json=AETNA, **theirs)).status_code == 201


async def test_a_change_needs_the_version_that_was_read(client: httpx.AsyncClient) -> None:
    url = (await client.post("/api/v1/payers", json=AETNA)).headers["Location"]
    blind = await client.patch(url, json={"name": "Aetna Inc"})
    changed = await client.patch(url, json={"name": "Aetna Inc"}, headers={"If-Match": '"1"'})
    stale = await client.patch(url, json={"name": "Other"}, headers={"If-Match": '"1"'})
    assert [blind.status_code, changed.status_code, stale.status_code] == [428, 200, 412]
    assert (await client.get(url)).json()["name"] == "Aetna Inc"
