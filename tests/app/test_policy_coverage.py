"""Who had acknowledged a policy at the end of a day: of those whom it concerned then."""

import datetime as dt
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import make_person, prove, sign_in
from tests.builders.policies import Office, open_office

pytestmark = pytest.mark.anyio

FIRST = dt.date(2026, 3, 2)
NOON = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)
A_DAY = dt.timedelta(days=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def office(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[Office]:
    async with open_office(application, storage, company) as office:
        yield office


async def come_back(office: Office, clock: FixedClock, days: int = 1) -> None:
    """Let days pass, after which all are signed in anew."""
    clock.move(A_DAY * days)
    for client, person in zip(
        (office.one, office.other, office.biller), office.people, strict=True
    ):
        await sign_in(client, person)
        if person.app is not None:
            await prove(client, person)


async def covered(
    office: Office, policy: str, on: dt.date | None = None
) -> tuple[set[UUID], set[UUID]]:
    """Who had acknowledged it and who had not."""
    params = {} if on is None else {"on": on.isoformat()}
    answer = await office.one.get(f"{policy}/coverage", params=params)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    done, missing = (
        {UUID(each) for each in found[name]}
        for name in ("acknowledged_person_ids", "missing_person_ids")
    )
    assert found["concerned"] == len(done) + len(missing)
    return done, missing


async def test_it_counts_who_was_there_that_day(
    office: Office,
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    clock: FixedClock,
) -> None:
    policy = await office.policy()
    version = await office.approved(policy)
    one, other, biller = (each.id for each in office.people)
    await office.acknowledge(office.biller, version)
    await come_back(office, clock)
    joined = await make_person(storage, company, Role.VIEWER)
    await office.acknowledge(office.one, version)
    await come_back(office, clock)
    left = await client.post(f"/api/v1/people/{biller}/disable", headers={"If-Match": '"1"'})
    assert left.status_code == 200, left.text
    assert await covered(office, policy) == ({one}, {other, joined.id})
    assert await covered(office, policy, FIRST) == ({biller}, {one, other})
    assert await covered(office, policy, FIRST + A_DAY) == ({biller, one}, {other, joined.id})
    for day in (FIRST + A_DAY * 2, FIRST + A_DAY * 9):
        assert await covered(office, policy, day) == ({one}, {other, joined.id})
    for day in (FIRST - A_DAY, dt.date.min):
        before = await office.one.get(f"{policy}/coverage", params={"on": day.isoformat()})
        assert (before.status_code, before.json()["type"]) == (409, "/problems/not-in-force")


async def test_it_counts_the_roles_and_lists_of_that_day(
    office: Office, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    one, other, biller = office.people
    policy = await office.policy(audience="listed", roles=["rcm_staff"], person_ids=[str(other.id)])
    await office.approved(policy)
    listed = (await office.one.get(f"{policy}/members")).json()["items"]
    (row,) = (each for each in listed if each["person_id"] == str(other.id))
    await come_back(office, clock)
    gone = await office.one.delete(f"{policy}/members/{row['id']}", headers={"If-Match": '"1"'})
    assert gone.status_code == 204
    added = {"person_id": str(one.id)}
    assert (await office.one.post(f"{policy}/members", json=added)).status_code == 201
    await come_back(office, clock)
    changed = await client.patch(
        f"/api/v1/people/{biller.id}", json={"role": "viewer"}, headers=biller.unchanged
    )
    assert changed.status_code == 200, changed.text
    await come_back(office, clock)
    everybody = {"audience": "everybody"}
    assert (
        await office.one.patch(policy, json=everybody, headers={"If-Match": '"1"'})
    ).status_code == 200
    days = [FIRST + A_DAY * number for number in range(4)]
    assert [(await covered(office, policy, day))[1] for day in days] == [
        {other.id, biller.id},
        {one.id, biller.id},
        {one.id},
        {one.id, other.id, biller.id},
    ]


async def test_it_is_of_the_version_in_force_that_day(office: Office, clock: FixedClock) -> None:
    policy = await office.policy()
    first = await office.approved(policy)
    biller = office.people[2].id
    await office.acknowledge(office.biller, first)
    await come_back(office, clock)
    await office.approved(policy, "major")
    assert biller in (await covered(office, policy))[1]
    assert biller in (await covered(office, policy, FIRST))[0]


async def test_what_was_archived_since_is_found_as_it_was(
    office: Office, clock: FixedClock
) -> None:
    policy = await office.policy()
    await office.approved(policy)
    await come_back(office, clock)
    reason = {"reason": "Another one says it now."}
    archived = await office.one.post(f"{policy}/archive", json=reason, headers={"If-Match": '"1"'})
    assert archived.status_code == 200, archived.text
    assert len((await covered(office, policy, FIRST))[1]) == 3
    assert (await office.one.get(f"{policy}/coverage")).status_code == 409
