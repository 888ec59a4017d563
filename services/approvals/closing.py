"""How a request ends without having been approved."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from services.approvals.steps import Step, Steps, Subject
from services.approvals.telling import tell_closed
from storage.errors import RowNotFound
from storage.filters import ApprovalFilter
from storage.interface import Store
from storage.tables.approvals import Approval
from storage.vocabulary.approvals import ApprovalStatus


def why_over(
    approval: Approval, subject: Subject | None, now: dt.datetime
) -> ApprovalStatus | None:
    """What a request that waits has become by itself: expired, or void where its subject changed
    or is gone."""
    if approval.expires_at <= now:
        return ApprovalStatus.EXPIRED
    if subject is None or subject.version != approval.subject_version:
        return ApprovalStatus.VOID
    return None


async def subject_of(store: Store, step: Step, approval: Approval) -> Subject | None:
    """What the request is about, held; None where it is gone."""
    try:
        return await step.subject(store, approval.entity_id)
    except RowNotFound:
        return None


async def close(
    store: Store,
    step: Step,
    approval: Approval,
    subject: Subject | None,
    status: ApprovalStatus,
    why: str,
) -> Approval:
    """End a request that is held, and put back what asking has done to its item, if it is there."""
    closed = await store.approvals.update(
        approval.id,
        {"status": status, "closed_at": store.now},
        expected_version=approval.version,
    )
    await tell_closed(store, closed)
    if subject is not None:
        await step.put_back(store, closed, why)
    return closed


async def overdue(store: Store, *, limit: int) -> Sequence[UUID]:
    """Requests whose time is over, and that nobody has closed yet."""
    waiting = ApprovalFilter(status=ApprovalStatus.REQUESTED, expires_until=store.now)
    found = await store.approvals.list(waiting, limit=limit)
    return [each.id for each in found.rows]


async def expire(store: Store, steps: Steps, approval_id: UUID) -> None:
    """Close a request whose time is over; done again, or decided meanwhile, nothing happens."""
    approval = await store.approvals.get(approval_id)
    step = steps[approval.kind]
    subject = await subject_of(store, step, approval)
    approval = await store.approvals.lock(approval_id)
    if approval.status is ApprovalStatus.REQUESTED and approval.expires_at <= store.now:
        why = "Nobody decided in time."
        await close(store, step, approval, subject, ApprovalStatus.EXPIRED, why)
