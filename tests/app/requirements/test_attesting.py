"""Attestations over HTTP: signed by people, superseded and revoked."""

import datetime as dt

import httpx
import pytest

from tests.app.requirements.steps import STATEMENT, WHY, attested, made, standing, status
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio


async def test_only_a_person_who_has_just_proved_who_they_are_attests(
    officer: httpx.AsyncClient,
    client: httpx.AsyncClient,
    company: CompanyForTests,
    clock: FixedClock,
) -> None:
    requirement = await made(officer)
    key = await client.post(
        f"{requirement}/attestations",
        json=STATEMENT,
        headers={"Authorization": f"Bearer {company.key}"},
    )
    assert key.status_code == 403
    clock.move(dt.timedelta(minutes=6))
    stale = await officer.post(f"{requirement}/attestations", json=STATEMENT)
    assert stale.status_code == 403
    assert stale.json()["proof"] == "/api/v1/sessions/current/proof"


async def test_nothing_is_attested_for_days_to_come(officer: httpx.AsyncClient) -> None:
    requirement = await made(officer)
    refused = await officer.post(
        f"{requirement}/attestations", json=STATEMENT | {"valid_from": "2026-03-03"}
    )
    assert refused.status_code == 422


async def test_a_quorum_counts_people(officers: list[httpx.AsyncClient]) -> None:
    one, other = officers
    requirement = await made(one, quorum=2)
    attestation = await attested(one, requirement)
    assert await status(one, requirement) == "in_progress"
    assert (await one.post(f"{attestation}/cosign")).status_code == 409
    signed = await other.post(f"{attestation}/cosign")
    assert signed.status_code == 201, signed.text
    assert await status(one, requirement) == "compliant"
    third = await other.post(f"{attestation}/cosign")
    assert third.status_code == 409


async def test_a_revocation_is_final(officers: list[httpx.AsyncClient]) -> None:
    one, other = officers
    requirement = await made(one)
    attestation = await attested(one, requirement)
    assert (await other.post(f"{attestation}/revoke", json=WHY)).status_code == 201
    assert (await one.get(attestation)).json()["status"] == "revoked"
    assert await status(one, requirement) == "in_progress"
    for verb in ("revoke", "dispute", "uphold"):
        refused = await one.post(f"{attestation}/{verb}", json=WHY)
        assert refused.status_code == 409
        assert refused.json()["state"] == "revoked"


async def test_what_supersedes_takes_the_place_of_what_stood(officer: httpx.AsyncClient) -> None:
    requirement = await made(officer)
    first = await attested(officer, requirement)
    first_id = first.rsplit("/", 1)[1]
    await attested(officer, requirement, supersedes_id=first_id, completes_period=False)
    assert (await officer.get(first)).json()["status"] == "superseded"
    again = await officer.post(
        f"{requirement}/attestations", json=STATEMENT | {"supersedes_id": first_id}
    )
    assert again.status_code == 422


async def test_what_supersedes_completes_the_same_period_and_no_other(
    officer: httpx.AsyncClient,
) -> None:
    requirement = await made(officer)
    first = await attested(officer, requirement)
    mended = await attested(officer, requirement, supersedes_id=first.rsplit("/", 1)[1])
    assert (await officer.get(mended)).json()["attestation"]["period_number"] == 1
    found = await standing(officer, requirement)
    assert (found["period_number"], found["due_on"]) == (2, "2027-06-30")
    assert await status(officer, requirement, "2026-07-01") == "compliant"


async def test_revoking_one_attestation_reopens_nothing_that_another_covers(
    officer: httpx.AsyncClient,
) -> None:
    requirement = await made(officer)
    first = await attested(officer, requirement)
    await attested(officer, requirement)
    assert (await officer.post(f"{first}/revoke", json=WHY)).status_code == 201
    found = await standing(officer, requirement, on="2026-07-01")
    assert (found["status"], found["due_on"]) == ("compliant", "2026-06-30")
    again = await attested(officer, requirement)
    assert (await officer.get(again)).json()["attestation"]["period_number"] == 1
