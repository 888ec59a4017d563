"""Which identity providers a company has, over HTTP."""

import httpx
import pytest

from services.identity.scopes import Scope
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.companies import CompanyForTests, make_key
from tests.builders.people import make_person

pytestmark = pytest.mark.anyio

PROVIDERS = "/api/v1/identity-providers"
RIVERBEND = {
    "issuer": "https://login.riverbend.example",
    "client_id": "wellkept",
    "client_secret": "never to be seen again",
    "email_domains": ["Riverbend.example "],
}
FIRST = {"If-Match": '"1"'}
NOBODY = "01a1fd87-34ee-71ca-b850-10bcf0bfc799"


async def test_a_provider_can_be_read_back_without_its_secret(client: httpx.AsyncClient) -> None:
    created = await client.post(PROVIDERS, json=RIVERBEND)
    read = await client.get(created.headers["Location"])
    assert created.status_code == 201
    assert read.json() == created.json() == (await client.get(PROVIDERS)).json()["items"][0]
    assert read.json()["email_domains"] == ["riverbend.example"]
    assert not read.json()["is_enabled"]
    assert "secret" not in read.text
    trail = (await client.get("/api/v1/audit-log", params={"entity": "identity_providers"})).text
    assert "riverbend.example" in trail
    assert "secret" not in trail


async def test_one_provider_at_most_is_enabled(client: httpx.AsyncClient) -> None:
    first = await client.post(PROVIDERS, json={**RIVERBEND, "is_enabled": True})
    again = await client.post(PROVIDERS, json=RIVERBEND)
    other = {**RIVERBEND, "issuer": "https://other.example"}
    second = await client.post(PROVIDERS, json=other)
    enabling = await client.patch(
        second.headers["Location"], json={"is_enabled": True}, headers=FIRST
    )
    assert [again.status_code, enabling.status_code] == [409, 409]
    assert enabling.json()["type"] == "/problems/provider-known"
    await client.patch(first.headers["Location"], json={"is_enabled": False}, headers=FIRST)
    enabled = await client.patch(
        second.headers["Location"], json={"is_enabled": True}, headers=FIRST
    )
    assert enabled.status_code == 200
    assert (await client.delete(first.headers["Location"])).status_code == 428
    gone = await client.delete(first.headers["Location"], headers={"If-Match": '"2"'})
    assert gone.status_code == 204


@pytest.mark.parametrize(
    "fault",
    [
        {"issuer": "http://login.riverbend.example"},
        {"issuer": "https://login.riverbend.example?x=1"},
        {"issuer": "https://user:password@login.riverbend.example"},
        {"issuer": "login"},
        {"client_secret": ""},
        {"email_domains": []},
        {"email_domains": ["localhost"]},
        {"email_domains": ["*.example"]},
        {"email_domains": ["a@riverbend.example"]},
        {"makes_people": True},
        {"makes_people": True, "new_role": "viewer", "new_role_id": NOBODY},
        {"makes_people": True, "new_role_id": NOBODY},
        {"new_role": "viewer"},
        {"is_required": True},
        {"is_required": True, "is_enabled": True},
        {"is_required": True, "is_enabled": True, "break_glass_id": NOBODY},
    ],
    ids=str,
)
async def test_settings_that_do_not_go_together_are_refused(
    client: httpx.AsyncClient, fault: dict[str, object]
) -> None:
    answer = await client.post(PROVIDERS, json={**RIVERBEND, **fault})
    assert answer.status_code == 422, answer.text


async def test_only_an_administrator_with_a_second_factor_is_the_way_round(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    other_company: CompanyForTests,
) -> None:
    unfit = [
        await make_person(storage, company, Role.VIEWER, is_enrolled=True),
        await make_person(storage, company, Role.ADMINISTRATOR, is_enrolled=False),
        await make_person(storage, other_company, Role.ADMINISTRATOR),
    ]
    fit = await make_person(storage, company, Role.ADMINISTRATOR)
    required = {**RIVERBEND, "is_enabled": True, "is_required": True}
    refused = [
        await client.post(PROVIDERS, json={**required, "break_glass_id": str(person.id)})
        for person in unfit
    ]
    assert {answer.status_code for answer in refused} == {422}
    assert len({answer.content for answer in refused}) == 1
    made = await client.post(PROVIDERS, json={**required, "break_glass_id": str(fit.id)})
    assert made.status_code == 201


async def test_whoever_lacks_a_scope_does_not_decide_where_people_prove_who_they_are(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    url = (await client.post(PROVIDERS, json=RIVERBEND)).headers["Location"]
    key, _ = await make_key(
        storage, company.id, scopes=tuple(s for s in Scope if s is not Scope.CLAIMS_WRITE)
    )
    theirs = {"Authorization": f"Bearer {key}", **FIRST}
    other = {**RIVERBEND, "issuer": "https://other.example"}
    refused = [
        await client.post(PROVIDERS, json=other, headers=theirs),
        await client.patch(url, json={"email_domains": ["evil.example"]}, headers=theirs),
        await client.delete(url, headers=theirs),
    ]
    assert {answer.json()["type"] for answer in refused} == {"/problems/privilege-too-high"}


async def test_a_role_that_a_provider_gives_stays(client: httpx.AsyncClient) -> None:
    role = await client.post("/api/v1/roles", json={"name": "New", "scopes": ["payers:read"]})
    given = {"makes_people": True, "new_role_id": role.json()["id"]}
    assert (await client.post(PROVIDERS, json={**RIVERBEND, **given})).status_code == 201
    refused = await client.delete(role.headers["Location"], headers=FIRST)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/role-given")
