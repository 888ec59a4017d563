"""Whoever could decide and whoever asked are told of a request, once each, and so are systems."""

import asyncio
import datetime as dt
from collections import Counter
from uuid import UUID

import pytest

from app.approval_steps import STEPS
from services.approvals.asking import withdraw
from services.approvals.closing import expire
from services.approvals.deciding import Ruling, decide
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.trail.hold_release import release_hold
from storage.filters import ApprovalFilter, EventFilter, NotificationFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.tables.approvals import Approval
from storage.tables.identity import CompanyRoleFields
from storage.tables.outbox import WebhookEndpointFields
from storage.vocabulary.approvals import Verdict
from storage.vocabulary.identity import Role
from storage.vocabulary.notifications import NotificationKind
from storage.vocabulary.outbox import EventType
from tests.approvals.conftest import Office
from tests.builders.people import make_person

pytestmark = pytest.mark.anyio

REQUESTED = NotificationKind.APPROVAL_REQUESTED
DECIDED = NotificationKind.APPROVAL_DECIDED
EXPIRED = NotificationKind.APPROVAL_EXPIRED


async def asked(office: Office, by: int = 0) -> Approval:
    """A request of one of the office for the release of a hold."""
    hold = await office.hold()
    async with office.storage.transaction(office.company.id, office.actor(by)) as store:
        await release_hold(store, office.people[by], hold.id, reason="x", expected_version=1)
        (approval,) = await store.approvals.all(ApprovalFilter(entity_id=hold.id))
    return approval


async def decided(office: Office, by: Principal, approval: Approval, verdict: Verdict) -> None:
    actor = Actor(by.id, new_id())
    ruling = Ruling(verdict, "I have seen it")
    async with office.storage.transaction(office.company.id, actor) as store:
        await decide(store, by, STEPS, approval.id, ruling, expected_version=1)


async def told(office: Office) -> Counter[tuple[NotificationKind, UUID]]:
    """Who was told of what, how often."""
    async with office.storage.transaction(office.company.id, office.company.actor) as store:
        found = await store.notifications.all(NotificationFilter())
    assert {each.entity for each in found} <= {"approvals"}
    return Counter((each.kind, each.person_id) for each in found)


async def subscribe(office: Office) -> None:
    async with office.storage.transaction(office.company.id, office.company.actor) as store:
        await store.webhook_endpoints.create(
            WebhookEndpointFields(
                name="hook",
                url="https://hooks.example",
                event_types=["approval.*"],
                sealed_secret=b"",
            )
        )


async def events(office: Office) -> Counter[EventType]:
    async with office.storage.transaction(office.company.id, office.company.actor) as store:
        return Counter(each.type for each in await store.events.all(EventFilter()))


async def test_whoever_could_decide_is_told_by_scope_and_whoever_had_a_hand_in_it_is_not(
    office: Office,
) -> None:
    viewer = await make_person(office.storage, office.company, Role.VIEWER)
    guard = await make_person(office.storage, office.company, Role.VIEWER)
    gone = await make_person(office.storage, office.company, Role.ADMINISTRATOR)
    async with office.storage.transaction(office.company.id, office.company.actor) as store:
        role = await store.company_roles.create(
            CompanyRoleFields(name="Guard", scopes=[Scope.COMPANY_MANAGE.value])
        )
        changes = {"role": None, "role_id": role.id}
        await store.people.update(guard.id, changes, expected_version=guard.version)
        left = {"disabled_at": store.now}
        await store.people.update(gone.id, left, expected_version=gone.version)
    await asked(office)
    could = {each.id for each in office.people[1:]} | {guard.id}
    assert await told(office) == Counter({(REQUESTED, each): 1 for each in could})
    assert viewer.id not in could


@pytest.mark.parametrize("verdict", Verdict)
async def test_whoever_asked_is_told_of_the_decision_once(office: Office, verdict: Verdict) -> None:
    await subscribe(office)
    approval = await asked(office)
    await decided(office, office.people[1], approval, verdict)
    found = await told(office)
    assert found[DECIDED, office.people[0].id] == 1
    assert sum(found.values()) == len(office.people)
    assert await events(office) == {EventType.APPROVAL_REQUESTED: 1, EventType.APPROVAL_DECIDED: 1}


async def test_two_who_expire_a_request_at_once_tell_of_it_once(office: Office) -> None:
    await subscribe(office)
    approval = await asked(office)
    office.clock.move(dt.timedelta(days=7))

    async def expired() -> None:
        system = Actor(SYSTEM_ACTOR_ID, new_id())
        async with office.storage.transaction(office.company.id, system) as store:
            await expire(store, STEPS, approval.id)

    await asyncio.gather(expired(), expired(), expired())
    assert (await told(office))[EXPIRED, office.people[0].id] == 1
    assert (await events(office))[EventType.APPROVAL_EXPIRED] == 1


async def test_a_request_that_somebody_finds_expired_is_told_of_as_well(office: Office) -> None:
    approval = await asked(office)
    office.clock.move(dt.timedelta(days=7))
    late = office.people[1]
    actor = Actor(late.id, new_id())
    async with office.storage.transaction(office.company.id, actor) as store:
        await release_hold(store, late, approval.entity_id, reason="again", expected_version=1)
    found = await told(office)
    assert found[EXPIRED, office.people[0].id] == 1
    assert found[REQUESTED, office.people[2].id] == 2, "it was asked for anew"


async def test_what_is_withdrawn_tells_nobody_more(office: Office) -> None:
    await subscribe(office)
    approval = await asked(office)
    before = await told(office)
    async with office.storage.transaction(office.company.id, office.actor(0)) as store:
        await withdraw(store, office.people[0], STEPS, approval.id, expected_version=1)
    assert await told(office) == before
    assert await events(office) == {EventType.APPROVAL_REQUESTED: 1}
