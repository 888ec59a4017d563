"""The next assessment begins with what the last one says."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.inputs import Input
from services.refusals import IllegalTransition, Refusal
from services.regulatory_compliance.evidence import Day
from services.regulatory_compliance.risks.assessing import LEGAL, next_number, require_later
from storage.filters import (
    AssessmentPartFilter,
    ByAssessment,
    MitigationItemFilter,
    RiskAssessmentFilter,
    RiskControlFilter,
)
from storage.interface import Store
from storage.tables.risks import (
    AssessedRiskFields,
    AssessmentPartFields,
    MitigationItemFields,
    RiskAssessment,
    RiskAssessmentFields,
    RiskControlFields,
)
from storage.vocabulary.risks import AssessmentStatus, MitigationStatus, PartKind


class NextAssessment(Input):
    """When the next assessment is made, and the one after it is due."""

    assessed_on: Day
    next_due_on: Day


@dataclass
class FollowedAlready(Refusal):
    """The next one was begun before."""

    title: ClassVar[str] = "The assessment that follows this one is there already"
    assessment_id: UUID


async def begin_next(store: Store, assessment_id: UUID, new: NextAssessment) -> RiskAssessment:
    """Begin the assessment that takes the place of an approved one: with its parts, risks and
    controls, and what is open of its plan. What was found of the elements is found anew, and
    nobody has accepted anything of it.

    Raises RowNotFound, IllegalTransition, FollowedAlready, InvalidInput.
    """
    before = await store.risk_assessments.lock(assessment_id)
    if before.status is not AssessmentStatus.APPROVED:
        raise IllegalTransition("risk assessment", before.status, "followed", LEGAL[before.status])
    followers = await store.risk_assessments.all(RiskAssessmentFilter(follows_id=assessment_id))
    if followers:
        raise FollowedAlready(followers[0].id)
    require_later(new.assessed_on, new.next_due_on)
    after = await store.risk_assessments.create(
        RiskAssessmentFields(
            number=await next_number(store),
            kind=before.kind,
            title=before.title,
            scope=before.scope,
            assessed_on=new.assessed_on,
            next_due_on=new.next_due_on,
            follows_id=before.id,
        )
    )
    await _copy(store, before.id, after.id)
    return after


async def _copy(store: Store, old: UUID, new: UUID) -> None:
    parts = await store.assessment_parts.all(AssessmentPartFilter(assessment_id=old))
    part_ids = await store.assessment_parts.create_many(
        [
            AssessmentPartFields(
                assessment_id=new,
                kind=each.kind,
                element=each.element,
                name=each.name,
                description=None if each.kind is PartKind.ELEMENT else each.description,
            )
            for each in parts
        ]
    )
    part_of = dict(zip((each.id for each in parts), part_ids, strict=True))
    risks = await store.assessed_risks.all(ByAssessment(assessment_id=old))
    risk_ids = await store.assessed_risks.create_many(
        [
            AssessedRiskFields(
                assessment_id=new,
                category=each.category,
                description=each.description,
                asset_id=None if each.asset_id is None else part_of[each.asset_id],
                threat_id=None if each.threat_id is None else part_of[each.threat_id],
                likelihood=each.likelihood,
                impact=each.impact,
                residual_likelihood=each.residual_likelihood,
                residual_impact=each.residual_impact,
                treatment=each.treatment,
                owner_person_id=each.owner_person_id,
            )
            for each in risks
        ]
    )
    risk_of = dict(zip((each.id for each in risks), risk_ids, strict=True))
    controls = await store.risk_controls.all(RiskControlFilter(assessment_id=old))
    await store.risk_controls.create_many(
        [
            RiskControlFields(
                assessment_id=new,
                risk_id=risk_of[each.risk_id],
                state=each.state,
                description=each.description,
            )
            for each in controls
        ]
    )
    items = await store.mitigation_items.all(
        MitigationItemFilter(
            assessment_id=old,
            statuses=[MitigationStatus.PLANNED, MitigationStatus.IN_PROGRESS],
        )
    )
    await store.mitigation_items.create_many(
        [
            MitigationItemFields(
                assessment_id=new,
                risk_id=risk_of[each.risk_id],
                task=each.task,
                owner_person_id=each.owner_person_id,
                due_on=each.due_on,
                status=each.status,
            )
            for each in items
        ]
    )
