"""Sending an appeal after its deadline: one person says why, another allows it."""

from uuid import UUID

from services.approvals.asking import Asked, ask
from services.approvals.steps import Step, Subject, Threshold
from services.claims.appealing.drafting import ENTITY, held
from services.claims.appealing.lifecycle import require_unsent
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from storage.interface import Store
from storage.tables.appeals import ClaimAppeal
from storage.tables.approvals import Approval
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule


async def ask_for_late_submission(
    store: Store, principal: Principal, appeal_id: UUID, reason: str, *, expected_version: int
) -> Asked[ClaimAppeal]:
    """Ask that somebody else allow an appeal to go out although its deadline has gone by.

    Raises RowNotFound, VersionConflict, IllegalTransition, PersonNeeded, AlreadyAsked,
    DecidedBefore.
    """
    appeal = await held(store, appeal_id, expected_version)
    require_unsent(appeal)
    return Asked(
        appeal, await ask(store, principal, LATE, await _subject(store, appeal_id), reason)
    )


async def _subject(store: Store, appeal_id: UUID) -> Subject:
    appeal = await store.claim_appeals.lock(appeal_id)
    return Subject(appeal.id, appeal.version, appeal.amount_cents)


async def _allow(store: Store, approval: Approval) -> None:
    appeal = await store.claim_appeals.get(approval.entity_id)
    require_unsent(appeal)
    await store.claim_appeals.update(
        appeal.id,
        {
            "late_reason": approval.reason,
            "late_approved_by_person_id": store.actor.principal_id,
        },
        expected_version=appeal.version,
    )


LATE = Step(
    kind=ApprovalKind.LATE_APPEAL,
    title="Send an appeal after its deadline",
    entity=ENTITY,
    asking_scope=Scope.CLAIMS_WRITE,
    deciding_scope=Scope.APPEALS_APPROVE,
    default=Threshold(ThresholdRule.ALWAYS),
    is_fixed=True,
    subject=_subject,
    apply=_allow,
)
