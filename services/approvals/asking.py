"""Asking that somebody else approve a step, and taking that back."""

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from services.approvals.closing import close, subject_of, why_over
from services.approvals.involvement import involve, involve_from_trail
from services.approvals.lifecycle import require_move
from services.approvals.steps import Step, Steps, Subject
from services.approvals.telling import tell_closed, tell_requested
from services.approvals.thresholds import threshold_of
from services.identity.authentication import Principal
from services.refusals import Category, Refusal
from storage.errors import VersionConflict
from storage.filters import ApprovalFilter
from storage.interface import Store
from storage.tables.approvals import Approval, ApprovalFields
from storage.vocabulary.approvals import ApprovalStatus

Item = TypeVar("Item")


@dataclass
class AlreadyAsked(Refusal):
    """Something about this item waits for a decision already."""

    title: ClassVar[str] = "A request about this is waiting for a decision"
    approval_id: UUID


@dataclass
class NotTheRequester(Refusal):
    """Only whoever asked takes it back; somebody else can refuse it."""

    category: ClassVar[Category] = Category.FORBIDDEN
    title: ClassVar[str] = "Only whoever asked for it can withdraw it"


@dataclass(frozen=True, slots=True)
class Asked(Generic[Item]):
    """An item on which nothing was done yet, and the request that somebody approve it."""

    item: Item
    approval: Approval


async def ask(
    store: Store, principal: Principal, step: Step, subject: Subject, reason: str
) -> Approval:
    """Ask that somebody else approve the step. ``subject`` comes from ``step.subject``.

    Raises PersonNeeded, MissingScope, AlreadyAsked, DecidedBefore.
    """
    principal.require_session()
    principal.require(step.asking_scope)
    await _make_room(store, step, subject)
    await involve(store, step.entity, subject.entity_id, {principal.id})
    await involve_from_trail(store, step.entity, subject.entity_id, subject.hands)
    threshold = await threshold_of(store, step)
    approval = await store.approvals.create(
        ApprovalFields(
            kind=step.kind,
            entity=step.entity,
            entity_id=subject.entity_id,
            subject_version=subject.version,
            amount_cents=subject.amount_cents,
            reason=reason,
            requested_by=principal.id,
            quorum=threshold.quorum,
            expires_at=store.now + step.lifetime,
        )
    )
    await tell_requested(store, step, approval)
    return approval


async def withdraw(
    store: Store, principal: Principal, steps: Steps, approval_id: UUID, *, expected_version: int
) -> Approval:
    """Take back what one has asked for.

    Raises RowNotFound, PersonNeeded, IllegalTransition, NotTheRequester, VersionConflict.
    """
    principal.require_session()
    approval = await store.approvals.get(approval_id)
    step = steps[approval.kind]
    subject = await subject_of(store, step, approval)
    approval = await store.approvals.lock(approval_id)
    require_move(approval.status, ApprovalStatus.WITHDRAWN)
    if approval.requested_by != principal.id:
        raise NotTheRequester
    if approval.version != expected_version:
        raise VersionConflict("approvals")
    why = "The request was withdrawn."
    return await close(store, step, approval, subject, ApprovalStatus.WITHDRAWN, why)


async def _make_room(store: Store, step: Step, subject: Subject) -> None:
    """Close a request about the item that is over without anybody having noticed."""
    waiting = ApprovalFilter(
        entity=step.entity, entity_id=subject.entity_id, status=ApprovalStatus.REQUESTED
    )
    for approval in await store.approvals.lock_all(waiting):  # at most one, by its unique key
        over = why_over(approval, subject, store.now)
        if over is None:
            raise AlreadyAsked(approval.id)
        changes = {"status": over, "closed_at": store.now}
        closed = await store.approvals.update(
            approval.id, changes, expected_version=approval.version
        )
        await tell_closed(store, closed)
