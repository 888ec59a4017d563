"""Who has a second factor signs in with a code of it, or a recovery code, once."""

import asyncio
import datetime as dt

import httpx
import pytest
from litestar import Litestar

from services.identity.scopes import ROLE_SCOPES
from services.identity.time_codes import code_at, step_at
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.app.second_factor.steps import CURRENT, OWN, SESSIONS, begin, enrol, go_on
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import SECRET, PersonForTests, browser, make_person, sign_in

pytestmark = pytest.mark.anyio


async def test_a_right_password_alone_signs_nobody_in_who_has_a_second_factor(
    page: httpx.AsyncClient, administrator: PersonForTests
) -> None:
    answer = await page.post(SESSIONS, json=administrator.credentials)
    assert answer.status_code == 202
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    page.cookies.set("wellkept_session", answer.json()["continuation"].replace("wc_", "ws_"))
    assert (await page.get(CURRENT)).status_code == 401


async def test_password_and_code_sign_in(
    page: httpx.AsyncClient, administrator: PersonForTests
) -> None:
    signed_in = await sign_in(page, administrator)
    who = (await page.get(CURRENT)).json()
    assert signed_in.json()["who"] == who
    assert who["scopes"] == sorted(ROLE_SCOPES[Role.ADMINISTRATOR])
    assert not who["must_enrol_second_factor"]


async def test_a_role_that_neither_manages_nor_signs_needs_no_second_factor(
    page: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    await sign_in(page, await make_person(storage, company, Role.RCM_STAFF))
    state = (await page.get(OWN)).json()
    assert state == {"is_needed": False, "since": None, "recovery_codes_left": 0}


async def test_a_code_serves_once(
    application: Litestar, page: httpx.AsyncClient, administrator: PersonForTests, clock: FixedClock
) -> None:
    code = code_at(SECRET, step_at(clock.now()))
    assert (await go_on(page, await begin(page, administrator), code)).status_code == 201
    async with browser(application) as other:
        again = await go_on(other, await begin(other, administrator), code)
    assert (again.status_code, again.json()["type"]) == (401, "/problems/sign-in-code-refused")


async def test_of_two_who_use_a_code_at_once_one_is_signed_in(
    application: Litestar, administrator: PersonForTests, clock: FixedClock
) -> None:
    code = code_at(SECRET, step_at(clock.now()))
    async with browser(application) as first, browser(application) as second:
        continuation = await begin(first, administrator)
        answers = await asyncio.gather(
            *(go_on(client, continuation, code) for client in (first, second, first, second))
        )
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]


@pytest.mark.parametrize(("off", "status"), [(-2, 401), (-1, 201), (1, 201), (2, 401)])
async def test_a_phone_may_be_half_a_minute_off(
    page: httpx.AsyncClient,
    administrator: PersonForTests,
    clock: FixedClock,
    off: int,
    status: int,
) -> None:
    code = code_at(SECRET, step_at(clock.now()) + off)
    assert (await go_on(page, await begin(page, administrator), code)).status_code == status


async def test_after_a_clock_jumped_ahead_and_back_a_recovery_code_signs_in(
    page: httpx.AsyncClient, newcomer: PersonForTests, clock: FixedClock
) -> None:
    await sign_in(page, newcomer)
    secret, codes = await enrol(page, clock)
    clock.move(dt.timedelta(days=300))
    code = code_at(secret, step_at(clock.now()))
    assert (await go_on(page, await begin(page, newcomer), code)).status_code == 201
    clock.move(dt.timedelta(days=-299))
    continuation = await begin(page, newcomer)
    code = code_at(secret, step_at(clock.now()))
    assert (await go_on(page, continuation, code)).status_code == 401
    assert (await go_on(page, continuation, codes[0])).status_code == 201


async def test_a_recovery_code_serves_once_however_it_is_typed(
    page: httpx.AsyncClient, newcomer: PersonForTests, clock: FixedClock
) -> None:
    await sign_in(page, newcomer)
    _, codes = await enrol(page, clock)
    typed = f" {codes[0].upper().replace('-', ' ')} "
    assert (await go_on(page, await begin(page, newcomer), typed)).status_code == 201
    page.headers["X-CSRF-Token"] = ""
    assert (await page.get(OWN)).json()["recovery_codes_left"] == 9
    assert (await go_on(page, await begin(page, newcomer), codes[0])).status_code == 401
    assert (await go_on(page, await begin(page, newcomer), codes[1])).status_code == 201
