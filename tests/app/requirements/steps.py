"""What is asked and attested, and the steps that tests of requirements share."""

import datetime as dt

import httpx

REQUIREMENTS = "/api/v1/compliance/requirements"
EVIDENCE = "/api/v1/compliance/evidence"
ATTESTATIONS = "/api/v1/compliance/attestations"
PACKS = "/api/v1/compliance/packs"
NOON = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)
"""A Monday, at noon in every time zone of the United States or near it."""

POLICY_REVIEW = {
    "code": "POL-1",
    "program": "HIPAA",
    "name": "Review the sanction policy",
    "description": "Review it, and show that you did.",
    "category": "administrative safeguards",
    "specification": "addressable",
    "frequency": "annual",
    "first_due_on": "2026-06-30",
}
STATEMENT = {
    "kind": "self_attestation",
    "statement": "The policy was reviewed.",
    "valid_from": "2026-03-01",
}
WHY = {"reason": "we have found out better"}


async def made(client: httpx.AsyncClient, **changes: object) -> str:
    """A new requirement's address."""
    answer = await client.post(REQUIREMENTS, json=POLICY_REVIEW | changes)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


async def attested(client: httpx.AsyncClient, requirement: str, **changes: object) -> str:
    """A new attestation's address."""
    answer = await client.post(f"{requirement}/attestations", json=STATEMENT | changes)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


async def standing(client: httpx.AsyncClient, requirement: str, **as_of: str) -> dict[str, object]:
    answer = await client.get(requirement, params=as_of)
    assert answer.status_code == 200, answer.text
    return answer.json()["standing"]


async def status(client: httpx.AsyncClient, requirement: str, on: str | None = None) -> str:
    return (await standing(client, requirement, **({} if on is None else {"on": on})))["status"]
