"""How long sessions last, and who ends them, over HTTP."""

import datetime as dt
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from services.identity.scopes import Scope
from storage.postgres.transaction import PostgresStorage
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests, make_key
from tests.builders.people import PersonForTests, browser, make_person, sign_in

pytestmark = pytest.mark.anyio

COMPANY = "/api/v1/company"
PEOPLE = "/api/v1/people"
SESSIONS = "/api/v1/sessions"
CURRENT = "/api/v1/sessions/current"
FIRST = {"If-Match": '"1"'}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def person(storage: PostgresStorage, company: CompanyForTests) -> PersonForTests:
    return await make_person(storage, company)


@pytest.fixture
async def page(application: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application) as client:
        yield client


async def test_a_companys_own_limits_hold_for_its_sessions(
    client: httpx.AsyncClient, page: httpx.AsyncClient, person: PersonForTests, clock: FixedClock
) -> None:
    limits = {"session_idle_minutes": 60, "session_hours": 2}
    assert (await client.patch(COMPANY, json=limits, headers=FIRST)).status_code == 200
    assert "max-age=7200" in (await sign_in(page, person)).headers["Set-Cookie"].lower()
    clock.move(dt.timedelta(minutes=59))
    assert (await page.get(CURRENT)).status_code == 200
    clock.move(dt.timedelta(minutes=59))
    assert (await page.get(CURRENT)).status_code == 200
    clock.move(dt.timedelta(minutes=2))
    assert (await page.get(CURRENT)).status_code == 401


async def test_a_short_idle_limit_spares_who_works_on(
    client: httpx.AsyncClient, page: httpx.AsyncClient, person: PersonForTests, clock: FixedClock
) -> None:
    await client.patch(COMPANY, json={"session_idle_minutes": 5}, headers=FIRST)
    await sign_in(page, person)
    for _ in range(6):
        clock.move(dt.timedelta(minutes=4))
        assert (await page.get(CURRENT)).status_code == 200
    clock.move(dt.timedelta(minutes=5))
    assert (await page.get(CURRENT)).status_code == 401


async def test_shorter_limits_hold_at_once_for_open_sessions(
    application: Litestar,
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    person: PersonForTests,
    clock: FixedClock,
) -> None:
    await sign_in(page, person)
    async with browser(application) as later:
        clock.move(dt.timedelta(minutes=29))
        await page.get(CURRENT)
        clock.move(dt.timedelta(minutes=29))
        await page.get(CURRENT)
        await sign_in(later, person)
        clock.move(dt.timedelta(minutes=2))
        limits = {"session_idle_minutes": 10, "session_hours": 1}
        await client.patch(COMPANY, json=limits, headers=FIRST)
        assert (await page.get(CURRENT)).status_code == 401
        assert (await later.get(CURRENT)).status_code == 200
        clock.move(dt.timedelta(minutes=10))
        assert (await later.get(CURRENT)).status_code == 401


async def test_longer_limits_do_not_bring_a_session_back(
    client: httpx.AsyncClient, page: httpx.AsyncClient, person: PersonForTests, clock: FixedClock
) -> None:
    await sign_in(page, person)
    clock.move(dt.timedelta(minutes=31))
    await client.patch(COMPANY, json={"session_idle_minutes": 120}, headers=FIRST)
    assert (await page.get(CURRENT)).status_code == 401


@pytest.mark.parametrize(
    "limit",
    [
        {"session_idle_minutes": 4},
        {"session_idle_minutes": 121},
        {"session_hours": 0},
        {"session_hours": 25},
        {"session_hours": None},
        {"session_hours": 1.5},
    ],
)
async def test_a_limit_that_is_none_is_refused(
    client: httpx.AsyncClient, limit: dict[str, object]
) -> None:
    assert (await client.patch(COMPANY, json=limit, headers=FIRST)).status_code == 422


async def test_people_see_roughly_from_what_and_where_they_are_signed_in(
    page: httpx.AsyncClient, person: PersonForTests
) -> None:
    page.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Firefox/127.0"
    await sign_in(page, person)
    (session,) = (await page.get(SESSIONS)).json()["items"]
    assert (session["browser"], session["network"]) == ("Firefox on Linux", "127.0.0.0/24")


async def test_signing_out_everywhere_ends_all_of_ones_own_sessions(
    application: Litestar,
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    person: PersonForTests,
) -> None:
    stranger = await make_person(storage, company)
    async with browser(application) as other, browser(application) as strangers:
        await sign_in(page, person)
        await sign_in(other, person)
        await sign_in(strangers, stranger)
        out = await page.delete(SESSIONS)
        assert out.status_code == 204
        assert "wellkept_session" not in page.cookies
        assert (await other.get(CURRENT)).status_code == 401
        assert (await strangers.get(CURRENT)).status_code == 200


async def test_a_key_has_no_sessions_to_end(client: httpx.AsyncClient) -> None:
    answer = await client.delete(SESSIONS)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/person-needed")


async def test_an_administrator_ends_somebodys_sessions(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    person: PersonForTests,
    other_company: CompanyForTests,
) -> None:
    url = f"{PEOPLE}/{person.id}/end-sessions"
    reader, _ = await make_key(storage, person.company.id, scopes=(Scope.PEOPLE_READ,))
    await sign_in(page, person)
    refused = await client.post(url, headers={"Authorization": f"Bearer {reader}"})
    foreign = await client.post(url, headers=other_company.headers)
    assert [refused.status_code, foreign.status_code] == [403, 404]
    assert (await page.get(CURRENT)).status_code == 200
    assert (await client.post(url)).status_code == 204
    assert (await page.get(CURRENT)).status_code == 401
    assert (await sign_in(page, person)).status_code == 201
