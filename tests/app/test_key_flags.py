"""Keys whose makers may no longer do what the keys do, over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from litestar import Litestar

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.companies import CompanyForTests
from tests.builders.people import PersonForTests, browser, make_person, sign_in

pytestmark = pytest.mark.anyio

KEYS = "/api/v1/keys"
PEOPLE = "/api/v1/people"
ROLES = "/api/v1/roles"
FIRST = {"If-Match": '"1"'}


@pytest.fixture
async def leaver(storage: PostgresStorage, company: CompanyForTests) -> PersonForTests:
    """An administrator who is not the last one."""
    await make_person(storage, company, Role.ADMINISTRATOR)
    return await make_person(storage, company, Role.ADMINISTRATOR)


@asynccontextmanager
async def signed_in(
    application: Litestar, person: PersonForTests
) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application) as client:
        await sign_in(client, person)
        yield client


async def make(client: httpx.AsyncClient, *scopes: str, secret: str | None = None) -> str:
    """A key that the client makes, or another key of this secret does; its id."""
    made = await make_with_secret(client, *scopes, secret=secret)
    return made[0]


async def make_with_secret(
    client: httpx.AsyncClient, *scopes: str, secret: str | None = None
) -> tuple[str, str]:
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    answer = await client.post(KEYS, json={"name": "k", "scopes": scopes}, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["key"]["id"], answer.json()["secret"]


async def flagged(client: httpx.AsyncClient) -> dict[str, str]:
    """Why each key that has to be looked at is flagged."""
    listed = await client.get(KEYS, params={"is_unflagged": "false"})
    return {row["id"]: row["flag"] for row in listed.json()["items"]}


async def disable(client: httpx.AsyncClient, person: PersonForTests) -> None:
    answer = await client.post(f"{PEOPLE}/{person.id}/disable", headers=person.unchanged)
    assert answer.status_code == 200, answer.text


async def test_disabling_somebody_flags_the_keys_that_they_made(
    application: Litestar, client: httpx.AsyncClient, leaver: PersonForTests
) -> None:
    async with signed_in(application, leaver) as theirs:
        made, secret = await make_with_secret(theirs, "payers:read")
        revoked = await make(theirs, "payers:read")
        await theirs.post(f"{KEYS}/{revoked}/revoke", headers=FIRST)
    await make(client, "payers:read")
    await disable(client, leaver)
    assert await flagged(client) == {made: "creator_disabled"}
    working = await client.get("/api/v1/payers", headers={"Authorization": f"Bearer {secret}"})
    assert working.status_code == 200


async def test_a_key_whose_new_secret_somebody_was_shown_is_flagged_as_well(
    application: Litestar, client: httpx.AsyncClient, leaver: PersonForTests
) -> None:
    rotated = await make(client, "payers:read")
    async with signed_in(application, leaver) as theirs:
        answer = await theirs.post(f"{KEYS}/{rotated}/rotate", json={}, headers=FIRST)
        assert answer.json()["key"]["rotated_by"] == str(leaver.id)
    await disable(client, leaver)
    assert await flagged(client) == {rotated: "creator_disabled"}


async def test_a_key_that_was_made_by_somebodys_key_is_flagged_with_it(
    application: Litestar, client: httpx.AsyncClient, leaver: PersonForTests
) -> None:
    async with signed_in(application, leaver) as theirs:
        first, secret = await make_with_secret(theirs, "keys:manage", "payers:read")
    second = await make(client, "payers:read", secret=secret)
    await client.post(f"{KEYS}/{first}/revoke", headers={"If-Match": '"2"'})
    await disable(client, leaver)
    assert await flagged(client) == {second: "creator_disabled"}


async def test_a_lesser_role_flags_the_keys_that_go_beyond_it(
    application: Litestar, client: httpx.AsyncClient, leaver: PersonForTests
) -> None:
    async with signed_in(application, leaver) as theirs:
        beyond = await make(theirs, "payers:read", "claims:write")
        await make(theirs, "payers:read")
    changed = await client.patch(
        f"{PEOPLE}/{leaver.id}", json={"role": "viewer"}, headers=leaver.unchanged
    )
    assert changed.status_code == 200
    assert await flagged(client) == {beyond: "creator_lost_scopes"}


async def test_a_companys_role_that_shrinks_flags_the_keys_of_all_who_hold_it(
    application: Litestar,
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    scopes = ["keys:manage", "payers:read", "claims:read"]
    role = (await client.post(ROLES, json={"name": "Integrator", "scopes": scopes})).json()["id"]
    made = []
    for _ in range(2):
        holder = await make_person(storage, company, is_enrolled=True)
        await client.patch(
            f"{PEOPLE}/{holder.id}", json={"role_id": role}, headers=holder.unchanged
        )
        async with signed_in(application, holder) as theirs:
            made.append(await make(theirs, "claims:read"))
            await make(theirs, "payers:read")
    await client.patch(f"{ROLES}/{role}", json={"scopes": scopes[:2]}, headers=FIRST)
    assert await flagged(client) == dict.fromkeys(made, "creator_lost_scopes")


async def test_somebody_who_may_do_what_the_key_may_clears_the_flag(
    application: Litestar,
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    leaver: PersonForTests,
) -> None:
    async with signed_in(application, leaver) as theirs:
        made = await make(theirs, "claims:write")
    await disable(client, leaver)
    url, second = f"{KEYS}/{made}/clear-flag", {"If-Match": '"2"'}
    role = {"name": "Key keeper", "scopes": ["keys:manage", "keys:read"]}
    role_id = (await client.post(ROLES, json=role)).json()["id"]
    keeper = await make_person(storage, company, is_enrolled=True)
    await client.patch(f"{PEOPLE}/{keeper.id}", json={"role_id": role_id}, headers=keeper.unchanged)
    by_key = await client.post(url, headers=second)
    assert (by_key.status_code, by_key.json()["type"]) == (403, "/problems/person-needed")
    async with signed_in(application, keeper) as theirs:
        lesser = await theirs.post(url, headers=second)
        assert (lesser.status_code, lesser.json()["lacking"]) == (403, ["claims:write"])
    reviewer = await make_person(storage, company, Role.ADMINISTRATOR)
    async with signed_in(application, reviewer) as theirs:
        assert (await theirs.post(url, headers=FIRST)).status_code == 412
        cleared = await theirs.post(url, headers=second)
    assert (cleared.json()["flag"], cleared.json()["flagged_at"]) == (None, None)
    assert await flagged(client) == {}
