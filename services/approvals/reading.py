"""Requests for approval as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.approvals.steps import Steps
from services.identity.authentication import Principal
from storage.filters import ApprovalFilter, ByApproval
from storage.interface import Page, Store
from storage.tables.approvals import Approval, ApprovalDecision
from storage.vocabulary.approvals import ApprovalStatus


@dataclass(frozen=True)
class ApprovalWithDecisions:
    """A request and what was decided about it, oldest first."""

    approval: Approval
    decisions: Sequence[ApprovalDecision]


async def get_approval(store: Store, approval_id: UUID) -> ApprovalWithDecisions:
    """Raises RowNotFound."""
    approval = await store.approvals.get(approval_id)
    decisions = await store.approval_decisions.all(ByApproval(approval_id=approval_id))
    return ApprovalWithDecisions(approval, decisions)


async def list_approvals(
    store: Store, conditions: ApprovalFilter, *, limit: int, after: UUID | None
) -> Page[Approval]:
    """Requests, newest first."""
    return await store.approvals.list(conditions, limit=limit, after=after)


async def list_left_to(
    store: Store, principal: Principal, steps: Steps, *, limit: int, after: UUID | None
) -> Page[Approval]:
    """What waits for a decision that this person can make, newest first."""
    kinds = [each.kind for each in steps.values() if each.deciding_scope in principal.scopes]
    conditions = ApprovalFilter(
        status=ApprovalStatus.REQUESTED,
        kinds=kinds,
        expires_from=store.now,
        left_to=principal.id,
    )
    return await store.approvals.list(conditions, limit=limit, after=after)
