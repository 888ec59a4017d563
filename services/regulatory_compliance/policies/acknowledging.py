"""Acknowledging what one has read: once for each version, by a signed-in person."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from services.company_calendar import company_today
from services.files.reading import ReadableFile, readable
from services.identity.authentication import Principal
from services.inputs import Input
from services.refusals import Refusal
from services.regulatory_compliance.policies.coverage import acknowledged_by, concerns
from services.regulatory_compliance.policies.keeping import kept
from services.regulatory_compliance.policies.standing import in_force
from storage.errors import DuplicateValue, RowNotFound
from storage.filters import ByPolicy, PersonFilter, PolicyAcknowledgementFilter, PolicyFilter
from storage.interface import Page, Store
from storage.tables.identity import Person
from storage.tables.policies import (
    Policy,
    PolicyAcknowledgement,
    PolicyAcknowledgementFields,
    PolicyApproval,
    PolicyMember,
    PolicyText,
    PolicyVersion,
)


class Acknowledgement(Input):
    """That one has read the version, by the hash of what was read."""

    content_sha256: str = Field(pattern="^[0-9a-f]{64}$", examples=["9f" * 32])


@dataclass
class NotInForce(Refusal):
    """Only what is in force today is acknowledged."""

    title: ClassVar[str] = "This version of the policy is not in force"


@dataclass
class OtherTextRead(Refusal):
    """What was read is not what the version says."""

    title: ClassVar[str] = "This is not the hash of what the version says"


@dataclass
class AcknowledgedBefore(Refusal):
    """A version is acknowledged once."""

    title: ClassVar[str] = "You have acknowledged this version before"


@dataclass(frozen=True)
class OwnPolicy:
    """A policy that concerns somebody, in the version that is in force, and whether they have
    acknowledged it."""

    policy: Policy
    approval: PolicyApproval
    due_on: dt.date
    is_acknowledged: bool


@dataclass(frozen=True)
class OwnPolicyText:
    """What somebody is to acknowledge."""

    policy: Policy
    version: PolicyVersion
    text: PolicyText


@dataclass(frozen=True)
class Coverage:
    """Who has acknowledged what is in force of a policy, and who has not."""

    policy: Policy
    approval: PolicyApproval
    due_on: dt.date
    acknowledged: frozenset[UUID]
    missing: frozenset[UUID]


async def own_policies(store: Store, principal: Principal) -> Sequence[OwnPolicy]:
    """What is in force and concerns the signed-in person, by number. Raises PersonNeeded."""
    principal.require_session()
    person = await store.people.get(principal.id)
    covered = await coverages(store, [person], only=person.id)
    return [
        OwnPolicy(each.policy, each.approval, each.due_on, person.id in each.acknowledged)
        for each in covered
        if person.id in each.acknowledged | each.missing
    ]


async def own_policy(store: Store, principal: Principal, policy_version_id: UUID) -> OwnPolicyText:
    """What a version says, for the signed-in person whom its policy concerns.

    Raises PersonNeeded; RowNotFound also where it does not concern them, or is not approved.
    """
    principal.require_session()
    version = await _concerning(store, principal, policy_version_id)
    policy = await store.policies.get(version.policy_id)
    return OwnPolicyText(policy, version, await store.policy_texts.get(version.text_id))


async def own_policy_file(
    store: Store, principal: Principal, policy_version_id: UUID
) -> ReadableFile:
    """The file that a version is, for the signed-in person whom its policy concerns.

    Raises PersonNeeded, FileNotKept; RowNotFound also where it is a text.
    """
    found = await own_policy(store, principal, policy_version_id)
    if found.text.file_id is None:
        raise RowNotFound("stored_files")
    return await readable(store, found.text.file_id)


async def acknowledge(
    store: Store, principal: Principal, policy_version_id: UUID, new: Acknowledgement
) -> PolicyAcknowledgement:
    """Acknowledge the version that is in force.

    Raises PersonNeeded, RowNotFound, PolicyArchived, NotInForce, AcknowledgedBefore, OtherTextRead.
    """
    session_id = principal.require_session()
    version = await _concerning(store, principal, policy_version_id)
    await kept(store, version.policy_id)
    approvals = await store.policy_approvals.all(ByPolicy(policy_id=version.policy_id))
    current = in_force(approvals, await company_today(store))
    if current is None or current.policy_version_id != version.id:
        raise NotInForce
    if current.content_hash != bytes.fromhex(new.content_sha256):
        raise OtherTextRead
    person = await store.people.get(principal.id)
    try:
        return await store.policy_acknowledgements.create(
            PolicyAcknowledgementFields(
                policy_id=version.policy_id,
                policy_version_id=version.id,
                content_hash=current.content_hash,
                session_id=session_id,
                printed_name=person.name,
            )
        )
    except DuplicateValue as error:
        raise AcknowledgedBefore from error


async def list_acknowledgements(
    store: Store, conditions: PolicyAcknowledgementFilter, *, limit: int, after: UUID | None
) -> Page[PolicyAcknowledgement]:
    """Acknowledgements, newest first."""
    return await store.policy_acknowledgements.list(conditions, limit=limit, after=after)


async def coverage_of(store: Store, policy_id: UUID) -> Coverage:
    """Who has acknowledged what is in force of a policy. Raises RowNotFound, NotInForce."""
    await store.policies.get(policy_id)
    for each in await coverages(store, await _everybody(store)):
        if each.policy.id == policy_id:
            return each
    raise NotInForce


async def all_coverages(store: Store) -> Sequence[Coverage]:
    """The same of every policy of which something is in force, by number."""
    return await coverages(store, await _everybody(store))


async def coverages(
    store: Store, people: Sequence[Person], *, only: UUID | None = None
) -> Sequence[Coverage]:
    """Who of some people has acknowledged what is in force, for each policy, by number; ``only``
    reads what one of them has acknowledged."""
    policies = await store.policies.all(PolicyFilter(is_kept=True))
    ids = ByPolicy(policy_ids=[each.id for each in policies])
    approvals: defaultdict[UUID, list[PolicyApproval]] = defaultdict(list)
    for approval in await store.policy_approvals.all(ids):
        approvals[approval.policy_id].append(approval)
    members: defaultdict[UUID, list[PolicyMember]] = defaultdict(list)
    for member in await store.policy_members.all(ids):
        members[member.policy_id].append(member)
    acknowledgements: defaultdict[UUID, list[PolicyAcknowledgement]] = defaultdict(list)
    conditions = PolicyAcknowledgementFilter(
        policy_ids=[each.id for each in policies], person_id=only
    )
    for each in await store.policy_acknowledgements.all(conditions):
        acknowledgements[each.policy_id].append(each)
    today = await company_today(store)
    covered = []
    for policy in sorted(policies, key=lambda each: each.number):
        if (current := in_force(approvals[policy.id], today)) is None:
            continue
        concerned = frozenset(
            each.id for each in people if concerns(policy.audience, members[policy.id], each)
        )
        alike = approvals[policy.id]
        done = concerned & acknowledged_by(current.major, alike, acknowledgements[policy.id])
        since = min(each.in_force_on for each in alike if each.major == current.major)
        due_on = since + dt.timedelta(days=policy.acknowledge_days)
        covered.append(Coverage(policy, current, due_on, done, concerned - done))
    return covered


async def _everybody(store: Store) -> Sequence[Person]:
    return await store.people.all(PersonFilter(is_enabled=True))


async def _concerning(store: Store, principal: Principal, policy_version_id: UUID) -> PolicyVersion:
    version = await store.policy_versions.get(policy_version_id)
    approved = await store.policy_approvals.all(ByPolicy(policy_id=version.policy_id))
    if not any(each.policy_version_id == version.id for each in approved):
        raise RowNotFound("policy_versions")
    policy = await store.policies.get(version.policy_id)
    members = await store.policy_members.all(ByPolicy(policy_id=policy.id))
    if not concerns(policy.audience, members, await store.people.get(principal.id)):
        raise RowNotFound("policy_versions")
    return version
