"""Dumps over HTTP: they come in, are gone through behind the answer, and records are mended."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.server import Routes
from app.settings import Settings
from services.importing.alone import LOCK
from services.importing.running import run_import
from storage.files import FileVault
from storage.filters import ClaimFilter
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import (
    audit,
    claim,
    compliance_report,
    finding,
    keyed,
    mips_submission,
    payer,
    policy,
    risk,
    risk_assessment,
)
from tests.builders.people import make_person

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


async def test_the_report_is_a_page_that_loads_nothing(uploads: Uploads) -> None:
    url = await uploads.bring(DUMP)
    answer = await uploads.client.get(f"{url}/report")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    page = answer.text
    assert "<strong>waits</strong>" in page
    assert "<code>/patientDOB</code>" in page
    assert "<script" not in page
    assert "Ada" not in page


async def test_what_a_dump_says_is_no_markup_of_the_page(uploads: Uploads) -> None:
    url = await uploads.bring(
        {"payers": [payer(**{"<b>odd</b>": 1})]}, source="<i>node</i>", file_name="<u>.json"
    )
    page = (await uploads.client.get(f"{url}/report")).text
    assert "<i>" not in page
    assert "<b>" not in page
    assert "<u>" not in page
    assert "&lt;i&gt;node&lt;/i&gt;" in page


async def test_the_reasons_why_records_wait_are_counted(uploads: Uploads) -> None:
    report = await uploads.ask(f"{await uploads.bring(DUMP)}/reconciliation")
    assert report["faults"] == [
        {
            "map_name": "claims",
            "field": "/patientDOB",
            "reason": "is no date that there is",
            "remedy": "correct it",
            "count": 1,
        }
    ]
    assert [len(each["sha256"]) for each in report["files"]] == [64]


MENDED = [
    ("audits", audit(findings=[finding(severity="dire")]), audit()),
    ("mipsSubmissions", mips_submission(npi="1"), mips_submission()),
    ("policyDocuments", policy(version="last"), policy()),
    ("riskAssessments", risk_assessment(risks=[risk(likelihood="often")]), risk_assessment()),
    ("complianceReports", compliance_report(generatedBy=None), compliance_report()),
]


@pytest.mark.parametrize(("name", "wrong", "right"), MENDED)
async def test_a_record_of_compliance_is_mended_and_placed(
    uploads: Uploads, name: str, wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    steward = await make_person(uploads.storage, uploads.company)
    url = await uploads.bring({name: [wrong]})
    (record,) = await uploads.quarantined(url)
    retry = f"/api/v1/import-records/{record['id']}/retry"
    mended = {"content": right, "steward_person_id": str(steward.id)}
    answer = await uploads.client.post(retry, json=mended)
    assert answer.status_code == 201, answer.text
    report = await uploads.ask(f"{url}/reconciliation")
    (found,) = report["maps"]
    assert (found["mended_count"], report["verdict"], report["faults"]) == (1, "agrees", [])


async def test_a_steward_is_somebody_who_works_here(uploads: Uploads) -> None:
    answer = await uploads.client.post(
        URL,
        content=b"{}",
        headers={"Content-Type": "application/json"},
        params={"source": "node", "steward_person_id": "01a1fd87-34ee-71ca-b850-10bcf0bfc799"},
    )
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (
        422,
        "/steward_person_id",
    )


async def test_what_another_system_reported_under_mips_is_looked_up(uploads: Uploads) -> None:
    await uploads.bring({"mipsSubmissions": [mips_submission()]})
    url = "/api/v1/compliance/mips/prior-submissions"
    (found,) = (await uploads.ask(url, performance_year=2025))["items"]
    assert (found["status"], found["said_score_pct"]) == ("submitted", "75.0000")
    assert [each["measure_id"] for each in found["content"]["measures"]] == ["236"]
    assert (await uploads.ask(url, performance_year=2024))["items"] == []


async def test_no_record_is_tried_again_while_an_import_is_at_work(uploads: Uploads) -> None:
    (waits,) = await uploads.quarantined(await uploads.bring(DUMP))
    company = uploads.company
    async with uploads.storage.transaction(company.id, company.actor) as store:
        assert await store.try_lock(LOCK)
        answer = await uploads.client.post(f"/api/v1/import-records/{waits['id']}/retry", json={})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/import-at-work")


async def test_a_dump_that_is_too_large_says_how_it_comes_in(
    routes: Routes, storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    small = routes.serving(Settings(largest_upload_bytes=100), storage, vault)
    transport = httpx.ASGITransport(app=small)
    headers = {**company.headers, "Content-Type": "application/json"}
    async with httpx.AsyncClient(transport=transport, base_url="http://wellkept.test") as client:
        refused = await client.post(
            URL, content=json.dumps(DUMP), params={"source": "node"}, headers=headers
        )
    assert (refused.status_code, refused.json()["largest_bytes"]) == (413, 100)
    assert "`wellkept import`" in refused.json()["detail"]


async def test_a_record_is_not_mended_under_the_id_of_another(uploads: Uploads) -> None:
    url = await uploads.bring(DUMP)
    (record,) = await uploads.quarantined(url)
    retry = f"/api/v1/import-records/{record['id']}/retry"
    taken = await uploads.client.post(retry, json={"content": claim("c2", notes="Mine")})
    assert (taken.status_code, taken.json()["errors"][0]["pointer"]) == (422, "/content/id")
    company = uploads.company
    async with uploads.storage.transaction(company.id, company.actor) as store:
        assert [each.notes for each in await store.claims.all(ClaimFilter())] == [None]
    fresh = await uploads.client.post(retry, json={"content": claim("c3")})
    assert fresh.status_code == 201, fresh.text
