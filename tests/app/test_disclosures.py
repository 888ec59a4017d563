"""Disclosures and accountings of them over HTTP."""

import asyncio
import csv
import datetime as dt
import io
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.identity.scopes import Scope
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Patient
from tests.builders.claims import make_patient
from tests.builders.companies import CompanyForTests, make_key

pytestmark = pytest.mark.anyio

URL = "/api/v1/disclosures"
TODAY = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)


@pytest.fixture
async def patient(storage: PostgresStorage, company: CompanyForTests) -> Patient:
    return await make_patient(storage, company)


def to_public_health(patient: Patient | None = None, **changes: object) -> dict[str, Any]:
    """A disclosure that must be accounted for."""
    content = {
        "disclosed_on": "2026-02-11",
        "recipient_name": "Minnesota Department of Health",
        "recipient_address": "625 Robert Street North\nSaint Paul MN 55155",
        "description": "Name, birth date and a positive laboratory result",
        "authority": "public_health",
        "purpose": "Report of a notifiable disease",
    }
    return content | ({} if patient is None else {"patient_id": str(patient.id)}) | changes


def suspended(days: int, *, is_oral: bool = False) -> dict[str, object]:
    until = TODAY + dt.timedelta(days=days)
    return {
        "since": str(TODAY),
        "until": str(until),
        "stated_by": "Agent Ruiz, FBI Minneapolis",
        "is_oral": is_oral,
    }


async def recorded(client: httpx.AsyncClient, content: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(URL, json=content)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def accounting(
    client: httpx.AsyncClient, patient: Patient, **request: object
) -> dict[str, Any]:
    answer = await client.post(
        f"/api/v1/patients/{patient.id}/accountings", json={"requested_by": "Ada", **request}
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_disclosure_is_recorded_and_read_back_with_what_its_authority_means(
    client: httpx.AsyncClient, company: CompanyForTests, patient: Patient
) -> None:
    made = await client.post(URL, json=to_public_health(patient))
    read = await client.get(made.headers["Location"])
    assert read.json() == made.json()
    assert made.json()["is_accountable"] is True
    assert made.json()["recorded_by"] == str(company.actor.principal_id)
    routine = to_public_health(patient, authority="treatment_payment_operations")
    assert (await recorded(client, routine))["is_accountable"] is False
    listed = await client.get(URL, params={"patient_id": str(patient.id)})
    assert len(listed.json()["items"]) == 2


async def test_a_correction_takes_the_place_of_what_stays_to_be_read(
    client: httpx.AsyncClient, patient: Patient
) -> None:
    first = await recorded(client, to_public_health(patient))
    corrected = await client.post(
        f"{URL}/{first['id']}/corrections",
        json=to_public_health(recipient_name="Hennepin County", reason="Wrong recipient"),
    )
    again = await client.post(
        f"{URL}/{first['id']}/corrections", json=to_public_health(reason="Once more")
    )
    assert corrected.status_code == 201
    assert corrected.json()["supersedes_id"] == first["id"]
    assert corrected.json()["patient_id"] == first["patient_id"]
    assert (again.status_code, again.json()["type"]) == (409, "/problems/disclosure-superseded")
    assert again.json()["superseded_by"] == corrected.json()["id"]
    earlier = (await client.get(f"{URL}/{first['id']}")).json()
    assert earlier == first | {"superseded_by": corrected.json()["id"]}
    named = (await accounting(client, patient))["disclosures"]
    assert [each["recipient_name"] for each in named] == ["Hennepin County"]


async def test_of_two_corrections_at_once_one_holds(
    client: httpx.AsyncClient, patient: Patient
) -> None:
    first = await recorded(client, to_public_health(patient))
    url = f"{URL}/{first['id']}/corrections"
    both = await asyncio.gather(
        *(client.post(url, json=to_public_health(reason=reason)) for reason in ("a", "b"))
    )
    assert sorted(answer.status_code for answer in both) == [201, 409]


async def test_what_was_withdrawn_is_not_accounted_for(
    client: httpx.AsyncClient, patient: Patient
) -> None:
    first = await recorded(client, to_public_health(patient))
    gone = await client.post(
        f"{URL}/{first['id']}/withdrawal", json={"reason": "Another patient's"}
    )
    assert (gone.status_code, gone.json()["is_withdrawn"]) == (201, True)
    assert (await accounting(client, patient))["disclosures"] == []


async def test_a_suspended_disclosure_is_left_out_while_the_suspension_stands(
    client: httpx.AsyncClient, patient: Patient
) -> None:
    to_police = to_public_health(patient, authority="law_enforcement")
    standing = await recorded(client, to_police | {"suspension": suspended(30)})
    over = suspended(-2) | {"since": "2026-02-12"}
    await recorded(client, to_police | {"suspension": over, "purpose": "Another case"})
    given = await accounting(client, patient)
    assert [each["purpose"] for each in given["disclosures"]] == ["Another case"]
    lifted = {k: v for k, v in to_police.items() if k != "patient_id"} | {"reason": "Lifted"}
    await client.post(f"{URL}/{standing['id']}/corrections", json=lifted)
    later = await accounting(client, patient)
    assert to_police["purpose"] in [each["purpose"] for each in later["disclosures"]]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"disclosed_on": "2099-01-01"}, "/disclosed_on"),
        ({"suspension": suspended(10)}, "/suspension"),
        ({"authority": "law_enforcement", "suspension": suspended(-1)}, "/suspension/until"),
        (
            {"authority": "law_enforcement", "suspension": suspended(31, is_oral=True)},
            "/suspension/until",
        ),
        ({"authority": "curiosity"}, "/authority"),
        ({"purpose": ""}, "/purpose"),
    ],
)
async def test_what_cannot_be_is_refused(
    client: httpx.AsyncClient, patient: Patient, changes: dict[str, object], pointer: str
) -> None:
    answer = await client.post(URL, json=to_public_health(patient, **changes))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_an_accounting_covers_six_years_and_the_first_in_twelve_months_is_free(
    client: httpx.AsyncClient, patient: Patient
) -> None:
    asked = {"requested_on": "2026-05-28"}
    for day in ("2020-05-27", "2020-05-28", "2026-05-28", "2026-05-29"):
        await recorded(client, to_public_health(patient, disclosed_on=day))
    first = await accounting(client, patient, **asked)
    days = [each["disclosed_on"] for each in first["disclosures"]]
    assert days == ["2020-05-28", "2026-05-28"]
    assert (first["first"], first["last"]) == ("2020-05-28", "2026-05-28")
    assert (first["is_free"], first["due_on"]) == (True, "2026-07-27")
    second = await accounting(client, patient, **asked)
    assert second["is_free"] is False
    refused = await client.post(
        f"/api/v1/patients/{patient.id}/accountings",
        json={"requested_by": "Ada", **asked, "first": "2020-05-27"},
    )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/first")


async def test_an_accounting_is_kept_as_it_was_given_and_printed_from_that(
    client: httpx.AsyncClient, patient: Patient
) -> None:
    first = await recorded(client, to_public_health(patient))
    given = await client.post(
        f"/api/v1/patients/{patient.id}/accountings", json={"requested_by": "Ada Quill"}
    )
    await client.post(f"{URL}/{first['id']}/withdrawal", json={"reason": "Another patient's"})
    url = given.headers["Location"]
    kept = await client.get(url)
    printed = await client.get(f"{url}/file")
    assert kept.json() == given.json()
    (row,) = csv.DictReader(io.StringIO(printed.text, newline=""))
    assert row == kept.json()["disclosures"][0]
    listed = await client.get("/api/v1/accountings", params={"patient_id": str(patient.id)})
    assert [each["requested_by"] for each in listed.json()["items"]] == ["Ada Quill"]


async def test_whose_disclosures_were_read_is_on_record(
    client: httpx.AsyncClient, patient: Patient
) -> None:
    await recorded(client, to_public_health(patient))
    given = await accounting(client, patient)
    await client.get(f"/api/v1/accountings/{given['id']}/file")
    looked = await client.get("/api/v1/access-log", params={"operation": "download_accounting"})
    assert looked.json()["items"][0]["patient_ids"] == [str(patient.id)]


async def test_disclosures_are_for_those_who_may(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests, patient: Patient
) -> None:
    key, _ = await make_key(storage, company.id, scopes=(Scope.PATIENTS_READ,))
    bearer = {"Authorization": f"Bearer {key}"}
    assert (await client.get(URL, headers=bearer)).status_code == 403
    made = await client.post(URL, json=to_public_health(patient), headers=bearer)
    assert made.status_code == 403


async def test_a_patient_of_nobody_has_no_accounting(client: httpx.AsyncClient) -> None:
    absent: UUID = new_id()
    answer = await client.post(
        f"/api/v1/patients/{absent}/accountings", json={"requested_by": "Ada"}
    )
    assert answer.status_code == 404
    unknown = await client.post(URL, json=to_public_health() | {"patient_id": str(absent)})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/patient_id")
