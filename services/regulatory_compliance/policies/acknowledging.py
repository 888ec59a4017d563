"""Acknowledging what one has read: once for each version, by a signed-in person."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from services.company_calendar import company_calendar, company_today
from services.files.reading import ReadableFile, readable
from services.identity.authentication import Principal
from services.inputs import Input
from services.refusals import Refusal
from services.regulatory_compliance.policies.audiences import (
    Audiences,
    audiences_at,
    audiences_now,
)
from services.regulatory_compliance.policies.coverage import acknowledged_by, concerned_by, concerns
from services.regulatory_compliance.policies.keeping import kept
from services.regulatory_compliance.policies.standing import in_force
from storage.errors import DuplicateValue, RowNotFound
from storage.filters import ByPolicy, PolicyAcknowledgementFilter
from storage.interface import Page, Store
from storage.tables.policies import (
    Policy,
    PolicyAcknowledgement,
    PolicyAcknowledgementFields,
    PolicyApproval,
    PolicyText,
    PolicyVersion,
)

_FIRST_DAY = dt.date(1970, 1, 2)
"""Nobody was there before."""


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
    audiences = await audiences_now(store, [person])
    covered = await _coverages(store, audiences, await company_today(store), only=person.id)
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


async def coverage_of(store: Store, policy_id: UUID, on: dt.date | None = None) -> Coverage:
    """Who had acknowledged what was in force of a policy at the end of a day (None: now), of those
    whom it concerned then. Raises RowNotFound, NotInForce.
    """
    await store.policies.get(policy_id)
    calendar = await company_calendar(store)
    today = calendar.day_of(store.now)
    if on is None or on >= today:
        audiences = await audiences_now(store, policy_id=policy_id)
        found = await _coverages(store, audiences, on or today)
    else:
        end = calendar.midnight(max(on, _FIRST_DAY) + dt.timedelta(days=1)).astimezone(dt.UTC)
        audiences = await audiences_at(store, end, on, policy_id=policy_id)
        found = await _coverages(store, audiences, on, known_before=end)
    if not found:
        raise NotInForce
    return found[0]


async def all_coverages(store: Store) -> Sequence[Coverage]:
    """The same of every policy of which something is in force now, by number."""
    return await _coverages(store, await audiences_now(store), await company_today(store))


async def _coverages(
    store: Store,
    audiences: Audiences,
    on: dt.date,
    *,
    known_before: dt.datetime | None = None,
    only: UUID | None = None,
) -> list[Coverage]:
    """Who of some people has acknowledged what is in force, for each policy; ``only`` reads what
    one of them has acknowledged, and nothing counts that did not come before ``known_before``."""
    ids = [each.policy.id for each in audiences.policies]
    approvals: defaultdict[UUID, list[PolicyApproval]] = defaultdict(list)
    for approval in await store.policy_approvals.all(ByPolicy(policy_ids=ids)):
        approvals[approval.policy_id].append(approval)
    current_of = {
        each: current for each in ids if (current := in_force(approvals[each], on)) is not None
    }
    readers = await store.acknowledgement_figures.people(
        [
            each.policy_version_id
            for policy_id, current in current_of.items()
            for each in approvals[policy_id]
            if each.major == current.major
        ],
        known_before=known_before,
        person_id=only,
    )
    covered = []
    for then in audiences.policies:
        alike = approvals[then.policy.id]
        if (current := current_of.get(then.policy.id)) is None:
            continue
        members = audiences.members.get(then.policy.id, ())
        concerned = concerned_by(then.audience, members, audiences.people)
        done = concerned & acknowledged_by(current.major, alike, readers)
        since = min(each.in_force_on for each in alike if each.major == current.major)
        due_on = since + dt.timedelta(days=then.acknowledge_days)
        covered.append(Coverage(then.policy, current, due_on, done, concerned - done))
    return covered


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
