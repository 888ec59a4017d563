"""A second factor is enrolled, and another takes its place."""

import datetime as dt

import httpx
import pytest
from litestar import Litestar

from services.identity.time_codes import code_at, step_at
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.app.second_factor.steps import CURRENT, OWN, PEOPLE, PROOF, STEP, begin, enrol, go_on
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import PASSWORD, SECRET, PersonForTests, browser, make_person, sign_in

pytestmark = pytest.mark.anyio


async def test_who_needs_one_and_has_none_can_only_enrol_it(
    page: httpx.AsyncClient, newcomer: PersonForTests, clock: FixedClock
) -> None:
    answer = await sign_in(page, newcomer)
    refused = await page.get("/api/v1/payers")
    assert answer.json()["who"]["must_enrol_second_factor"]
    assert answer.json()["who"]["scopes"] == []
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/second-factor-due")
    offer = (await page.post(OWN)).json()
    assert offer["secret"] in offer["setup_address"]
    assert (await page.get("/api/v1/payers")).status_code == 403
    code = code_at(offer["secret"], step_at(clock.now()))
    confirmed = await page.post(f"{OWN}/confirm", json={"code": code})
    assert confirmed.headers["Cache-Control"] == "no-store"
    assert len(confirmed.json()["recovery_codes"]) == 10
    assert (await page.get("/api/v1/payers")).status_code == 200
    assert (await page.get(OWN)).json()["recovery_codes_left"] == 10


async def test_a_new_role_that_manages_holds_once_the_second_factor_is_there(
    page: httpx.AsyncClient,
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    clock: FixedClock,
) -> None:
    person = await make_person(storage, company, Role.VIEWER)
    await sign_in(page, person)
    await client.patch(
        f"{PEOPLE}/{person.id}", json={"role": "administrator"}, headers=person.unchanged
    )
    refused = await page.get("/api/v1/payers")
    assert refused.json()["type"] == "/problems/second-factor-due"
    await enrol(page, clock)
    assert (await page.get("/api/v1/keys")).status_code == 200


async def test_a_wrong_code_enrols_nothing(
    page: httpx.AsyncClient, newcomer: PersonForTests
) -> None:
    await sign_in(page, newcomer)
    early = await page.post(f"{OWN}/confirm", json={"code": "123456"})
    offer = (await page.post(OWN)).json()
    wrong = await page.post(f"{OWN}/confirm", json={"code": code_at(offer["secret"], 1)})
    assert (early.status_code, early.json()["type"]) == (403, "/problems/code-refused")
    assert wrong.status_code == 403
    assert (await page.get(OWN)).json()["since"] is None


async def test_enrolling_ends_ones_other_sessions(
    application: Litestar, page: httpx.AsyncClient, newcomer: PersonForTests, clock: FixedClock
) -> None:
    async with browser(application) as other:
        await sign_in(other, newcomer)
        await sign_in(page, newcomer)
        await enrol(page, clock)
        assert (await other.get(CURRENT)).status_code == 401
        assert (await page.get(CURRENT)).status_code == 200


async def test_a_session_that_lies_open_enrols_nothing(
    page: httpx.AsyncClient, newcomer: PersonForTests, clock: FixedClock
) -> None:
    """Somebody at an abandoned screen would otherwise have the account for good."""
    await sign_in(page, newcomer)
    clock.move(dt.timedelta(minutes=5))
    refused = await page.post(OWN)
    assert (refused.status_code, refused.json()["type"]) == (
        403,
        "/problems/reauthentication-needed",
    )
    assert refused.json()["proof"] == PROOF
    assert (await page.put(PROOF, json={"password": PASSWORD})).status_code == 200
    assert (await page.post(OWN)).status_code == 201


async def test_renewed_recovery_codes_take_the_place_of_the_old_ones(
    page: httpx.AsyncClient, administrator: PersonForTests
) -> None:
    assert administrator.app is not None
    await sign_in(page, administrator)
    unproven = await page.post(f"{OWN}/recovery-codes")
    assert unproven.json()["type"] == "/problems/reauthentication-needed"
    proof = {"password": PASSWORD, "code": administrator.app.code()}
    assert (await page.put(PROOF, json=proof)).status_code == 200
    old = (await page.post(f"{OWN}/recovery-codes")).json()["recovery_codes"]
    new = (await page.post(f"{OWN}/recovery-codes")).json()["recovery_codes"]
    assert (await go_on(page, await begin(page, administrator), old[0])).status_code == 401
    assert (await go_on(page, await begin(page, administrator), new[0])).status_code == 201


async def test_another_app_takes_the_place_of_the_first_once_it_is_confirmed(
    page: httpx.AsyncClient, administrator: PersonForTests, clock: FixedClock
) -> None:
    assert administrator.app is not None
    await sign_in(page, administrator)
    assert (await page.post(OWN)).status_code == 403
    proof = {"password": PASSWORD, "code": administrator.app.code()}
    await page.put(PROOF, json=proof)
    secret, _ = await enrol(page, clock)
    clock.move(STEP)
    now = step_at(clock.now())
    continuation = await begin(page, administrator)
    assert (await go_on(page, continuation, code_at(SECRET, now))).status_code == 401
    assert (await go_on(page, continuation, code_at(secret, now))).status_code == 201
