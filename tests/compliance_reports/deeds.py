"""What compliance officers do, in one line each."""

import datetime as dt
from collections.abc import Awaitable, Callable

import httpx

ComeBack = Callable[[dt.datetime], Awaitable[None]]
"""Signs the officers in again at a later time."""

REQUIREMENTS = "/api/v1/compliance/requirements"
REQUIREMENT = {
    "code": "POL-1",
    "program": "HIPAA",
    "name": "Review the sanction policy",
    "description": "Review it, and show that you did.",
    "category": "administrative safeguards",
    "frequency": "annual",
    "first_due_on": "2026-06-30",
}
STATEMENT = {
    "kind": "self_attestation",
    "statement": "The policy was reviewed.",
    "valid_from": "2026-03-01",
}


async def made(client: httpx.AsyncClient, **changes: object) -> str:
    """A new requirement's address."""
    answer = await client.post(REQUIREMENTS, json=REQUIREMENT | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


async def attested(client: httpx.AsyncClient, requirement: str, **changes: object) -> str:
    """A new attestation's address."""
    answer = await client.post(f"{requirement}/attestations", json=STATEMENT | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


async def status_of(client: httpx.AsyncClient, requirement: str) -> str:
    """Where a requirement stands today."""
    answer = await client.get(requirement)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["standing"]["status"])
