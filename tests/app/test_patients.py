"""Patients over HTTP."""

import httpx
import pytest

from storage.filters import AccessFilter
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio

ADA = {
    "medical_record_number": "MRN-1",
    "last_name": "Quill",
    "first_name": "Ada",
    "birth_date": "1971-05-02",
}


async def test_a_patient_is_registered_changed_and_found_by_name(
    client: httpx.AsyncClient,
) -> None:
    created = await client.post("/api/v1/patients", json=ADA)
    assert created.status_code == 201
    changed = await client.patch(
        created.headers["Location"],
        json={"last_name": "Núñez"},
        headers={"If-Match": created.headers["ETag"]},
    )
    assert changed.json() | {"updated_at": None} == created.json() | {
        "last_name": "Núñez",
        "version": 2,
        "updated_at": None,
    }
    for typed in ("nun", "Núñez, A", "NUNEZ ADA"):
        found = await client.get("/api/v1/patients", params={"name_prefix": typed})
        assert [row["id"] for row in found.json()["items"]] == [created.json()["id"]]
    assert (await client.get("/api/v1/patients?name_prefix=quill")).json()["items"] == []


async def test_a_record_number_is_the_companys_own_and_unique_in_it(
    client: httpx.AsyncClient, other_company: CompanyForTests
) -> None:
    assert (await client.post("/api/v1/patients", json=ADA)).status_code == 201
    again = await client.post("/api/v1/patients", json=ADA)
    theirs = await client.post("/api/v1/patients", json=ADA, headers=other_company.headers)
    assert (again.status_code, again.json()["fields"]) == (409, ["medical_record_number"])
    assert theirs.status_code == 201


async def test_another_companys_patient_and_an_absent_one_answer_alike(
    client: httpx.AsyncClient, other_company: CompanyForTests
) -> None:
    url = (await client.post("/api/v1/patients", json=ADA)).headers["Location"]
    absent = "/api/v1/patients/01a1fd87-34ee-71ca-b850-10bcf0bfc799"
    answers = [await client.get(path, headers=other_company.headers) for path in (url, absent)]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].content == answers[1].content


async def test_reading_a_patient_is_on_record(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    created = await client.post("/api/v1/patients", json=ADA)
    await client.get(created.headers["Location"])
    async with storage.transaction(company.id, company.actor) as store:
        entries = await store.api_log.all(AccessFilter(operation="get_patient"))
    assert [[str(each) for each in entry.patient_ids] for entry in entries] == [
        [created.json()["id"]]
    ]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"birth_date": "2099-01-01"}, "/birth_date"),
        ({"birth_date": "1066-10-14"}, "/birth_date"),
        ({"last_name": ""}, "/last_name"),
        ({"last_name": "a\u0000b"}, "/last_name"),
        ({"first_name": None}, "/first_name"),
        ({"nickname": "Ada"}, "/nickname"),
    ],
)
async def test_what_cannot_be_a_patient_is_refused_at_its_field(
    client: httpx.AsyncClient, changes: dict[str, object], pointer: str
) -> None:
    refused = await client.post("/api/v1/patients", json=ADA | changes)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_text_with_nothing_to_look_for_finds_no_list(client: httpx.AsyncClient) -> None:
    refused = await client.get("/api/v1/patients", params={"name_prefix": ","})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/name_prefix"
