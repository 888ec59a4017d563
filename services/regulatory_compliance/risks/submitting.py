"""An assessment is submitted, and somebody else approves it: all that it says, by its hash."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.approvals.asking import Asked, ask
from services.approvals.steps import Step, Subject, Threshold
from services.company_calendar import company_today
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.inputs import Input, Reason
from services.refusals import Refusal
from services.regulatory_compliance.risks.assessing import ENTITY, held_draft
from services.regulatory_compliance.risks.matrix import level_of, score
from storage.filters import (
    AssessmentPartFilter,
    ByAssessment,
    MitigationItemFilter,
    RiskControlFilter,
)
from storage.interface import Store
from storage.tables.approvals import Approval
from storage.tables.risks import (
    AssessmentContent,
    AssessmentRecord,
    AssessmentRecordFields,
    RecordedControl,
    RecordedPart,
    RecordedRisk,
    RiskAssessment,
)
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule
from storage.vocabulary.risks import AssessmentStatus, MitigationStatus, PartKind


class AssessmentSubmission(Input):
    """Why the assessment is ready to be approved."""

    reason: Reason


@dataclass
class NothingAssessed(Refusal):
    """An assessment that finds no risk has not looked."""

    title: ClassVar[str] = "The assessment has no risk yet"


@dataclass
class ElementsMissing(Refusal):
    """A risk analysis says something of each of its elements."""

    title: ClassVar[str] = "Elements of the analysis are still open"
    elements: list[str]


@dataclass
class NotAssessedYet(Refusal):
    """What is planned for a day to come has found nothing yet."""

    title: ClassVar[str] = "The day of the assessment has not come"
    assessed_on: dt.date


@dataclass
class NoRecord(Refusal):
    """Nobody has approved it yet."""

    title: ClassVar[str] = "The assessment is not approved"


def content_hash(content: AssessmentContent) -> bytes:
    """SHA-256 of everything that an assessment says, in a fixed order."""
    return hashlib.sha256(content.model_dump_json().encode()).digest()


async def submit_assessment(
    store: Store, principal: Principal, assessment_id: UUID, reason: str, *, expected_version: int
) -> Asked[RiskAssessment]:
    """Submit a draft: nothing of it changes until somebody else has decided.

    Raises RowNotFound, VersionConflict, IllegalTransition, PersonNeeded, DecidedBefore,
    NotAssessedYet, NothingAssessed, ElementsMissing.
    """
    principal.require_session()
    assessment = await held_draft(
        store, assessment_id, AssessmentStatus.SUBMITTED, expected_version=expected_version
    )
    if assessment.assessed_on > await company_today(store):
        raise NotAssessedYet(assessment.assessed_on)
    content = await content_of(store, assessment)
    unsaid = [
        str(each.element)
        for each in content.parts
        if each.kind is PartKind.ELEMENT and not each.description
    ]
    if unsaid:
        raise ElementsMissing(unsaid)
    assessment = await store.risk_assessments.update(
        assessment_id,
        {
            "status": AssessmentStatus.SUBMITTED,
            "content_hash": content_hash(content),
            "submitted_by_person_id": principal.id,
        },
        expected_version=expected_version,
    )
    subject = Subject(assessment.id, assessment.version)
    return Asked(assessment, await ask(store, principal, APPROVAL, subject, reason))


async def content_of(store: Store, assessment: RiskAssessment) -> AssessmentContent:
    """Everything that an assessment says. Raises NothingAssessed."""
    own = ByAssessment(assessment_id=assessment.id)
    risks = await store.assessed_risks.all(own)
    if not risks:
        raise NothingAssessed
    inherent = {each.id: score(each.likelihood, each.impact) for each in risks}
    residual = {each.id: score(each.residual_likelihood, each.residual_impact) for each in risks}
    parts = await store.assessment_parts.all(AssessmentPartFilter(assessment_id=assessment.id))
    controls = await store.risk_controls.all(RiskControlFilter(assessment_id=assessment.id))
    return AssessmentContent(
        number=assessment.number,
        kind=assessment.kind,
        title=assessment.title,
        scope=assessment.scope,
        assessed_on=assessment.assessed_on,
        next_due_on=assessment.next_due_on,
        inherent_level=level_of(max(inherent.values())),
        overall_level=level_of(max(residual.values())),
        parts=[RecordedPart.model_validate(each) for each in parts],
        risks=[
            RecordedRisk(
                inherent_score=inherent[each.id],
                inherent_level=level_of(inherent[each.id]),
                residual_score=residual[each.id],
                residual_level=level_of(residual[each.id]),
                **{
                    name: getattr(each, name)
                    for name in RecordedRisk.model_fields
                    if hasattr(each, name)
                },
            )
            for each in risks
        ],
        controls=[RecordedControl.model_validate(each) for each in controls],
    )


async def record_of(store: Store, assessment_id: UUID) -> AssessmentRecord:
    """An assessment as it was approved. Raises RowNotFound, NoRecord."""
    await store.risk_assessments.get(assessment_id)
    found = await store.assessment_records.all(ByAssessment(assessment_id=assessment_id))
    if not found:
        raise NoRecord
    return found[0]


async def _subject(store: Store, assessment_id: UUID) -> Subject:
    assessment = await store.risk_assessments.lock(assessment_id)
    return Subject(assessment.id, assessment.version)


async def _approve(store: Store, approval: Approval) -> None:
    assessment = await store.risk_assessments.get(approval.entity_id)
    content = await content_of(store, assessment)
    assert assessment.content_hash == content_hash(content), "a submitted assessment has changed"
    await store.risk_assessments.update(
        assessment.id,
        {
            "status": AssessmentStatus.APPROVED,
            "approved_by_person_id": store.actor.principal_id,
            "approved_on": await company_today(store),
        },
        expected_version=assessment.version,
    )
    await store.assessment_records.create(
        AssessmentRecordFields(
            assessment_id=assessment.id,
            content=content,
            content_hash=assessment.content_hash,
            approval_id=approval.id,
            requested_by=approval.requested_by,
        )
    )
    if assessment.follows_id is not None:
        await _supersede(store, assessment.follows_id)


async def _supersede(store: Store, assessment_id: UUID) -> None:
    """The one before has had its time; what was open of its plan stands in the new one."""
    before = await store.risk_assessments.lock(assessment_id)
    await store.risk_assessments.update(
        before.id, {"status": AssessmentStatus.SUPERSEDED}, expected_version=before.version
    )
    left = await store.mitigation_items.lock_all(
        MitigationItemFilter(
            assessment_id=before.id,
            statuses=[MitigationStatus.PLANNED, MitigationStatus.IN_PROGRESS],
        )
    )
    if left:
        await store.mitigation_items.update_many(
            {each.id: each.version for each in left},
            {"status": [MitigationStatus.CARRIED_OVER] * len(left)},
        )


async def _put_back(store: Store, approval: Approval, why: str) -> None:
    """A draft again, so that it can be changed and submitted anew."""
    del why  # the request says it
    assessment = await store.risk_assessments.get(approval.entity_id)
    if assessment.status is AssessmentStatus.SUBMITTED:
        await store.risk_assessments.update(
            assessment.id,
            {
                "status": AssessmentStatus.DRAFT,
                "content_hash": None,
                "submitted_by_person_id": None,
            },
            expected_version=assessment.version,
        )


APPROVAL = Step(
    kind=ApprovalKind.RISK_ASSESSMENT_APPROVAL,
    title="Approve a risk assessment",
    entity=ENTITY,
    asking_scope=Scope.COMPLIANCE_WRITE,
    deciding_scope=Scope.COMPLIANCE_APPROVE,
    default=Threshold(ThresholdRule.ALWAYS),
    is_fixed=True,
    subject=_subject,
    apply=_approve,
    put_back=_put_back,
)
