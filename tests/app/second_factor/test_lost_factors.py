"""A lost second factor is taken away by somebody else."""

import httpx
import pytest
from litestar import Litestar

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.app.second_factor.steps import CURRENT, PEOPLE, SESSIONS, enrol
from tests.builders.clocks import FixedClock
from tests.builders.people import PersonForTests, browser, make_person, sign_in

pytestmark = pytest.mark.anyio


async def test_an_administrator_takes_away_anothers_lost_factor(
    application: Litestar,
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    administrator: PersonForTests,
    clock: FixedClock,
) -> None:
    other = await make_person(storage, administrator.company, Role.ADMINISTRATOR)
    url = f"{PEOPLE}/{other.id}/reset-second-factor"
    async with browser(application) as theirs:
        await sign_in(theirs, other)
        await sign_in(page, administrator)
        stale = await page.post(url, headers={"If-Match": '"9"'})
        reset = await page.post(url, headers=other.unchanged)
        again = await page.post(url, headers={"If-Match": reset.headers["ETag"]})
        assert stale.status_code == 412
        assert reset.json()["second_factor_since"] is None
        assert (again.status_code, again.json()["type"]) == (409, "/problems/no-second-factor")
        assert (await theirs.get(CURRENT)).status_code == 401
        signed_in = await theirs.post(SESSIONS, json=other.credentials)
        assert signed_in.json()["who"]["must_enrol_second_factor"]
        theirs.headers["X-CSRF-Token"] = signed_in.json()["csrf_token"]
        await enrol(theirs, clock)


async def test_nobody_takes_away_their_own_factor_or_that_of_somebody_who_may_more(
    page: httpx.AsyncClient,
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    administrator: PersonForTests,
    clock: FixedClock,
) -> None:
    role = {"name": "Front desk", "scopes": ["people:manage", "people:read"]}
    role_id = (await client.post("/api/v1/roles", json=role)).json()["id"]
    clerk = await make_person(storage, administrator.company)
    given = await client.patch(
        f"{PEOPLE}/{clerk.id}", json={"role_id": role_id}, headers=clerk.unchanged
    )
    await sign_in(page, clerk)
    await enrol(page, clock)
    tag = {"If-Match": f'"{given.json()["version"] + 1}"'}
    own = await page.post(f"{PEOPLE}/{clerk.id}/reset-second-factor", headers=tag)
    url = f"{PEOPLE}/{administrator.id}/reset-second-factor"
    higher = await page.post(url, headers=administrator.unchanged)
    by_key = await client.post(url, headers=administrator.unchanged)
    assert (own.status_code, own.json()["type"]) == (409, "/problems/own-second-factor")
    assert (higher.status_code, higher.json()["type"]) == (403, "/problems/privilege-too-high")
    assert (by_key.status_code, by_key.json()["type"]) == (403, "/problems/person-needed")
