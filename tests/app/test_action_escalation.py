"""Reminding of corrective actions, and escalating them: of each once."""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from litestar import Litestar

from services.regulatory_compliance.corrective_actions.escalating import escalate_overdue
from services.regulatory_compliance.corrective_actions.reminding import remind_of_actions
from storage.filters import NotificationFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor, Store
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from storage.vocabulary.notifications import NotificationKind
from tests.builders.audits import action, stepped
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import Colleague, colleagues

pytestmark = pytest.mark.anyio

NOON = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)
Job = Callable[[Store], Awaitable[int]]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def people(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[list[Colleague]]:
    """Who does it, who is told when it is late, and who plans."""
    async with colleagues(application, storage, company, *[Role.COMPLIANCE_OFFICER] * 3) as found:
        yield found


@pytest.fixture
def company_job(
    storage: PostgresStorage, company: CompanyForTests
) -> Callable[[Job], Awaitable[int]]:
    async def run(job: Job) -> int:
        async with storage.transaction(company.id, Actor(SYSTEM_ACTOR_ID, new_id())) as store:
            return await job(store)

    return run


@pytest.fixture
def told(
    storage: PostgresStorage, company: CompanyForTests
) -> Callable[[NotificationKind], Awaitable[list[str]]]:
    """Who was told of something of a kind, in order."""

    async def look(kind: NotificationKind) -> list[str]:
        async with storage.transaction(company.id, company.actor) as store:
            rows = await store.notifications.all(NotificationFilter())
        return [str(each.person_id) for each in rows if each.kind is kind]

    return look


async def test_an_overdue_action_is_escalated_by_itself_once_for_each_due_day(
    people: list[Colleague],
    client: httpx.AsyncClient,
    clock: FixedClock,
    company_job: Callable[[Job], Awaitable[int]],
    told: Callable[[NotificationKind], Awaitable[list[str]]],
) -> None:
    does, hears, _ = people
    url = await action(client, does.id, due_on="2026-03-10", escalation_person_id=str(hears.id))
    counts = []
    for days in (0, 8, 1, 1):
        clock.move(dt.timedelta(days=days))
        counts.append(await company_job(escalate_overdue))
    assert counts == [0, 0, 1, 0]
    later = {"due_on": "2026-03-20", "reason": "The vendor is late."}
    assert (await stepped(client, url, "reschedule", later, version=2)).status_code == 200
    assert await company_job(escalate_overdue) == 0
    clock.move(dt.timedelta(days=9))
    assert [await company_job(escalate_overdue) for _ in range(2)] == [1, 0]
    assert await told(NotificationKind.CORRECTIVE_ACTION_ESCALATED) == [str(hears.id)] * 2
    steps = (await client.get(f"{url}/steps")).json()["items"]
    assert [each["kind"] for each in steps] == ["planned", "escalated", "rescheduled", "escalated"]


async def test_somebody_escalates_it_before_and_it_is_not_told_again(
    people: list[Colleague],
    client: httpx.AsyncClient,
    clock: FixedClock,
    company_job: Callable[[Job], Awaitable[int]],
    told: Callable[[NotificationKind], Awaitable[list[str]]],
) -> None:
    does, hears, _ = people
    url = await action(client, does.id, due_on="2026-03-10")
    why = {"reason": "Nobody has begun."}
    unnamed = await stepped(client, url, "escalate", why, version=1)
    assert unnamed.status_code == 422
    named = why | {"escalation_person_id": str(hears.id)}
    assert (await stepped(client, url, "escalate", named, version=1)).status_code == 200
    again = await stepped(client, url, "escalate", why, version=2)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/escalated-already")
    clock.move(dt.timedelta(days=30))
    assert await company_job(escalate_overdue) == 0
    assert await told(NotificationKind.CORRECTIVE_ACTION_ESCALATED) == [str(hears.id)]


async def test_assignees_are_told_and_reminded_once_for_each_lead(
    people: list[Colleague],
    client: httpx.AsyncClient,
    clock: FixedClock,
    company_job: Callable[[Job], Awaitable[int]],
    told: Callable[[NotificationKind], Awaitable[list[str]]],
) -> None:
    does, _, plans = people
    own = await action(plans.client, plans.id, due_on="2027-03-01")
    await action(client, does.id, due_on="2026-03-20")
    assert await told(NotificationKind.CORRECTIVE_ACTION_ASSIGNED) == [str(does.id)]
    handed = {"assignee_id": str(does.id), "reason": "They have time."}
    assert (await stepped(plans.client, own, "assign", handed, version=1)).status_code == 200
    assert await told(NotificationKind.CORRECTIVE_ACTION_ASSIGNED) == [str(does.id)] * 2
    counts = []
    for days in (0, 11, 1, 5, 1, 2, 7):
        clock.move(dt.timedelta(days=days))
        counts.append(await company_job(remind_of_actions))
    assert counts == [0, 1, 0, 1, 0, 1, 0]
    assert await told(NotificationKind.CORRECTIVE_ACTION_DUE) == [str(does.id)] * 3
