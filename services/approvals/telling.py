"""Telling of requests for approval: whoever could decide, whoever asked, and their systems.

Each happens once: a request is made once, and closed once.
"""

from collections.abc import Mapping

from services.approvals.involvement import roles_of
from services.approvals.steps import Step
from services.identity.holders import holders_of
from services.notifications.telling import notify
from services.outbox.events import publish
from storage.interface import Store
from storage.tables.approvals import Approval
from storage.vocabulary.approvals import ApprovalStatus, ParticipantRole
from storage.vocabulary.notifications import NotificationKind
from storage.vocabulary.outbox import EventType

_TABLE = "approvals"
_DECIDED = (EventType.APPROVAL_DECIDED, NotificationKind.APPROVAL_DECIDED)
_TOLD: Mapping[ApprovalStatus, tuple[EventType, NotificationKind]] = {
    ApprovalStatus.APPROVED: _DECIDED,
    ApprovalStatus.REFUSED: _DECIDED,
    ApprovalStatus.EXPIRED: (EventType.APPROVAL_EXPIRED, NotificationKind.APPROVAL_EXPIRED),
}
"""What is told of a request that was closed. What its requester has withdrawn, they know; what is
void, whoever changed it has seen."""


async def tell_requested(store: Store, step: Step, approval: Approval) -> None:
    """Tell everybody who could decide: who holds the scope and never had a hand in the item."""
    await publish(store, EventType.APPROVAL_REQUESTED, _TABLE, approval.id)
    roles = await roles_of(store, approval.entity, approval.entity_id)
    could = [
        person.id
        for person in await holders_of(store, step.deciding_scope)
        if roles.get(person.id) is not ParticipantRole.INVOLVED
    ]
    await notify(store, could, NotificationKind.APPROVAL_REQUESTED, _TABLE, approval.id)


async def tell_closed(store: Store, approval: Approval) -> None:
    """Tell whoever asked what has become of it."""
    if (told := _TOLD.get(approval.status)) is None:
        return
    event, kind = told
    await publish(store, event, _TABLE, approval.id)
    await notify(store, [approval.requested_by], kind, _TABLE, approval.id)
