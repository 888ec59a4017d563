"""Policies: what they are about, who keeps them, and how often they are looked at."""

from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.company_calendar import company_today
from services.inputs import Identifier, Input, Name, Reason, left_out
from services.refusals import Refusal
from storage.errors import VersionConflict
from storage.filters import PolicyFilter
from storage.interface import Page, Store
from storage.tables.policies import (
    Policy,
    PolicyFields,
    PolicyMemberFields,
    PolicyRequirementFields,
)
from storage.vocabulary.compliance import Program
from storage.vocabulary.identity import Role
from storage.vocabulary.policies import PolicyAudience

ENTITY = "policies"

ReviewMonths = Annotated[int, Field(ge=1, le=60)]
AcknowledgeDays = Annotated[int, Field(ge=0, le=365)]


class NewPolicy(Input):
    """A policy, before anything of it is written.

    It concerns everybody, or the built-in roles, the company's own roles and the people listed.
    Whom it concerns acknowledges it within ``acknowledge_days`` after it has come into force.
    """

    title: Name
    category: Identifier
    program: Program | None = None
    owner_person_id: UUID
    review_months: ReviewMonths = 12
    acknowledge_days: AcknowledgeDays = 30
    audience: PolicyAudience = PolicyAudience.EVERYBODY
    roles: Annotated[list[Role], Field(max_length=20)] = []
    role_ids: Annotated[list[UUID], Field(max_length=50)] = []
    person_ids: Annotated[list[UUID], Field(max_length=200)] = []
    requirement_ids: Annotated[list[UUID], Field(max_length=200)] = []


class PolicyChanges(Input):
    """What to change about a policy; what is left out stays. What it says changes by versions."""

    title: Name = left_out()
    category: Identifier = left_out()
    program: Program | None = None
    owner_person_id: UUID = left_out()
    review_months: ReviewMonths = left_out()
    acknowledge_days: AcknowledgeDays = left_out()
    audience: PolicyAudience = left_out()


class PolicyArchiving(Input):
    """Why a policy is out of use."""

    reason: Reason


@dataclass
class PolicyArchived(Refusal):
    """What is archived is kept as it was."""

    title: ClassVar[str] = "The policy is archived"


async def create_policy(store: Store, new: NewPolicy) -> Policy:
    """Open a policy, with whom it concerns. Raises ReferenceNotFound, DuplicateValue."""
    number = await store.numbers.take("policy")
    policy = await store.policies.create(
        PolicyFields(
            number=f"POL-{number:04}",
            title=new.title,
            category=new.category,
            program=new.program,
            owner_person_id=new.owner_person_id,
            review_months=new.review_months,
            acknowledge_days=new.acknowledge_days,
            audience=new.audience,
        )
    )
    await store.policy_members.create_many(
        [
            *(PolicyMemberFields(policy_id=policy.id, role=each) for each in new.roles),
            *(PolicyMemberFields(policy_id=policy.id, role_id=each) for each in new.role_ids),
            *(PolicyMemberFields(policy_id=policy.id, person_id=each) for each in new.person_ids),
        ]
    )
    await store.policy_requirements.create_many(
        [
            PolicyRequirementFields(policy_id=policy.id, requirement_id=each)
            for each in new.requirement_ids
        ]
    )
    return policy


async def update_policy(
    store: Store, policy_id: UUID, changes: PolicyChanges, *, expected_version: int
) -> Policy:
    """Change what stands beside the text.

    Raises RowNotFound, VersionConflict, PolicyArchived, ReferenceNotFound.
    """
    await kept(store, policy_id)
    return await store.policies.update(
        policy_id, changes.given(), expected_version=expected_version
    )


async def archive_policy(
    store: Store, policy_id: UUID, reason: str, *, expected_version: int
) -> Policy:
    """Take a policy out of use from today on, for good.

    Raises RowNotFound, VersionConflict, PolicyArchived.
    """
    policy = await kept(store, policy_id)
    if policy.version != expected_version:
        raise VersionConflict(ENTITY)
    changes = {"archived_on": await company_today(store), "archive_reason": reason}
    return await store.policies.update(policy_id, changes, expected_version=expected_version)


async def get_policy(store: Store, policy_id: UUID) -> Policy:
    """Raises RowNotFound."""
    return await store.policies.get(policy_id)


async def list_policies(
    store: Store, conditions: PolicyFilter, *, limit: int, after: UUID | None
) -> Page[Policy]:
    """Policies, newest first."""
    return await store.policies.list(conditions, limit=limit, after=after)


async def kept(store: Store, policy_id: UUID) -> Policy:
    """The policy, held until the transaction ends. Raises RowNotFound, PolicyArchived."""
    policy = await store.policies.lock(policy_id)
    if policy.archived_on is not None:
        raise PolicyArchived
    return policy
