"""An institutional claim entered over HTTP goes out as an 837I, or says what it lacks."""

from typing import Any

import httpx
import pytest

from services.claims.outgoing import OutgoingClaim, outgoing_claims
from services.claims.x12.claim_file_check import check_claim_file
from services.claims.x12.claim_model import InstitutionalClaim
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

STAY = {
    "facility_code": "11",
    "statement_from": "2025-03-03",
    "statement_to": "2025-03-05",
    "patient_status": "01",
    "admission_type": "1",
    "admission_source": "1",
    "admitted_at": "13:05:00",
    "discharged_at": "10:00:00",
    "present_on_admission": ["Y", None, "N"],
    "admitting_diagnosis": "R07.9",
    "drg": "313",
    "principal_procedure": {"code": "0DTJ4ZZ", "on": "2025-03-04"},
    "occurrences": [{"code": "11", "on": "2025-03-01"}],
    "occurrence_spans": [{"code": "74", "first_day": "2025-03-01", "last_day": "2025-03-02"}],
    "value_codes": [{"code": "80", "amount_cents": 200}],
    "condition_codes": ["C1"],
    "operating_provider_id": "DR-LIND",
}


@pytest.fixture
async def claim(storage: PostgresStorage, company: CompanyForTests) -> dict[str, Any]:
    """A stay to enter, of which everything else is registered."""
    patient, payer = await make_known_patient(storage, company), await make_payer(storage, company)
    await make_coverage(storage, company, patient, payer)
    await make_care_provider(storage, company)
    await make_care_provider(
        storage, company, identifier="DR-LIND", kind=PartyKind.PERSON, name="Lind", tax_digits=None
    )
    return {
        "type": "institutional",
        "patient_id": str(patient.id),
        "subscriber_id": MEMBER_ID,
        "rendering_provider_id": "DR-LIND",
        "billing_provider_id": VALID_NPI,
        "primary_payer_id": str(payer.id),
        "service_date": "2025-03-03",
        "admission_date": "2025-03-03",
        "diagnosis_codes": ["I20.0", "I10", "E11.9"],
        "institutional": STAY,
        "lines": [
            {
                "procedure_code": "0120",
                "charge_cents": 100_000,
                "units": "2",
                "unit": "DA",
                "place_of_service": "21",
                "diagnosis_codes": ["I20.0"],
            },
            {
                "procedure_code": "93005",
                "revenue_code": "0730",
                "charge_cents": 20_050,
                "place_of_service": "21",
                "diagnosis_codes": ["I20.0"],
                "service_date": "2025-03-03",
                "service_until": "2025-03-04",
            },
        ],
    }


async def outgoing(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    body: dict[str, Any],
) -> OutgoingClaim:
    made = await client.post("/api/v1/claims", json=body)
    assert made.status_code == 201, made.text
    async with storage.transaction(company.id, company.actor) as store:
        (row,) = await store.claims.get_many([made.json()["id"]])
        (found,) = await outgoing_claims(store, [row])
    return found


async def test_a_stay_entered_over_http_becomes_an_837i_that_the_guide_accepts(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    claim: dict[str, Any],
) -> None:
    made = await outgoing(client, storage, company, claim)
    assert made.faults == ()
    assert isinstance(made.model, InstitutionalClaim)
    content = bytes_of(made.model)
    assert check_claim_file([content]) == []
    segments = segments_of(content)
    for wanted in (
        "CL1*1*1*01",
        "DTP*434*RD8*20250303-20250305",
        "HI*ABK:I200:::::::Y",
        "HI*ABF:I10*ABF:E119:::::::N",
        "NM1*71*1*Lind*Jo****XX*1234567893",
        "NM1*72*1*Lind*Jo****XX*1234567893",
        "SV2*0120**1000*DA*2",
        "SV2*0730*HC:93005*200.5*UN*1",
        "DTP*472*RD8*20250303-20250304",
    ):
        assert wanted in segments, wanted
    assert not any(each.startswith("NM1*82*") for each in segments), "the attending one is enough"
    assert any(f"*{made.model.charge_cents / 100:g}***11:A:1*" in each for each in segments)


async def test_a_stay_of_which_nothing_was_entered_says_what_it_lacks(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    claim: dict[str, Any],
) -> None:
    line = {**claim["lines"][1], "revenue_code": None}
    bare = claim | {"institutional": None, "diagnosis_codes": [], "lines": [line]}
    made = await outgoing(client, storage, company, bare)
    assert made.model is None
    assert [(each.pointer, each.code) for each in made.faults] == [
        ("/institutional", "institutional_facts_missing"),
        ("/diagnosis_codes", "diagnosis_missing"),
        ("/lines/0/revenue_code", "revenue_code_missing"),
    ]


async def test_a_stay_needs_somebody_responsible_and_an_organisation_that_bills_it(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    claim: dict[str, Any],
) -> None:
    await make_care_provider(
        storage, company, identifier="DR-ALONE", kind=PartyKind.PERSON, name="Moss"
    )
    alone = claim | {"billing_provider_id": "DR-ALONE", "rendering_provider_id": "DR-ALONE"}
    made = await outgoing(client, storage, company, alone)
    assert [(each.pointer, each.code) for each in made.faults] == [
        ("/billing_provider_id", "billing_provider_is_person"),
        ("/institutional/attending_provider_id", "attending_missing"),
    ]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"type": "professional"}, "/institutional"),
        ({"institutional": STAY | {"statement_to": "2025-03-02"}}, "/institutional/statement_to"),
        (
            {"institutional": STAY | {"present_on_admission": ["Y"] * 4}},
            "/institutional/present_on_admission",
        ),
        ({"professional": {}}, "/professional"),
    ],
)
async def test_facts_that_contradict_the_claim_are_refused(
    client: httpx.AsyncClient, claim: dict[str, Any], changes: dict[str, Any], pointer: str
) -> None:
    refused = await client.post("/api/v1/claims", json=claim | changes)
    assert refused.status_code == 422, refused.text
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]


async def test_a_line_cannot_end_before_it_begins(
    client: httpx.AsyncClient, claim: dict[str, Any]
) -> None:
    backwards = claim["lines"][1] | {"service_until": "2025-03-02"}
    refused = await client.post("/api/v1/claims", json=claim | {"lines": [backwards]})
    assert refused.json()["errors"][0]["pointer"] == "/lines/0/service_until"
    made = await client.post("/api/v1/claims", json=claim)
    where, line = made.headers["Location"], made.json()["lines"][1]["id"]
    changed = await client.patch(
        f"{where}/lines/{line}",
        json={"service_date": "2025-03-05"},
        headers={"If-Match": made.headers["ETag"]},
    )
    assert changed.status_code == 422
    added = await client.post(
        f"{where}/lines", json=backwards, headers={"If-Match": made.headers["ETag"]}
    )
    assert added.json()["errors"][0]["pointer"] == "/service_until"
