"""What a company decides about a requirement: how it is met, and whether it applies at all.

An addressable specification is implemented, or replaced by an alternative, or found not reasonable,
each with its rationale (45 CFR 164.306(d)(3)). That a requirement does not apply takes a reason and
somebody else's approval.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.approvals.asking import Asked, ask
from services.approvals.involvement import worked
from services.approvals.steps import Step, Subject, Threshold
from services.company_calendar import company_today
from services.identity.authentication import Principal
from services.identity.scopes import Scope
from services.inputs import Input, LongText, Reason
from services.refusals import Refusal
from services.regulatory_compliance.requirements import ENTITY, held_in_use
from storage.errors import VersionConflict
from storage.filters import ByRequirements
from storage.interface import Store
from storage.tables.approvals import Approval
from storage.tables.compliance import (
    ComplianceRequirement,
    RequirementDecision,
    RequirementDecisionFields,
)
from storage.vocabulary.approvals import ApprovalKind, ThresholdRule
from storage.vocabulary.compliance import DecisionKind, Specification

WayOfMeeting = Literal[
    DecisionKind.IMPLEMENTED, DecisionKind.ALTERNATIVE, DecisionKind.NOT_REASONABLE
]


class NewDecision(Input):
    """How an addressable specification is met, or why it is not reasonable to meet it."""

    kind: Annotated[WayOfMeeting, Field(examples=[DecisionKind.ALTERNATIVE])]
    rationale: LongText


class Applicability(Input):
    """Why a requirement does, or does not, concern the company."""

    reason: Reason


@dataclass
class NotAddressable(Refusal):
    """What is required is required: there is nothing to choose."""

    title: ClassVar[str] = "Only an addressable specification leaves a choice"
    specification: Specification | None


@dataclass
class AppliesAlready(Refusal):
    """Nobody has decided that it does not apply."""

    title: ClassVar[str] = "The requirement applies already"


@dataclass
class NotApplicableAlready(Refusal):
    """It was decided before, with an approval."""

    title: ClassVar[str] = "It is decided already that the requirement does not apply"


async def decide_specification(
    store: Store, requirement_id: UUID, new: NewDecision
) -> RequirementDecision:
    """Record how an addressable specification is met.

    Raises RowNotFound, RequirementRetired, NotAddressable, DecidedBefore.
    """
    requirement = await held_in_use(store, requirement_id)
    if requirement.content.specification is not Specification.ADDRESSABLE:
        raise NotAddressable(requirement.content.specification)
    await worked(store, ENTITY, requirement_id)
    return await _record(store, requirement_id, new.kind, new.rationale)


async def ask_not_applicable(
    store: Store, principal: Principal, requirement_id: UUID, reason: str, *, expected_version: int
) -> Asked[ComplianceRequirement]:
    """Ask somebody else to approve that a requirement does not concern the company.

    Raises RowNotFound, PersonNeeded, VersionConflict, RequirementRetired, NotApplicableAlready,
    AlreadyAsked, DecidedBefore.
    """
    requirement = await held_in_use(store, requirement_id)
    if requirement.version != expected_version:
        raise VersionConflict(ENTITY)
    if await _last(store, requirement_id) is DecisionKind.NOT_APPLICABLE:
        raise NotApplicableAlready
    subject = Subject(requirement_id, requirement.version)
    return Asked(requirement, await ask(store, principal, NOT_APPLICABLE, subject, reason))


async def declare_applicable(
    store: Store, requirement_id: UUID, reason: str
) -> RequirementDecision:
    """Take back that a requirement does not concern the company.

    Raises RowNotFound, RequirementRetired, AppliesAlready.
    """
    await held_in_use(store, requirement_id)
    if await _last(store, requirement_id) is not DecisionKind.NOT_APPLICABLE:
        raise AppliesAlready
    return await _record(store, requirement_id, DecisionKind.APPLICABLE, reason)


async def decisions_of(store: Store, requirement_id: UUID) -> list[RequirementDecision]:
    """Every decision, oldest first. Raises RowNotFound."""
    await store.compliance_requirements.get(requirement_id)
    return await store.requirement_decisions.all(ByRequirements(requirement_ids=[requirement_id]))


async def _last(store: Store, requirement_id: UUID) -> DecisionKind | None:
    """The latest decision about whether it applies."""
    concerning = [
        each.kind
        for each in await decisions_of(store, requirement_id)
        if each.kind in {DecisionKind.APPLICABLE, DecisionKind.NOT_APPLICABLE}
    ]
    return concerning[-1] if concerning else None


async def _record(
    store: Store,
    requirement_id: UUID,
    kind: DecisionKind,
    rationale: str,
    approval_id: UUID | None = None,
) -> RequirementDecision:
    return await store.requirement_decisions.create(
        RequirementDecisionFields(
            requirement_id=requirement_id,
            kind=kind,
            rationale=rationale,
            effective_on=await company_today(store),
            approval_id=approval_id,
        )
    )


async def _subject(store: Store, requirement_id: UUID) -> Subject:
    requirement = await store.compliance_requirements.lock(requirement_id)
    return Subject(requirement.id, requirement.version)


async def _apply(store: Store, approval: Approval) -> None:
    kind = DecisionKind.NOT_APPLICABLE
    await _record(store, approval.entity_id, kind, approval.reason, approval.id)


NOT_APPLICABLE = Step(
    kind=ApprovalKind.REQUIREMENT_NOT_APPLICABLE,
    title="Decide that a requirement does not apply",
    entity=ENTITY,
    asking_scope=Scope.COMPLIANCE_WRITE,
    deciding_scope=Scope.COMPLIANCE_APPROVE,
    default=Threshold(ThresholdRule.ALWAYS),
    is_fixed=True,
    subject=_subject,
    apply=_apply,
)
