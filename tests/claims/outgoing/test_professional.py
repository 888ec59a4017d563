"""A claim entered over HTTP goes out as an 837P, or says what it lacks."""

import datetime as dt
from typing import Any

import httpx
import psycopg
import pytest

from services.claims.outgoing import OutgoingClaim, outgoing_claims
from services.claims.x12.claim_file_check import check_claim_file
from services.claims.x12.claim_model import ProfessionalClaim
from services.claims.x12.party_model import Responsibility
from storage.embedded import RoleAddresses
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Claim
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.parties import PartyKind, Relationship
from tests.builders.claims import (
    VALID_NPI,
    make_claim,
    make_claims,
    make_patient,
    make_payer,
)
from tests.builders.companies import CompanyForTests
from tests.builders.parties import (
    CLINIC,
    PARENT,
    make_care_provider,
    make_coverage,
    make_facility,
    make_known_patient,
)
from tests.builders.statements import counted
from tests.claims.x12.claims_to_write import bytes_of, segments_of

pytestmark = pytest.mark.anyio

ADDRESS = {"line_1": "4 Pine Street", "city": "Duluth", "state": "MN", "postal_code": "55802"}


async def outgoing(
    storage: PostgresStorage, company: CompanyForTests, *claims: Claim
) -> list[OutgoingClaim]:
    async with storage.transaction(company.id, company.actor) as store:
        return await outgoing_claims(store, claims)


def codes(claim: OutgoingClaim) -> list[tuple[str, str]]:
    assert claim.model is None
    return [(fault.pointer, fault.code) for fault in claim.faults]


async def enter(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    made = await client.post(f"/api/v1/{path}", json=body)
    assert made.status_code == 201, made.text
    entered: dict[str, Any] = made.json()
    return entered


async def test_a_claim_entered_over_http_becomes_an_837p_that_the_guide_accepts(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    payer = await enter(
        client, "payers", {"name": "Lakes Plan", "payer_identifier": "87726", "type": "commercial"}
    )
    patient = await enter(
        client,
        "patients",
        {
            "medical_record_number": "MRN-1",
            "last_name": "Quill",
            "first_name": "Ada",
            "birth_date": "1971-05-02",
            "sex": "F",
            "address": ADDRESS,
        },
    )
    await enter(
        client,
        "coverages",
        {
            "patient_id": patient["id"],
            "payer_id": payer["id"],
            "member_id": "W123",
            "relationship": "18",
            "group_number": "G55",
            "filing_indicator": "CI",
            "effective_from": "2025-01-01",
        },
    )
    await enter(
        client,
        "care-providers",
        {
            "identifier": "CLINIC",
            "kind": "organization",
            "name": "Riverbend Clinic",
            "npi": VALID_NPI,
            "tax_identifier": {"kind": "ein", "digits": "411289245"},
            "address": ADDRESS | {"postal_code": "55802-1234"},
            "contact": {"name": "Billing", "telephone": "2185550134"},
        },
    )
    await enter(
        client,
        "care-providers",
        {
            "identifier": "DR-LIND",
            "kind": "person",
            "name": "Lind",
            "first_name": "Ana",
            "npi": VALID_NPI,
            "taxonomy": "207W00000X",
        },
    )
    claim = await enter(
        client,
        "claims",
        {
            "type": "professional",
            "patient_id": patient["id"],
            "subscriber_id": "W123",
            "rendering_provider_id": "DR-LIND",
            "billing_provider_id": "CLINIC",
            "primary_payer_id": payer["id"],
            "service_date": "2025-03-03",
            "diagnosis_codes": ["H40.11X1", "I10"],
            "authorization_number": "AUTH-1",
            "professional": {
                "accident": {"causes": ["AA"], "happened_on": "2025-03-01", "state": "MN"},
                "illness_began_on": "2025-02-27",
                "referral_number": "REF-9",
                "referring_provider_id": "DR-LIND",
                "patient_paid_cents": 500,
            },
            "lines": [
                {
                    "procedure_code": "92014",
                    "charge_cents": 12_345,
                    "place_of_service": "11",
                    "diagnosis_codes": ["I10", "H40.11X1"],
                    "modifiers": ["25"],
                }
            ],
        },
    )
    async with storage.transaction(company.id, company.actor) as store:
        (row,) = await store.claims.get_many([claim["id"]])
        (made,) = await outgoing_claims(store, [row])
    assert made.faults == ()
    assert made.model is not None
    content = bytes_of(made.model)
    assert check_claim_file([content]) == []
    segments = segments_of(content)
    for wanted in (
        "NM1*85*2*Riverbend Clinic*****XX*1234567893",
        "REF*EI*411289245",
        "SBR*P*18*G55******CI",
        "NM1*IL*1*Quill*Ada****MI*W123",
        "DMG*D8*19710502*F",
        "NM1*PR*2*Lakes Plan*****PI*87726",
        "REF*G1*AUTH-1",
        "REF*9F*REF-9",
        "DTP*431*D8*20250227",
        "DTP*439*D8*20250301",
        "AMT*F5*5",
        "NM1*DN*1*Lind*Ana****XX*1234567893",
        "NM1*82*1*Lind*Ana****XX*1234567893",
        "PRV*PE*PXC*207W00000X",
        "DTP*472*D8*20250303",
        f"REF*6R*{claim['lines'][0]['line_control_number']}",
    ):
        assert wanted in segments
    (claim_segment,) = [each for each in segments if each.startswith("CLM*")]
    assert claim_segment.startswith(f"CLM*{row.patient_control_number}*123.45*")
    assert claim_segment.endswith("*Y*A*Y*Y**AA:::MN")


async def test_a_dependents_claim_names_the_subscriber_and_the_patient(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient, payer = await make_known_patient(storage, company), await make_payer(storage, company)
    await make_care_provider(storage, company)
    await make_coverage(
        storage, company, patient, payer, relationship=Relationship.CHILD, subscriber=PARENT
    )
    whole = await make_claim(storage, company, patient=patient, payers=[payer])
    (made,) = await outgoing(storage, company, whole.claim)
    assert made.faults == ()
    assert made.model is not None
    assert made.model.subscriber.responsibility is Responsibility.PRIMARY
    assert made.model.dependent is not None
    content = bytes_of(made.model)
    assert check_claim_file([content]) == []
    segments = segments_of(content)
    for wanted in ("NM1*IL*1*Quill*Noor****MI*SUB77", "PAT*19", "NM1*QC*1*Quill*Ada"):
        assert wanted in segments


async def test_a_claim_of_which_nothing_is_known_says_what_it_lacks_where(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    whole = await make_claim(storage, company)
    (made,) = await outgoing(storage, company, whole.claim)
    assert codes(made) == [
        ("/primary_payer_id", "coverage_missing"),
        ("/billing_provider_id", "provider_unknown"),
    ]


async def test_what_patient_and_provider_lack_is_told_all_at_once(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient, payer = await make_patient(storage, company), await make_payer(storage, company)
    await make_care_provider(storage, company, tax_digits=None, address=None)
    await make_coverage(storage, company, patient, payer, member_id="ANOTHER")
    whole = await make_claim(storage, company, patient=patient, payers=[payer])
    (made,) = await outgoing(storage, company, whole.claim)
    assert codes(made) == [
        ("/subscriber_id", "member_id_differs"),
        ("/billing_provider_id", "provider_address_missing"),
        ("/billing_provider_id", "provider_tax_identifier_missing"),
        ("/patient_id", "patient_sex_missing"),
        ("/patient_id", "patient_address_missing"),
    ]


async def test_the_coverage_of_the_date_of_service_counts(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient, payer = await make_known_patient(storage, company), await make_payer(storage, company)
    await make_care_provider(storage, company)
    whole = await make_claim(storage, company, patient=patient, payers=[payer])
    on = whole.claim.service_date
    day = dt.timedelta(days=1)
    await make_coverage(
        storage, company, patient, payer, member_id="BEFORE", effective_until=on - day
    )
    await make_coverage(storage, company, patient, payer, effective_from=on, effective_until=on)
    await make_coverage(
        storage, company, patient, payer, member_id="AFTER", effective_from=on + day
    )
    (made,) = await outgoing(storage, company, whole.claim)
    assert made.model is not None
    assert made.model.subscriber.member_id == "SUB77"


async def test_a_facility_stands_on_the_claim_where_it_is_elsewhere(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient, payer = await make_known_patient(storage, company), await make_payer(storage, company)
    await make_care_provider(storage, company)
    await make_coverage(storage, company, patient, payer)
    await make_facility(storage, company, identifier="ELSEWHERE")
    await make_facility(storage, company, identifier="HERE", address=CLINIC)
    whole = await make_claim(storage, company, patient=patient, payers=[payer])
    at = {}
    async with storage.transaction(company.id, company.actor) as store:
        claim = whole.claim
        for identifier in ("ELSEWHERE", "HERE", "NOWHERE"):
            claim = await store.claims.update(
                claim.id, {"facility_id": identifier}, expected_version=claim.version
            )
            (at[identifier],) = await outgoing_claims(store, [claim])
    assert at["ELSEWHERE"].model is not None
    assert at["ELSEWHERE"].model.facility is not None
    assert at["HERE"].model is not None
    assert at["HERE"].model.facility is None
    assert codes(at["NOWHERE"]) == [("/facility_id", "facility_unknown")]


async def test_a_tax_identifier_that_cannot_be_read_is_told_and_raises_nothing(
    storage: PostgresStorage, company: CompanyForTests, addresses: RoleAddresses
) -> None:
    patient, payer = await make_known_patient(storage, company), await make_payer(storage, company)
    provider = await make_care_provider(storage, company)
    await make_coverage(storage, company, patient, payer)
    whole = await make_claim(storage, company, patient=patient, payers=[payer])
    with psycopg.connect(addresses.owner) as connection:
        connection.execute(f"SET LOCAL app.company_id = '{company.id}'".encode())
        connection.execute(
            "UPDATE care_providers SET sealed_tax_identifier = %s WHERE id = %s",
            (new_id().bytes * 4, provider.id),
        )
    (made,) = await outgoing(storage, company, whole.claim)
    assert codes(made) == [("/billing_provider_id", "provider_tax_identifier_missing")]


async def test_another_companys_parties_are_nobodys(
    storage: PostgresStorage, company: CompanyForTests, other_company: CompanyForTests
) -> None:
    await make_care_provider(storage, other_company)
    whole = await make_claim(storage, company)
    (made,) = await outgoing(storage, company, whole.claim)
    assert ("/billing_provider_id", "provider_unknown") in codes(made)


async def test_the_number_of_statements_does_not_depend_on_the_number_of_claims(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient, payer = await make_known_patient(storage, company), await make_payer(storage, company)
    await make_care_provider(storage, company)
    await make_care_provider(storage, company, identifier="DR", kind=PartyKind.PERSON, name="Lind")
    await make_coverage(storage, company, patient, payer)
    made = await make_claims(storage, company, 40, patient=patient, payers=[payer])
    rows = [whole.claim for whole in made]
    counts = []
    for some in (rows[:1], rows):
        async with storage.transaction(company.id, company.actor) as store:
            with counted(store) as counting:
                found = await outgoing_claims(store, some)
            counts.append(counting.statements)
        assert [each.claim_id for each in found] == [row.id for row in some]
        assert all(isinstance(each.model, ProfessionalClaim) for each in found)
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("facts", "pointer"),
    [
        ({"accident": {"causes": ["AA"]}}, "/professional/accident/state"),
        ({"accident": {"causes": ["EM", "EM"]}}, "/professional/accident/causes"),
    ],
)
async def test_facts_that_contradict_themselves_are_refused_when_entered_and_when_changed(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    facts: dict[str, Any],
    pointer: str,
) -> None:
    whole = await make_claim(storage, company, status=ClaimStatus.DRAFT)
    refused = await client.patch(
        f"/api/v1/claims/{whole.claim.id}",
        json={"professional": facts},
        headers={"If-Match": f'"{whole.claim.version}"'},
    )
    assert refused.status_code == 422, refused.text
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]
