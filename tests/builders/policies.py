"""Policies and the people who write, approve and acknowledge them, in one line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from litestar import Litestar

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.companies import CompanyForTests
from tests.builders.people import PersonForTests, colleagues

POLICIES = "/api/v1/compliance/policies"
OWN = "/api/v1/own-policies"
WHY = {"reason": "the committee has agreed"}
TEXT = "# Sanctions\n\nWhoever breaks a rule is told so.\n"


class Office:
    """Two compliance officers and a biller, signed in; the officers have proved who they are."""

    def __init__(self, people: list[PersonForTests], clients: list[httpx.AsyncClient]) -> None:
        self.people = people
        self.one, self.other, self.biller = clients

    async def policy(self, **changes: object) -> str:
        """A new policy's address."""
        new = {
            "title": "Sanctions",
            "category": "administrative safeguards",
            "program": "HIPAA",
            "owner_person_id": str(self.people[0].id),
        }
        answer = await self.one.post(POLICIES, json=new | changes)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    async def draft(self, policy: str, change: str = "major", **changes: object) -> str:
        """A new draft's address."""
        new = {"change": change, "content": TEXT, "effective_on": "2026-03-01"}
        answer = await self.one.post(f"{policy}/versions", json=new | changes)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    async def submitted(self, version: str) -> str:
        """The address of the request to approve a draft."""
        asked = await self.one.post(
            f"{version}/submit", json=WHY, headers=await tagged(self.one, version)
        )
        assert asked.status_code == 202, asked.text
        return asked.headers["Location"]

    async def approved(self, policy: str, change: str = "major", **changes: object) -> str:
        """A version that somebody else has approved."""
        version = await self.draft(policy, change, **changes)
        answer = await decide(self.other, await self.submitted(version))
        assert answer.status_code == 200, answer.text
        return version

    async def acknowledge(self, client: httpx.AsyncClient, version: str) -> httpx.Response:
        """Acknowledge what one has read."""
        own = f"{OWN}/{version.rsplit('/', 1)[1]}"
        read = (await client.get(own)).json()
        return await client.post(
            f"{own}/acknowledge", json={"content_sha256": read["content_sha256"]}
        )


@asynccontextmanager
async def open_office(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[Office]:
    """Two compliance officers and a biller of a company."""
    roles = (Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_OFFICER, Role.RCM_STAFF)
    async with colleagues(application, storage, company, *roles) as found:
        yield Office([each.person for each in found], [each.client for each in found])


async def tagged(client: httpx.AsyncClient, url: str) -> dict[str, str]:
    return {"If-Match": (await client.get(url)).headers["ETag"]}


async def decide(
    client: httpx.AsyncClient, request: str, verdict: str = "approve"
) -> httpx.Response:
    note = {"note": "I have read it"}
    return await client.post(f"{request}/{verdict}", json=note, headers={"If-Match": '"1"'})
