"""Requests that nobody decided in time are closed by the job, and their items are put back."""

import datetime as dt

import pytest

from app.approval_steps import STEPS
from services.approvals.closing import expire, overdue
from services.trail.hold_release import release_hold
from storage.filters import ApprovalFilter, AuditFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.vocabulary.approvals import ApprovalStatus
from tests.approvals.conftest import Office

pytestmark = pytest.mark.anyio


async def test_what_nobody_decided_in_time_expires_once_and_leaves_its_trail(
    office: Office,
) -> None:
    hold = await office.hold()
    company_id, system = office.company.id, Actor(SYSTEM_ACTOR_ID, new_id())
    async with office.storage.transaction(company_id, office.actor(0)) as store:
        await release_hold(store, office.people[0], hold.id, reason="x", expected_version=1)
    office.clock.move(dt.timedelta(days=6, hours=23))
    async with office.storage.transaction(company_id, system) as store:
        assert await overdue(store, limit=10) == []
    office.clock.move(dt.timedelta(hours=1))
    for _ in range(2):
        async with office.storage.transaction(company_id, system) as store:
            waiting = await store.approvals.all(ApprovalFilter(entity_id=hold.id))
            await expire(store, STEPS, waiting[0].id)
    async with office.storage.transaction(company_id, system) as store:
        assert await overdue(store, limit=10) == []
        (expired,) = await store.approvals.all(ApprovalFilter(entity_id=hold.id))
        trail = await store.audit_log.all(AuditFilter(entity_id=expired.id))
    assert (expired.status, expired.version) == (ApprovalStatus.EXPIRED, 2)
    assert [each.recorded_by for each in trail] == [office.people[0].id, SYSTEM_ACTOR_ID]
