"""Disputes over HTTP: settled by somebody who had no hand in the attestation."""

import httpx
import psycopg
import pytest
from psycopg import errors

from storage.embedded import RoleAddresses
from tests.app.requirements.steps import WHY, attested, made, status
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio


async def test_a_dispute_is_settled_by_who_neither_attested_nor_disputed(
    officers: list[httpx.AsyncClient], third: httpx.AsyncClient
) -> None:
    one, other = officers
    requirement = await made(one)
    attestation = await attested(one, requirement)
    await other.post(f"{attestation}/dispute", json=WHY)
    assert await status(one, requirement) == "in_progress"
    for party in officers:
        refused = await party.post(f"{attestation}/uphold", json=WHY)
        assert (refused.status_code, refused.json()["type"]) == (
            409,
            "/problems/not-their-attestation",
        )
    assert (await third.post(f"{attestation}/uphold", json=WHY)).status_code == 201
    assert await status(one, requirement) == "compliant"
    detail = (await one.get(attestation)).json()
    assert detail["status"] == "attested"
    assert [each["kind"] for each in detail["signatures"]] == ["attested", "disputed", "upheld"]
    assert all(each["printed_name"] and each["meaning"] for each in detail["signatures"])


async def test_who_cosigned_settles_no_dispute_and_who_settled_one_settles_no_other(
    officers: list[httpx.AsyncClient], third: httpx.AsyncClient
) -> None:
    one, other = officers
    requirement = await made(one, quorum=2)
    attestation = await attested(one, requirement)
    assert (await other.post(f"{attestation}/cosign")).status_code == 201
    assert (await one.post(f"{attestation}/dispute", json=WHY)).status_code == 201
    assert (await other.post(f"{attestation}/uphold", json=WHY)).status_code == 409
    assert (await third.post(f"{attestation}/uphold", json=WHY)).status_code == 201
    assert (await one.post(f"{attestation}/dispute", json=WHY)).status_code == 201
    assert (await third.post(f"{attestation}/uphold", json=WHY)).status_code == 409


async def test_the_database_refuses_that_who_attested_upholds(
    officer: httpx.AsyncClient, addresses: RoleAddresses, company: CompanyForTests
) -> None:
    attestation = await attested(officer, await made(officer))
    with psycopg.connect(addresses.app) as connection:
        connection.execute("SELECT set_config('app.company_id', %s, false)", (str(company.id),))
        with pytest.raises(errors.UniqueViolation):
            connection.execute(
                """
                INSERT INTO compliance_signatures (
                    company_id, id, recorded_at, recorded_by, requirement_id, attestation_id,
                    number, kind, person_id, session_id, printed_name, meaning, reason, signed_at,
                    content_hash, previous_hash, signature_hash
                )
                SELECT company_id, gen_random_uuid(), recorded_at, recorded_by, requirement_id,
                       attestation_id, number + 1, 'upheld', person_id, session_id, printed_name,
                       meaning, 'It stands.', signed_at, content_hash, previous_hash, signature_hash
                FROM compliance_signatures
                WHERE attestation_id = %s
                """,
                (attestation.rsplit("/", 1)[1],),
            )
