"""Roles that companies define, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from services.identity.scopes import ROLE_SCOPES, Scope
from storage.errors import ConstraintRefused
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage, PostgresStore
from storage.vocabulary.identity import Role
from tests.builders.companies import CompanyForTests, make_key
from tests.builders.people import PersonForTests, browser, make_person, sign_in

pytestmark = pytest.mark.anyio

ROLES = "/api/v1/roles"
PEOPLE = "/api/v1/people"
CURRENT = "/api/v1/sessions/current"
FRONT_DESK = {"name": "Front desk", "scopes": ["patients:read", "patients:write"]}
FIRST = {"If-Match": '"1"'}


@pytest.fixture
async def page(application: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application) as client:
        yield client


@pytest.fixture
async def person(storage: PostgresStorage, company: CompanyForTests) -> PersonForTests:
    return await make_person(storage, company)


async def headers_of(
    storage: PostgresStorage, company: CompanyForTests, *scopes: Scope
) -> dict[str, str]:
    key, _ = await make_key(storage, company.id, scopes=scopes)
    return {"Authorization": f"Bearer {key}"}


async def define(client: httpx.AsyncClient, *scopes: str, name: str = "Front desk") -> str:
    """A role; its id."""
    answer = await client.post(ROLES, json={"name": name, "scopes": scopes})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def give(
    client: httpx.AsyncClient, person: PersonForTests, role_id: str, *, version: int | None = None
) -> httpx.Response:
    return await client.patch(
        f"{PEOPLE}/{person.id}",
        json={"role_id": role_id},
        headers=person.unchanged if version is None else {"If-Match": f'"{version}"'},
    )


async def test_a_person_may_do_what_their_companys_role_says(
    client: httpx.AsyncClient, page: httpx.AsyncClient, person: PersonForTests
) -> None:
    role_id = await define(client, "patients:read")
    given = await give(client, person, role_id)
    signed_in = await sign_in(page, person)
    assert (given.json()["role"], given.json()["role_id"]) == (None, role_id)
    assert signed_in.json()["who"]["scopes"] == ["patients:read"]
    assert (await page.get("/api/v1/patients")).status_code == 200
    assert (await page.get("/api/v1/payers")).status_code == 403


async def test_a_changed_role_holds_from_the_next_request_on(
    client: httpx.AsyncClient, page: httpx.AsyncClient, person: PersonForTests
) -> None:
    role_id = await define(client, "patients:read")
    await give(client, person, role_id)
    await sign_in(page, person)
    changed = await client.patch(
        f"{ROLES}/{role_id}", json={"scopes": ["payers:read"]}, headers=FIRST
    )
    assert changed.json()["scopes"] == ["payers:read"]
    assert (await page.get(CURRENT)).json()["scopes"] == ["payers:read"]
    assert (await page.get("/api/v1/patients")).status_code == 403
    assert (await page.get("/api/v1/payers")).status_code == 200


async def test_a_role_can_be_read_back_listed_and_removed(client: httpx.AsyncClient) -> None:
    created = await client.post(ROLES, json={**FRONT_DESK, "description": "Registers patients"})
    url = created.headers["Location"]
    read = await client.get(url)
    assert read.json() == created.json() == (await client.get(ROLES)).json()["items"][0]
    assert read.headers["ETag"] == created.headers["ETag"] == '"1"'
    assert (await client.delete(url)).status_code == 428
    assert (await client.delete(url, headers={"If-Match": '"2"'})).status_code == 412
    assert (await client.delete(url, headers=FIRST)).status_code == 204
    assert (await client.get(url)).status_code == 404


async def test_a_name_belongs_to_one_role_of_a_company(
    client: httpx.AsyncClient, other_company: CompanyForTests
) -> None:
    await define(client, "patients:read")
    other = await client.post(ROLES, json={**FRONT_DESK, "name": "Back office"})
    again = await client.post(ROLES, json=FRONT_DESK)
    renamed = await client.patch(
        other.headers["Location"], json={"name": "Front desk"}, headers=FIRST
    )
    elsewhere = await client.post(ROLES, json=FRONT_DESK, headers=other_company.headers)
    assert [again.status_code, renamed.status_code] == [409, 409]
    assert again.json()["type"] == renamed.json()["type"] == "/problems/role-name-taken"
    assert elsewhere.status_code == 201


@pytest.mark.parametrize(
    "fault",
    [
        {"name": ""},
        {"name": "Administrator"},
        {"name": "RCM staff"},
        {"name": "a\x00b"},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"description": "two\nlines"},
        {"company_id": str(new_id())},
    ],
)
async def test_what_is_not_a_role_is_refused(
    client: httpx.AsyncClient, fault: dict[str, object]
) -> None:
    assert (await client.post(ROLES, json={**FRONT_DESK, **fault})).status_code == 422


async def test_nobody_defines_changes_or_gives_a_role_with_scopes_that_they_lack(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    person: PersonForTests,
) -> None:
    strong = await define(client, "claims:write", name="Strong")
    weak = await define(client, "payers:read", name="Weak")
    theirs = await headers_of(
        storage,
        company,
        *(Scope.PEOPLE_MANAGE, Scope.PAYERS_READ, Scope.COMPANY_READ, Scope.STATISTICS_READ),
    )
    clerk = {**theirs, **FIRST}
    new = {"email": "ada@example.org", "name": "Ada"}
    refused = [
        await client.post(ROLES, json={"name": "X", "scopes": ["claims:write"]}, headers=clerk),
        await client.patch(f"{ROLES}/{weak}", json={"scopes": ["claims:write"]}, headers=clerk),
        await client.patch(f"{ROLES}/{strong}", json={"scopes": ["payers:read"]}, headers=clerk),
        await client.patch(f"{ROLES}/{strong}", json={"name": "Harmless"}, headers=clerk),
        await client.post(PEOPLE, json={**new, "role_id": strong}, headers=clerk),
        await client.patch(f"{PEOPLE}/{person.id}", json={"role_id": strong}, headers=clerk),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert {answer.json()["type"] for answer in refused} == {"/problems/privilege-too-high"}
    assert {tuple(answer.json()["lacking"]) for answer in refused} == {("claims:write",)}
    granted = await client.post(PEOPLE, json={**new, "role_id": weak}, headers=clerk)
    assert granted.status_code == 201


async def test_nobody_takes_over_a_person_whose_role_has_scopes_that_they_lack(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    person: PersonForTests,
) -> None:
    await give(client, person, await define(client, "claims:write"))
    clerk = await headers_of(storage, company, Scope.PEOPLE_MANAGE)
    url, theirs = f"{PEOPLE}/{person.id}", {**clerk, "If-Match": '"2"'}
    refused = [
        await client.patch(url, json={"role": "viewer"}, headers=theirs),
        await client.post(f"{url}/reset-password", headers=theirs),
        await client.post(f"{url}/enable", headers=theirs),
    ]
    assert {answer.json()["type"] for answer in refused} == {"/problems/privilege-too-high"}


@pytest.mark.parametrize("both", [{}, {"role": "viewer", "role_id": str(new_id())}])
async def test_a_new_person_has_exactly_one_role(
    client: httpx.AsyncClient, both: dict[str, str]
) -> None:
    new = {"email": "ada@example.org", "name": "Ada", **both}
    answer = await client.post(PEOPLE, json=new)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/role"]


async def test_a_built_in_role_takes_the_place_of_a_companys_and_back(
    client: httpx.AsyncClient, person: PersonForTests
) -> None:
    role_id = await define(client, "patients:read")
    await give(client, person, role_id)
    url, second = f"{PEOPLE}/{person.id}", {"If-Match": '"2"'}
    both = await client.patch(url, json={"role": "viewer", "role_id": role_id}, headers=second)
    back = await client.patch(url, json={"role": "viewer"}, headers=second)
    assert both.status_code == 422
    assert (back.json()["role"], back.json()["role_id"]) == ("viewer", None)


async def test_the_database_holds_that_a_person_has_exactly_one_role(
    client: httpx.AsyncClient, storage: PostgresStorage, person: PersonForTests
) -> None:
    role_id = UUID(await define(client, "patients:read"))
    for roles in ({"role": None}, {"role_id": role_id}):
        with pytest.raises(ConstraintRefused):
            async with storage.transaction(person.company.id, person.company.actor) as store:
                await store.people.update(person.id, roles, expected_version=1)


async def test_a_role_that_people_hold_stays(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    role_id = await define(client, "patients:read")
    for _ in range(2):
        await give(client, await make_person(storage, company), role_id)
    refused = await client.delete(f"{ROLES}/{role_id}", headers=FIRST)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/role-in-use")
    assert refused.json()["people"] == 2
    held = (await client.get(PEOPLE, params={"role_id": role_id})).json()["items"]
    assert len(held) == 2


async def test_a_role_is_not_removed_under_somebody_who_is_given_it(
    client: httpx.AsyncClient, person: PersonForTests
) -> None:
    role_id = await define(client, "patients:read")
    given, removed = await asyncio.gather(
        give(client, person, role_id), client.delete(f"{ROLES}/{role_id}", headers=FIRST)
    )
    assert (given.status_code, removed.status_code) in {(200, 409), (422, 204)}


async def test_another_companys_role_cannot_be_seen_or_given(
    client: httpx.AsyncClient, person: PersonForTests, other_company: CompanyForTests
) -> None:
    theirs = {**other_company.headers, **FIRST}
    role_id = await define(client, "patients:read")
    foreign = await client.post(ROLES, json=FRONT_DESK, headers=other_company.headers)
    assert (await client.get(f"{ROLES}/{role_id}", headers=theirs)).status_code == 404
    assert (await client.delete(f"{ROLES}/{role_id}", headers=theirs)).status_code == 404
    answers = [await give(client, person, other) for other in (foreign.json()["id"], str(new_id()))]
    assert answers[0].status_code == 422
    assert answers[0].json() == answers[1].json()


async def test_a_companys_role_with_every_scope_is_not_an_administrator(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    administrator = await make_person(storage, company, Role.ADMINISTRATOR)
    role_id = await define(client, *Scope, name="Everything")
    await give(client, await make_person(storage, company), role_id)
    refused = await give(client, administrator, role_id)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/last-administrator")
    await make_person(storage, company, Role.ADMINISTRATOR)
    assert (await give(client, administrator, role_id)).status_code == 200


async def test_the_built_in_roles_and_all_scopes_say_what_they_are(
    client: httpx.AsyncClient,
) -> None:
    built_in = (await client.get(f"{ROLES}/built-in")).json()["items"]
    scopes = (await client.get("/api/v1/scopes")).json()["items"]
    assert {row["role"]: set(row["scopes"]) for row in built_in} == ROLE_SCOPES
    assert [row["scope"] for row in scopes] == sorted(Scope)
    assert all(row["meaning"].endswith(".") for row in scopes)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that a store sends."""
    sent: list[str] = []
    execute = PostgresStore.execute

    async def noted(store: PostgresStore, sql: str, parameters: object = None) -> object:
        sent.append(sql)
        return await execute(store, sql, parameters)  # type: ignore[arg-type]

    monkeypatch.setattr(PostgresStore, "execute", noted)
    return sent


async def test_a_companys_role_costs_one_statement_more_and_a_built_in_one_none(
    client: httpx.AsyncClient,
    page: httpx.AsyncClient,
    person: PersonForTests,
    statements: list[str],
) -> None:
    role_id = await define(client, "patients:read")
    await sign_in(page, person)
    statements.clear()
    await page.get(CURRENT)
    built_in = len(statements)
    await give(client, person, role_id)
    statements.clear()
    await page.get(CURRENT)
    assert (built_in, len(statements)) == (2, 3)
