"""The trail over HTTP."""

import datetime as dt

import httpx
import pytest

from services.identity.scopes import Scope
from storage.identifiers import lowest_id_at, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.tables.trail import AccessFields
from tests.builders.claims import make_patient
from tests.builders.companies import CompanyForTests, make_key

pytestmark = pytest.mark.anyio

AETNA = {"name": "Aetna", "payer_identifier": "AETNA", "type": "commercial"}
AVA = {
    "medical_record_number": "M-1",
    "first_name": "Ava",
    "last_name": "Stone",
    "birth_date": "1980-04-01",
}


def since(days: int) -> str:
    return (dt.datetime.now(dt.UTC) - dt.timedelta(days=days)).isoformat()


async def test_a_change_is_on_record_with_who_and_what(
    client: httpx.AsyncClient, company: CompanyForTests
) -> None:
    payer = await client.post("/api/v1/payers", json=AETNA)
    url = payer.headers["Location"]
    await client.patch(url, json={"name": "Aetna Inc"}, headers={"If-Match": '"1"'})
    listed = await client.get(
        "/api/v1/audit-log", params={"entity": "payers", "entity_id": payer.json()["id"]}
    )
    update, create = listed.json()["items"]
    assert (create["action"], create["after"]["name"]) == ("create", "Aetna")
    assert (update["before"], update["after"]) == ({"name": "Aetna"}, {"name": "Aetna Inc"})
    assert update["recorded_by"] == str(company.actor.principal_id)
    assert update["recorded_by_name"] == "test key"


async def test_the_audit_log_can_be_narrowed_to_a_person_and_a_time(
    client: httpx.AsyncClient, company: CompanyForTests
) -> None:
    await client.post("/api/v1/payers", json=AETNA)
    me = str(company.actor.principal_id)

    async def count(**params: str) -> int:
        params["entity"] = "payers"
        return len((await client.get("/api/v1/audit-log", params=params)).json()["items"])

    assert await count(principal_id=me) == 1
    assert await count(principal_id=str(new_id())) == 0
    assert await count(principal_id=me, recorded_from=since(1)) == 1
    assert await count(principal_id=me, recorded_until=since(1)) == 0
    assert await count(principal_id=me, recorded_from="0001-01-01T00:00:00Z") == 1
    assert await count(principal_id=me, recorded_until="9999-12-31T23:59:59Z") == 1


async def test_reading_what_was_changed_of_a_patient_is_itself_on_record(
    client: httpx.AsyncClient,
) -> None:
    patient = await client.post("/api/v1/patients", json=AVA)
    assert patient.status_code == 201, patient.text
    patient_id = patient.json()["id"]
    await client.get("/api/v1/audit-log", params={"entity": "patients"})
    looked = await client.get(
        "/api/v1/access-log", params={"patient_id": patient_id, "recorded_from": since(1)}
    )
    assert "list_audit_log" in [entry["operation"] for entry in looked.json()["items"]]


async def test_who_looked_at_a_patient_is_answered_within_a_window(
    client: httpx.AsyncClient, company: CompanyForTests, storage: PostgresStorage
) -> None:
    patient, another = new_id(), new_id()
    async with storage.transaction(company.id, company.actor) as store:
        for patients in ([patient, another], [another], [patient]):
            await store.api_log.create(
                AccessFields(
                    request_id=new_id(), operation="get_claim", outcome=200, patient_ids=patients
                )
            )
    url = "/api/v1/access-log"
    looked = await client.get(url, params={"patient_id": str(patient), "recorded_from": since(1)})
    entries = [item["patient_ids"] for item in looked.json()["items"]]
    assert entries == [[str(patient)], [str(patient), str(another)]]
    assert looked.json()["items"][0]["recorded_by_name"] == "test key"
    endless = await client.get(url, params={"patient_id": str(patient)})
    too_long = await client.get(
        url, params={"patient_id": str(patient), "recorded_from": since(400)}
    )
    assert [endless.status_code, too_long.status_code] == [400, 400]
    assert endless.json()["errors"][0]["pointer"] == "/recorded_from"
    again = await client.get(url, params={"patient_id": str(patient), "recorded_from": since(1)})
    assert again.json()["items"][0]["operation"] == "list_access_log"


async def test_pages_of_the_access_log_name_every_entry_once(
    client: httpx.AsyncClient, company: CompanyForTests, storage: PostgresStorage
) -> None:
    async with storage.transaction(company.id, company.actor) as store:
        fields = AccessFields(request_id=new_id(), operation="x", outcome=404, patient_ids=[])
        made = await store.api_log.create_many([fields] * 5)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        params = {"operation": "x", "limit": "2", **cursor}
        answer = (await client.get("/api/v1/access-log", params=params)).json()
        seen += [item["id"] for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        cursor = {"cursor": answer["next_cursor"]}
    assert seen == [str(row_id) for row_id in reversed(made)]


async def test_a_time_without_its_zone_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/audit-log", params={"recorded_from": "2026-01-31T00:00:00"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/recorded_from"


async def test_the_trail_is_for_those_who_may_read_it_and_of_ones_own_company(
    client: httpx.AsyncClient,
    company: CompanyForTests,
    other_company: CompanyForTests,
    storage: PostgresStorage,
) -> None:
    await client.post("/api/v1/payers", json=AETNA)
    key, _ = await make_key(storage, company.id, scopes=(Scope.CLAIMS_READ,))
    for path in ("audit-log", "access-log", "legal-holds"):
        url = f"/api/v1/{path}"
        refused = await client.get(url, headers={"Authorization": f"Bearer {key}"})
        assert refused.status_code == 403
    theirs = await client.get(
        "/api/v1/audit-log", params={"entity": "payers"}, headers=other_company.headers
    )
    assert theirs.json()["items"] == []


async def test_a_hold_stands_until_it_is_released_with_a_reason(
    client: httpx.AsyncClient, company: CompanyForTests, storage: PostgresStorage
) -> None:
    placed = await client.post("/api/v1/legal-holds", json={"reason": "Litigation 26-104"})
    url = placed.headers["Location"]
    standing = await client.get("/api/v1/legal-holds", params={"is_standing": True})
    assert [hold["id"] for hold in standing.json()["items"]] == [placed.json()["id"]]
    without = await client.post(f"{url}/release", json={}, headers={"If-Match": '"1"'})
    released = await client.post(
        f"{url}/release", json={"reason": "Settled"}, headers={"If-Match": '"1"'}
    )
    stale = await client.post(
        f"{url}/release", json={"reason": "Settled"}, headers={"If-Match": '"1"'}
    )
    twice = await client.post(
        f"{url}/release", json={"reason": "Settled"}, headers={"If-Match": '"2"'}
    )
    codes = [each.status_code for each in (placed, without, released, stale, twice)]
    assert codes == [201, 422, 200, 412, 409]
    assert released.json()["release_reason"] == "Settled"
    gone = await client.get("/api/v1/legal-holds", params={"is_standing": True})
    assert gone.json()["items"] == []
    async with storage.transaction(company.id, Actor(company.id, new_id())) as store:
        assert (await store.legal_holds.get(placed.json()["id"])).released_at is not None


async def test_a_hold_is_placed_by_those_who_manage_the_company(
    client: httpx.AsyncClient, company: CompanyForTests, storage: PostgresStorage
) -> None:
    key, _ = await make_key(storage, company.id, scopes=(Scope.AUDIT_READ, Scope.COMPANY_READ))
    refused = await client.post(
        "/api/v1/legal-holds",
        json={"reason": "Litigation"},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert refused.status_code == 403


async def test_a_hold_may_be_on_a_patient_or_a_record_that_exists(
    client: httpx.AsyncClient, company: CompanyForTests, storage: PostgresStorage
) -> None:
    patient = await make_patient(storage, company)
    url, reason = "/api/v1/legal-holds", {"reason": "Litigation 26-104"}
    on_patient = await client.post(url, json={**reason, "patient_id": str(patient.id)})
    on_record = await client.post(url, json={**reason, "record_id": str(patient.id)})
    assert on_patient.json()["patient_id"] == on_record.json()["record_id"] == str(patient.id)
    for wrong in (
        {"patient_id": str(new_id())},
        {"record_id": str(new_id())},
        {"patient_id": str(patient.id), "record_id": str(patient.id)},
    ):
        assert (await client.post(url, json={**reason, **wrong})).status_code == 422


async def test_the_retention_names_the_months_that_are_due_and_the_holds_that_keep_them(
    client: httpx.AsyncClient, company: CompanyForTests, storage: PostgresStorage
) -> None:
    patient, other = await make_patient(storage, company), await make_patient(storage, company)
    first = lowest_id_at(dt.datetime(2010, 2, 15, tzinfo=dt.UTC))
    fields = AccessFields(request_id=new_id(), operation="x", outcome=200, patient_ids=[patient.id])
    async with storage.transaction(company.id, company.actor) as store:
        await store.api_log.create_many([fields], ids=[first])
    free = (await client.get("/api/v1/retention")).json()
    holds = [
        await client.post(
            "/api/v1/legal-holds", json={"reason": "Litigation", "patient_id": str(each.id)}
        )
        for each in (patient, other)
    ]
    held = (await client.get("/api/v1/retention")).json()
    changes, requests = free["logs"]
    assert (free["retention_years"], changes["due"]) == (7, [])
    assert requests["oldest_at"] == "2010-02-15T00:00:00Z"
    assert requests["due"] == [{"month": "2010-02-01", "row_count": 1, "hold_ids": []}]
    assert held["logs"][1]["due"][0]["hold_ids"] == [holds[0].json()["id"]]
    assert (await client.get("/api/v1/retirements")).json()["items"] == []
