"""People to sign in, in one line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx
from litestar import Litestar

from services.identity.passwords import StoredPassword, stored_password
from services.identity.people import NewPerson, create_person
from services.identity.scopes import Scope
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.companies import CompanyForTests

PASSWORD = "a password for tests"
_kept: dict[bool, StoredPassword] = {}


@dataclass(frozen=True)
class PersonForTests:
    """Somebody who can sign in with ``PASSWORD``."""

    id: UUID
    company: CompanyForTests
    email: str

    @property
    def credentials(self) -> dict[str, str]:
        return {"company": self.company.slug, "email": self.email, "password": PASSWORD}


async def make_person(
    storage: PostgresStorage,
    company: CompanyForTests,
    role: Role = Role.VIEWER,
    *,
    is_temporary: bool = False,
) -> PersonForTests:
    """A new person of a company."""
    if is_temporary not in _kept:
        _kept[is_temporary] = await stored_password(PASSWORD, is_temporary=is_temporary)
    email = f"{role.value}-{new_id().hex[-12:]}@example.org"
    async with storage.transaction(company.id, Actor(OPERATOR_ACTOR_ID, new_id())) as store:
        person = await create_person(
            store,
            NewPerson(email=email, name=f"A {role.value}", role=role),
            _kept[is_temporary],
            granted_by=frozenset(Scope),
        )
    return PersonForTests(person.id, company, email)


@asynccontextmanager
async def browser(application: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the application: it keeps cookies and knows no key."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application), base_url="https://wellkept.test"
    ) as client:
        yield client


async def sign_in(client: httpx.AsyncClient, person: PersonForTests) -> httpx.Response:
    """Sign in and send the token against forged requests from then on."""
    answer = await client.post("/api/v1/sessions", json=person.credentials)
    assert answer.status_code == 201, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return answer
