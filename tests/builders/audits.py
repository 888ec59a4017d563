"""Audits with findings and actions, and the people who work on them, in one line."""

from uuid import UUID

import httpx

AUDITS = "/api/v1/compliance/audits"

AUDIT = {
    "program": "HIPAA",
    "audit_type": "internal",
    "scope": "Who has access to what.",
    "auditor": "Ada Lindqvist",
    "scheduled_on": "2026-03-02",
}
FINDING = {
    "severity": "major",
    "category": "access control",
    "description": "Accounts of people who have left are enabled.",
    "impact": "They could read records.",
    "identified_on": "2026-03-02",
    "identified_by": "Ada Lindqvist",
}
ACTION = {"description": "Disable accounts on the last day of work.", "due_on": "2026-03-31"}


async def requirement(client: httpx.AsyncClient, code: str) -> str:
    """A requirement's id."""
    answer = await client.post(
        "/api/v1/compliance/requirements",
        json={
            "code": code,
            "program": "HIPAA",
            "name": "A requirement",
            "description": "Do it.",
            "category": "all",
            "frequency": "ongoing",
        },
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def evidence(client: httpx.AsyncClient, **changes: object) -> str:
    """A piece of evidence's id."""
    new = {"title": "Minutes", "fact": "It was done.", "effective_on": "2026-03-01"}
    answer = await client.post("/api/v1/compliance/evidence", json=new | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def started_audit(client: httpx.AsyncClient, *, start: bool = True, **changes: object) -> str:
    """An audit's address; it is in progress unless told otherwise."""
    answer = await client.post(AUDITS, json=AUDIT | changes)
    assert answer.status_code == 201, answer.text
    audit = str(answer.headers["Location"])
    if start:
        assert (await stepped(client, audit, "start", version=1)).status_code == 200
    return audit


async def finding(client: httpx.AsyncClient, audit: str, **changes: object) -> httpx.Response:
    """The answer to a finding of an audit."""
    return await client.post(f"{audit}/findings", json=FINDING | changes)


async def action(client: httpx.AsyncClient, assignee: UUID, **changes: object) -> str:
    """The address of an action about a finding of a new audit."""
    found = await finding(client, await started_audit(client))
    assert found.status_code == 201, found.text
    answer = await client.post(
        f"{found.headers['Location']}/actions",
        json=ACTION | {"assignee_id": str(assignee)} | changes,
    )
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


async def stepped(
    client: httpx.AsyncClient, url: str, step: str, body: object = None, *, version: int
) -> httpx.Response:
    """The answer to a step with something of a version."""
    return await client.post(f"{url}/{step}", json=body, headers={"If-Match": f'"{version}"'})
