"""Proving again who one is at the company's provider, at a real provider and a forger."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey
from litestar import Litestar

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import PASSWORD, PersonForTests, browser, make_person, sign_in
from tests.builders.providers import Forger, ProviderForTests
from tests.providers.signing_in import (
    CALLBACK,
    CURRENT,
    KEY,
    MARKS,
    PROVIDERS,
    REFUSED,
    Claims,
    begin,
    bring,
    good,
    subject_of,
    token,
)

pytestmark = MARKS

BEGIN = f"{CURRENT}/provider-proof"
PROOF = f"{CURRENT}/proof"
ENROL = "/api/v1/people/me/second-factor"
HOLDS = "/api/v1/legal-holds"
ANOTHER_KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
A_MINUTE = 60


def says(
    forger: Forger, person: PersonForTests, clock: FixedClock, key: RSAKey = KEY, **more: object
) -> None:
    """Have the provider say this of whoever signs in next; None leaves a claim out."""

    def make(asked: object) -> str:
        assert isinstance(asked, dict)
        claims: Claims = good(asked, forger, person, clock.now()) | more
        return token({name: value for name, value in claims.items() if value is not None}, key=key)

    forger.make_token = make


async def come_in(page: httpx.AsyncClient, forger: Forger, company: CompanyForTests) -> str:
    """Sign in at the forger; what comes after the ``#``."""
    back = await page.get(forger.signs_in(await begin(page, company), CALLBACK))
    assert back.status_code == 302, back.text
    fragment = urlsplit(back.headers["Location"]).fragment
    page.headers["X-CSRF-Token"] = parse_qs(fragment).get("csrf_token", [""])[0]
    return fragment


async def sent(page: httpx.AsyncClient) -> str:
    """Begin a proof; where the browser goes."""
    begun = await page.post(BEGIN, params={"return_to": "/holds"})
    assert begun.status_code == 200, begun.text
    return str(begun.json()["location"])


async def proof(page: httpx.AsyncClient, forger: Forger) -> httpx.Response:
    """What comes of a proof at the forger."""
    return await page.get(forger.signs_in(await sent(page), CALLBACK))


async def is_proven(page: httpx.AsyncClient) -> bool:
    """Whether what takes a fresh proof is let through."""
    answer = await page.post(ENROL)
    assert answer.status_code in (201, 403), answer.text
    return answer.status_code == 201


async def test_a_person_without_a_password_proves_again_who_they_are_at_a_real_provider(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    person: PersonForTests,
    clock: FixedClock,
) -> None:
    await bring(client, provider.issuer)
    subject, known = subject_of(person), {"email": person.email, "email_verified": True}
    await provider.knows(subject, **known, auth_time=int(clock.now().timestamp()) - 3600)
    back = await page.get(await provider.signs_in(await begin(page, person.company), subject))
    fragment = parse_qs(urlsplit(back.headers["Location"]).fragment)
    page.headers["X-CSRF-Token"] = fragment["csrf_token"][0]
    refused = await page.post(ENROL)
    assert (refused.json()["type"], refused.json()["provider_proof"]) == (
        "/problems/reauthentication-needed",
        BEGIN,
    )
    await provider.knows(subject, **known, auth_time=int(clock.now().timestamp()))
    back = await page.get(await provider.signs_in(await sent(page), subject))
    assert (back.status_code, back.headers["Location"]) == (302, "/holds#proof=proven")
    assert await is_proven(page)
    clock.move(dt.timedelta(minutes=5))
    assert not await is_proven(page)


async def test_the_provider_is_asked_to_ask_anew_and_only_for_a_proof(
    page: httpx.AsyncClient, ready: Forger, person: PersonForTests, clock: FixedClock
) -> None:
    says(ready, person, clock)
    await come_in(page, ready, person.company)
    assert not {"prompt", "max_age"} & ready.asked.keys()
    query = parse_qs(urlsplit(await sent(page)).query)
    assert (query["prompt"], query["max_age"]) == (["login"], ["0"])


@pytest.mark.parametrize("seconds", [-A_MINUTE, 0, A_MINUTE, 0.5])
async def test_a_login_of_now_proves_with_clocks_a_minute_off(
    page: httpx.AsyncClient,
    ready: Forger,
    person: PersonForTests,
    clock: FixedClock,
    seconds: float,
) -> None:
    says(ready, person, clock)
    await come_in(page, ready, person.company)
    says(ready, person, clock, auth_time=clock.now().timestamp() + seconds)
    assert (await proof(page, ready)).status_code == 302
    assert await is_proven(page)


@pytest.mark.parametrize("seconds", [-A_MINUTE - 1, A_MINUTE + 1, -3600])
async def test_a_login_of_another_time_proves_nothing(
    page: httpx.AsyncClient, ready: Forger, person: PersonForTests, clock: FixedClock, seconds: int
) -> None:
    says(ready, person, clock)
    await come_in(page, ready, person.company)
    says(ready, person, clock, auth_time=clock.now().timestamp() + seconds)
    answer = await proof(page, ready)
    assert (answer.status_code, answer.json()["type"]) == (401, REFUSED)
    assert not await is_proven(page)


@pytest.mark.parametrize("asked_at", [None, "now", True, float("nan"), float("inf"), 10**400])
async def test_a_provider_that_does_not_say_when_it_asked_proves_nothing(
    page: httpx.AsyncClient,
    ready: Forger,
    person: PersonForTests,
    clock: FixedClock,
    asked_at: object,
) -> None:
    says(ready, person, clock)
    await come_in(page, ready, person.company)
    says(ready, person, clock, auth_time=asked_at)
    assert (await proof(page, ready)).status_code == 401
    assert not await is_proven(page)


async def test_a_proof_that_is_forged_or_of_somebody_else_or_comes_twice_proves_nothing(
    application: Litestar,
    page: httpx.AsyncClient,
    ready: Forger,
    storage: PostgresStorage,
    person: PersonForTests,
    clock: FixedClock,
) -> None:
    other = await make_person(storage, person.company)
    now = clock.now().timestamp()
    says(ready, other, clock)
    await come_in(page, ready, person.company)
    page.cookies.clear()
    says(ready, person, clock)
    await come_in(page, ready, person.company)
    says(ready, person, clock, ANOTHER_KEY, auth_time=now)
    forged = await proof(page, ready)
    says(ready, other, clock, auth_time=now)
    of_another = await proof(page, ready)
    says(ready, person, clock, sub="somebody-new", auth_time=now)
    of_nobody = await proof(page, ready)
    assert {a.status_code for a in (forged, of_another, of_nobody)} == {401}
    assert not await is_proven(page)
    says(ready, person, clock, auth_time=now)
    back = ready.signs_in(await sent(page), CALLBACK)
    kept = {"Cookie": f"wellkept_sign_in={page.cookies['wellkept_sign_in']}"}
    assert (await page.get(back)).status_code == 302
    clock.move(dt.timedelta(minutes=5))
    assert not await is_proven(page)
    async with browser(application) as again:
        assert (await again.get(back, headers=kept)).status_code == 401
    assert not await is_proven(page)


async def test_a_session_that_has_ended_meanwhile_is_not_proven(
    page: httpx.AsyncClient, ready: Forger, person: PersonForTests, clock: FixedClock
) -> None:
    says(ready, person, clock)
    await come_in(page, ready, person.company)
    location = await sent(page)
    assert (await page.delete(CURRENT)).status_code == 204
    says(ready, person, clock, auth_time=clock.now().timestamp())
    assert (await page.get(ready.signs_in(location, CALLBACK))).status_code == 401


async def test_a_sign_in_that_the_provider_remembered_is_no_proof_and_a_fresh_one_is(
    page: httpx.AsyncClient, ready: Forger, person: PersonForTests, clock: FixedClock
) -> None:
    says(ready, person, clock, auth_time=clock.now().timestamp() - 3600)
    await come_in(page, ready, person.company)
    assert not await is_proven(page)
    page.cookies.clear()
    says(ready, person, clock, auth_time=clock.now().timestamp())
    await come_in(page, ready, person.company)
    assert await is_proven(page)


async def test_whoever_has_a_second_factor_gives_its_code_after_the_provider(
    application: Litestar,
    ready: Forger,
    storage: PostgresStorage,
    company: CompanyForTests,
    clock: FixedClock,
) -> None:
    person = await make_person(storage, company, Role.ADMINISTRATOR)
    assert person.app is not None
    says(ready, person, clock, auth_time=clock.now().timestamp())
    async with browser(application) as page:
        fragment = await come_in(page, ready, company)
        body = {
            "continuation": parse_qs(fragment)["continuation"][0],
            "code": person.app.code(),
        }
        entered = await page.post("/api/v1/sessions/second-factor", json=body)
        page.headers["X-CSRF-Token"] = entered.json()["csrf_token"]
        unvouched = await page.put(PROOF, json={"code": person.app.code()})
        assert unvouched.json()["type"] == "/problems/proof-refused"
        clock.move(dt.timedelta(minutes=2))
        says(ready, person, clock, auth_time=clock.now().timestamp())
        back = await proof(page, ready)
        assert back.headers["Location"] == "/holds#proof=code_due"
        assert not await is_proven(page)
        for wrong in ({"code": "000000"}, {}):
            assert (await page.put(PROOF, json=wrong)).status_code == 403
        assert (await page.put(PROOF, json={"code": person.app.code()})).status_code == 200
        assert await is_proven(page)
        clock.move(dt.timedelta(minutes=2))
        again = await page.put(PROOF, json={"code": person.app.code()})
        assert again.status_code == 403, "what the provider said serves once"


async def test_what_the_provider_said_waits_five_minutes_for_the_code(
    application: Litestar,
    ready: Forger,
    storage: PostgresStorage,
    company: CompanyForTests,
    clock: FixedClock,
) -> None:
    person = await make_person(storage, company, Role.ADMINISTRATOR)
    assert person.app is not None
    async with browser(application) as page:
        await sign_in(page, person)
        says(ready, person, clock)
        async with browser(application) as first:
            await come_in(first, ready, company)
        says(ready, person, clock, auth_time=clock.now().timestamp())
        assert (await proof(page, ready)).status_code == 302
        clock.move(dt.timedelta(minutes=5))
        late = await page.put(PROOF, json={"code": person.app.code()})
        assert late.json()["type"] == "/problems/proof-refused"


async def test_the_providers_second_factor_counts_only_where_the_company_accepts_it(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    forger: Forger,
    storage: PostgresStorage,
    company: CompanyForTests,
    clock: FixedClock,
) -> None:
    forger.published = [KEY]
    brought = await bring(client, forger.issuer)
    url = f"{PROVIDERS}/{brought['id']}"
    person = await make_person(storage, company, Role.ADMINISTRATOR, is_enrolled=False)
    says(forger, person, clock, acr="phr", amr=["pwd", "mfa"])

    async def must_enrol() -> bool:
        page.cookies.clear()
        await come_in(page, forger, company)
        return bool((await page.get(CURRENT)).json()["must_enrol_second_factor"])

    assert await must_enrol()
    for version, (change, expected) in enumerate(
        [
            ({"second_factor_methods": ["mfa"]}, False),
            ({"second_factor_methods": ["hwk"]}, True),
            ({"second_factor_contexts": ["phr", "phrh"]}, False),
        ],
        start=1,
    ):
        tag = {"If-Match": f'"{version}"'}
        assert (await client.patch(url, json=change, headers=tag)).status_code == 200
        assert await must_enrol() is expected, change
    assert forger.asked["acr_values"] == "phr phrh"
    off = {"second_factor_contexts": []}
    await client.patch(url, json=off, headers={"If-Match": '"4"'})
    assert (await page.get(CURRENT)).json()["must_enrol_second_factor"], "not at once"


async def test_somebody_who_has_only_the_provider_signs_with_both_factors_of_just_now(
    application: Litestar,
    client: httpx.AsyncClient,
    forger: Forger,
    storage: PostgresStorage,
    company: CompanyForTests,
    clock: FixedClock,
) -> None:
    forger.published = [KEY]
    await bring(client, forger.issuer, second_factor_methods=["mfa"])
    asks, signs = [
        await make_person(storage, company, Role.ADMINISTRATOR, is_enrolled=False) for _ in range(2)
    ]
    hold = (await client.post(HOLDS, json={"reason": "Litigation 26-104"})).headers["Location"]
    async with browser(application) as asking, browser(application) as page:
        says(forger, asks, clock, amr=["mfa"])
        await come_in(asking, forger, company)
        why = {"reason": "the case is closed"}
        asked = await asking.post(f"{hold}/release", json=why, headers={"If-Match": '"1"'})
        assert asked.status_code == 202, asked.text
        approve, note = f"{asked.headers['Location']}/approve", {"note": "I saw the letter"}

        async def decision() -> httpx.Response:
            return await page.post(approve, json=note, headers={"If-Match": '"1"'})

        says(forger, signs, clock, amr=["mfa"])
        await come_in(page, forger, company)
        needed = "/problems/reauthentication-needed"
        assert (await decision()).json()["type"] == needed
        by_password = await page.put(PROOF, json={"password": PASSWORD})
        assert by_password.json()["type"] == "/problems/proof-refused"
        says(forger, signs, clock, amr=["pwd"], auth_time=clock.now().timestamp())
        assert (await proof(page, forger)).status_code == 401, "less than they signed in with"
        assert (await decision()).json()["type"] == needed
        says(forger, signs, clock, amr=["mfa"], auth_time=clock.now().timestamp())
        assert (await proof(page, forger)).headers["Location"] == "/holds#proof=proven"
        assert (await decision()).json()["status"] == "approved"


async def test_where_the_provider_is_required_a_password_proves_nothing(
    application: Litestar,
    client: httpx.AsyncClient,
    forger: Forger,
    storage: PostgresStorage,
    person: PersonForTests,
) -> None:
    keeper = await make_person(storage, person.company, Role.ADMINISTRATOR)
    async with browser(application) as page:
        await sign_in(page, person)
        assert (await page.put(PROOF, json={"password": PASSWORD})).status_code == 200
        await bring(client, forger.issuer, is_required=True, break_glass_id=str(keeper.id))
        refused = await page.put(PROOF, json={"password": PASSWORD})
        assert refused.json()["type"] == "/problems/proof-refused"


async def test_a_key_and_a_company_without_a_provider_cannot_begin_a_proof(
    application: Litestar, client: httpx.AsyncClient, person: PersonForTests
) -> None:
    assert (await client.post(BEGIN)).json()["type"] == "/problems/person-needed"
    async with browser(application) as page:
        await sign_in(page, person)
        assert (await page.post(BEGIN)).status_code == 404
        del page.headers["X-CSRF-Token"]
        assert (await page.post(BEGIN)).json()["type"] == "/problems/csrf-refused"
