"""Providers, facilities and coverages over HTTP: what claims name, and what never comes out."""

from typing import Any

import httpx
import pytest

from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from tests.builders.claims import make_patient, make_payer
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio

PROVIDER = {
    "identifier": "DR-LIND",
    "kind": "person",
    "name": "Lind",
    "first_name": "Ana",
    "npi": "1234567893",
    "taxonomy": "207W00000X",
    "tax_identifier": {"kind": "ssn", "digits": "219099999"},
    "address": {
        "line_1": "12 Harbor Drive",
        "city": "Duluth",
        "state": "MN",
        "postal_code": "558021234",
    },
    "contact": {"telephone": "2185550134"},
}
FACILITY = {"identifier": "MAIN", "name": "Lakeside Hospital", "address": PROVIDER["address"]}
PARENT = {"last_name": "Quill", "first_name": "Noor", "birth_date": "1950-01-02", "sex": "M"}


def pointers(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [fault["pointer"] for fault in answer.json()["errors"]]


async def covered(storage: PostgresStorage, company: CompanyForTests) -> dict[str, Any]:
    """An insurance of a new patient with a new payer."""
    patient = await make_patient(storage, company)
    payer = await make_payer(storage, company)
    return {
        "patient_id": str(patient.id),
        "payer_id": str(payer.id),
        "member_id": "W123",
        "relationship": "18",
        "filing_indicator": "CI",
        "effective_from": "2025-01-01",
    }


async def test_a_provider_is_registered_and_its_tax_identifier_never_comes_out_whole(
    client: httpx.AsyncClient,
) -> None:
    made = await client.post("/api/v1/care-providers", json=PROVIDER)
    assert made.status_code == 201, made.text
    read = await client.get(made.headers["Location"])
    assert read.json()["tax_identifier_end"] == "9999"
    assert read.json()["address"]["city"] == "Duluth"
    listed = await client.get("/api/v1/care-providers", params={"identifier": "DR-LIND"})
    assert [each["id"] for each in listed.json()["items"]] == [made.json()["id"]]
    history = await client.get("/api/v1/audit-log", params={"entity_id": made.json()["id"]})
    for answer in (made, read, listed, history):
        assert answer.status_code in (200, 201), answer.text
        assert "219099999" not in answer.text


async def test_a_tax_identifier_is_replaced_and_taken_away(client: httpx.AsyncClient) -> None:
    made = await client.post("/api/v1/care-providers", json=PROVIDER)
    where = made.headers["Location"]
    tax = {"kind": "ein", "digits": "411289245"}
    changed = await client.patch(
        where, json={"tax_identifier": tax}, headers={"If-Match": made.headers["ETag"]}
    )
    assert (changed.json()["tax_identifier_kind"], changed.json()["tax_identifier_end"]) == (
        "ein",
        "9245",
    )
    cleared = await client.patch(
        where, json={"tax_identifier": None}, headers={"If-Match": changed.headers["ETag"]}
    )
    assert cleared.json()["tax_identifier_end"] is None
    assert cleared.json()["npi"] == PROVIDER["npi"]


async def test_no_provider_has_a_tax_identifier_of_zeros(client: httpx.AsyncClient) -> None:
    refused = await client.post(
        "/api/v1/care-providers",
        json=PROVIDER | {"tax_identifier": {"kind": "ein", "digits": "000000000"}},
    )
    assert pointers(refused) == ["/tax_identifier/digits"]


async def test_every_fault_of_a_provider_is_told_and_no_digit_of_it(
    client: httpx.AsyncClient,
) -> None:
    refused = await client.post(
        "/api/v1/care-providers",
        json=PROVIDER
        | {
            "kind": "organization",
            "npi": "1234567890",
            "tax_identifier": {"kind": "ssn", "digits": "21909999X"},
        },
    )
    assert pointers(refused) == [
        "/npi",
        "/tax_identifier/digits",
        "/tax_identifier/kind",
        "/first_name",
    ]
    assert "21909999X" not in refused.text


async def test_two_providers_cannot_share_an_identifier(client: httpx.AsyncClient) -> None:
    assert (await client.post("/api/v1/care-providers", json=PROVIDER)).status_code == 201
    assert (await client.post("/api/v1/care-providers", json=PROVIDER)).status_code == 409


async def test_a_facility_is_registered_changed_and_found(client: httpx.AsyncClient) -> None:
    made = await client.post("/api/v1/facilities", json=FACILITY)
    assert made.status_code == 201, made.text
    where = made.headers["Location"]
    wrong = await client.patch(
        where, json={"npi": "1234567890"}, headers={"If-Match": made.headers["ETag"]}
    )
    assert pointers(wrong) == ["/npi"]
    closed = await client.patch(
        where, json={"is_active": False}, headers={"If-Match": made.headers["ETag"]}
    )
    assert closed.status_code == 200
    active = await client.get("/api/v1/facilities", params={"is_active": "true"})
    assert active.json()["items"] == []


async def test_a_coverage_names_who_has_the_policy_where_that_is_not_the_patient(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    own = await covered(storage, company)
    assert pointers(await client.post("/api/v1/coverages", json=own | {"subscriber": PARENT})) == [
        "/subscriber"
    ]
    child = own | {"relationship": "19"}
    assert pointers(await client.post("/api/v1/coverages", json=child)) == ["/subscriber"]
    made = await client.post("/api/v1/coverages", json=child | {"subscriber": PARENT})
    assert made.status_code == 201, made.text
    assert (await client.get(made.headers["Location"])).json()["subscriber"]["last_name"] == "Quill"


async def test_a_payer_covers_a_patient_once_on_any_day(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    first = await covered(storage, company)
    made = await client.post("/api/v1/coverages", json=first)
    next_year = first | {"effective_from": "2026-01-01", "member_id": "W124"}
    assert pointers(await client.post("/api/v1/coverages", json=next_year)) == ["/effective_from"]
    ended = await client.patch(
        made.headers["Location"],
        json={"effective_until": "2025-12-31"},
        headers={"If-Match": made.headers["ETag"]},
    )
    assert ended.status_code == 200, ended.text
    second = await client.post("/api/v1/coverages", json=next_year)
    assert second.status_code == 201, second.text
    reopened = await client.patch(
        made.headers["Location"],
        json={"effective_until": "2026-01-01"},
        headers={"If-Match": ended.headers["ETag"]},
    )
    assert pointers(reopened) == ["/effective_from"]
    listed = await client.get("/api/v1/coverages", params={"patient_id": first["patient_id"]})
    assert [each["member_id"] for each in listed.json()["items"]] == ["W124", "W123"]


async def test_a_coverage_of_nobody_or_that_ends_before_it_begins_is_refused(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    own = await covered(storage, company)
    nobody = own | {"patient_id": str(new_id()), "payer_id": str(new_id())}
    assert pointers(await client.post("/api/v1/coverages", json=nobody)) == [
        "/patient_id",
        "/payer_id",
    ]
    backwards = own | {"effective_until": "2024-12-31"}
    assert pointers(await client.post("/api/v1/coverages", json=backwards)) == ["/effective_until"]
