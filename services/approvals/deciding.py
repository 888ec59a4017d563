"""Deciding about a request: by a signed-in person who never had a hand in its item."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.approvals.closing import close, subject_of, why_over
from services.approvals.involvement import take_seat
from services.approvals.lifecycle import require_move
from services.approvals.steps import Step, Steps
from services.approvals.telling import tell_closed
from services.identity.authentication import Principal
from services.refusals import Refusal
from storage.errors import DuplicateValue, VersionConflict
from storage.filters import ApprovalFilter
from storage.interface import Store
from storage.tables.approvals import Approval, ApprovalDecisionFields
from storage.vocabulary.approvals import ApprovalStatus, Verdict

_WANTED = {Verdict.APPROVE: ApprovalStatus.APPROVED, Verdict.REFUSE: ApprovalStatus.REFUSED}


@dataclass
class DecidedOnce(Refusal):
    """A request that takes several people has one decision of each."""

    title: ClassVar[str] = "You have decided about this request before"


@dataclass
class DecisionTooLate(Refusal):
    """The request was over before the decision: expired, or void because its subject changed."""

    title: ClassVar[str] = "The request was over before this decision"
    state: ApprovalStatus
    legal: list[str]

    @property
    def detail(self) -> str:
        if self.state is ApprovalStatus.EXPIRED:
            return "It has expired. Nothing was done; it can be asked for again."
        return "What was to be approved has changed. Nothing was done; look at it and ask again."


@dataclass(frozen=True, slots=True)
class Ruling:
    """What somebody decides, and why; a refusal says why."""

    verdict: Verdict
    note: str | None


async def decide(
    store: Store,
    principal: Principal,
    steps: Steps,
    approval_id: UUID,
    ruling: Ruling,
    *,
    expected_version: int,
) -> Approval | DecisionTooLate:
    """Approve or refuse. What has its quorum is applied in this very transaction.

    A request that turns out to be over is closed, and the refusal is returned, not raised: that
    it was closed has to last. Raises RowNotFound, PersonNeeded, MissingScope,
    ReauthenticationNeeded, IllegalTransition, VersionConflict, SecondPersonNeeded, DecidedOnce and
    what the step raises.
    """
    principal.require_session()
    approval = await store.approvals.get(approval_id)
    step = steps[approval.kind]
    principal.require(step.deciding_scope)
    principal.require_recent_proof(store.now)
    return await _decided(store, principal, step, approval, ruling, expected_version)


async def decide_about(
    store: Store, principal: Principal, step: Step, entity_id: UUID, ruling: Ruling
) -> Approval | DecisionTooLate | None:
    """The same, by the item that the request is about; None where nothing about it waits."""
    principal.require_session()
    principal.require(step.deciding_scope)
    principal.require_recent_proof(store.now)
    waiting = ApprovalFilter(
        kind=step.kind,
        entity=step.entity,
        entity_id=entity_id,
        status=ApprovalStatus.REQUESTED,
    )
    found = await store.approvals.all(waiting)
    if not found:
        return None
    return await _decided(store, principal, step, found[0], ruling, None)


async def _decided(
    store: Store,
    principal: Principal,
    step: Step,
    seen: Approval,
    ruling: Ruling,
    expected_version: int | None,
) -> Approval | DecisionTooLate:
    """Items are held before requests, here as everywhere, so that nobody waits in a circle."""
    subject = await subject_of(store, step, seen)
    approval = await store.approvals.lock(seen.id)
    require_move(approval.status, _WANTED[ruling.verdict])
    if expected_version is not None and approval.version != expected_version:
        raise VersionConflict("approvals")
    over = why_over(approval, subject, store.now)
    if over is not None:
        await close(store, step, approval, subject, over, "The request for it was over.")
        return DecisionTooLate(over, [])
    await take_seat(store, step.entity, approval.entity_id, principal.id)
    await _record(store, principal, approval, ruling)
    if ruling.verdict is Verdict.REFUSE:
        why = ruling.note or "It was refused."
        return await close(store, step, approval, subject, ApprovalStatus.REFUSED, why)
    return await _approved(store, step, approval)


async def _approved(store: Store, step: Step, approval: Approval) -> Approval:
    count = approval.approved_count + 1
    changes: dict[str, object] = {"approved_count": count}
    if count == approval.quorum:
        changes |= {"status": ApprovalStatus.APPROVED, "closed_at": store.now}
    approval = await store.approvals.update(approval.id, changes, expected_version=approval.version)
    if approval.status is ApprovalStatus.APPROVED:
        await step.apply(store, approval)
        await tell_closed(store, approval)
    return approval


async def _record(store: Store, principal: Principal, approval: Approval, ruling: Ruling) -> None:
    try:
        await store.approval_decisions.create(
            ApprovalDecisionFields(
                approval_id=approval.id,
                entity=approval.entity,
                entity_id=approval.entity_id,
                verdict=ruling.verdict,
                note=ruling.note,
                session_id=principal.require_session(),
            )
        )
    except DuplicateValue as error:
        raise DecidedOnce from error
