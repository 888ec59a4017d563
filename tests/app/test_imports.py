"""Dumps over HTTP: they come in, are gone through behind the answer, and records are mended."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.importing.running import run_import
from storage.files import FileVault
from storage.filters import ClaimFilter
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import claim, keyed, payer

pytestmark = pytest.mark.anyio

URL = "/api/v1/imports"
WRONG = claim(patientDOB="1971-02-30")
DUMP = {"payers": keyed(payer()), "claims": keyed(claim("c2"), WRONG)}


class Uploads:
    """A client that brings dumps in, and the worker that goes through them."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        storage: PostgresStorage,
        vault: FileVault,
        company: CompanyForTests,
    ) -> None:
        self.client, self.storage, self.vault, self.company = client, storage, vault, company

    async def bring(self, dump: object, **parameters: Any) -> str:
        """The address of an import that was gone through."""
        answer = await self.client.post(
            URL,
            content=json.dumps(dump),
            headers={"Content-Type": "application/json"},
            params={"source": "node", **parameters},
        )
        assert answer.status_code == 202, answer.text
        assert answer.json()["status"] == "received"
        company = self.company
        made = answer.json()["id"]
        await run_import(self.storage, self.vault, company.id, company.actor, UUID(made))
        return answer.headers["Location"]

    async def ask(self, url: str, **parameters: Any) -> Any:
        """What an address answers."""
        answer = await self.client.get(url, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def quarantined(self, url: str) -> list[dict[str, Any]]:
        """The records of an import that wait."""
        items: list[dict[str, Any]] = (await self.ask(f"{url}/records", outcome="quarantined"))[
            "items"
        ]
        return items


@pytest.fixture
def uploads(
    client: httpx.AsyncClient, storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> Uploads:
    return Uploads(client, storage, vault, company)


async def test_a_dump_is_followed_to_its_reconciliation(uploads: Uploads) -> None:
    url = await uploads.bring(DUMP)
    progress = await uploads.ask(url)
    assert (progress["status"], progress["record_count"], progress["done_count"]) == ("done", 3, 3)
    report = await uploads.ask(f"{url}/reconciliation")
    claims = {each["name"]: each for each in report["maps"]}["claims"]
    assert report["verdict"] == "waits"
    assert (claims["placed_count"], claims["quarantined_count"]) == (1, 1)
    (item,) = (await uploads.ask(URL))["items"]
    assert item["id"] == progress["id"]


async def test_a_quarantined_record_says_what_is_wrong_and_is_mended(uploads: Uploads) -> None:
    url = await uploads.bring(DUMP)
    (record,) = await uploads.quarantined(url)
    assert (record["field"], record["remedy"]) == ("/patientDOB", "correct it")
    retry = f"/api/v1/import-records/{record['id']}/retry"
    again = await uploads.client.post(retry, json={})
    assert again.status_code == 201, again.text
    assert len(await uploads.quarantined(again.headers["Location"])) == 1
    mended = await uploads.client.post(retry, json={"content": claim()})
    assert mended.status_code == 201, mended.text
    assert mended.json()["retries_id"] == record["import_id"]
    assert (await uploads.ask(f"{mended.headers['Location']}/reconciliation"))[
        "verdict"
    ] == "agrees"
    report = await uploads.ask(f"{url}/reconciliation")
    assert report["verdict"] == "agrees"
    assert {each["name"]: each["mended_count"] for each in report["maps"]}["claims"] == 1
    company = uploads.company
    async with uploads.storage.transaction(company.id, company.actor) as store:
        assert await store.claims.count(ClaimFilter()) == 2


async def test_only_what_is_in_quarantine_is_tried_again(uploads: Uploads) -> None:
    url = await uploads.bring(DUMP)
    (placed,) = (await uploads.ask(f"{url}/records", outcome="placed", map_name="claims"))["items"]
    refused = await uploads.client.post(f"/api/v1/import-records/{placed['id']}/retry", json={})
    assert (refused.status_code, refused.json()["outcome"]) == (409, "placed")


async def test_a_trial_of_a_file_of_one_map_writes_nothing(uploads: Uploads) -> None:
    url = await uploads.bring(keyed(payer()), file_name="payers.json", is_trial=True)
    report = await uploads.ask(f"{url}/reconciliation")
    assert (report["verdict"], report["maps"][0]["placed_count"]) == ("undecided", 1)
    assert (await uploads.ask("/api/v1/payers"))["items"] == []
