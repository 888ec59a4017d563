"""What a policy is about and whom it concerns: rows that are put beside it and taken away."""

from typing import Self
from uuid import UUID

from pydantic import ConfigDict, model_validator

from services.inputs import Input
from services.regulatory_compliance.policies.keeping import kept
from storage.errors import RowNotFound
from storage.filters import ByPolicy
from storage.interface import Store
from storage.tables.policies import (
    PolicyMember,
    PolicyMemberFields,
    PolicyRequirement,
    PolicyRequirementFields,
)
from storage.vocabulary.identity import Role


class NewPolicyRequirement(Input):
    """A requirement that the policy is about."""

    requirement_id: UUID


class NewPolicyMember(Input):
    """Whom the policy concerns: a built-in role, one of the company's, or a person."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "rcm_staff"}]})

    role: Role | None = None
    role_id: UUID | None = None
    person_id: UUID | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(each is not None for each in (self.role, self.role_id, self.person_id)) != 1:
            raise ValueError("is one of role, role_id and person_id")
        return self


async def add_requirement(
    store: Store, policy_id: UUID, new: NewPolicyRequirement
) -> PolicyRequirement:
    """Say that the policy is about a requirement.

    Raises RowNotFound, PolicyArchived, ReferenceNotFound, DuplicateValue.
    """
    await kept(store, policy_id)
    fields = PolicyRequirementFields(policy_id=policy_id, requirement_id=new.requirement_id)
    return await store.policy_requirements.create(fields)


async def requirements_of(store: Store, policy_id: UUID) -> list[PolicyRequirement]:
    """What the policy is about, oldest first. Raises RowNotFound."""
    await store.policies.get(policy_id)
    return await store.policy_requirements.all(ByPolicy(policy_id=policy_id))


async def remove_requirement(
    store: Store, policy_id: UUID, link_id: UUID, *, expected_version: int
) -> None:
    """Raises RowNotFound, PolicyArchived, VersionConflict."""
    await kept(store, policy_id)
    found = await store.policy_requirements.get_many([link_id])
    if not found or found[0].policy_id != policy_id:
        raise RowNotFound("policy_requirements")
    await store.policy_requirements.delete(link_id, expected_version=expected_version)


async def add_member(store: Store, policy_id: UUID, new: NewPolicyMember) -> PolicyMember:
    """Say that the policy concerns a role or person.

    Raises RowNotFound, PolicyArchived, ReferenceNotFound, DuplicateValue.
    """
    await kept(store, policy_id)
    return await store.policy_members.create(PolicyMemberFields(policy_id=policy_id, **dict(new)))


async def members_of(store: Store, policy_id: UUID) -> list[PolicyMember]:
    """The roles and people listed, oldest first. Raises RowNotFound."""
    await store.policies.get(policy_id)
    return await store.policy_members.all(ByPolicy(policy_id=policy_id))


async def remove_member(
    store: Store, policy_id: UUID, member_id: UUID, *, expected_version: int
) -> None:
    """Raises RowNotFound, PolicyArchived, VersionConflict."""
    await kept(store, policy_id)
    found = await store.policy_members.get_many([member_id])
    if not found or found[0].policy_id != policy_id:
        raise RowNotFound("policy_members")
    await store.policy_members.delete(member_id, expected_version=expected_version)
