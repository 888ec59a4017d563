"""Code tables over HTTP: whole editions, each in force on its days."""

from typing import Any

import httpx
import pytest

from storage.filters import CodeFilter
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio

TABLES = "/api/v1/code-tables"
CSV = {"Content-Type": "text/csv"}
PROCEDURES = "code,label\n99213,Visit\n99214,Longer visit\n"


async def load(client: httpx.AsyncClient, text: str = PROCEDURES, **changes: Any) -> httpx.Response:
    given = {
        "kind": "procedures",
        "edition": "2026",
        "source": "AMA, our licence",
        "effective_from": "2026-01-01",
        "file_name": "cpt.csv",
    } | changes
    return await client.post(TABLES, params=given, content=text.encode(), headers=CSV)


async def test_an_edition_is_loaded_once_and_says_where_it_is_from(
    client: httpx.AsyncClient,
) -> None:
    made = await load(client)
    assert made.status_code == 201
    table = made.json()
    assert (table["row_count"], table["edition"], table["file_name"]) == (2, "2026", "cpt.csv")
    again = await load(client, file_name="renamed.csv")
    assert (again.status_code, again.json()) == (200, table)
    read = await client.get(made.headers["Location"])
    listed = await client.get(TABLES, params={"kind": "procedures"})
    assert read.json() == table == listed.json()["items"][0]
    codes = await client.get(f"{made.headers['Location']}/codes", params={"code_prefix": "99214"})
    assert [each["label"] for each in codes.json()["items"]] == ["Longer visit"]


async def test_of_a_file_with_one_bad_line_nothing_is_loaded(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    refused = await load(client, "code\n" + "99213\n" * 6_000 + "oops\n")
    assert refused.status_code == 422
    problem = refused.json()
    assert problem["type"] == "/problems/unreadable-code-file"
    assert problem["line"] == 6_002
    assert "Line 6002, column 1: code 'oops' is not made like a code" in problem["detail"]
    assert (await client.get(TABLES)).json()["items"] == []
    async with storage.transaction(company.id, company.actor) as store:
        assert await store.codes.count(CodeFilter()) == 0


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"kind": "fees"}, "/schedule"),
        ({"schedule": "charges"}, "/schedule"),
        ({"kind": "authorizations"}, "/payer_id"),
        (
            {"kind": "authorizations", "payer_id": "01a1fd87-34ee-71ca-b850-10bcf0bfc799"},
            "/payer_id",
        ),
        ({"effective_to": "2025-12-31"}, "/effective_to"),
    ],
)
async def test_what_an_edition_is_has_to_fit_together(
    client: httpx.AsyncClient, changes: dict[str, str], pointer: str
) -> None:
    text = "code,amount\n99213,10\n" if changes.get("kind") == "fees" else PROCEDURES
    refused = await load(client, text, **changes)
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]


async def test_a_withdrawn_edition_can_be_loaded_anew(client: httpx.AsyncClient) -> None:
    made = await load(client)
    withdrawn = await client.post(
        f"{made.headers['Location']}/withdraw",
        json={"reason": "The wrong year"},
        headers={"If-Match": made.headers["ETag"]},
    )
    assert withdrawn.status_code == 200
    assert withdrawn.json()["withdrawal_reason"] == "The wrong year"
    twice = await client.post(
        f"{made.headers['Location']}/withdraw",
        json={"reason": "The wrong year"},
        headers={"If-Match": withdrawn.headers["ETag"]},
    )
    assert twice.status_code == 409
    assert (await load(client)).status_code == 201
    standing = await client.get(TABLES, params={"is_standing": "true"})
    assert len(standing.json()["items"]) == 1
