"""People over HTTP."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from services.identity.scopes import Scope
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.companies import CompanyForTests, make_key
from tests.builders.people import PASSWORD, PersonForTests, browser, make_person, sign_in

pytestmark = pytest.mark.anyio

PEOPLE = "/api/v1/people"
OWN_PASSWORD = "/api/v1/people/me/password"
CURRENT = "/api/v1/sessions/current"
ADA = {"email": "Ada@Example.org", "name": "Ada", "role": "rcm_staff"}
ADA_BY_HAND = {**ADA, "with_one_time_password": True}
FIRST = {"If-Match": '"1"'}
NEW_PASSWORD = "another one for tests"


@pytest.fixture
async def person(storage: PostgresStorage, company: CompanyForTests) -> PersonForTests:
    return await make_person(storage, company)


@pytest.fixture
async def page(application: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application) as client:
        yield client


async def headers_of(
    storage: PostgresStorage, company: CompanyForTests, *scopes: Scope
) -> dict[str, str]:
    key, _ = await make_key(storage, company.id, scopes=scopes)
    return {"Authorization": f"Bearer {key}"}


async def test_a_new_person_signs_in_with_a_one_time_password_and_must_choose_their_own(
    client: httpx.AsyncClient, page: httpx.AsyncClient, company: CompanyForTests
) -> None:
    created = await client.post(PEOPLE, json=ADA_BY_HAND)
    one_time = created.json()["one_time_password"]
    answer = await page.post(
        "/api/v1/sessions",
        json={"company": company.slug, "email": "ada@example.org", "password": one_time},
    )
    assert answer.json()["who"]["must_choose_password"]
    refused = await page.get("/api/v1/payers")
    chosen = await page.put(
        OWN_PASSWORD,
        json={"current_password": one_time, "new_password": NEW_PASSWORD},
        headers={"X-CSRF-Token": answer.json()["csrf_token"]},
    )
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/password-change-due")
    assert chosen.status_code == 200
    assert (await page.get("/api/v1/payers")).status_code == 200


async def test_a_person_can_be_read_back_without_any_secret(client: httpx.AsyncClient) -> None:
    created = await client.post(PEOPLE, json=ADA)
    read = await client.get(created.headers["Location"])
    assert created.status_code == 201
    assert read.json() == created.json()["person"]
    assert read.json()["email"] == "ada@example.org"
    assert read.headers["ETag"] == created.headers["ETag"] == '"1"'
    assert "password_hash" not in read.text
    assert read.json()["id"] in [row["id"] for row in (await client.get(PEOPLE)).json()["items"]]


async def test_the_answer_with_a_password_is_not_repeated(client: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "once"}
    created = await client.post(PEOPLE, json=ADA_BY_HAND, headers=key)
    again = await client.post(PEOPLE, json=ADA_BY_HAND, headers=key)
    assert created.headers["Cache-Control"] == "no-store"
    assert (again.status_code, again.json()["type"]) == (409, "/problems/answer-not-kept")
    assert again.json()["resource"] == created.headers["Location"]


async def test_an_address_belongs_to_one_person_of_a_company(
    client: httpx.AsyncClient, other_company: CompanyForTests
) -> None:
    assert (await client.post(PEOPLE, json=ADA)).status_code == 201
    again = await client.post(PEOPLE, json={**ADA, "email": " ada@example.org"})
    elsewhere = await client.post(PEOPLE, json=ADA, headers=other_company.headers)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/email-taken")
    assert elsewhere.status_code == 201


@pytest.mark.parametrize(
    "fault",
    [{"email": "ada"}, {"email": "a\x00@b"}, {"name": ""}, {"role": "owner"}, {"scopes": ["x"]}],
)
async def test_what_is_not_a_person_is_refused(
    client: httpx.AsyncClient, fault: dict[str, object]
) -> None:
    assert (await client.post(PEOPLE, json={**ADA, **fault})).status_code == 422


async def test_another_company_finds_nobody(
    client: httpx.AsyncClient, person: PersonForTests, other_company: CompanyForTests
) -> None:
    url, theirs = f"{PEOPLE}/{person.id}", {**other_company.headers, **FIRST}
    answers = [
        await client.get(url, headers=theirs),
        await client.patch(url, json={"name": "X"}, headers=theirs),
        await client.post(f"{url}/disable", headers=theirs),
        await client.post(f"{url}/enable", headers=theirs),
        await client.post(f"{url}/reset-password", headers=theirs),
    ]
    assert {answer.status_code for answer in answers} == {404}
    listed = await client.get(PEOPLE, headers=other_company.headers)
    assert listed.json()["items"] == []


async def test_reading_people_does_not_allow_to_manage_them(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    person: PersonForTests,
) -> None:
    url = f"{PEOPLE}/{person.id}"
    reader = {**await headers_of(storage, company, Scope.PEOPLE_READ), **FIRST}
    nobody = await headers_of(storage, company, Scope.PAYERS_READ)
    changes = [
        await client.post(PEOPLE, json=ADA, headers=reader),
        await client.patch(url, json={"name": "X"}, headers=reader),
        await client.post(f"{url}/disable", headers=reader),
        await client.post(f"{url}/enable", headers=reader),
        await client.post(f"{url}/reset-password", headers=reader),
    ]
    assert {change.status_code for change in changes} == {403}
    assert (await client.get(url, headers=reader)).status_code == 200
    assert (await client.get(url, headers=nobody)).status_code == 403
    assert (await client.get(PEOPLE, headers=nobody)).status_code == 403


async def test_nobody_grants_or_takes_over_a_role_with_scopes_that_they_lack(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    administrator = await make_person(storage, company, Role.ADMINISTRATOR)
    viewer = await make_person(storage, company, Role.VIEWER)
    clerk = await headers_of(
        storage,
        company,
        Scope.PEOPLE_MANAGE,
        Scope.COMPANY_READ,
        Scope.PAYERS_READ,
        Scope.STATISTICS_READ,
    )
    same, theirs = {**clerk, **viewer.unchanged}, {**clerk, **administrator.unchanged}
    refused = [
        await client.post(PEOPLE, json={**ADA, "role": "administrator"}, headers=clerk),
        await client.patch(f"{PEOPLE}/{viewer.id}", json={"role": "administrator"}, headers=same),
        await client.post(f"{PEOPLE}/{administrator.id}/reset-password", headers=theirs),
        await client.post(f"{PEOPLE}/{administrator.id}/enable", headers=theirs),
        await client.patch(f"{PEOPLE}/{administrator.id}", json={"name": "X"}, headers=theirs),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert {answer.json()["type"] for answer in refused} == {"/problems/privilege-too-high"}
    assert "keys:manage" in refused[0].json()["lacking"]
    granted = await client.post(PEOPLE, json={**ADA, "role": "viewer"}, headers=clerk)
    assert granted.status_code == 201


async def test_a_new_role_holds_from_the_next_request_on(
    client: httpx.AsyncClient, page: httpx.AsyncClient, person: PersonForTests
) -> None:
    await sign_in(page, person)
    assert (await page.get("/api/v1/claims")).status_code == 403
    changed = await client.patch(
        f"{PEOPLE}/{person.id}", json={"role": "rcm_staff", "name": "Grace"}, headers=FIRST
    )
    who = (await page.get(CURRENT)).json()
    assert (changed.json()["role"], changed.json()["name"]) == ("rcm_staff", "Grace")
    assert "claims:read" in who["scopes"]


async def test_a_change_needs_the_version_that_was_read(
    client: httpx.AsyncClient, person: PersonForTests
) -> None:
    url = f"{PEOPLE}/{person.id}"
    stale = {"If-Match": '"9"'}
    for path in ("/disable", "/enable", "/reset-password"):
        assert (await client.post(url + path)).status_code == 428
        assert (await client.post(url + path, headers=stale)).status_code == 412
    assert (await client.patch(url, json={"name": "X"})).status_code == 428
    assert (await client.patch(url, json={"name": "X"}, headers=stale)).status_code == 412
    assert (await client.get(url)).headers["ETag"] == '"1"'


async def test_disabling_ends_every_session_and_enabling_lets_sign_in_again(
    client: httpx.AsyncClient, page: httpx.AsyncClient, person: PersonForTests
) -> None:
    await sign_in(page, person)
    disabled = await client.post(f"{PEOPLE}/{person.id}/disable", headers=FIRST)
    assert disabled.json()["disabled_at"] is not None
    assert (await page.get(CURRENT)).status_code == 401
    assert (await page.post("/api/v1/sessions", json=person.credentials)).status_code == 401
    tag = {"If-Match": disabled.headers["ETag"]}
    enabled = await client.post(f"{PEOPLE}/{person.id}/enable", headers=tag)
    assert enabled.json()["disabled_at"] is None
    assert (await page.get(CURRENT)).status_code == 401
    assert (await sign_in(page, person)).status_code == 201


async def test_the_last_administrator_stays(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    first = await make_person(storage, company, Role.ADMINISTRATOR)
    second = await make_person(storage, company, Role.ADMINISTRATOR)
    viewer = {"role": "viewer"}
    demoted = await client.patch(f"{PEOPLE}/{first.id}", json=viewer, headers=first.unchanged)
    refused = [
        await client.patch(f"{PEOPLE}/{second.id}", json=viewer, headers=second.unchanged),
        await client.post(f"{PEOPLE}/{second.id}/disable", headers=second.unchanged),
    ]
    assert demoted.status_code == 200
    assert [answer.status_code for answer in refused] == [409, 409]
    assert refused[0].json()["type"] == "/problems/last-administrator"


async def test_two_administrators_cannot_leave_at_the_same_time(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    pair = [await make_person(storage, company, Role.ADMINISTRATOR) for _ in range(2)]
    answers = await asyncio.gather(
        *(client.post(f"{PEOPLE}/{one.id}/disable", headers=one.unchanged) for one in pair)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_an_administrator_gives_a_forgetful_person_a_one_time_password(
    client: httpx.AsyncClient, page: httpx.AsyncClient, person: PersonForTests
) -> None:
    await sign_in(page, person)
    reset = await client.post(f"{PEOPLE}/{person.id}/reset-password", headers=FIRST)
    given = {**person.credentials, "password": reset.json()["one_time_password"]}
    assert reset.headers["Cache-Control"] == "no-store"
    assert (await page.get(CURRENT)).status_code == 401
    assert (await page.post("/api/v1/sessions", json=person.credentials)).status_code == 401
    signed_in = await page.post("/api/v1/sessions", json=given)
    assert signed_in.json()["who"]["must_choose_password"]


async def test_choosing_a_password_ends_ones_other_sessions(
    application: Litestar, page: httpx.AsyncClient, person: PersonForTests
) -> None:
    await sign_in(page, person)
    async with browser(application) as other:
        await sign_in(other, person)
        changed = await page.put(
            OWN_PASSWORD, json={"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        )
        assert changed.status_code == 200
        assert (await page.get(CURRENT)).status_code == 200
        assert (await other.get(CURRENT)).status_code == 401


async def test_a_wrong_current_password_counts_as_a_failure_to_sign_in(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    storage: PostgresStorage,
    person: PersonForTests,
) -> None:
    await sign_in(page, person)
    async with storage.transaction(person.company.id, person.company.actor) as store:
        await store.people.update(person.id, {"failed_sign_ins": 4}, expected_version=1)
    body = {"current_password": "wrong", "new_password": NEW_PASSWORD}
    wrong = await page.put(OWN_PASSWORD, json=body)
    locked = await page.put(OWN_PASSWORD, json={**body, "current_password": PASSWORD})
    assert (wrong.status_code, wrong.content) == (locked.status_code, locked.content)
    assert wrong.status_code == 403
    assert (await client.get(f"{PEOPLE}/{person.id}")).json()["failed_sign_ins"] == 5


@pytest.mark.parametrize("new", ["too short", "a" * 129, PASSWORD])
async def test_a_password_that_breaks_the_rule_is_not_chosen(
    page: httpx.AsyncClient, person: PersonForTests, new: str
) -> None:
    await sign_in(page, person)
    answer = await page.put(OWN_PASSWORD, json={"current_password": PASSWORD, "new_password": new})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/new_password"]


async def test_a_key_has_no_password_of_its_own(client: httpx.AsyncClient) -> None:
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    answer = await client.put(OWN_PASSWORD, json=body)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/person-needed")


async def test_people_are_listed_by_role_and_state(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    auditor = await make_person(storage, company, Role.AUDITOR)
    viewer = await make_person(storage, company, Role.VIEWER)
    await client.post(f"{PEOPLE}/{viewer.id}/disable", headers=FIRST)
    auditors = (await client.get(PEOPLE, params={"role": "auditor"})).json()["items"]
    disabled = (await client.get(PEOPLE, params={"is_enabled": "false"})).json()["items"]
    assert [row["id"] for row in auditors] == [str(auditor.id)]
    assert [row["id"] for row in disabled] == [str(viewer.id)]
