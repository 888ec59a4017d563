"""Who can do what, and that somebody has looked at it, over HTTP."""

import csv
import datetime as dt
import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from litestar import Litestar

from services.identity.scopes import ROLE_SCOPES, Scope
from storage.postgres.transaction import PostgresStorage, PostgresStore
from storage.vocabulary.identity import Role
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests, make_key
from tests.builders.people import PersonForTests, browser, make_person, sign_in

pytestmark = pytest.mark.anyio

REPORT = "/api/v1/access-report"
REVIEWS = "/api/v1/access-reviews"
PEOPLE = "/api/v1/people"
KEYS = "/api/v1/keys"
CURRENT = "/api/v1/sessions/current"
FIRST = {"If-Match": '"1"'}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def officer(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[httpx.AsyncClient]:
    """A compliance officer's browser."""
    async with browser(application) as client:
        await sign_in(client, await make_person(storage, company, Role.COMPLIANCE_OFFICER))
        yield client


async def report(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get(REPORT)
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


def of(person: PersonForTests, read: Mapping[str, Any]) -> dict[str, Any]:
    """What the report says of a person."""
    (found,) = (row for row in read["people"] if row["id"] == str(person.id))
    return dict(found)


async def test_the_report_says_who_can_do_what(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    auditor = await make_person(storage, company, Role.AUDITOR)
    other = await make_person(storage, company)
    role = {"name": "Front desk", "scopes": ["patients:write", "patients:read"]}
    role_id = (await client.post("/api/v1/roles", json=role)).json()["id"]
    await client.patch(f"{PEOPLE}/{other.id}", json={"role_id": role_id}, headers=FIRST)
    await client.post(f"{PEOPLE}/{other.id}/disable", headers={"If-Match": '"2"'})
    read = await report(client)
    assert of(auditor, read)["scopes"] == sorted(ROLE_SCOPES[Role.AUDITOR])
    held = of(other, read)
    assert (held["role"], held["role_id"]) == ("Front desk", role_id)
    assert held["scopes"] == ["patients:read", "patients:write"]
    assert held["disabled_at"] is not None
    assert of(auditor, read)["disabled_at"] is None


async def test_keys_stand_in_the_report_until_they_are_revoked(
    application: Litestar,
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    maker = await make_person(storage, company, Role.ADMINISTRATOR)
    await make_person(storage, company, Role.ADMINISTRATOR)
    async with browser(application) as page:
        await sign_in(page, maker)
        kept = await page.post(KEYS, json={"name": "kept", "scopes": ["payers:read"]})
        gone = await page.post(KEYS, json={"name": "gone", "scopes": ["payers:read"]})
        await page.post(f"{KEYS}/{gone.json()['key']['id']}/revoke", headers=FIRST)
    await client.post(f"{PEOPLE}/{maker.id}/disable", headers=maker.unchanged)
    keys = {key["name"]: key for key in (await report(client))["keys"]}
    assert set(keys) == {"kept", "test key"}
    assert keys["kept"]["id"] == kept.json()["key"]["id"]
    assert keys["kept"]["created_by"] == str(maker.id)
    assert keys["kept"]["created_by_name"] == "A administrator"
    assert keys["kept"]["flag"] == "creator_disabled"


async def test_the_report_says_who_has_a_second_factor(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests, clock: FixedClock
) -> None:
    without = await make_person(storage, company, is_enrolled=False)
    enrolled = await make_person(storage, company, is_enrolled=True)
    read = await report(client)
    assert of(without, read)["second_factor_since"] is None
    since = of(enrolled, read)["second_factor_since"]
    assert dt.datetime.fromisoformat(since) == clock.now()


async def test_last_use_is_right_to_minutes_for_people_and_to_an_hour_for_keys(
    application: Litestar,
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    clock: FixedClock,
) -> None:
    person = await make_person(storage, company)
    assert of(person, await report(client))["last_used_at"] is None
    begun = clock.now()
    async with browser(application) as page:
        await sign_in(page, person)
        for _ in range(20):
            clock.move(dt.timedelta(minutes=7))
            assert (await page.get(CURRENT)).status_code == 200
    used = clock.now()
    read = await report(client)
    held = of(person, read)
    assert dt.datetime.fromisoformat(held["last_signed_in_at"]) == begun
    assert used - dt.datetime.fromisoformat(held["last_used_at"]) <= dt.timedelta(minutes=5)
    (key,) = read["keys"]
    assert used - dt.datetime.fromisoformat(key["last_used_at"]) <= dt.timedelta(hours=1)


async def test_the_hash_stands_for_what_was_granted_and_not_for_what_was_done(
    officer: httpx.AsyncClient, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    before = await report(officer)
    clock.move(dt.timedelta(minutes=20))
    assert (await report(officer))["content_sha256"] == before["content_sha256"]
    new = {"email": "ada@example.org", "name": "Ada", "role": "viewer"}
    await client.post(PEOPLE, json=new)
    assert (await report(officer))["content_sha256"] != before["content_sha256"]


async def test_the_hash_can_be_worked_out_from_the_report(officer: httpx.AsyncClient) -> None:
    read = await report(officer)
    lines = [
        f"person\t{row['id']}\t{row['role']}\tenabled\t{' '.join(row['scopes'])}\n"
        for row in read["people"]
    ]
    lines += [f"key\t{row['id']}\t\t\t{' '.join(row['scopes'])}\n" for row in read["keys"]]
    worked_out = hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
    assert worked_out == read["content_sha256"]


async def test_a_review_is_on_record_with_what_was_reviewed(officer: httpx.AsyncClient) -> None:
    read = await report(officer)
    body = {"content_sha256": read["content_sha256"], "notes": "First quarter.\nNothing found."}
    created = await officer.post(REVIEWS, json=body)
    who = (await officer.get(CURRENT)).json()
    assert created.status_code == 201
    assert body.items() <= created.json().items()
    assert (created.json()["people"], created.json()["keys"]) == (1, 1)
    assert created.json()["recorded_by"] == who["principal_id"]
    assert (await officer.get(created.headers["Location"])).json() == created.json()
    assert (await officer.get(REVIEWS)).json()["items"] == [created.json()]


async def test_what_has_changed_since_was_not_reviewed(
    officer: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    read = await report(officer)
    await client.post(KEYS, json={"name": "k", "scopes": ["payers:read"]})
    refused = await officer.post(REVIEWS, json={"content_sha256": read["content_sha256"]})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/access-changed")
    assert (await officer.get(REVIEWS)).json()["items"] == []


async def test_a_key_reviews_nothing(client: httpx.AsyncClient) -> None:
    read = await report(client)
    refused = await client.post(REVIEWS, json={"content_sha256": read["content_sha256"]})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/person-needed")


async def test_reading_the_report_does_not_allow_to_review_it(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> None:
    async with browser(application) as client:
        await sign_in(client, await make_person(storage, company, Role.AUDITOR))
        read = await report(client)
        refused = await client.post(REVIEWS, json={"content_sha256": read["content_sha256"]})
        assert (refused.status_code, refused.json()["scope"]) == (403, "access:review")


async def test_the_report_as_a_file_has_a_line_for_each_person_and_key(
    client: httpx.AsyncClient,
) -> None:
    new = {"email": "ada@example.org", "name": "=1+1", "role": "viewer"}
    await client.post(PEOPLE, json=new)
    answer = await client.get(f"{REPORT}/export")
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert [(row["kind"], row["name"], row["role"]) for row in rows] == [
        ("person", "'=1+1", "viewer"),
        ("key", "test key", ""),
    ]
    assert rows[1]["scopes"] == " ".join(sorted(Scope))


async def test_the_report_takes_as_many_statements_for_many_people_as_for_few(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[str] = []
    execute = PostgresStore.execute

    async def noted(store: PostgresStore, sql: str, parameters: object = None) -> object:
        sent.append(sql)
        return await execute(store, sql, parameters)  # type: ignore[arg-type]

    monkeypatch.setattr(PostgresStore, "execute", noted)
    counts = []
    for _ in range(2):
        for _ in range(3):
            await make_person(storage, company)
            await make_key(storage, company.id, scopes=(Scope.PAYERS_READ,))
        await report(client)
        sent.clear()
        await report(client)
        counts.append(len(sent))
    assert counts[0] == counts[1]
