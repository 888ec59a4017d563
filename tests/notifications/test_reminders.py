"""Reminders: once for each day that something is due on, and each lead."""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.emergency_access.reminding import remind_of_emergency_reviews
from services.identity.access_reviews import remind_of_review
from services.notifications.reminders import lead_reached
from storage.embedded import RoleAddresses
from storage.errors import DuplicateValue
from storage.filters import NotificationFilter
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.emergency import EmergencyAccessFields
from storage.tables.identity import AccessReviewFields, PersonSessionFields
from storage.tables.notifications import ReminderFields
from storage.vocabulary.emergency import EmergencyReason
from storage.vocabulary.identity import Role
from storage.vocabulary.notifications import NotificationKind, ReminderSubject
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.people import PersonForTests, make_person

anyio = pytest.mark.anyio

A_DAY = dt.timedelta(days=1)
NEW_YORK = ZoneInfo("America/New_York")
LATE_EVENING = dt.datetime(2026, 5, 4, 23, tzinfo=NEW_YORK)
"""When it is tomorrow already in UTC."""

days = st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1))
leads = st.sets(st.integers(-30, 30))


@given(days, leads, st.lists(st.integers(-60, 60)))
def test_however_often_one_looks_each_lead_comes_once_and_never_early(
    due_on: dt.date, wanted: set[int], looks: list[int]
) -> None:
    seen = []
    for offset in sorted(looks):
        lead = lead_reached(due_on, due_on + dt.timedelta(days=offset), wanted)
        if lead is None:
            assert all(-offset > each for each in wanted)
            continue
        assert lead in wanted
        assert -offset <= lead
        assert not any(-offset <= each < lead for each in wanted), "a later one has come"
        if lead not in seen:
            seen.append(lead)
    assert seen == sorted(seen, reverse=True)


@dataclass
class Reviewers:
    """A company, its people by role, and the worker that reminds them."""

    storage: PostgresStorage
    clock: FixedClock
    company: CompanyForTests
    people: dict[Role, PersonForTests]

    async def look(self) -> int:
        """What the job does."""
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await remind_of_emergency_reviews(store) + await remind_of_review(store)

    async def told(self) -> Counter[tuple[NotificationKind, UUID]]:
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            found = await store.notifications.all(NotificationFilter())
        return Counter((each.kind, each.person_id) for each in found)

    async def set_days(self, access_review_days: int | None) -> None:
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            company = await store.companies.get(self.company.id)
            await store.companies.update(
                company.id,
                {"access_review_days": access_review_days},
                expected_version=company.version,
            )

    async def access(self, role: Role) -> UUID:
        """An emergency access of somebody, due to be reviewed in three days."""
        person = self.people[role]
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await _access(store, person.id)


async def _access(store: Store, person_id: UUID) -> UUID:
    session = await store.person_sessions.create(
        PersonSessionFields(
            person_id=person_id,
            secret_sha256=person_id.bytes * 2,
            csrf_sha256=bytes(32),
            expires_at=store.now + A_DAY,
            last_seen_at=store.now,
            idle_until=store.now + A_DAY,
        )
    )
    access = await store.emergency_accesses.create(
        EmergencyAccessFields(
            person_id=person_id,
            session_id=session.id,
            reason=EmergencyReason.TREATMENT,
            explanation="x",
            expires_at=store.now + dt.timedelta(hours=1),
            review_due_at=store.now + 3 * A_DAY,
        )
    )
    return access.id


@pytest.fixture
async def reviewers(addresses: RoleAddresses, company: CompanyForTests) -> AsyncIterator[Reviewers]:
    """Without reviews of access, so that a test sees one thing at a time."""
    clock = FixedClock(LATE_EVENING.astimezone(dt.UTC))
    storage = PostgresStorage(addresses.worker, clock=clock, keyring=KEYRING)
    await storage.open()
    roles = (Role.COMPLIANCE_OFFICER, Role.ADMINISTRATOR, Role.VIEWER)
    people = {role: await make_person(storage, company, role) for role in roles}
    made = Reviewers(storage, clock, company, people)
    await made.set_days(None)
    yield made
    await storage.close()


@anyio
async def test_whoever_could_review_an_emergency_is_reminded_the_day_before_and_when_overdue(
    reviewers: Reviewers,
) -> None:
    await reviewers.access(Role.COMPLIANCE_OFFICER)
    found = []
    for _ in range(16):
        found.append(await reviewers.look() + await reviewers.look())
        reviewers.clock.move(A_DAY)
    assert [day for day, count in enumerate(found) if count] == [2, 4, 10]
    kind = NotificationKind.EMERGENCY_REVIEW_DUE
    assert await reviewers.told() == {(kind, reviewers.people[Role.ADMINISTRATOR].id): 3}


@anyio
async def test_an_emergency_that_was_reviewed_reminds_nobody(reviewers: Reviewers) -> None:
    access_id = await reviewers.access(Role.VIEWER)
    async with reviewers.storage.transaction(
        reviewers.company.id, reviewers.company.actor
    ) as store:
        reviewed = {"reviewed_at": store.now}
        await store.emergency_accesses.update(access_id, reviewed, expected_version=1)
    reviewers.clock.move(5 * A_DAY)
    assert await reviewers.look() == 0


@anyio
async def test_the_day_begins_on_the_companys_clock(reviewers: Reviewers) -> None:
    await reviewers.access(Role.VIEWER)
    reviewers.clock.move(A_DAY + dt.timedelta(minutes=59))
    assert await reviewers.look() == 0, "in UTC it is the day before since four hours"
    reviewers.clock.move(dt.timedelta(minutes=1))
    assert await reviewers.look() == 1


@anyio
async def test_after_a_silence_people_are_reminded_of_the_last_lead_only(
    reviewers: Reviewers,
) -> None:
    await reviewers.access(Role.VIEWER)
    reviewers.clock.move(40 * A_DAY)
    assert [await reviewers.look(), await reviewers.look()] == [1, 0]
    assert set((await reviewers.told()).values()) == {1}


@anyio
async def test_two_workers_at_once_remind_once(reviewers: Reviewers) -> None:
    await reviewers.access(Role.VIEWER)
    reviewers.clock.move(2 * A_DAY)
    assert sorted(await asyncio.gather(*(reviewers.look() for _ in range(3)))) == [0, 0, 1]
    assert set((await reviewers.told()).values()) == {1}


@anyio
async def test_the_key_leaves_no_room_for_a_second_reminder(reviewers: Reviewers) -> None:
    reminder = ReminderFields(
        subject=ReminderSubject.ROOTS,
        entity_id=reviewers.company.id,
        due_on=dt.date(2026, 5, 4),
        lead_days=0,
    )
    with pytest.raises(DuplicateValue):
        async with reviewers.storage.transaction(
            reviewers.company.id, reviewers.company.actor
        ) as store:
            await store.reminders.create_many([reminder, reminder])


@anyio
async def test_the_next_review_of_access_is_due_so_many_days_after_the_last(
    reviewers: Reviewers,
) -> None:
    await reviewers.set_days(30)
    reviewed = AccessReviewFields(content_sha256=bytes(32), people=1, keys=0, flagged_keys=0)
    async with reviewers.storage.transaction(
        reviewers.company.id, reviewers.company.actor
    ) as store:
        await store.access_reviews.create(reviewed)
    found = []
    for _ in range(60):
        found.append(await reviewers.look())
        reviewers.clock.move(A_DAY)
    assert [day for day, count in enumerate(found) if count] == [16, 31, 44]
    kind = NotificationKind.ACCESS_REVIEW_DUE
    told = {
        (kind, reviewers.people[role].id): 3
        for role in (Role.COMPLIANCE_OFFICER, Role.ADMINISTRATOR)
    }
    assert await reviewers.told() == told
    async with reviewers.storage.transaction(
        reviewers.company.id, reviewers.company.actor
    ) as store:
        await store.access_reviews.create(reviewed)
    assert await reviewers.look() == 0


@anyio
async def test_a_company_that_never_reviewed_its_access_is_reminded_from_its_founding_on(
    reviewers: Reviewers,
) -> None:
    async with reviewers.storage.transaction(
        reviewers.company.id, reviewers.company.actor
    ) as store:
        founded = (await store.companies.get(reviewers.company.id)).created_at
    await reviewers.set_days(30)
    reviewers.clock.move(founded - reviewers.clock.now() + 15 * A_DAY)
    assert await reviewers.look() == 0
    reviewers.clock.move(A_DAY)
    assert await reviewers.look() == 1
    await reviewers.set_days(None)
    reviewers.clock.move(60 * A_DAY)
    assert await reviewers.look() == 0
