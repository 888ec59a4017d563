"""The two logs as files: the rows of the lists, on record before they leave."""

import csv
import io
import json
from typing import Any

import httpx
import pytest

from app.exports import ROWS_AT_ONCE
from services.identity.scopes import Scope
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.tables.trail import AccessFields
from tests.builders.claims import make_patient
from tests.builders.companies import CompanyForTests, make_key

pytestmark = pytest.mark.anyio

AETNA = {"name": "Aetna", "payer_identifier": "AETNA", "type": "commercial"}


async def listed(client: httpx.AsyncClient, url: str, **params: str) -> list[dict[str, Any]]:
    """The whole list."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        found = (await client.get(url, params={**params, "limit": "200", **cursor})).json()
        items += found["items"]
        if found["next_cursor"] is None:
            return items
        cursor = {"cursor": found["next_cursor"]}


def cells(items: list[dict[str, Any]]) -> list[list[str]]:
    """Entries of a list as they stand in a file."""
    return [[_cell(value) for value in item.values()] for item in items]


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case list():
            return " ".join(value)
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case str() if value.endswith("Z") and "T" in value:
            return value.removesuffix("Z") + "+00:00"
        case _:
            return str(value)


async def accesses(storage: PostgresStorage, company: CompanyForTests, count: int) -> None:
    async with storage.transaction(company.id, company.actor) as store:
        fields = AccessFields(request_id=new_id(), operation="x", outcome=404, patient_ids=[])
        await store.api_log.create_many([fields] * count)


async def test_the_file_has_the_rows_of_the_list_in_both_forms(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    await client.post("/api/v1/payers", json=AETNA)
    await make_patient(storage, company, last_name="Žižka")
    items = await listed(client, "/api/v1/audit-log")
    table = await client.get("/api/v1/audit-log/export", params={"form": "csv"})
    lines = await client.get("/api/v1/audit-log/export", params={"form": "jsonl"})
    header, *rows = csv.reader(io.StringIO(table.text, newline=""))
    assert header == list(items[0])
    assert rows == cells(items)
    assert [json.loads(line) for line in lines.text.splitlines()] == items
    assert table.headers["Content-Type"].startswith("text/csv")
    assert table.headers["Content-Disposition"] == 'attachment; filename="audit-log.csv"'
    assert lines.headers["Content-Type"].startswith("application/jsonl")


async def test_a_file_of_many_pages_has_every_row_once_and_each_page_is_on_record(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    await accesses(storage, company, 2 * ROWS_AT_ONCE + 1)
    answer = await client.get("/api/v1/access-log/export", params={"operation": "x"})
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    items = await listed(client, "/api/v1/access-log", operation="x")
    assert [row["id"] for row in rows] == [item["id"] for item in items]
    left = await listed(client, "/api/v1/access-log", operation="export_access_log")
    assert [entry["outcome"] for entry in left] == [200, 200, 200]


async def test_an_export_narrows_like_its_list(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient, other = await make_patient(storage, company), await make_patient(storage, company)
    for each in (patient, other):
        await client.get(f"/api/v1/patients/{each.id}")
    await client.get(f"/api/v1/claims/{new_id()}")
    for path, params in (
        ("audit-log", {"patient_id": str(patient.id)}),
        ("audit-log", {"entity": "patients", "entity_id": str(other.id)}),
        ("access-log", {"record_id": str(patient.id)}),
        ("access-log", {"is_refused": "true"}),
        ("access-log", {"is_refused": "false", "operation": "get_patient"}),
    ):
        items = await listed(client, f"/api/v1/{path}", **params)
        answer = await client.get(f"/api/v1/{path}/export", params={**params, "form": "jsonl"})
        assert [json.loads(line) for line in answer.text.splitlines()] == items
        assert len(items) in (1, 2)


async def test_whose_records_left_is_on_record(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient = await make_patient(storage, company)
    await client.get("/api/v1/audit-log/export", params={"patient_id": str(patient.id)})
    (entry,) = await listed(client, "/api/v1/access-log", operation="export_audit_log")
    assert entry["patient_ids"] == [str(patient.id)]


async def test_no_cell_is_a_formula(client: httpx.AsyncClient) -> None:
    name = '=HYPERLINK("http://example.org")'
    key = await client.post("/api/v1/keys", json={"name": name, "scopes": ["payers:write"]})
    bearer = {"Authorization": f"Bearer {key.json()['secret']}"}
    await client.post("/api/v1/payers", json=AETNA, headers=bearer)
    answer = await client.get("/api/v1/audit-log/export", params={"entity": "payers"})
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert row["recorded_by_name"] == f"'{name}"


async def test_what_is_refused_is_refused_before_the_first_byte(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    text, _ = await make_key(storage, company.id, scopes=(Scope.CLAIMS_READ,))
    bearer = {"Authorization": f"Bearer {text}"}
    for path in ("audit-log", "access-log"):
        url = f"/api/v1/{path}/export"
        assert (await client.get(url, headers=bearer)).status_code == 403
        wrong = await client.get(url, params={"recorded_from": "2026-01-31T00:00:00"})
        assert (wrong.status_code, wrong.json()["type"]) == (400, "/problems/invalid-parameter")
    endless = await client.get("/api/v1/access-log/export", params={"patient_id": str(new_id())})
    assert endless.status_code == 400
