"""A draft is sent for review, and somebody else approves it: what they approve is its hash."""

from uuid import UUID

from services.approvals.asking import Asked, ask
from services.approvals.steps import Step, Subject, Threshold
from services.company_calendar import company_today
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.inputs import Input, Reason
from services.regulatory_compliance.policies.keeping import kept
from services.regulatory_compliance.policies.versions import ENTITY, held_draft
from storage.interface import Store
from storage.tables.approvals import Approval
from storage.tables.policies import PolicyApprovalFields, PolicyVersion
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule
from storage.vocabulary.policies import PolicyStage


class PolicySubmission(Input):
    """Why a draft is ready to be approved."""

    reason: Reason


async def submit_version(
    store: Store,
    principal: Principal,
    policy_version_id: UUID,
    reason: str,
    *,
    expected_version: int,
) -> Asked[PolicyVersion]:
    """Send a draft for review: it stays as it is until somebody else has decided.

    Raises RowNotFound, VersionConflict, IllegalTransition, PolicyArchived, PersonNeeded,
    DecidedBefore.
    """
    principal.require_session()
    await held_draft(store, policy_version_id, PolicyStage.UNDER_REVIEW, expected_version)
    version = await store.policy_versions.update(
        policy_version_id,
        {"stage": PolicyStage.UNDER_REVIEW},
        expected_version=expected_version,
    )
    subject = Subject(version.id, version.version)
    return Asked(version, await ask(store, principal, APPROVAL, subject, reason))


async def _subject(store: Store, policy_version_id: UUID) -> Subject:
    version = await store.policy_versions.lock(policy_version_id)
    return Subject(version.id, version.version)


async def _approve(store: Store, approval: Approval) -> None:
    version = await store.policy_versions.get(approval.entity_id)
    await kept(store, version.policy_id)
    today = await company_today(store)
    await store.policy_versions.update(
        version.id, {"stage": PolicyStage.APPROVED}, expected_version=version.version
    )
    await store.policy_approvals.create(
        PolicyApprovalFields(
            policy_id=version.policy_id,
            policy_version_id=version.id,
            major=version.major,
            minor=version.minor,
            content_hash=version.content_hash,
            effective_on=version.effective_on,
            approved_on=today,
            in_force_on=max(today, version.effective_on),
            approval_id=approval.id,
            requested_by=approval.requested_by,
        )
    )


async def _put_back(store: Store, approval: Approval, why: str) -> None:
    """A draft again, so that it can be changed and sent anew."""
    del why  # the request says it
    version = await store.policy_versions.get(approval.entity_id)
    if version.stage is PolicyStage.UNDER_REVIEW:
        await store.policy_versions.update(
            version.id, {"stage": PolicyStage.DRAFT}, expected_version=version.version
        )


APPROVAL = Step(
    kind=ApprovalKind.POLICY_APPROVAL,
    title="Approve a version of a policy",
    entity=ENTITY,
    asking_scope=Scope.COMPLIANCE_WRITE,
    deciding_scope=Scope.COMPLIANCE_APPROVE,
    default=Threshold(ThresholdRule.ALWAYS),
    is_fixed=True,
    subject=_subject,
    apply=_approve,
    put_back=_put_back,
)
