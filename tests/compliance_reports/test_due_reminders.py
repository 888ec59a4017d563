"""People are reminded at the company's lead times: once each, whatever the clock does."""

import datetime as dt
from collections import Counter
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.notifications.reminders import lead_reached
from services.regulatory_compliance.due.reminding import remind_of_due_things
from storage.filters import NotificationFilter, ReminderFilter
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.notifications import NotificationKind, ReminderSubject
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import PersonForTests
from tests.compliance_reports.conftest import NOON
from tests.compliance_reports.deeds import attested, made

pytestmark = pytest.mark.anyio

DUE = dt.date(2026, 6, 30)
LEADS = (30, 7, 0, -1)


class Office:
    """A company whose worker looks for what is due, and what it has told."""

    def __init__(
        self, storage: PostgresStorage, company: CompanyForTests, clock: FixedClock
    ) -> None:
        self.storage = storage
        self.company = company
        self.clock = clock

    async def look(self, on: dt.date | None = None) -> int:
        """What the job does, on a day at noon."""
        if on is not None:
            self.clock.set(NOON + dt.timedelta(days=(on - NOON.date()).days))
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return await remind_of_due_things(store)

    async def told(self) -> Counter[UUID]:
        """How often each person was told."""
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            found = await store.notifications.all(NotificationFilter())
        assert {each.kind for each in found} <= {NotificationKind.REQUIREMENT_DUE}
        return Counter(each.person_id for each in found)

    async def reminded(self, requirement: str) -> list[tuple[dt.date, int]]:
        """Of which due days and leads, oldest first."""
        row_id = UUID(requirement.rsplit("/", 1)[1])
        conditions = ReminderFilter(
            subject=ReminderSubject.COMPLIANCE_REQUIREMENT, entity_ids=[row_id]
        )
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            return [(each.due_on, each.lead_days) for each in await store.reminders.all(conditions)]

    async def choose(self, *leads: int) -> None:
        async with self.storage.transaction(self.company.id, self.company.actor) as store:
            company = await store.companies.get(self.company.id)
            await store.companies.update(
                company.id,
                {"compliance_lead_days": list(leads)},
                expected_version=company.version,
            )


@pytest.fixture
def office(storage: PostgresStorage, company: CompanyForTests, clock: FixedClock) -> Office:
    return Office(storage, company, clock)


def before(days: int) -> dt.date:
    return DUE - dt.timedelta(days=days)


async def test_each_lead_reminds_once_of_what_is_due(
    office: Office, officer: httpx.AsyncClient, people: list[PersonForTests]
) -> None:
    requirement = await made(officer)
    looks = [await office.look(before(days)) for days in (31, 30, 29, 7, 7, 1, 0, -1, -2)]
    assert looks == [0, 1, 0, 1, 0, 0, 1, 1, 0]
    assert await office.reminded(requirement) == [(DUE, lead) for lead in LEADS]
    assert await office.told() == {each.id: 4 for each in people}


async def test_who_is_responsible_is_reminded_alone(
    office: Office, officer: httpx.AsyncClient, people: list[PersonForTests]
) -> None:
    await made(officer, responsible_person_id=str(people[1].id))
    await office.look(before(7))
    assert await office.told() == {people[1].id: 1}


async def test_nobody_is_reminded_of_what_is_done_or_retired(
    office: Office, officer: httpx.AsyncClient
) -> None:
    done = await made(officer, code="A")
    await attested(officer, done)
    retired = await made(officer, code="B")
    answer = await officer.post(
        f"{retired}/retire", json={"on": "2026-03-02"}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 200, answer.text
    assert await office.look(before(0)) == 0


async def test_a_company_chooses_its_lead_times_or_none(
    office: Office, officer: httpx.AsyncClient
) -> None:
    requirement = await made(officer)
    await office.choose()
    assert await office.look(before(0)) == 0
    await office.choose(14, 2)
    for days in (15, 14, 3, 2, 0, -5):
        await office.look(before(days))
    assert await office.reminded(requirement) == [(DUE, 14), (DUE, 2)]


async def test_the_end_of_what_an_attestation_covers_is_reminded_of(
    office: Office, officer: httpx.AsyncClient
) -> None:
    requirement = await made(officer)
    await attested(officer, requirement, valid_until="2026-09-30")
    assert await office.look(dt.date(2026, 8, 31)) == 1
    assert await office.look(dt.date(2026, 9, 1)) == 0


async def test_whatever_the_clock_does_no_reminder_is_sent_twice_or_skipped(
    office: Office, officer: httpx.AsyncClient
) -> None:
    days = st.lists(st.integers(-20, 50), min_size=1, max_size=8)
    walks: list[list[int]] = []

    @given(days)
    @settings(max_examples=6, suppress_health_check=list(HealthCheck))
    def draw(walk: list[int]) -> None:
        walks.append(walk)

    draw()
    for walk in walks:
        office.clock.set(NOON)
        requirement = await made(officer, code=f"R-{new_id()}")
        reached = []
        for left in walk:
            await office.look(before(left))
            lead = lead_reached(DUE, before(left), LEADS)
            if lead is not None and lead not in reached:
                reached.append(lead)
        assert sorted(await office.reminded(requirement)) == sorted((DUE, each) for each in reached)
