"""Before signing, a code proves anew who one is."""

import datetime as dt

import httpx
import pytest
from litestar import Litestar

from services.identity.authentication import PersonNeeded, Principal, ReauthenticationNeeded
from services.identity.time_codes import code_at, step_at
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import PrincipalKind, Role
from tests.app.second_factor.steps import OWN, PROOF, begin, enrol, failures, go_on, principal_in
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import PASSWORD, SECRET, PersonForTests, browser, make_person, sign_in

pytestmark = pytest.mark.anyio


async def test_a_proof_holds_for_five_minutes_in_its_own_session(
    application: Litestar,
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    administrator: PersonForTests,
    clock: FixedClock,
) -> None:
    assert administrator.app is not None
    await sign_in(page, administrator)
    with pytest.raises(ReauthenticationNeeded):
        (await principal_in(storage, page)).require_recent_proof(clock.now())
    proof = {"password": PASSWORD, "code": administrator.app.code()}
    proven = await page.put(PROOF, json=proof)
    assert dt.datetime.fromisoformat(proven.json()["holds_until"]) == (
        clock.now() + dt.timedelta(minutes=5)
    )
    principal = await principal_in(storage, page)
    principal.require_recent_proof(clock.now() + dt.timedelta(minutes=4, seconds=59))
    for wrong in (dt.timedelta(minutes=5), dt.timedelta(minutes=-1)):
        with pytest.raises(ReauthenticationNeeded):
            principal.require_recent_proof(clock.now() + wrong)
    async with browser(application) as other:
        await sign_in(other, administrator)
        with pytest.raises(ReauthenticationNeeded):
            (await principal_in(storage, other)).require_recent_proof(clock.now())


async def test_a_password_alone_is_no_proof_for_signing(
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    clock: FixedClock,
) -> None:
    await sign_in(page, await make_person(storage, company, Role.VIEWER))
    assert (await page.put(PROOF, json={"password": PASSWORD})).status_code == 200
    principal = await principal_in(storage, page)
    principal.require_fresh_proof(clock.now())
    with pytest.raises(ReauthenticationNeeded):
        principal.require_recent_proof(clock.now())


async def test_enrolling_is_no_proof_for_signing(
    page: httpx.AsyncClient, storage: PostgresStorage, newcomer: PersonForTests, clock: FixedClock
) -> None:
    await sign_in(page, newcomer)
    await enrol(page, clock)
    with pytest.raises(ReauthenticationNeeded):
        (await principal_in(storage, page)).require_recent_proof(clock.now())


async def test_a_key_proves_nothing(client: httpx.AsyncClient, company: CompanyForTests) -> None:
    key = Principal(company.id, PrincipalKind.API_KEY, company.id, "Key", frozenset())
    with pytest.raises(PersonNeeded):
        key.require_recent_proof(dt.datetime.now(dt.UTC))
    for answer in (
        await client.put(PROOF, json={"password": PASSWORD, "code": "123456"}),
        await client.get(OWN),
        await client.post(OWN),
        await client.post(f"{OWN}/recovery-codes"),
        await client.post(f"{OWN}/confirm", json={"code": "123456"}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/person-needed")


async def test_the_code_that_signed_in_proves_nothing(
    page: httpx.AsyncClient, administrator: PersonForTests, clock: FixedClock
) -> None:
    code = code_at(SECRET, step_at(clock.now()))
    signed_in = await go_on(page, await begin(page, administrator), code)
    page.headers["X-CSRF-Token"] = signed_in.json()["csrf_token"]
    refused = await page.put(PROOF, json={"password": PASSWORD, "code": code})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/proof-refused")


async def test_whatever_is_wrong_with_a_proof_is_refused_alike_and_counts(
    page: httpx.AsyncClient, storage: PostgresStorage, administrator: PersonForTests
) -> None:
    assert administrator.app is not None
    await sign_in(page, administrator)
    code = administrator.app.code()
    answers = [
        await page.put(PROOF, json=proof)
        for proof in (
            {"password": "wrong", "code": code},
            {"password": PASSWORD, "code": "000000"},
            {"password": PASSWORD},
            {"password": PASSWORD, "code": None},
            {"password": "wrong", "code": "000000"},
            {"password": PASSWORD, "code": code},
        )
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1
    assert await failures(storage, administrator) == 5
