"""Every row of the table of mutations (837P), tried through the routes.

A count of segments and the hierarchy are the program's own: no route takes them, and the writer's
tests hold them. All others are refused at the door, or told by the scrubber.
"""

from typing import Any

import httpx
import pytest

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.codes import CodeKind
from tests.builders.claims import BIRTH_DATE, DIAGNOSIS, VALID_NPI
from tests.builders.companies import CompanyForTests
from tests.builders.scrubbing import Practice

pytestmark = pytest.mark.anyio

CLAIMS = "/api/v1/claims"
ADDRESS = {"line_1": "4 Pine Street", "city": "Duluth", "state": "MN", "postal_code": "55802"}


@pytest.fixture
async def practice(storage: PostgresStorage, company: CompanyForTests) -> Practice:
    return await Practice.open(storage, company)


def claim_body(practice: Practice, **changes: Any) -> dict[str, Any]:
    line = {
        "procedure_code": "92014",
        "charge_cents": 10_000,
        "place_of_service": "11",
        "diagnosis_codes": [DIAGNOSIS],
    }
    return {
        "type": "professional",
        "patient_id": str(practice.patient.id),
        "subscriber_id": "SUB77",
        "rendering_provider_id": VALID_NPI,
        "billing_provider_id": VALID_NPI,
        "primary_payer_id": str(practice.payer.id),
        "service_date": "2025-03-03",
        "diagnosis_codes": [DIAGNOSIS],
        "lines": [line | changes.pop("line", {})],
    } | changes


async def told(client: httpx.AsyncClient, body: dict[str, Any]) -> set[tuple[str, str]]:
    """Rule and pointer of all that keeps a claim which was taken in from being clean."""
    made = await client.post(CLAIMS, json=body)
    assert made.status_code == 201, made.text
    scrubbed = await client.post(f"{made.headers['Location']}/scrub")
    said = scrubbed.json()
    assert said["run"]["is_clean"] is False
    return {
        (each["rule_id"], each["pointer"])
        for each in said["results"]
        if each["status"] == "fail" or each["rule_id"] == "claim_complete"
    }


async def refused(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> set[str]:
    answer = await client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 422, answer.text
    return {each["pointer"] for each in answer.json()["errors"]}


async def test_the_unchanged_claim_is_clean(client: httpx.AsyncClient, practice: Practice) -> None:
    made = await client.post(CLAIMS, json=claim_body(practice))
    scrubbed = await client.post(f"{made.headers['Location']}/scrub")
    assert scrubbed.json()["run"]["is_clean"] is True


async def test_no_subscriber(client: httpx.AsyncClient, practice: Practice) -> None:
    nobody_insures = claim_body(practice, service_date="2019-03-03")
    assert await told(client, nobody_insures) == {("claim_complete", "/primary_payer_id")}


async def test_no_service(client: httpx.AsyncClient, practice: Practice) -> None:
    made = await client.post(CLAIMS, json=claim_body(practice, lines=[]))
    path = made.headers["Location"]
    answer = await client.post(f"{path}/ready", headers={"If-Match": '"1"'})
    assert answer.status_code == 422
    assert next(each["rule"] for each in answer.json()["findings"]) == "lines_missing"


async def test_a_place_of_service_that_there_is_not(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    body = claim_body(practice, line={"place_of_service": "77"})
    assert await told(client, body) == {("place_of_service", "/place_of_service")}


async def test_a_state_that_there_is_not(client: httpx.AsyncClient, practice: Practice) -> None:
    patient_id = await patient_without(client, practice, sex="F", address=ADDRESS | {"state": "ZZ"})
    said = await told(client, claim_body(practice, patient_id=patient_id))
    assert said == {("addresses", "/subscriber/address/state")}


async def test_an_impossible_date(client: httpx.AsyncClient, practice: Practice) -> None:
    body = claim_body(practice, service_date="2025-02-30")
    assert await refused(client, "claims", body) == {"/service_date"}


async def test_a_charge_that_is_not_the_sum_of_the_lines(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    body = claim_body(practice, total_charge_cents=9_999)
    assert await refused(client, "claims", body) == {"/total_charge_cents"}


async def test_an_npi_whose_check_digit_does_not_fit(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    provider = {
        "identifier": "dr1",
        "kind": "person",
        "name": "Lind",
        "first_name": "Jo",
        "npi": "1234567890",
    }
    assert await refused(client, "care-providers", provider) == {"/npi"}
    body = claim_body(practice, rendering_provider_id="1234567890")
    assert await told(client, body) == {("claim_complete", "/rendering_provider_id")}


async def test_codes_that_there_are_not(client: httpx.AsyncClient, practice: Practice) -> None:
    await practice.load(CodeKind.DIAGNOSES, f"code\n{DIAGNOSIS}\n")
    await practice.load(CodeKind.PROCEDURES, "code\n92014\n")
    await practice.load(CodeKind.TAXONOMIES, "code\n152W00000X\n")
    provider = {
        "identifier": "1679576722",
        "kind": "person",
        "name": "Lind",
        "first_name": "Jo",
        "npi": "1679576722",
        "taxonomy": "207W00000X",
    }
    made = await client.post("/api/v1/care-providers", json=provider)
    assert made.status_code == 201, made.text
    body = claim_body(
        practice,
        rendering_provider_id="1679576722",
        diagnosis_codes=["H40.11X9"],
        line={"procedure_code": "99999", "diagnosis_codes": ["H40.11X9"]},
    )
    assert await told(client, body) == {
        ("diagnosis_in_force", "/diagnoses/0/code"),
        ("procedure_in_force", "/lines/0/procedure_code"),
        ("taxonomy", "/rendering/taxonomy"),
    }


async def test_a_line_that_points_to_no_diagnosis_of_the_claim(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    body = claim_body(practice, line={"diagnosis_codes": ["E11.9"]})
    assert {rule for rule, _ in await told(client, body)} == {"claim_complete"}
    made = await client.post(CLAIMS, json=body)
    path = made.headers["Location"]
    answer = await client.post(f"{path}/ready", headers={"If-Match": '"1"'})
    assert "line_diagnosis_not_on_claim" in {e["rule"] for e in answer.json()["findings"]}


async def test_a_correction_that_names_no_claim_of_the_payer(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    on = await practice.claim(status=ClaimStatus.SUBMITTED)
    path = f"{CLAIMS}/{on.claim.id}"
    version = {"If-Match": f'"{on.claim.version}"'}
    refused = await client.post(f"{path}/corrections", headers=version)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/payer-number-unknown")
    acknowledged = await client.post(
        f"{path}/acknowledgements",
        json={"outcome": "accepted", "reference": "277CA", "payer_claim_number": "ICN1"},
        headers=version,
    )
    corrected = await client.post(
        f"{path}/corrections", headers={"If-Match": acknowledged.headers["ETag"]}
    )
    assert corrected.status_code == 201, corrected.text
    said = (await client.post(f"{CLAIMS}/{corrected.json()['id']}/scrub")).json()
    assert said["run"]["is_clean"] is True
    assert "corrected_names_original@1" in said["run"]["passed"]
    unknown = {each["rule_id"] for each in said["results"] if each["status"] == "no_data"}
    assert {"timely_filing", "timely_filing_close"} <= unknown


async def test_a_subscriber_who_is_the_patient_without_sex_or_address(
    client: httpx.AsyncClient, practice: Practice
) -> None:
    patient_id = await patient_without(client, practice)
    said = await told(client, claim_body(practice, patient_id=patient_id))
    assert {rule for rule, _ in said} == {"claim_complete"}


async def patient_without(client: httpx.AsyncClient, practice: Practice, **known: Any) -> str:
    """A covered patient of whom no more is known than what is given."""
    patient = await client.post(
        "/api/v1/patients",
        json={
            "medical_record_number": "MRN-2",
            "last_name": "Quill",
            "first_name": "Noor",
            "birth_date": str(BIRTH_DATE),
        }
        | known,
    )
    assert patient.status_code == 201, patient.text
    patient_id = str(patient.json()["id"])
    covered = await client.post(
        "/api/v1/coverages",
        json={
            "patient_id": patient_id,
            "payer_id": str(practice.payer.id),
            "member_id": "SUB77",
            "relationship": "18",
            "filing_indicator": "CI",
            "effective_from": "2020-01-01",
        },
    )
    assert covered.status_code == 201, covered.text
    return patient_id
