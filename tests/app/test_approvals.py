"""Second persons over HTTP: asking, deciding, and who cannot."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from litestar import Litestar

from app.server import Routes
from app.settings import Settings
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import LedgerAccount
from storage.vocabulary.identity import Role
from tests.builders.books import Books
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests, make_key
from tests.builders.keys import KEYRING
from tests.builders.people import browser, colleagues, make_person, prove, sign_in
from tests.builders.remittance_files import Claim

pytestmark = pytest.mark.anyio

APPROVALS = "/api/v1/approvals"
THRESHOLDS = "/api/v1/approval-thresholds"
WHY = {"reason": "the payer asked for it in writing"}
NOTE = {"note": "I have seen the letter"}


@pytest.fixture
def clock() -> FixedClock:
    """It stands still, so that no code goes out of date while it is typed."""
    return FixedClock()


@pytest.fixture
async def people(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Three administrators, signed in."""
    async with signed_in(application, storage, company, *[Role.ADMINISTRATOR] * 3) as clients:
        yield clients


@asynccontextmanager
async def signed_in(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests, *roles: Role
) -> AsyncIterator[list[httpx.AsyncClient]]:
    async with colleagues(application, storage, company, *roles) as found:
        yield [each.client for each in found]


async def hold(client: httpx.AsyncClient) -> str:
    """A new legal hold's address."""
    placed = await client.post("/api/v1/legal-holds", json={"reason": "Litigation 26-104"})
    return placed.headers["Location"]


async def ask_for_release(client: httpx.AsyncClient, url: str) -> str:
    """Ask for the release of a hold; where the request is."""
    asked = await client.post(f"{url}/release", json=WHY, headers={"If-Match": '"1"'})
    assert asked.status_code == 202, asked.text
    assert asked.json()["released_at"] is None
    return asked.headers["Location"]


async def decide(
    client: httpx.AsyncClient,
    url: str,
    verdict: str,
    body: object = NOTE,
    *,
    version: int = 1,
) -> httpx.Response:
    return await client.post(f"{url}/{verdict}", json=body, headers={"If-Match": f'"{version}"'})


async def status_of(client: httpx.AsyncClient, url: str) -> str:
    return str((await client.get(url)).json()["approval"]["status"])


async def want(client: httpx.AsyncClient, version: int = 0, **threshold: object) -> httpx.Response:
    return await client.put(THRESHOLDS, json=threshold, headers={"If-Match": f'"{version}"'})


async def test_a_hold_is_released_by_a_second_administrator(
    people: list[httpx.AsyncClient],
) -> None:
    places, asks, decides = people
    url = await hold(places)
    request = await ask_for_release(asks, url)
    for hand in (places, asks):
        refused = await decide(hand, request, "approve")
        assert (refused.status_code, refused.json()["type"]) == (
            403,
            "/problems/second-person-needed",
        )
    assert (await asks.get(url)).json()["released_at"] is None
    approved = await decide(decides, request, "approve")
    assert (approved.status_code, approved.json()["status"]) == (200, "approved")
    released = (await asks.get(url)).json()
    assert (released["release_reason"], released["released_at"] is None) == (WHY["reason"], False)
    detail = (await asks.get(request)).json()
    assert [(d["verdict"], d["note"]) for d in detail["decisions"]] == [("approve", NOTE["note"])]
    assert "company_id" not in detail["approval"].keys() | detail["decisions"][0].keys()


async def test_a_sole_administrator_releases_a_hold_alone(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> None:
    async with signed_in(application, storage, company, Role.ADMINISTRATOR) as (alone,):
        url = await hold(alone)
        released = await alone.post(f"{url}/release", json=WHY, headers={"If-Match": '"1"'})
        assert (released.status_code, released.json()["release_reason"]) == (200, WHY["reason"])


async def test_a_key_neither_asks_nor_decides_nor_withdraws(
    client: httpx.AsyncClient, people: list[httpx.AsyncClient]
) -> None:
    url = await hold(people[0])
    asked = await client.post(f"{url}/release", json=WHY, headers={"If-Match": '"1"'})
    assert (asked.status_code, asked.json()["type"]) == (403, "/problems/person-needed")
    request = await ask_for_release(people[1], url)
    for verdict in ("approve", "refuse", "withdraw"):
        refused = await decide(client, request, verdict)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/person-needed")
    assert await status_of(client, request) == "requested"


async def test_whoever_made_the_key_that_did_it_cannot_decide_about_it(
    application: Litestar, people: list[httpx.AsyncClient]
) -> None:
    owns_key, asks, decides = people
    made = await owns_key.post(
        "/api/v1/keys", json={"name": "script", "scopes": ["company:manage", "audit:read"]}
    )
    async with browser(application) as script:
        script.headers["Authorization"] = f"Bearer {made.json()['secret']}"
        url = await hold(script)
    request = await ask_for_release(asks, url)
    refused = await decide(owns_key, request, "approve")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/second-person-needed")
    assert (await decide(decides, request, "approve")).status_code == 200


async def test_deciding_takes_a_proof_of_just_now(
    application: Litestar,
    storage: PostgresStorage,
    company: CompanyForTests,
    people: list[httpx.AsyncClient],
) -> None:
    request = await ask_for_release(people[1], await hold(people[0]))
    person = await make_person(storage, company, Role.ADMINISTRATOR)
    async with browser(application) as decides:
        await sign_in(decides, person)
        for verdict in ("approve", "refuse"):
            refused = await decide(decides, request, verdict)
            assert (refused.status_code, refused.json()["type"]) == (
                403,
                "/problems/reauthentication-needed",
            )
        await prove(decides, person)
        assert (await decide(decides, request, "approve")).status_code == 200


async def test_a_refusal_says_why_and_ends_it(people: list[httpx.AsyncClient]) -> None:
    places, asks, decides = people
    url = await hold(places)
    request = await ask_for_release(asks, url)
    assert (await decide(decides, request, "refuse", {})).status_code == 422
    refused = await decide(decides, request, "refuse")
    assert (refused.status_code, refused.json()["status"]) == (200, "refused")
    for verdict in ("approve", "refuse", "withdraw"):
        late = await decide(decides, request, verdict, version=2)
        assert (late.status_code, late.json()["state"], late.json()["legal"]) == (
            409,
            "refused",
            [],
        )
    assert (await asks.get(url)).json()["released_at"] is None
    again = await ask_for_release(asks, url)
    assert again != request


async def test_only_whoever_asked_withdraws_it(people: list[httpx.AsyncClient]) -> None:
    places, asks, decides = people
    request = await ask_for_release(asks, await hold(places))
    refused = await decide(decides, request, "withdraw")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-the-requester")
    withdrawn = await decide(asks, request, "withdraw")
    assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "withdrawn")


async def test_one_thing_about_an_item_waits_at_a_time(people: list[httpx.AsyncClient]) -> None:
    places, asks, decides = people
    url = await hold(places)
    request = await ask_for_release(asks, url)
    again = await decides.post(f"{url}/release", json=WHY, headers={"If-Match": '"1"'})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-asked")
    assert again.json()["approval_id"] == request.rpartition("/")[2]


async def test_each_sees_what_is_left_to_them(people: list[httpx.AsyncClient]) -> None:
    places, asks, decides = people
    request = await ask_for_release(asks, await hold(places))

    async def left_to(client: httpx.AsyncClient) -> list[str]:
        found = await client.get(APPROVALS, params={"is_left_to_me": True})
        return [each["id"] for each in found.json()["items"]]

    assert await left_to(decides) == [request.rpartition("/")[2]]
    assert await left_to(places) == await left_to(asks) == []
    await decide(decides, request, "approve")
    assert await left_to(decides) == []
    closed = await asks.get(APPROVALS, params={"status": "approved", "kind": "legal_hold_release"})
    assert [each["id"] for each in closed.json()["items"]] == [request.rpartition("/")[2]]


async def test_two_who_decide_at_once_decide_once(people: list[httpx.AsyncClient]) -> None:
    places, asks, _ = people
    url = await hold(places)
    request = await ask_for_release(asks, url)
    answers = await asyncio.gather(
        decide(people[2], request, "approve"), decide(people[2], request, "refuse")
    )
    assert sorted(each.status_code for each in answers) == [200, 409]
    (loser,) = (each for each in answers if each.status_code == 409)
    assert loser.json()["legal"] == []
    released = (await asks.get(url)).json()["released_at"] is not None
    assert released == (await status_of(asks, request) == "approved")


async def test_a_quorum_takes_so_many_people_and_each_once(
    people: list[httpx.AsyncClient],
) -> None:
    places, first, second = people
    changed = await want(first, kind="legal_hold_release", rule="always", quorum=2)
    assert changed.status_code == 200, changed.text
    url = await hold(places)
    request = await ask_for_release(places, url)
    one = await decide(first, request, "approve")
    assert (one.json()["status"], one.json()["approved_count"]) == ("requested", 1)
    twice = await decide(first, request, "approve", version=2)
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/decided-once")
    assert (await first.get(url)).json()["released_at"] is None
    two = await decide(second, request, "approve", version=2)
    assert (two.json()["status"], two.json()["approved_count"]) == ("approved", 2)
    assert (await first.get(url)).json()["released_at"] is not None


async def test_a_decision_names_the_version_that_was_read(people: list[httpx.AsyncClient]) -> None:
    places, asks, decides = people
    request = await ask_for_release(asks, await hold(places))
    assert (await decides.post(f"{request}/approve", json={})).status_code == 428
    assert (await decide(decides, request, "approve", version=7)).status_code == 412


async def test_deciding_takes_the_scope_of_the_step(
    application: Litestar,
    storage: PostgresStorage,
    company: CompanyForTests,
    people: list[httpx.AsyncClient],
) -> None:
    request = await ask_for_release(people[1], await hold(people[0]))
    async with signed_in(application, storage, company, Role.RCM_MANAGER) as (manager,):
        refused = await decide(manager, request, "approve")
        assert (refused.status_code, refused.json()["scope"]) == (403, "company:manage")
        left = await manager.get(APPROVALS, params={"is_left_to_me": True})
        assert left.json()["items"] == []


async def test_what_changed_meanwhile_is_not_approved_and_its_request_is_void(
    people: list[httpx.AsyncClient], storage: PostgresStorage, company: CompanyForTests
) -> None:
    places, asks, decides = people
    url = await hold(places)
    request = await ask_for_release(asks, url)
    async with storage.transaction(company.id, company.actor) as store:
        held = await store.legal_holds.get(_id(url))
        await store.legal_holds.update(held.id, {"reason": "Litigation 26-105"}, expected_version=1)
    late = await decide(decides, request, "approve")
    assert (late.status_code, late.json()["type"]) == (409, "/problems/decision-too-late")
    assert (late.json()["state"], late.json()["legal"]) == ("void", [])
    assert await status_of(asks, request) == "void"
    assert (await asks.get(url)).json()["released_at"] is None
    again = await asks.post(f"{url}/release", json=WHY, headers={"If-Match": '"2"'})
    assert again.status_code == 202


async def test_after_its_time_nothing_is_decided(
    routes: Routes, addresses: RoleAddresses, vault: FileVault, company: CompanyForTests
) -> None:
    clock = FixedClock()
    storage = PostgresStorage(addresses.app, clock=clock, keyring=KEYRING)
    await storage.open()
    application = routes.serving(Settings(), storage, vault)
    try:
        roles = [Role.ADMINISTRATOR] * 2
        async with signed_in(application, storage, company, *roles) as (asks, _):
            url = await hold(asks)
            request = await ask_for_release(asks, url)
            clock.move(dt.timedelta(days=7))
            async with signed_in(application, storage, company, *roles) as (decides, again):
                late = await decide(decides, request, "approve")
                assert (late.status_code, late.json()["state"]) == (409, "expired")
                assert await status_of(decides, request) == "expired"
                assert (await decides.get(url)).json()["released_at"] is None
                assert await ask_for_release(again, url) != request
    finally:
        await storage.close()


async def test_a_return_above_the_companys_amount_waits_for_a_second_person(
    application: Litestar,
    storage: PostgresStorage,
    vault: FileVault,
    company: CompanyForTests,
    people: list[httpx.AsyncClient],
) -> None:
    books = await Books.open(storage, vault, company)
    await books.pay(Claim(patient_control_number="NOBODY"))  # 80.00
    (exception,) = await books.exceptions()
    url = f"/api/v1/remittance-exceptions/{exception.id}"
    set_to = await want(people[0], kind="remittance_return", rule="from_amount", amount_cents=8_000)
    assert set_to.json()["version"] == 1
    managers = [Role.RCM_MANAGER] * 2
    async with signed_in(application, storage, company, *managers) as (asks, decides):
        asked = await asks.post(f"{url}/return", json=WHY, headers={"If-Match": '"1"'})
        assert (asked.status_code, asked.json()["status"]) == (202, "open")
        assert await books.account(LedgerAccount.REFUND_PAYABLE) == 0
        own = await decide(asks, asked.headers["Location"], "approve")
        assert own.status_code == 403
        approved = await decide(decides, asked.headers["Location"], "approve")
        assert (approved.status_code, approved.json()["amount_cents"]) == (200, 8_000)
        returned = (await asks.get(url)).json()
        assert (returned["status"], returned["resolution_note"]) == ("returned", WHY["reason"])
        assert await books.account(LedgerAccount.REFUND_PAYABLE) == -8_000
    await books.assert_sound()


async def test_below_the_amount_one_person_returns_it(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    vault: FileVault,
    company: CompanyForTests,
    people: list[httpx.AsyncClient],
) -> None:
    books = await Books.open(storage, vault, company)
    await books.pay(Claim(patient_control_number="NOBODY"))
    (exception,) = await books.exceptions()
    await want(people[0], kind="remittance_return", rule="from_amount", amount_cents=8_001)
    url = f"/api/v1/remittance-exceptions/{exception.id}/return"
    returned = await client.post(url, json=WHY, headers={"If-Match": '"1"'})
    assert (returned.status_code, returned.json()["status"]) == (200, "returned")


async def test_work_on_an_item_makes_the_request_about_it_void(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    vault: FileVault,
    company: CompanyForTests,
    people: list[httpx.AsyncClient],
) -> None:
    books = await Books.open(storage, vault, company)
    await books.pay(Claim(patient_control_number="NOBODY"))
    (exception,) = await books.exceptions()
    await want(people[0], kind="remittance_return", rule="always")
    url = f"/api/v1/remittance-exceptions/{exception.id}"
    asked = await people[1].post(f"{url}/return", json=WHY, headers={"If-Match": '"1"'})
    rejected = await client.post(f"{url}/reject", json=WHY, headers={"If-Match": '"1"'})
    assert rejected.status_code == 200
    assert await status_of(client, asked.headers["Location"]) == "void"


async def test_thresholds_are_the_companys_and_changed_by_those_who_manage_it(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    other_company: CompanyForTests,
) -> None:
    kinds = {each["kind"]: each for each in (await client.get(THRESHOLDS)).json()["items"]}
    assert {kind: (each["rule"], each["version"]) for kind, each in kinds.items()} == {
        "remittance_release": ("always", 0),
        "remittance_return": ("never", 0),
        "remittance_acceptance": ("never", 0),
        "company_deletion": ("always", 0),
        "legal_hold_release": ("when_possible", 0),
        "write_off": ("from_amount", 0),
        "refund": ("always", 0),
        "late_appeal": ("always", 0),
        "appeal_packet": ("always", 0),
        "policy_approval": ("always", 0),
        "risk_assessment_approval": ("always", 0),
        "risk_acceptance": ("always", 0),
        "requirement_not_applicable": ("always", 0),
        "finding_acceptance": ("always", 0),
    }
    key, _ = await make_key(storage, company.id, scopes=())
    refused = await client.put(
        THRESHOLDS,
        json={"kind": "remittance_return", "rule": "always"},
        headers={"If-Match": '"0"', "Authorization": f"Bearer {key}"},
    )
    assert refused.status_code == 403
    fixed = await want(client, kind="remittance_release", rule="never")
    assert (fixed.status_code, fixed.json()["type"]) == (409, "/problems/threshold-fixed")
    unclear = await want(client, kind="remittance_return", rule="from_amount")
    assert unclear.json()["errors"][0]["pointer"] == "/amount_cents"
    first = await want(client, kind="remittance_return", rule="always")
    stale = await want(client, kind="remittance_return", rule="never")
    then = await want(client, 1, kind="remittance_return", rule="never")
    assert [each.status_code for each in (first, stale, then)] == [200, 412, 200]
    trail = await client.get("/api/v1/audit-log", params={"entity": "approval_thresholds"})
    assert [each["after"]["rule"] for each in trail.json()["items"]] == ["never", "always"]
    theirs = (await client.get(THRESHOLDS, headers=other_company.headers)).json()["items"]
    assert {each["version"] for each in theirs} == {0}


async def test_requests_of_another_company_are_not_found(
    application: Litestar,
    storage: PostgresStorage,
    other_company: CompanyForTests,
    people: list[httpx.AsyncClient],
) -> None:
    request = await ask_for_release(people[1], await hold(people[0]))
    async with signed_in(application, storage, other_company, Role.ADMINISTRATOR) as (stranger,):
        for verdict in ("approve", "refuse", "withdraw"):
            foreign = await decide(stranger, request, verdict)
            absent = await decide(stranger, f"{APPROVALS}/{new_id()}", verdict)
            assert (foreign.status_code, foreign.content) == (404, absent.content)


def _id(url: str) -> object:
    return url.rpartition("/")[2]
