"""Timelines over HTTP: everything about one person, patient or record."""

import csv
import datetime as dt
import io
import json
from typing import Any

import httpx
import pytest
from litestar import Litestar

from services.identity.scopes import Scope
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.identity import Role
from tests.builders.claims import make_claim, make_patient, make_payer, new_claim
from tests.builders.companies import CompanyForTests, make_key
from tests.builders.people import browser, make_person, sign_in

pytestmark = pytest.mark.anyio

AETNA = {"name": "Aetna", "payer_identifier": "AETNA", "type": "commercial"}
SINCE = {"recorded_from": (dt.datetime.now(dt.UTC) - dt.timedelta(days=1)).isoformat()}


def told(answer: httpx.Response) -> list[str]:
    """What happened, oldest first, in a word or two each."""
    assert answer.status_code == 200, answer.text
    return [_word(entry) for entry in reversed(answer.json()["items"])]


def _word(entry: dict[str, Any]) -> str:
    if entry["happening"] != "request":
        return f"{entry['action']} {entry['entity']}"
    return f"{entry['operation']} {entry['outcome']}"


async def walked(client: httpx.AsyncClient, url: str, **params: str) -> list[str]:
    """The ids of a list, newest first, page by page."""
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = (await client.get(url, params={**params, "limit": "2", **cursor})).json()
        seen += [entry["id"] for entry in answer["items"]]
        if answer["next_cursor"] is None:
            return seen
        cursor = {"cursor": answer["next_cursor"]}


async def test_a_persons_day_is_one_list_from_sign_in_to_sign_out(
    application: Litestar,
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    person = await make_person(storage, company, Role.RCM_STAFF)
    patient = await make_patient(storage, company)
    async with browser(application) as page:
        await page.post("/api/v1/sessions", json={**person.credentials, "password": "wrong"})
        await sign_in(page, person)
        await page.get(f"/api/v1/patients/{patient.id}")
        await page.patch(
            f"/api/v1/patients/{patient.id}",
            json={"first_name": "Ada"},
            headers={"If-Match": '"1"'},
        )
        await page.get("/api/v1/audit-log")
        await page.delete("/api/v1/sessions/current")
        page.cookies.clear()
    timeline = await client.get(f"/api/v1/principals/{person.id}/timeline")
    assert told(timeline) == [
        "update people",
        "sign_in 401",
        "sign_in 201",
        "update people",
        "create person_sessions",
        "get_patient 200",
        "update patients",
        "update_patient 200",
        "list_audit_log 403",
        "update person_sessions",
        "sign_out 204",
    ]
    names = {entry["recorded_by_name"] for entry in timeline.json()["items"]}
    assert names == {"A rcm_staff", "Wellkept"}


async def test_a_lock_and_what_is_tried_while_it_lasts_are_in_the_persons_timeline(
    application: Litestar,
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    person = await make_person(storage, company)
    async with browser(application) as page:
        for _ in range(6):
            await page.post("/api/v1/sessions", json={**person.credentials, "password": "wrong"})
        await page.post("/api/v1/sessions", json=person.credentials)
    timeline = await client.get(f"/api/v1/principals/{person.id}/timeline")
    assert told(timeline).count("sign_in 401") == 7
    locks = [e["after"]["locked_until"] for e in timeline.json()["items"] if e["after"]]
    assert len([each for each in locks if each is not None]) == 1


async def test_a_revoked_key_is_on_record_and_refused_like_an_unknown_one(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    text, key_id = await make_key(storage, company.id, scopes=(Scope.CLAIMS_READ,))
    await client.post(f"/api/v1/keys/{key_id}/revoke", headers={"If-Match": '"1"'})
    bearer = {"Authorization": f"Bearer {text}"}
    unknown = {"Authorization": f"Bearer {text[:-1]}{'A' if text[-1] != 'A' else 'B'}"}
    revoked = await client.get("/api/v1/claims", headers=bearer)
    never = await client.get("/api/v1/claims", headers=unknown)
    timeline = await client.get(f"/api/v1/principals/{key_id}/timeline")
    assert (revoked.status_code, revoked.content) == (never.status_code, never.content)
    assert told(timeline) == ["list_claims 401"]


async def test_reaching_for_rights_that_one_lacks_is_on_record(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    text, key_id = await make_key(storage, company.id, scopes=(Scope.KEYS_MANAGE,))
    refused = await client.post(
        "/api/v1/keys",
        json={"name": "More", "scopes": ["claims:write"]},
        headers={"Authorization": f"Bearer {text}"},
    )
    timeline = await client.get(f"/api/v1/principals/{key_id}/timeline")
    assert refused.json()["type"] == "/problems/privilege-too-high"
    assert told(timeline)[-1] == "create_key 403"


async def test_what_happened_to_a_patient_follows_everything_that_was_theirs(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient, other = await make_patient(storage, company), await make_patient(storage, company)
    payer = await make_payer(storage, company)
    draft = new_claim(patient, [payer], charges_cents=(10_000, 500)).model_dump(mode="json")
    made = await client.post("/api/v1/claims", json=draft)
    url = made.headers["Location"]
    line = made.json()["lines"][1]["id"]
    await client.delete(f"{url}/lines/{line}", headers={"If-Match": '"1"'})
    await client.patch(url, json={"patient_id": str(other.id)}, headers={"If-Match": '"2"'})
    await client.patch(url, json={"notes": "not theirs"}, headers={"If-Match": '"3"'})
    theirs = await client.get("/api/v1/audit-log", params={"patient_id": str(patient.id)})
    entries = [(e["action"], e["entity"]) for e in reversed(theirs.json()["items"])]
    assert entries == [
        ("create", "patients"),
        ("create", "claims"),
        ("create", "claim_lines"),
        ("create", "claim_lines"),
        *sorted([("delete", "claim_lines"), ("update", "claims")]),
        ("update", "claims"),
    ]
    moved = theirs.json()["items"][0]
    assert (moved["former_patient_id"], moved["patient_id"]) == (str(patient.id), str(other.id))
    afterwards = await client.get("/api/v1/audit-log", params={"patient_id": str(other.id)})
    assert afterwards.json()["items"][0]["after"] == {"notes": "not theirs"}


async def test_the_timeline_of_a_patient_has_changes_looks_and_refusals(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient = await make_patient(storage, company)
    text, _ = await make_key(storage, company.id, scopes=(Scope.PAYERS_READ,))
    url = f"/api/v1/patients/{patient.id}"
    await client.get(url)
    await client.get(url, headers={"Authorization": f"Bearer {text}"})
    timeline = await client.get(f"{url}/timeline", params=SINCE)
    assert told(timeline) == ["create patients", "get_patient 200", "get_patient 403"]
    again = await client.get(f"{url}/timeline", params=SINCE)
    assert told(again)[-1] == "list_patient_timeline 200"


async def test_what_was_disclosed_of_a_patient_and_accounted_for_is_in_three_timelines(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient, other = await make_patient(storage, company), await make_patient(storage, company)
    disclosed = {
        "disclosed_on": "2026-03-02",
        "recipient_name": "County health department",
        "recipient_address": "1 Main St",
        "description": "Laboratory result",
        "authority": "public_health",
        "purpose": "Reportable disease",
    }
    made = [
        (await client.post("/api/v1/disclosures", json=disclosed | {"patient_id": str(each.id)}))
        for each in (patient, other)
    ]
    asked = {"requested_by": "The patient"}
    given = await client.post(f"/api/v1/patients/{patient.id}/accountings", json=asked)
    assert [each.status_code for each in (*made, given)] == [201] * 3
    first = made[0].json()["id"]
    timelines = {
        "patients": await client.get(f"/api/v1/patients/{patient.id}/timeline", params=SINCE),
        "principals": await client.get(
            f"/api/v1/principals/{company.actor.principal_id}/timeline", params=SINCE
        ),
        "records": await client.get(f"/api/v1/records/{first}/timeline"),
    }
    shown = {
        kind: [word for word in told(answer) if word.startswith("create ")]
        for kind, answer in timelines.items()
    }
    assert shown["patients"] == ["create patients", "create disclosures", "create accountings"]
    assert shown["records"] == ["create disclosures"]
    assert shown["principals"][-3:] == [
        "create disclosures",
        "create disclosures",
        "create accountings",
    ]
    (entry,) = [
        each for each in timelines["patients"].json()["items"] if each["happening"] == "disclosure"
    ]
    assert entry["record_id"] == first
    assert entry["patient_ids"] == [str(patient.id)]
    assert entry["after"].items() >= disclosed.items()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_a_timeline_is_also_a_file_with_the_entries_of_the_list(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests, form: str
) -> None:
    patient = await make_patient(storage, company)
    await client.get(f"/api/v1/patients/{patient.id}")
    until = {**SINCE, "recorded_until": dt.datetime.now(dt.UTC).isoformat()}
    for path in (
        f"patients/{patient.id}",
        f"principals/{company.actor.principal_id}",
        f"records/{patient.id}",
    ):
        url = f"/api/v1/{path}/timeline"
        listed = await walked(client, url, **until)
        file = await client.get(f"{url}/export", params={**until, "form": form})
        assert file.status_code == 200
        if form == "csv":
            ids = [row["id"] for row in csv.DictReader(io.StringIO(file.text, newline=""))]
        else:
            ids = [json.loads(line)["id"] for line in file.text.splitlines()]
        assert listed == ids
    looked = await client.get("/api/v1/access-log", params={"patient_id": str(patient.id), **SINCE})
    operations = {entry["operation"] for entry in looked.json()["items"]}
    assert {"export_patient_timeline", "export_record_timeline"} <= operations


async def test_the_timeline_of_a_record_outlives_the_record(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    draft = await make_claim(storage, company, charges_cents=(1, 2), status=ClaimStatus.DRAFT)
    url = f"/api/v1/claims/{draft.claim.id}"
    read = await client.get(url)
    line = read.json()["lines"][0]["id"]
    await client.delete(f"{url}/lines/{line}", headers={"If-Match": read.headers["ETag"]})
    claim = await client.get(f"/api/v1/records/{draft.claim.id}/timeline")
    gone = await client.get(f"/api/v1/records/{line}/timeline")
    assert told(claim)[:2] == ["create claims", "get_claim 200"]
    assert told(gone) == ["create claim_lines", "delete claim_lines"]


async def test_pages_of_a_timeline_have_every_entry_once_and_in_order(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient = await make_patient(storage, company)
    for _ in range(4):
        await client.get(f"/api/v1/patients/{patient.id}")
        await client.get("/api/v1/patients", params={"text": "quill"})
    url = f"/api/v1/patients/{patient.id}/timeline"
    until = {**SINCE, "recorded_until": dt.datetime.now(dt.UTC).isoformat()}
    whole = (await client.get(url, params={**until, "limit": 200})).json()["items"]
    assert len(whole) > 4
    assert await walked(client, url, **until) == [entry["id"] for entry in whole]


async def test_who_or_what_there_never_was_has_no_timeline(client: httpx.AsyncClient) -> None:
    for path in ("principals", "patients", "records"):
        answer = await client.get(f"/api/v1/{path}/{new_id()}/timeline", params=SINCE)
        assert answer.status_code == 404


async def test_a_patients_timeline_is_of_a_year_at_most(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient = await make_patient(storage, company)
    url = f"/api/v1/patients/{patient.id}/timeline"
    endless = await client.get(url)
    too_long = await client.get(url, params={"recorded_from": "2020-01-01T00:00:00Z"})
    assert [endless.status_code, too_long.status_code] == [400, 400]
    for answer in (endless, too_long):
        assert answer.json()["errors"][0]["pointer"] == "/recorded_from"
