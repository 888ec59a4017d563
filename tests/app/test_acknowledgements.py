"""Files of claims and what partners answer to them, over HTTP."""

from pathlib import Path

import httpx
import pytest

from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from tests.builders.answers import answer_277, answer_999
from tests.builders.clearing import Desk
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio

FILES = "/api/v1/claim-files"
URL = "/api/v1/acknowledgements"
WAITING = "/api/v1/waiting-acknowledgements"


@pytest.fixture
async def desk(
    storage: PostgresStorage, company: CompanyForTests, vault: FileVault, tmp_path: Path
) -> Desk:
    return await Desk.open(storage, company, vault, tmp_path / "drop")


async def test_claims_are_sent_answered_and_followed(client: httpx.AsyncClient, desk: Desk) -> None:
    (claim,) = await desk.ready_claims(1)
    asked = await client.post(FILES, json={"partner_id": str(desk.partner.id)})
    assert (asked.status_code, asked.json()["status"]) == (202, "preparing")
    url = asked.headers["Location"]
    assert (await client.get(f"{url}/file")).status_code == 404
    file = await desk.prepare(await desk.only_file())
    await desk.deliver()
    sent = await client.get(url)
    assert (sent.json()["status"], sent.json()["claim_count"]) == ("sent", 1)
    content = (await client.get(f"{url}/file")).content
    assert content == desk.outbound[str(file.name)]
    answered = await client.post(URL, content=answer_999(file), params={"file_name": "a.999"})
    assert answered.status_code == 201, answered.text
    assert answered.json()["kinds"] == ["999"]
    assert (await client.post(URL, content=answer_999(file))).status_code == 200
    downloaded = await client.get(f"{answered.headers['Location']}/file")
    assert downloaded.content == answer_999(file)
    refused = answer_277((claim.patient_control_number, "A3"))
    assert (await client.post(URL, content=refused)).json()["rejected_count"] == 1
    filed = (await client.get(f"{url}/claims")).json()["items"]
    assert [(each["status"], each["status_codes"]) for each in filed] == [
        ("rejected", ["A3:21:85"])
    ]
    history = await client.get(f"/api/v1/claims/{claim.id}")
    assert history.json()["status"] == "rejected"


async def test_a_file_is_cancelled_by_version(client: httpx.AsyncClient, desk: Desk) -> None:
    await desk.ready_claims(1)
    url = (await client.post(FILES, json={"partner_id": str(desk.partner.id)})).headers["Location"]
    reason = {"reason": "Too early"}
    assert (await client.post(f"{url}/cancel", json=reason)).status_code == 428
    done = await client.post(f"{url}/cancel", json=reason, headers={"If-Match": '"1"'})
    assert (done.status_code, done.json()["status"]) == (200, "cancelled")
    both = {"partner_id": str(desk.partner.id), "claim_ids": [url[-36:]], "batch_id": url[-36:]}
    assert (await client.post(FILES, json=both)).status_code == 422


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"Dear partner", b"ISA*00*"])
async def test_what_cannot_be_read_is_refused_and_nothing_is_kept(
    client: httpx.AsyncClient, tmp_path: Path, content: bytes
) -> None:
    refused = await client.post(URL, content=content)
    assert refused.status_code == 422
    assert refused.json()["segment"] >= 0
    assert (await client.get(URL)).json()["items"] == []
    assert [each for each in (tmp_path / "files").rglob("*") if each.is_file()] == []


async def test_the_queue_is_worked_over_http(client: httpx.AsyncClient, desk: Desk) -> None:
    (claim,) = await desk.ready_claims(1)
    await desk.send(claim)
    await client.post(URL, content=answer_277(("MISTYPED", "A2"), ("NOBODY", "A2")))
    listed = (await client.get(WAITING, params={"status": "open"})).json()["items"]
    by_number = {each["patient_control_number"]: each["id"] for each in listed}
    first = {"If-Match": '"1"'}
    assigned = await client.post(
        f"{WAITING}/{by_number['MISTYPED']}/assign", json={"claim_id": str(claim.id)}, headers=first
    )
    assert assigned.json()["status"] == "applied"
    assert (await client.get(f"/api/v1/claims/{claim.id}")).json()["status"] == "accepted"
    dismissed = await client.post(
        f"{WAITING}/{by_number['NOBODY']}/dismiss", json={"reason": "Not ours"}, headers=first
    )
    assert dismissed.json()["status"] == "dismissed"
    again = await client.post(
        f"{WAITING}/{by_number['NOBODY']}/dismiss",
        json={"reason": "Not ours"},
        headers={"If-Match": '"2"'},
    )
    assert again.status_code == 409
