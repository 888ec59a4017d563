"""Drugs, who ordered and who referred at the line, as entered over HTTP and as they go out."""

from typing import Any

import httpx
import pytest

from services.claims.outgoing import OutgoingClaim, outgoing_claims
from services.claims.x12.claim_file_check import check_claim_file
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.parties import PartyKind
from tests.builders.claims import VALID_NPI, make_payer
from tests.builders.companies import CompanyForTests
from tests.builders.parties import (
    MEMBER_ID,
    make_care_provider,
    make_coverage,
    make_known_patient,
)
from tests.claims.x12.claims_to_write import bytes_of, segments_of

pytestmark = pytest.mark.anyio

DRUG = {"ndc": "00409-1234-01", "quantity": "2.5", "unit": "ML", "prescription_number": "RX7"}
LINE = {
    "procedure_code": "J1100",
    "charge_cents": 10_000,
    "place_of_service": "11",
    "diagnosis_codes": ["I10"],
}


@pytest.fixture
async def claim(storage: PostgresStorage, company: CompanyForTests) -> dict[str, Any]:
    """A claim to enter, of which everything else is registered."""
    patient, payer = await make_known_patient(storage, company), await make_payer(storage, company)
    await make_coverage(storage, company, patient, payer)
    await make_care_provider(storage, company)
    for identifier, name in (("DR-LIND", "Lind"), ("DR-MOSS", "Moss"), ("DR-REED", "Reed")):
        await make_care_provider(
            storage,
            company,
            identifier=identifier,
            kind=PartyKind.PERSON,
            name=name,
            tax_digits=None,
        )
    return {
        "type": "professional",
        "patient_id": str(patient.id),
        "subscriber_id": MEMBER_ID,
        "rendering_provider_id": "DR-LIND",
        "billing_provider_id": VALID_NPI,
        "primary_payer_id": str(payer.id),
        "service_date": "2025-03-03",
        "diagnosis_codes": ["I10"],
        "lines": [LINE],
    }


async def test_a_line_names_its_drug_and_who_ordered_and_referred(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    claim: dict[str, Any],
) -> None:
    line = LINE | {
        "drug": DRUG,
        "ordering_provider_id": "DR-MOSS",
        "referring_provider_id": "DR-REED",
    }
    made = await entered(client, claim | {"lines": [line]})
    assert made["lines"][0]["drug"] == DRUG
    segments = await sent(storage, company, made)
    for wanted in (
        "LIN**N4*00409123401",
        "CTP****2.5*ML",
        "REF*XZ*RX7",
        "NM1*DK*1*Moss*Jo****XX*1234567893",
        "NM1*DN*1*Reed*Jo****XX*1234567893",
    ):
        assert wanted in segments, wanted


async def test_who_stands_on_the_claim_already_is_not_named_again_at_the_line(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    claim: dict[str, Any],
) -> None:
    line = LINE | {"ordering_provider_id": "DR-LIND", "referring_provider_id": "DR-REED"}
    facts = {"referring_provider_id": "DR-REED"}
    made = await entered(client, claim | {"lines": [line], "professional": facts})
    segments = await sent(storage, company, made)
    names = [each[:6] for each in segments if each.startswith(("NM1*DK", "NM1*DN"))]
    assert names == ["NM1*DN"]


async def test_a_drug_is_changed_and_taken_away_at_the_line(
    client: httpx.AsyncClient, claim: dict[str, Any]
) -> None:
    made = await client.post("/api/v1/claims", json=claim)
    where = f"{made.headers['Location']}/lines/{made.json()['lines'][0]['id']}"
    given = await client.patch(
        where, json={"drug": DRUG}, headers={"If-Match": made.headers["ETag"]}
    )
    assert given.json()["lines"][0]["drug"] == DRUG
    taken = await client.patch(
        where, json={"drug": None}, headers={"If-Match": given.headers["ETag"]}
    )
    assert taken.json()["lines"][0]["drug"] is None


@pytest.mark.parametrize(
    ("drug", "pointer"),
    [
        (DRUG | {"ndc": "0409-1234-01"}, "/lines/0/drug/ndc"),
        (DRUG | {"quantity": "0"}, "/lines/0/drug/quantity"),
        (DRUG | {"quantity": "1.2345"}, "/lines/0/drug/quantity"),
        (DRUG | {"unit": "OZ"}, "/lines/0/drug/unit"),
        ({"ndc": "00409123401"}, "/lines/0/drug/quantity"),
    ],
)
async def test_a_drug_that_no_payer_takes_is_refused_by_field(
    client: httpx.AsyncClient, claim: dict[str, Any], drug: dict[str, Any], pointer: str
) -> None:
    refused = await client.post("/api/v1/claims", json=claim | {"lines": [LINE | {"drug": drug}]})
    assert refused.status_code == 422, refused.text
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]


async def test_a_provider_of_a_line_that_is_not_registered_is_told(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    claim: dict[str, Any],
) -> None:
    line = LINE | {"ordering_provider_id": "NOBODY", "referring_provider_id": "NOBODY"}
    made = await outgoing(storage, company, await entered(client, claim | {"lines": [line]}))
    assert [each.pointer for each in made.faults] == [
        "/lines/0/ordering_provider_id",
        "/lines/0/referring_provider_id",
    ]


STAY = {
    "facility_code": "11",
    "statement_from": "2025-03-03",
    "statement_to": "2025-03-31",
    "patient_status": "30",
    "admission_type": "1",
    "admission_source": "1",
}


@pytest.mark.parametrize(("interim", "status"), [("2", "30"), ("3", "30"), ("4", "01")])
async def test_a_stay_is_billed_in_parts(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    claim: dict[str, Any],
    interim: str,
    status: str,
) -> None:
    line = LINE | {"revenue_code": "0636", "drug": DRUG, "referring_provider_id": "DR-REED"}
    facts = STAY | {"interim": interim, "patient_status": status}
    part = claim | {
        "type": "institutional",
        "admission_date": "2025-03-03",
        "institutional": facts,
        "lines": [line],
    }
    segments = await sent(storage, company, await entered(client, part))
    (stay,) = [each for each in segments if each.startswith("CLM*")]
    assert stay.split("*")[5] == f"11:A:{interim}"
    assert "LIN**N4*00409123401" in segments
    assert "NM1*DN*1*Reed*Jo****XX*1234567893" in segments


async def test_who_ordered_has_no_place_on_an_institutional_line(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    claim: dict[str, Any],
) -> None:
    line = LINE | {"revenue_code": "0636", "ordering_provider_id": "DR-MOSS"}
    stay = claim | {"type": "institutional", "institutional": STAY, "lines": [line]}
    made = await outgoing(storage, company, await entered(client, stay))
    assert [(each.pointer, each.code) for each in made.faults] == [
        ("/lines/0/ordering_provider_id", "ordering_not_sent")
    ]


@pytest.mark.parametrize(("interim", "status"), [("2", "01"), ("3", "01"), ("4", "30")])
async def test_a_part_that_contradicts_where_the_patient_is_is_refused(
    client: httpx.AsyncClient, claim: dict[str, Any], interim: str, status: str
) -> None:
    facts = STAY | {"interim": interim, "patient_status": status}
    refused = await client.post(
        "/api/v1/claims", json=claim | {"type": "institutional", "institutional": facts}
    )
    assert refused.status_code == 422, refused.text
    assert [each["pointer"] for each in refused.json()["errors"]] == [
        "/institutional/patient_status"
    ]


async def entered(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    made = await client.post("/api/v1/claims", json=body)
    assert made.status_code == 201, made.text
    claim: dict[str, Any] = made.json()
    return claim


async def outgoing(
    storage: PostgresStorage, company: CompanyForTests, claim: dict[str, Any]
) -> OutgoingClaim:
    async with storage.transaction(company.id, company.actor) as store:
        (made,) = await outgoing_claims(store, await store.claims.get_many([claim["id"]]))
    return made


async def sent(
    storage: PostgresStorage, company: CompanyForTests, claim: dict[str, Any]
) -> list[str]:
    """The segments of the claim, in which the guide finds no fault."""
    made = await outgoing(storage, company, claim)
    assert made.faults == ()
    assert made.model is not None
    content = bytes_of(made.model)
    assert check_claim_file([content]) == []
    return segments_of(content)
