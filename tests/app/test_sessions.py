"""Signing in and out over HTTP."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from services.identity.scopes import ROLE_SCOPES
from storage.filters import AuditFilter
from storage.identifiers import SYSTEM_ACTOR_ID
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import PASSWORD, PersonForTests, browser, make_person, sign_in

pytestmark = pytest.mark.anyio

SESSIONS = "/api/v1/sessions"
CURRENT = "/api/v1/sessions/current"
PATIENT = {
    "medical_record_number": "MRN-20481",
    "last_name": "Okafor",
    "first_name": "Ada",
    "birth_date": "1961-07-14",
}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def person(storage: PostgresStorage, company: CompanyForTests) -> PersonForTests:
    return await make_person(storage, company, Role.RCM_STAFF)


@pytest.fixture
async def page(application: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application) as client:
        yield client


async def attempt(client: httpx.AsyncClient, person: PersonForTests, password: str) -> int:
    answer = await client.post(SESSIONS, json={**person.credentials, "password": password})
    return answer.status_code


async def fail(client: httpx.AsyncClient, person: PersonForTests, times: int = 1) -> None:
    for _ in range(times):
        assert await attempt(client, person, "wrong") == 401


async def failures_counted(storage: PostgresStorage, person: PersonForTests) -> int:
    async with storage.transaction(person.company.id, person.company.actor) as store:
        return (await store.people.get(person.id)).failed_sign_ins


async def test_whoever_signs_in_is_told_who_they_are_and_what_they_may(
    page: httpx.AsyncClient, person: PersonForTests
) -> None:
    signed_in = await sign_in(page, person)
    who = (await page.get(CURRENT)).json()
    assert signed_in.json()["who"] == who
    assert who["principal_id"] == str(person.id)
    assert who["scopes"] == sorted(ROLE_SCOPES[Role.RCM_STAFF])


async def test_the_cookie_is_for_this_site_alone_and_not_for_scripts(
    page: httpx.AsyncClient, person: PersonForTests
) -> None:
    cookie = (await sign_in(page, person)).headers["Set-Cookie"].lower()
    for property_ in ("httponly", "secure", "samesite=strict", "path=/", "max-age=43200"):
        assert property_ in cookie
    assert "domain" not in cookie


async def test_each_sign_in_makes_a_secret_of_its_own_whatever_cookie_came_along(
    page: httpx.AsyncClient, person: PersonForTests
) -> None:
    page.cookies.set("wellkept_session", "ws_chosen-by-somebody-else")
    first = (await sign_in(page, person)).cookies["wellkept_session"]
    second = (await sign_in(page, person)).cookies["wellkept_session"]
    assert len({first, second, "ws_chosen-by-somebody-else"}) == 3


async def test_the_actor_of_a_change_is_the_person(
    page: httpx.AsyncClient, person: PersonForTests
) -> None:
    await sign_in(page, person)
    created = await page.post("/api/v1/patients", json=PATIENT)
    assert created.json()["created_by"] == str(person.id)


async def test_whatever_is_wrong_is_refused_alike(
    page: httpx.AsyncClient, storage: PostgresStorage, person: PersonForTests, clock: FixedClock
) -> None:
    disabled = await make_person(storage, person.company)
    async with storage.transaction(person.company.id, person.company.actor) as store:
        await store.people.update(disabled.id, {"disabled_at": clock.now()}, expected_version=1)
    answers = [
        await page.post(SESSIONS, json={**person.credentials, **wrong})
        for wrong in (
            {"password": "not the password"},
            {"company": "no-such-company"},
            {"company": "Not A Slug"},
            {"company": "nul\x00"},
            {"email": "nobody@example.org"},
            {"email": "no address"},
            {"email": "nul\x00@example.org"},
            {"email": disabled.email},
        )
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert not any("Set-Cookie" in answer.headers for answer in answers)


async def test_the_same_address_in_another_company_is_somebody_else(
    page: httpx.AsyncClient, person: PersonForTests, other_company: CompanyForTests
) -> None:
    elsewhere = {**person.credentials, "company": other_company.slug}
    assert (await page.post(SESSIONS, json=elsewhere)).status_code == 401


async def test_capitals_and_blanks_around_an_address_do_not_matter(
    page: httpx.AsyncClient, person: PersonForTests
) -> None:
    typed = {**person.credentials, "email": f"  {person.email.upper()} "}
    assert (await page.post(SESSIONS, json=typed)).status_code == 201


async def test_a_sign_in_from_a_foreign_form_is_not_read(
    page: httpx.AsyncClient, person: PersonForTests
) -> None:
    """A form of another site can send text/plain that happens to be JSON; JSON it cannot send."""
    body = httpx.Request("POST", "https://x", json=person.credentials).content
    answer = await page.post(SESSIONS, content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("token", [None, "", "another"])
async def test_a_change_by_cookie_needs_the_token_that_the_page_was_given(
    page: httpx.AsyncClient, person: PersonForTests, token: str | None
) -> None:
    await sign_in(page, person)
    del page.headers["X-CSRF-Token"]
    headers = {} if token is None else {"X-CSRF-Token": token}
    changes = [
        await page.post("/api/v1/patients", json=PATIENT, headers=headers),
        await page.delete(CURRENT, headers=headers),
    ]
    assert [change.status_code for change in changes] == [403, 403]
    assert changes[0].json()["type"] == "/problems/csrf-refused"
    assert (await page.get(CURRENT)).status_code == 200


async def test_one_sessions_token_does_not_serve_another(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> None:
    async with browser(application) as first, browser(application) as second:
        await sign_in(first, await make_person(storage, company, Role.RCM_STAFF))
        await sign_in(second, await make_person(storage, company, Role.RCM_STAFF))
        first.headers["X-CSRF-Token"] = second.headers["X-CSRF-Token"]
        assert (await first.post("/api/v1/patients", json=PATIENT)).status_code == 403


async def test_signing_out_ends_the_session_and_takes_the_cookie_away(
    page: httpx.AsyncClient, person: PersonForTests
) -> None:
    await sign_in(page, person)
    secret = page.cookies["wellkept_session"]
    out = await page.delete(CURRENT)
    assert (out.status_code, out.content) == (204, b"")
    assert "wellkept_session" not in page.cookies
    kept = await page.get(CURRENT, headers={"Cookie": f"wellkept_session={secret}"})
    assert kept.status_code == 401


async def test_half_an_hour_without_use_ends_a_session(
    page: httpx.AsyncClient, person: PersonForTests, clock: FixedClock
) -> None:
    await sign_in(page, person)
    for _ in range(3):
        clock.move(dt.timedelta(minutes=29))
        assert (await page.get(CURRENT)).status_code == 200
    clock.move(dt.timedelta(minutes=30))
    assert (await page.get(CURRENT)).status_code == 401


async def test_twelve_hours_end_a_session_that_is_used_all_the_time(
    page: httpx.AsyncClient, person: PersonForTests, clock: FixedClock
) -> None:
    await sign_in(page, person)
    for _ in range(35):
        clock.move(dt.timedelta(minutes=20))
        assert (await page.get(CURRENT)).status_code == 200
    clock.move(dt.timedelta(minutes=20))
    assert (await page.get(CURRENT)).status_code == 401


async def test_people_see_and_end_their_own_sessions_only(
    application: Litestar,
    storage: PostgresStorage,
    company: CompanyForTests,
    person: PersonForTests,
) -> None:
    stranger = await make_person(storage, company, Role.ADMINISTRATOR)
    async with (
        browser(application) as here,
        browser(application) as there,
        browser(application) as strangers,
    ):
        await sign_in(here, person)
        away = (await sign_in(there, person)).json()["who"]["session_id"]
        theirs = (await sign_in(strangers, stranger)).json()["who"]["session_id"]
        listed = [row["id"] for row in (await here.get(SESSIONS)).json()["items"]]
        assert away in listed
        assert len(listed) == 2
        assert "secret" not in (await here.get(SESSIONS)).text
        assert (await here.delete(f"{SESSIONS}/{theirs}")).status_code == 404
        assert (await here.delete(f"{SESSIONS}/{away}")).status_code == 204
        assert (await here.delete(f"{SESSIONS}/{away}")).status_code == 204
        assert (await there.get(CURRENT)).status_code == 401
        assert (await strangers.get(CURRENT)).status_code == 200


async def test_an_ended_session_is_not_listed(
    page: httpx.AsyncClient, person: PersonForTests, clock: FixedClock
) -> None:
    await sign_in(page, person)
    clock.move(dt.timedelta(minutes=31))
    await sign_in(page, person)
    assert len((await page.get(SESSIONS)).json()["items"]) == 1


async def test_a_key_is_told_who_it_is_and_cannot_sign_out(client: httpx.AsyncClient) -> None:
    who = (await client.get(CURRENT)).json()
    out = await client.delete(CURRENT)
    assert (who["kind"], who["session_id"]) == ("api_key", None)
    assert (out.status_code, out.json()["type"]) == (403, "/problems/person-needed")


async def test_nobody_in_particular_is_not_signed_in(page: httpx.AsyncClient) -> None:
    page.cookies.set("wellkept_session", "ws_" + "A" * 65)
    assert (await page.get(CURRENT)).status_code == 401
    assert (await page.get(SESSIONS)).status_code == 401


async def test_five_wrong_passwords_lock_for_a_minute_in_which_nothing_is_judged_or_counted(
    page: httpx.AsyncClient, storage: PostgresStorage, person: PersonForTests, clock: FixedClock
) -> None:
    await fail(page, person, times=5)
    clock.move(dt.timedelta(seconds=59))
    right = await page.post(SESSIONS, json=person.credentials)
    wrong = await page.post(SESSIONS, json={**person.credentials, "password": "wrong"})
    assert (right.status_code, right.content) == (wrong.status_code, wrong.content)
    assert await failures_counted(storage, person) == 5
    clock.move(dt.timedelta(seconds=1))
    assert await attempt(page, person, PASSWORD) == 201


async def test_signing_in_forgets_earlier_failures(
    page: httpx.AsyncClient, storage: PostgresStorage, person: PersonForTests
) -> None:
    await fail(page, person, times=2)
    assert await failures_counted(storage, person) == 2
    assert await attempt(page, person, PASSWORD) == 201
    assert await failures_counted(storage, person) == 0


async def test_failures_at_the_same_time_all_count_and_are_on_record(
    page: httpx.AsyncClient, storage: PostgresStorage, person: PersonForTests
) -> None:
    statuses = await asyncio.gather(*(attempt(page, person, "wrong") for _ in range(7)))
    assert set(statuses) == {401}
    assert await failures_counted(storage, person) == 7
    async with storage.transaction(person.company.id, person.company.actor) as store:
        trail = await store.audit_log.all(AuditFilter(entity="people", entity_id=person.id))
    assert [entry.recorded_by for entry in trail].count(SYSTEM_ACTOR_ID) == 7


async def test_many_attempts_for_one_person_are_slowed_down_whether_or_not_they_exist(
    application: Litestar, page: httpx.AsyncClient, person: PersonForTests
) -> None:
    nobody = {**person.credentials, "email": "nobody@example.org"}
    for n in range(20):
        application.state.platform.limiter.count_sign_in(
            address=f"192.0.2.{n}", company_slug=person.company.slug, email=nobody["email"]
        )
    respelt = {**nobody, "email": " NOBODY@example.org"}
    assert (await page.post(SESSIONS, json=respelt)).status_code == 429
    assert await attempt(page, person, PASSWORD) == 201


async def test_many_attempts_from_one_address_are_slowed_down(
    application: Litestar, page: httpx.AsyncClient, person: PersonForTests
) -> None:
    for n in range(60):
        application.state.platform.limiter.count_sign_in(
            address="127.0.0.1", company_slug="any", email=f"{n}@example.org"
        )
    assert await attempt(page, person, PASSWORD) == 429
