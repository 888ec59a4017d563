"""People to sign in, in one line."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx
from litestar import Litestar

from services.identity.guarded_scopes import need_second_factor
from services.identity.passwords import StoredPassword, stored_password
from services.identity.people import NewPerson, create_person
from services.identity.scopes import ROLE_SCOPES, Scope
from services.identity.second_factors import install_secret
from services.identity.time_codes import SKEW_STEPS, STEP_SECONDS, code_at, step_at
from storage.clock import Clock, SystemClock
from storage.identifiers import OPERATOR_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.companies import CompanyForTests

SESSIONS = "/api/v1/sessions"
PASSWORD = "a password for tests"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_kept: dict[bool, StoredPassword] = {}


@dataclass
class AppForTests:
    """An authenticator app: it shows codes by the storage's clock, each one once."""

    clock: Clock
    secret: str = SECRET
    last_step: int = 0

    def code(self) -> str:
        """A code that has not served: of the step before, else of now, else of the next. By a clock
        that goes on, one that is good for a while yet, which may have to be waited for."""
        now, left = self._step_and_seconds_left()
        oldest = now - SKEW_STEPS if left >= self.margin_seconds else now
        self.last_step = max(oldest, self.last_step + 1)
        if self.last_step > now + SKEW_STEPS:
            assert self.margin_seconds, "let time pass: all good codes have served"
            time.sleep(left)
        return code_at(self.secret, self.last_step)

    @property
    def margin_seconds(self) -> float:
        """How long a code takes to be used, at the most."""
        return 15 if isinstance(self.clock, SystemClock) else 0

    def _step_and_seconds_left(self) -> tuple[int, float]:
        """The present step, and how long it goes on."""
        now = self.clock.now()
        step = step_at(now)
        return step, (step + 1) * STEP_SECONDS - now.timestamp()


@dataclass(frozen=True)
class PersonForTests:
    """Somebody who can sign in with ``PASSWORD``, and a code of their ``app`` if they have one."""

    id: UUID
    company: CompanyForTests
    email: str
    app: AppForTests | None = None
    version: int = 1

    @property
    def unchanged(self) -> dict[str, str]:
        """The condition that nobody has changed them since they were made."""
        return {"If-Match": f'"{self.version}"'}

    @property
    def credentials(self) -> dict[str, str]:
        return {"company": self.company.slug, "email": self.email, "password": PASSWORD}


async def make_person(
    storage: PostgresStorage,
    company: CompanyForTests,
    role: Role = Role.VIEWER,
    *,
    is_temporary: bool = False,
    is_enrolled: bool | None = None,
) -> PersonForTests:
    """A new person of a company, with a second factor if their role needs one (unless told)."""
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
        if is_enrolled is None:
            is_enrolled = need_second_factor(ROLE_SCOPES[role])
        if is_enrolled:
            await install_secret(store, person.id, SECRET)
        version = (await store.people.get(person.id)).version
    app = AppForTests(storage.clock) if is_enrolled else None
    return PersonForTests(person.id, company, email, app, version)


@asynccontextmanager
async def browser(application: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the application: it keeps cookies and knows no key."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application), base_url="https://wellkept.test"
    ) as client:
        yield client


async def sign_in(client: httpx.AsyncClient, person: PersonForTests) -> httpx.Response:
    """Sign in and send the token against forged requests from then on."""
    answer = await client.post(SESSIONS, json=person.credentials)
    if person.app is not None:
        assert answer.status_code == 202, answer.text
        answer = await client.post(
            f"{SESSIONS}/second-factor",
            json={
                "continuation": answer.json()["continuation"],
                "code": person.app.code(),
            },
        )
    assert answer.status_code == 201, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return answer


async def prove(client: httpx.AsyncClient, person: PersonForTests) -> None:
    """Prove again who it is, as signing needs it."""
    assert person.app is not None
    proof = {"password": PASSWORD, "code": person.app.code()}
    answer = await client.put(f"{SESSIONS}/current/proof", json=proof)
    assert answer.status_code == 200, answer.text


@dataclass(frozen=True)
class Colleague:
    """Somebody who is signed in."""

    client: httpx.AsyncClient
    person: PersonForTests

    @property
    def id(self) -> UUID:
        return self.person.id


@asynccontextmanager
async def colleagues(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests, *roles: Role
) -> AsyncIterator[list[Colleague]]:
    """People of these roles, signed in; who can prove who they are has just done so."""
    async with AsyncExitStack() as stack:
        found = []
        for role in roles:
            client = await stack.enter_async_context(browser(application))
            person = await make_person(storage, company, role)
            await sign_in(client, person)
            if person.app is not None:
                await prove(client, person)
            found.append(Colleague(client, person))
        yield found
