"""Signing in with a company's own identity provider, over HTTP, at a real provider and a forger."""

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey
from litestar import Litestar

from services.identity.oidc import directory
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import PersonForTests, browser, make_person
from tests.builders.providers import CLIENT_ID, CLIENT_SECRET, Forger, ProviderForTests
from tests.providers.signing_in import (
    CALLBACK,
    CURRENT,
    KEY,
    MARKS,
    PROVIDERS,
    REFUSED,
    SESSIONS,
    Claims,
    begin,
    bring,
    good,
    signed_in,
    subject_of,
    token,
)

pytestmark = MARKS

PEOPLE = "/api/v1/people"


async def test_a_person_signs_in_with_their_companys_provider(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    person: PersonForTests,
) -> None:
    await bring(client, provider.issuer)
    await provider.knows(subject_of(person), email=person.email, email_verified=True)
    location = await begin(page, person.company, return_to="/claims?status=open")
    back = await page.get(await provider.signs_in(location, subject_of(person)))
    path, _, fragment = back.headers["Location"].partition("#")
    assert (back.status_code, path) == (302, "/claims?status=open")
    who = (await page.get(CURRENT)).json()
    assert who["principal_id"] == str(person.id)
    token = parse_qs(fragment)["csrf_token"][0]
    out = await page.delete(CURRENT, headers={"X-CSRF-Token": token})
    assert out.status_code == 204


async def test_the_provider_is_asked_as_the_rules_want(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    company: CompanyForTests,
) -> None:
    await bring(client, provider.issuer)
    first, second = [
        parse_qs(urlsplit(await begin(page, company)).query, strict_parsing=True) for _ in range(2)
    ]
    assert first["response_type"] == ["code"]
    assert first["redirect_uri"] == [CALLBACK]
    assert first["code_challenge_method"] == ["S256"]
    assert "openid" in first["scope"][0].split()
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name][0]) == 43


async def test_what_the_browser_carries_is_for_this_sign_in_alone(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    company: CompanyForTests,
) -> None:
    await bring(client, provider.issuer)
    begun = await page.get(f"/api/v1/sign-in/{company.slug}")
    cookie = begun.headers["Set-Cookie"].lower()
    for property_ in ("httponly", "secure", "samesite=lax", "path=/api/v1/sign-in", "max-age=600"):
        assert property_ in cookie
    query = parse_qs(urlsplit(begun.headers["Location"]).query)
    assert query["state"][0].lower() not in cookie
    assert query["nonce"][0].lower() not in cookie


async def test_whoever_has_a_second_factor_gives_its_code_as_well(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    person = await make_person(storage, company, is_enrolled=True)
    assert person.app is not None
    await bring(client, provider.issuer)
    await provider.knows(subject_of(person), email=person.email, email_verified=True)
    back = await signed_in(page, provider, company, subject_of(person))
    continuation = parse_qs(urlsplit(back.headers["Location"]).fragment)["continuation"][0]
    assert (await page.get(CURRENT)).status_code == 401
    body = {"continuation": continuation, "code": person.app.code()}
    assert (await page.post(f"{SESSIONS}/second-factor", json=body)).status_code == 201
    assert (await page.get(CURRENT)).json()["principal_id"] == str(person.id)


async def test_once_linked_the_providers_own_name_for_a_person_counts(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    person: PersonForTests,
) -> None:
    await bring(client, provider.issuer)
    subject = subject_of(person)
    await provider.knows(subject, email=person.email, email_verified=True)
    await signed_in(page, provider, person.company, subject)
    page.cookies.clear()
    await provider.knows(subject, email="married@elsewhere.example", email_verified=False)
    assert (await signed_in(page, provider, person.company, subject)).status_code == 302
    page.cookies.clear()
    await provider.knows(f"{subject}-heir", email=person.email, email_verified=True)
    heir = await signed_in(page, provider, person.company, f"{subject}-heir")
    assert (heir.status_code, heir.json()["type"]) == (401, REFUSED)


async def test_whoever_may_not_come_in_is_refused_alike(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    storage: PostgresStorage,
    person: PersonForTests,
    clock: FixedClock,
) -> None:
    await bring(client, provider.issuer)
    disabled = await make_person(storage, person.company)
    async with storage.transaction(person.company.id, person.company.actor) as store:
        await store.people.update(disabled.id, {"disabled_at": clock.now()}, expected_version=1)
    elsewhere = {"email": "ada@elsewhere.example", "email_verified": True}
    whoever: dict[str, dict[str, object]] = {
        "unknown": {"email": "nobody@example.org", "email_verified": True},
        "unverified": {"email": person.email, "email_verified": False},
        "text": {"email": person.email, "email_verified": "true"},
        "silent": {"email": person.email},
        "nameless": {"email_verified": True},
        "elsewhere": elsewhere,
        "disabled": {"email": disabled.email, "email_verified": True},
    }
    answers = []
    for name, claims in whoever.items():
        subject = f"{name}-{person.id.hex}"
        await provider.knows(subject, **claims)
        answers.append(await signed_in(page, provider, person.company, subject))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert (await page.get(CURRENT)).status_code == 401


async def test_a_linked_person_who_is_disabled_stays_out(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    person: PersonForTests,
) -> None:
    await bring(client, provider.issuer)
    await provider.knows(subject_of(person), email=person.email, email_verified=True)
    await signed_in(page, provider, person.company, subject_of(person))
    disabled = await client.post(f"{PEOPLE}/{person.id}/disable", headers=person.unchanged)
    assert disabled.status_code == 200
    page.cookies.clear()
    back = await signed_in(page, provider, person.company, subject_of(person))
    assert back.json()["type"] == REFUSED


async def test_people_are_made_only_where_the_company_says_so(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    company: CompanyForTests,
) -> None:
    brought = await bring(client, provider.issuer, makes_people=True, new_role="viewer")
    email, subject = f"new-{company.slug}@example.org", f"new-{company.slug}"
    await provider.knows(subject, email=email.upper(), email_verified=True, name="Ada\tLovelace")
    assert (await signed_in(page, provider, company, subject)).status_code == 302
    who = (await page.get(CURRENT)).json()
    made = (await client.get(f"{PEOPLE}/{who['principal_id']}")).json()
    assert (made["email"], made["name"], made["role"]) == (email, "AdaLovelace", "viewer")
    assert not made["password_is_temporary"]
    off = {"makes_people": False, "new_role": None}
    tag = {"If-Match": '"1"'}
    changed = await client.patch(f"{PROVIDERS}/{brought['id']}", json=off, headers=tag)
    assert changed.status_code == 200, changed.text
    await provider.knows(f"{subject}-2", email=f"2-{email}", email_verified=True)
    assert (await signed_in(page, provider, company, f"{subject}-2")).status_code == 401


async def test_a_company_without_a_provider_answers_like_one_that_is_not(
    page: httpx.AsyncClient, company: CompanyForTests
) -> None:
    answers = [
        await page.get(f"/api/v1/sign-in/{slug}")
        for slug in (company.slug, "no-such-company", "Not A Slug")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/a\\b",
        "claims",
        "",
        "/a b",
        "/a#b",
        "/a\n",
        "/\t/evil.example",
    ],
)
async def test_nobody_is_sent_to_a_page_that_is_not_ours(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    company: CompanyForTests,
    elsewhere: str,
) -> None:
    await bring(client, provider.issuer)
    query = {"return_to": elsewhere}
    assert (await page.get(f"/api/v1/sign-in/{company.slug}", params=query)).status_code == 400


async def test_an_answer_serves_once(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    person: PersonForTests,
) -> None:
    await bring(client, provider.issuer)
    await provider.knows(subject_of(person), email=person.email, email_verified=True)
    back = await provider.signs_in(await begin(page, person.company), subject_of(person))
    kept = {"Cookie": f"wellkept_sign_in={page.cookies['wellkept_sign_in']}"}
    assert (await page.get(back)).status_code == 302
    page.cookies.clear()
    again = await page.get(back, headers=kept)
    assert (again.status_code, again.json()["type"]) == (401, REFUSED)
    assert "Set-Cookie" not in again.headers


async def test_a_code_that_has_served_does_not_serve_another_sign_in(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    person: PersonForTests,
) -> None:
    await bring(client, provider.issuer)
    await provider.knows(subject_of(person), email=person.email, email_verified=True)
    back = await provider.signs_in(await begin(page, person.company), subject_of(person))
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert (await page.get(back)).status_code == 302
    page.cookies.clear()
    state = parse_qs(urlsplit(await begin(page, person.company)).query)["state"][0]
    again = await page.get(CALLBACK, params={"code": code, "state": state})
    assert (again.status_code, again.json()["type"]) == (401, REFUSED)


async def test_an_answer_is_for_the_browser_that_began(
    application: Litestar,
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    person: PersonForTests,
) -> None:
    await bring(client, provider.issuer)
    await provider.knows(subject_of(person), email=person.email, email_verified=True)
    back = await provider.signs_in(await begin(page, person.company), subject_of(person))
    async with browser(application) as other:
        assert (await other.get(back)).status_code == 401
        await begin(other, person.company)
        assert (await other.get(back)).status_code == 401
    assert (await page.get(back)).status_code == 302


async def test_an_answer_that_comes_too_late_or_is_a_refusal_signs_nobody_in(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    company: CompanyForTests,
    clock: FixedClock,
) -> None:
    await bring(client, provider.issuer)
    state = parse_qs(urlsplit(await begin(page, company)).query)["state"][0]
    denied = await page.get(CALLBACK, params={"error": "access_denied", "state": state})
    state = parse_qs(urlsplit(await begin(page, company)).query)["state"][0]
    clock.move(dt.timedelta(minutes=10))
    late = await page.get(CALLBACK, params={"code": "any", "state": state})
    bare = await page.get(CALLBACK)
    answers = [denied, late, bare]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


async def test_a_cookie_of_another_company_opens_nothing(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    person: PersonForTests,
    other_company: CompanyForTests,
) -> None:
    await bring(client, provider.issuer)
    await provider.knows(subject_of(person), email=person.email, email_verified=True)
    back = await provider.signs_in(await begin(page, person.company), subject_of(person))
    sealed = base64.urlsafe_b64decode(page.cookies["wellkept_sign_in"])[16:]
    forged = base64.urlsafe_b64encode(other_company.id.bytes + sealed).decode()
    page.cookies.clear()
    answer = await page.get(back, headers={"Cookie": f"wellkept_sign_in={forged}"})
    assert answer.status_code == 401


OTHER_KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
NEXT_KEY = RSAKey.generate_key(2048, {"kid": "second", "use": "sig", "alg": "RS256"})


async def outcome(page: httpx.AsyncClient, forger: Forger, person: PersonForTests) -> int:
    location = await begin(page, person.company)
    answer = await page.get(forger.signs_in(location, CALLBACK))
    return answer.status_code


def base64_text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def unsigned(claims: Claims) -> str:
    """A token of algorithm none, as it would be written."""
    parts = [{"alg": "none", "kid": "first"}, claims]
    texts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    ]
    return ".".join([*texts, ""])


def hmac_signed(claims: Claims, secret: bytes) -> str:
    """A token with an HMAC under what somebody might take for a secret of both sides."""
    parts = [{"alg": "HS256", "kid": "first"}, claims]
    text = ".".join(base64_text(json.dumps(part).encode()) for part in parts)
    return f"{text}.{base64_text(hmac.digest(secret, text.encode(), 'sha256'))}"


FORGERIES: Mapping[str, Callable[[Claims, int], str]] = {
    "another key": lambda claims, _: token(claims, key=OTHER_KEY),
    "an unknown key": lambda claims, _: token(claims, key=NEXT_KEY, kid="second"),
    "no signature": lambda claims, _: unsigned(claims),
    "an HMAC under the public key": lambda claims, _: hmac_signed(
        claims, KEY.as_pem(private=False)
    ),
    "an HMAC under the client's secret": lambda claims, _: hmac_signed(
        claims, CLIENT_SECRET.encode()
    ),
    "another audience": lambda claims, _: token({**claims, "aud": "another"}),
    "two audiences and no party": lambda claims, _: token({**claims, "aud": [CLIENT_ID, "x"]}),
    "another party": lambda claims, _: token({**claims, "azp": "another"}),
    "another issuer": lambda claims, _: token({**claims, "iss": "https://evil.example"}),
    "another nonce": lambda claims, _: token({**claims, "nonce": "another"}),
    "no nonce": lambda claims, _: token({k: v for k, v in claims.items() if k != "nonce"}),
    "an end long ago": lambda claims, now: token({**claims, "exp": now - 60}),
    "no end": lambda claims, _: token({k: v for k, v in claims.items() if k != "exp"}),
    "a beginning in the future": lambda claims, now: token({**claims, "iat": now + 62}),
    "a beginning long ago": lambda claims, now: token({**claims, "iat": now - 662}),
    "validity in the future": lambda claims, now: token({**claims, "nbf": now + 62}),
    "no subject": lambda claims, _: token({**claims, "sub": ""}),
    "a subject that is a number": lambda claims, _: token({**claims, "sub": 7}),
    "no token": lambda _, __: "",
    "nonsense": lambda _, __: "a.b.c",
    "far too much": lambda claims, _: token({**claims, "padding": "x" * 20_000}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_token_signs_nobody_in(
    page: httpx.AsyncClient,
    ready: Forger,
    person: PersonForTests,
    clock: FixedClock,
    forgery: str,
) -> None:
    now = int(clock.now().timestamp())
    ready.make_token = lambda asked: FORGERIES[forgery](
        good(asked, ready, person, clock.now()), now
    )
    assert await outcome(page, ready, person) == 401
    assert (await page.get(CURRENT)).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"iat": 58},
        {"exp": -58},
        {"aud": [CLIENT_ID]},
        {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID},
    ],
    ids=str,
)
async def test_an_honest_token_signs_in_with_a_clock_a_minute_off(
    page: httpx.AsyncClient,
    ready: Forger,
    person: PersonForTests,
    clock: FixedClock,
    change: Claims,
) -> None:
    now = int(clock.now().timestamp())
    moved = {k: v + now if k in ("iat", "exp") else v for k, v in change.items()}
    ready.make_token = lambda asked: token(good(asked, ready, person, clock.now()) | moved)
    assert await outcome(page, ready, person) == 302
    assert (await page.get(CURRENT)).json()["principal_id"] == str(person.id)


async def test_the_code_is_traded_with_the_verifier_of_its_challenge(
    page: httpx.AsyncClient, ready: Forger, person: PersonForTests, clock: FixedClock
) -> None:
    ready.make_token = lambda asked: token(good(asked, ready, person, clock.now()))
    assert await outcome(page, ready, person) == 302
    digest = hashlib.sha256(ready.traded["code_verifier"].encode()).digest()
    assert ready.asked["code_challenge"] == base64_text(digest)
    assert ready.traded["redirect_uri"] == CALLBACK


async def test_keys_that_the_provider_has_changed_are_asked_for_but_not_for_every_forgery(
    page: httpx.AsyncClient, ready: Forger, person: PersonForTests, clock: FixedClock
) -> None:
    ready.make_token = lambda asked: token(good(asked, ready, person, clock.now()))
    assert await outcome(page, ready, person) == 302
    ready.published = [NEXT_KEY]
    ready.make_token = lambda asked: token(
        good(asked, ready, person, clock.now()), key=NEXT_KEY, kid="second"
    )
    assert await outcome(page, ready, person) == 401
    assert ready.key_requests == 1
    clock.move(dt.timedelta(minutes=1))
    assert await outcome(page, ready, person) == 302
    assert ready.key_requests == 2
    ready.make_token = lambda asked: token(good(asked, ready, person, clock.now()))
    assert [await outcome(page, ready, person) for _ in range(3)] == [401] * 3
    assert ready.key_requests == 2


async def test_a_provider_that_hangs_is_not_waited_for(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    company: CompanyForTests,
    hanging: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(directory, "PATIENCE_SECONDS", 0.2)
    await bring(client, hanging)
    answer = await page.get(f"/api/v1/sign-in/{company.slug}")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/provider-unavailable")


async def test_a_provider_inside_a_private_network_is_not_called(
    client: httpx.AsyncClient, page: httpx.AsyncClient, forger: Forger, company: CompanyForTests
) -> None:
    await bring(client, forger.issuer.replace("http://localhost", "https://127.0.0.1"))
    answer = await page.get(f"/api/v1/sign-in/{company.slug}")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/provider-unavailable")


async def test_a_provider_that_is_gone_or_somebody_else_is_not_believed(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    forger: Forger,
    company: CompanyForTests,
) -> None:
    await bring(client, forger.issuer)
    forger.issuer = "http://localhost:1"
    answer = await page.get(f"/api/v1/sign-in/{company.slug}")
    assert answer.status_code == 503


async def test_a_required_provider_leaves_one_way_in_by_password(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    provider: ProviderForTests,
    storage: PostgresStorage,
    person: PersonForTests,
) -> None:
    keeper = await make_person(storage, person.company, Role.ADMINISTRATOR)
    await make_person(storage, person.company, Role.ADMINISTRATOR)
    await bring(client, provider.issuer, is_required=True, break_glass_id=str(keeper.id))
    wrong = {**person.credentials, "password": "wrong"}
    refused = [await page.post(SESSIONS, json=each) for each in (person.credentials, wrong)]
    assert [answer.status_code for answer in refused] == [401, 401]
    assert refused[0].content == refused[1].content
    assert (await page.post(SESSIONS, json=keeper.credentials)).status_code == 202
    url = f"{PEOPLE}/{keeper.id}"
    kept = [
        await client.post(f"{url}/disable", headers=keeper.unchanged),
        await client.patch(url, json={"role": "viewer"}, headers=keeper.unchanged),
    ]
    assert {answer.json()["type"] for answer in kept} == {"/problems/break-glass-needed"}
    await provider.knows(subject_of(person), email=person.email, email_verified=True)
    back = await signed_in(page, provider, person.company, subject_of(person))
    assert back.status_code == 302
