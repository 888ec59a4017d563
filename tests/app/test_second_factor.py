"""Second factors over HTTP: enrolled, used to sign in and to prove who one is, lost and reset."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import httpx
import psycopg
import pytest
from litestar import Litestar

from services.identity.authentication import (
    PersonNeeded,
    Principal,
    ReauthenticationNeeded,
    authenticate_session,
)
from services.identity.credentials import SESSION_PREFIX, parse_credential
from services.identity.recovery_codes import hash_of
from services.identity.scopes import ROLE_SCOPES
from services.identity.time_codes import code_at, step_at
from storage.embedded import RoleAddresses
from storage.filters import AccessFilter, AuditFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import PrincipalKind, Role
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests, make_company
from tests.builders.people import (
    PASSWORD,
    SECRET,
    PersonForTests,
    browser,
    make_person,
    sign_in,
)
from tests.builders.tenant_rows import bind

pytestmark = pytest.mark.anyio

SESSIONS = "/api/v1/sessions"
CURRENT = "/api/v1/sessions/current"
CODE = "/api/v1/sessions/second-factor"
PROOF = "/api/v1/sessions/current/proof"
OWN = "/api/v1/people/me/second-factor"
PEOPLE = "/api/v1/people"
STEP = dt.timedelta(seconds=30)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def administrator(storage: PostgresStorage, company: CompanyForTests) -> PersonForTests:
    return await make_person(storage, company, Role.ADMINISTRATOR)


@pytest.fixture
async def newcomer(storage: PostgresStorage, company: CompanyForTests) -> PersonForTests:
    """An administrator without a second factor."""
    return await make_person(storage, company, Role.ADMINISTRATOR, is_enrolled=False)


@pytest.fixture
async def page(application: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application) as client:
        yield client


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


@pytest.mark.parametrize("forged", ["wc_", "wc_" + "A" * 65, "text", "ws_" + "A" * 65, "wc_\x00"])
async def test_a_forged_continuation_is_over(page: httpx.AsyncClient, forged: str) -> None:
    answer = await go_on(page, forged, "123456")
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/sign-in-over")


async def test_a_continuation_holds_for_its_own_company_alone(
    page: httpx.AsyncClient,
    administrator: PersonForTests,
    addresses: RoleAddresses,
    storage: PostgresStorage,
) -> None:
    assert administrator.app is not None
    other = await make_company(addresses.owner, storage)
    continuation = await begin(page, administrator)
    moved = f"wc_{other.key[3:25]}{continuation[25:]}"
    assert (await go_on(page, moved, administrator.app.code())).status_code == 401
    assert (await go_on(page, continuation, administrator.app.code())).status_code == 201


async def test_a_continuation_expires_is_superseded_and_serves_once(
    page: httpx.AsyncClient, administrator: PersonForTests, clock: FixedClock
) -> None:
    assert administrator.app is not None
    late = await begin(page, administrator)
    clock.move(dt.timedelta(minutes=5))
    superseded = await begin(page, administrator)
    good = await begin(page, administrator)
    answers = [
        await go_on(page, continuation, administrator.app.code())
        for continuation in (late, superseded)
    ]
    clock.move(STEP)
    assert (await go_on(page, good, administrator.app.code())).status_code == 201
    answers.append(await go_on(page, good, administrator.app.code()))
    assert {answer.json()["type"] for answer in answers} == {"/problems/sign-in-over"}


@pytest.mark.parametrize("deed", ["disable", "reset-password"])
async def test_what_ends_sessions_ends_a_sign_in_that_waits_for_its_code(
    page: httpx.AsyncClient,
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    administrator: PersonForTests,
    deed: str,
) -> None:
    assert administrator.app is not None
    await make_person(storage, administrator.company, Role.ADMINISTRATOR)
    continuation = await begin(page, administrator)
    url = f"{PEOPLE}/{administrator.id}/{deed}"
    assert (await client.post(url, headers=administrator.unchanged)).status_code == 200
    over = await go_on(page, continuation, administrator.app.code())
    assert over.json()["type"] == "/problems/sign-in-over"


async def test_wrong_passwords_and_wrong_codes_lock_together_and_a_right_password_forgets_nothing(
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    administrator: PersonForTests,
    clock: FixedClock,
) -> None:
    """Else whoever knows the password could begin again before every fifth guess at the code."""
    assert administrator.app is not None
    for counted in (1, 3):
        await page.post(SESSIONS, json={**administrator.credentials, "password": "wrong"})
        assert await failures(storage, administrator) == counted
        wrong = await go_on(page, await begin(page, administrator), "000000")
        assert wrong.json()["type"] == "/problems/sign-in-code-refused"
    continuation = await begin(page, administrator)
    fifth = await go_on(page, continuation, "000000")
    assert await failures(storage, administrator) == 5
    locked = await page.post(SESSIONS, json=administrator.credentials)
    over = await go_on(page, continuation, administrator.app.code())
    assert [fifth.status_code, locked.status_code, over.status_code] == [401] * 3
    assert over.json()["type"] == "/problems/sign-in-over"
    clock.move(dt.timedelta(minutes=1))
    await sign_in(page, administrator)
    assert await failures(storage, administrator) == 0


async def test_changing_ones_password_forgets_no_wrong_code(
    page: httpx.AsyncClient, storage: PostgresStorage, administrator: PersonForTests
) -> None:
    """Else a session and its password would be worth any number of guesses at the code."""
    await sign_in(page, administrator)
    for _ in range(4):
        await page.put(PROOF, json={"password": PASSWORD, "code": "000000"})
    body = {"current_password": PASSWORD, "new_password": "another one for tests"}
    assert (await page.put(f"{PEOPLE}/me/password", json=body)).status_code == 200
    assert await failures(storage, administrator) == 4


async def test_while_somebody_is_locked_a_right_code_is_refused_like_a_wrong_one(
    page: httpx.AsyncClient, storage: PostgresStorage, administrator: PersonForTests
) -> None:
    assert administrator.app is not None
    continuation = await begin(page, administrator)
    for _ in range(5):
        await page.post(SESSIONS, json={**administrator.credentials, "password": "wrong"})
    right = await go_on(page, continuation, administrator.app.code())
    wrong = await go_on(page, continuation, "000000")
    assert (right.status_code, right.content) == (wrong.status_code, wrong.content)
    assert await failures(storage, administrator) == 5


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


async def test_the_trail_shows_what_happened_to_a_factor_and_no_secret(
    page: httpx.AsyncClient, storage: PostgresStorage, newcomer: PersonForTests, clock: FixedClock
) -> None:
    await sign_in(page, newcomer)
    secret, codes = await enrol(page, clock)
    await go_on(page, await begin(page, newcomer), codes[0])
    async with storage.transaction(newcomer.company.id, newcomer.company.actor) as store:
        trail = await store.audit_log.all(AuditFilter(recorded_by=newcomer.id))
    changes = [entry for entry in trail if entry.entity == "second_factors"]
    left = [(entry.after or {}).get("recovery_codes_left") for entry in changes]
    assert left[-2:] == [10, 9]
    everything = repr([entry.model_dump() for entry in trail])
    assert secret not in everything
    assert hash_of(codes[1]) not in everything
    assert "second_factor_since" in everything


async def test_the_record_tells_of_right_and_wrong_codes(
    page: httpx.AsyncClient, storage: PostgresStorage, administrator: PersonForTests
) -> None:
    """Who did it is known only once everything was right."""
    await go_on(page, await begin(page, administrator), "000000")
    await sign_in(page, administrator)
    async with storage.transaction(administrator.company.id, administrator.company.actor) as store:
        found = await store.api_log.all(AccessFilter(record_id=administrator.id))
    assert [(each.operation, each.outcome, each.recorded_by) for each in found] == [
        ("sign_in", 202, administrator.id),
        ("complete_sign_in", 401, SYSTEM_ACTOR_ID),
        ("sign_in", 202, administrator.id),
        ("complete_sign_in", 201, administrator.id),
    ]


async def test_what_is_kept_of_a_factor_lets_nobody_make_its_codes(
    page: httpx.AsyncClient,
    addresses: RoleAddresses,
    newcomer: PersonForTests,
    clock: FixedClock,
) -> None:
    await sign_in(page, newcomer)
    secret, codes = await enrol(page, clock)
    await page.put(PROOF, json={"password": PASSWORD, "code": codes[9]})
    offered = (await page.post(OWN)).json()["secret"]
    with psycopg.connect(addresses.owner) as connection:
        bind(connection, newcomer.company.id)
        row = connection.execute(
            "SELECT secret, offered_secret, to_jsonb(f)::text FROM second_factors AS f"
            " WHERE person_id = %s",
            [newcomer.id],
        ).fetchone()
    assert row is not None
    kept = b"".join((row[0], row[1], row[2].encode()))
    for hidden in (secret, offered, *codes):
        assert hidden.encode() not in kept
