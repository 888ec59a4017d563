"""Contracts and underpayments over HTTP."""

from typing import Any

import httpx
import pytest
from litestar import Litestar

from services.claims.contracts.comparing import compare
from storage.files import FileVault
from storage.filters import AdjudicationFilter
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.people import browser, make_person, sign_in
from tests.builders.remittance_files import Cas, Claim, Line

pytestmark = pytest.mark.anyio

CONTRACTS = "/api/v1/payer-contracts"
UNDERPAYMENTS = "/api/v1/underpayments"


def match(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    return await Books.open(storage, vault, company)


def contract(books: Books, **changes: Any) -> dict[str, Any]:
    return {
        "payer_id": str(books.payers[0].id),
        "name": "Lakes Health 2025",
        "effective_from": "2025-01-01",
    } | changes


async def test_a_contract_is_entered_with_its_terms_and_read(
    client: httpx.AsyncClient, books: Books
) -> None:
    made = await client.post(CONTRACTS, json=contract(books, tolerance_cents=100))
    assert made.status_code == 201, made.text
    path = made.headers["Location"]
    terms = {
        "terms": [
            {"basis": "percent_of_schedule", "schedule": "Medicare 2025", "percent": "112.5"},
            {"basis": "fixed", "code": "99213", "amount_cents": 9_000},
        ]
    }
    set_ = await client.put(f"{path}/terms", json=terms, headers=match(1))
    assert set_.status_code == 200, set_.text
    read = (await client.get(path)).json()
    assert read == set_.json()
    assert read["terms_revision"] == 1
    shown = [(e["basis"], e["code_from"], e["percent"]) for e in read["terms"]]
    assert shown == [("percent_of_schedule", None, "112.500"), ("fixed", "99213", None)]
    ended = await client.patch(path, json={"effective_to": "2025-12-31"}, headers=match(2))
    assert ended.json()["effective_to"] == "2025-12-31"
    next_year = contract(books, effective_from="2026-01-01")
    assert (await client.post(CONTRACTS, json=next_year)).status_code == 201
    asked = await client.post(f"{path}/comparisons")
    assert asked.status_code == 202


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"payer_id": "01a1fd87-34ee-71ca-b850-10bcf0bfc799"}, "/payer_id"),
        ({"effective_to": "2024-12-31"}, "/effective_to"),
        ({"effective_from": "2025-06-01"}, "/effective_from"),
        ({"effective_from": "2024-01-01", "effective_to": "2025-01-01"}, "/effective_from"),
        ({"tolerance_basis_points": 10_001}, "/tolerance_basis_points"),
    ],
)
async def test_two_contracts_of_a_payer_are_not_about_the_same_claims(
    client: httpx.AsyncClient, books: Books, changes: dict[str, Any], pointer: str
) -> None:
    assert (await client.post(CONTRACTS, json=contract(books))).status_code == 201
    refused = await client.post(CONTRACTS, json=contract(books, **changes))
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]
    other_type = contract(books, claim_type="institutional")
    assert (await client.post(CONTRACTS, json=other_type)).status_code == 201


@pytest.mark.parametrize(
    ("term", "pointers"),
    [
        ({"basis": "percent_of_schedule"}, {"/schedule", "/percent"}),
        ({"basis": "fixed", "amount_cents": 1, "percent": "1"}, {"/percent"}),
        ({"basis": "case_rate", "amount_cents": 1, "is_carve_out": True}, {"/is_carve_out"}),
        ({"basis": "fixed", "amount_cents": 1, "code_from": "99213"}, {"/code_to"}),
        (
            {"basis": "fixed", "amount_cents": 1, "code_from": "99215", "code_to": "99211"},
            {"/code_to"},
        ),
        (
            {"basis": "fixed", "amount_cents": 1, "code": "99213", "code_from": "99213"},
            {"/code"},
        ),
    ],
)
async def test_every_fault_of_a_term_is_named(
    client: httpx.AsyncClient, books: Books, term: dict[str, Any], pointers: set[str]
) -> None:
    made = await client.post(CONTRACTS, json=contract(books))
    good = {"basis": "fixed", "amount_cents": 1}
    refused = await client.put(
        f"{made.headers['Location']}/terms", json={"terms": [good, term]}, headers=match(1)
    )
    assert refused.status_code == 422
    found = {each["pointer"] for each in refused.json()["errors"]}
    assert found == {f"/terms/1{each}" for each in pointers}


async def test_an_underpayment_is_taken_noted_resolved_and_reopened(
    client: httpx.AsyncClient, books: Books, application: Litestar
) -> None:
    made = await client.post(CONTRACTS, json=contract(books))
    terms = {"terms": [{"basis": "fixed", "amount_cents": 8_000}]}
    await client.put(f"{made.headers['Location']}/terms", json=terms, headers=match(1))
    await books.claim()
    await books.pay(Claim(lines=(Line(adjustments=(Cas("CO", "45", 5_000),)),)))
    company = books.company
    await compare(books.storage, company.id, company.actor, AdjudicationFilter())
    (found,) = (await client.get(UNDERPAYMENTS, params={"status": "open"})).json()["items"]
    assert (found["expected_cents"], found["amount_cents"]) == (8_000, 3_000)
    variances = await client.get(
        "/api/v1/payment-variances", params={"claim_id": found["claim_id"]}
    )
    assert [each["id"] for each in variances.json()["items"]] == [found["variance_id"]]
    path = f"{UNDERPAYMENTS}/{found['id']}"
    assert (await client.post(f"{path}/take", headers=match(1))).status_code == 403
    first = await make_person(books.storage, company, Role.RCM_STAFF)
    second = await make_person(books.storage, company, Role.RCM_STAFF)
    async with browser(application) as one, browser(application) as other:
        await sign_in(one, first)
        await sign_in(other, second)
        taken = await one.post(f"{path}/take", headers=match(1))
        assert taken.json()["assigned_person_id"] == str(first.id)
        late = await other.post(f"{path}/take", headers=match(2))
        assert (late.status_code, late.json()["type"]) == (409, "/problems/work-taken")
    assigned = await client.post(
        f"{path}/assign", json={"person_id": str(second.id)}, headers=match(2)
    )
    assert assigned.json()["assigned_person_id"] == str(second.id)
    noted = await client.post(f"{path}/notes", json={"text": "Sent the page"})
    assert noted.status_code == 201
    wrong = {"resolution": "recovered"}
    refused = await client.post(f"{path}/resolve", json=wrong, headers=match(3))
    assert refused.status_code == 422
    too_much = {"resolution": "recovered", "recovered_cents": 3_001}
    refused = await client.post(f"{path}/resolve", json=too_much, headers=match(3))
    assert refused.status_code == 422
    right = {"resolution": "partly_recovered", "recovered_cents": 1_000}
    resolved = await client.post(f"{path}/resolve", json=right, headers=match(3))
    assert resolved.json()["status"] == "resolved"
    again = await client.post(f"{path}/resolve", json=right, headers=match(4))
    assert (again.status_code, again.json()["legal"]) == (409, ["open"])
    reopened = await client.post(
        f"{path}/reopen", json={"reason": "Paid to somebody else"}, headers=match(4)
    )
    assert (reopened.json()["status"], reopened.json()["recovered_cents"]) == ("open", None)
    notes = (await client.get(f"{path}/notes")).json()["items"]
    assert [each["text"] for each in notes] == ["Sent the page"]


async def test_somebody_who_leaves_gives_their_underpayments_back(
    client: httpx.AsyncClient, books: Books
) -> None:
    made = await client.post(CONTRACTS, json=contract(books))
    terms = {"terms": [{"basis": "fixed", "amount_cents": 8_000}]}
    await client.put(f"{made.headers['Location']}/terms", json=terms, headers=match(1))
    await books.claim()
    await books.pay(Claim(lines=(Line(adjustments=(Cas("CO", "45", 5_000),)),)))
    company = books.company
    await compare(books.storage, company.id, company.actor, AdjudicationFilter())
    (found,) = (await client.get(UNDERPAYMENTS)).json()["items"]
    person = await make_person(books.storage, company, Role.RCM_STAFF)
    path = f"{UNDERPAYMENTS}/{found['id']}"
    await client.post(f"{path}/assign", json={"person_id": str(person.id)}, headers=match(1))
    disabled = await client.post(f"/api/v1/people/{person.id}/disable", headers=person.unchanged)
    assert disabled.status_code == 200, disabled.text
    assert (await client.get(path)).json()["assigned_person_id"] is None
