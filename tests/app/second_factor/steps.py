"""Where second factors are asked for, and the steps that their tests share."""

import datetime as dt

import httpx

from services.identity.authentication import Principal, authenticate_session
from services.identity.credentials import SESSION_PREFIX, parse_credential
from services.identity.time_codes import code_at, step_at
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from tests.builders.clocks import FixedClock
from tests.builders.people import PersonForTests

SESSIONS = "/api/v1/sessions"
CURRENT = "/api/v1/sessions/current"
CODE = "/api/v1/sessions/second-factor"
PROOF = "/api/v1/sessions/current/proof"
OWN = "/api/v1/people/me/second-factor"
PEOPLE = "/api/v1/people"
STEP = dt.timedelta(seconds=30)


async def begin(client: httpx.AsyncClient, person: PersonForTests) -> str:
    """Sign in by password; what goes on with a code."""
    answer = await client.post(SESSIONS, json=person.credentials)
    assert answer.status_code == 202, answer.text
    continuation = answer.json()["continuation"]
    assert isinstance(continuation, str)
    return continuation


async def go_on(client: httpx.AsyncClient, continuation: str, code: str) -> httpx.Response:
    return await client.post(CODE, json={"continuation": continuation, "code": code})


async def enrol(client: httpx.AsyncClient, clock: FixedClock) -> tuple[str, list[str]]:
    """Enrol an app; its secret, and the recovery codes."""
    secret = (await client.post(OWN)).json()["secret"]
    code = code_at(secret, step_at(clock.now()))
    confirmed = await client.post(f"{OWN}/confirm", json={"code": code})
    assert confirmed.status_code == 200, confirmed.text
    return secret, confirmed.json()["recovery_codes"]


async def failures(storage: PostgresStorage, person: PersonForTests) -> int:
    async with storage.transaction(person.company.id, person.company.actor) as store:
        return (await store.people.get(person.id)).failed_sign_ins


async def principal_in(storage: PostgresStorage, client: httpx.AsyncClient) -> Principal:
    """Who the browser's session is, as any operation sees them."""
    credential = parse_credential(SESSION_PREFIX, client.cookies["wellkept_session"])
    assert credential is not None
    async with storage.transaction(
        credential.company_id, Actor(SYSTEM_ACTOR_ID, new_id())
    ) as store:
        return await authenticate_session(
            store, credential.secret_sha256, csrf_token=None, is_change=False
        )
