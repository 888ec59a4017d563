"""Two of a company's people close it over HTTP, and from then on nobody is answered."""

from collections.abc import AsyncIterator

import httpx
import psycopg
import pytest
from litestar import Litestar

from storage.embedded import RoleAddresses
from storage.errors import CompanyClosed
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.app.test_approvals import decide, signed_in
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests

pytestmark = pytest.mark.anyio

REQUESTS = "/api/v1/company/deletion-requests"
WHY = "the practice closes for good"


@pytest.fixture
def clock() -> FixedClock:
    """It stands still, so that no code goes out of date while it is typed."""
    return FixedClock()


@pytest.fixture
async def people(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two administrators, signed in, who have just proved who they are."""
    async with signed_in(application, storage, company, *[Role.ADMINISTRATOR] * 2) as clients:
        yield clients


async def ask(client: httpx.AsyncClient, name: str) -> httpx.Response:
    body = {"company_name": name, "reason": WHY, "records_are_handed_over": True}
    return await client.post(REQUESTS, json=body)


def deletions(addresses: RoleAddresses, company: CompanyForTests) -> list[tuple[object, ...]]:
    with psycopg.connect(addresses.owner) as owner:
        return owner.execute(
            "SELECT slug, is_handed_over, asked_by <> approved_by FROM company_deletions"
            " WHERE company_id = %s",
            [company.id],
        ).fetchall()


async def test_a_company_is_closed_by_two_of_its_people_and_nobody_is_answered_any_more(
    people: list[httpx.AsyncClient],
    client: httpx.AsyncClient,
    addresses: RoleAddresses,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    asks, decides = people
    asked = await ask(asks, company.slug)
    assert asked.status_code == 202, asked.text
    request = asked.headers["Location"]
    own = await decide(asks, request, "approve")
    assert (own.status_code, own.json()["type"]) == (403, "/problems/second-person-needed")
    assert deletions(addresses, company) == []
    assert (await client.get("/api/v1/payers")).status_code == 200

    approved = await decide(decides, request, "approve")
    assert (approved.status_code, approved.json()["status"]) == (200, "approved")
    assert deletions(addresses, company) == [(company.slug, True, True)]
    for each in (asks, decides, client):
        refused = await each.get("/api/v1/payers")
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/not-authenticated")
    unknown = await client.get("/api/v1/payers", headers={"Authorization": "Bearer wk_nobody"})
    assert refused.json() == unknown.json(), "closed and unknown answer alike"
    with pytest.raises(CompanyClosed):
        async with storage.transaction(company.id, company.actor):
            pass


async def test_a_refused_request_closes_nothing(
    people: list[httpx.AsyncClient], addresses: RoleAddresses, company: CompanyForTests
) -> None:
    asks, decides = people
    asked = await ask(asks, company.slug)
    refused = await decide(decides, asked.headers["Location"], "refuse")
    assert refused.status_code == 200
    assert deletions(addresses, company) == []
    (listed,) = (await asks.get(REQUESTS)).json()["items"]
    assert (listed["reason"], listed["is_handed_over"]) == (WHY, True)
    assert (await asks.get(f"{REQUESTS}/{listed['id']}")).json() == listed


async def test_whoever_asks_gives_the_company_s_name(
    people: list[httpx.AsyncClient], company: CompanyForTests
) -> None:
    refused = await ask(people[0], company.slug + "s")
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/company_name"]


async def test_a_key_cannot_ask(client: httpx.AsyncClient, company: CompanyForTests) -> None:
    refused = await ask(client, company.slug)
    assert refused.status_code == 403


async def test_a_legal_hold_stops_it_before_and_after_somebody_has_asked(
    people: list[httpx.AsyncClient], addresses: RoleAddresses, company: CompanyForTests
) -> None:
    asks, decides = people
    asked = await ask(asks, company.slug)
    await asks.post("/api/v1/legal-holds", json={"reason": "Litigation 26-104"})
    stopped = await decide(decides, asked.headers["Location"], "approve")
    assert (stopped.status_code, stopped.json()["type"]) == (409, "/problems/legal-holds-keep-it")
    again = await ask(asks, company.slug)
    assert again.status_code == 409
    assert deletions(addresses, company) == []


async def test_the_database_closes_nothing_that_nobody_else_has_approved(
    people: list[httpx.AsyncClient], storage: PostgresStorage, company: CompanyForTests
) -> None:
    asked = await ask(people[0], company.slug)
    wanted = asked.json()["id"]
    for request_id in (wanted, new_id()):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with storage.transaction(company.id, company.actor) as store:
                await store.close_company(request_id)
