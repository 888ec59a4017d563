"""Whom policies concerned, as of the end of a day: who was there then, in which role, and which
roles and people each policy listed."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.regulatory_compliance.policies.coverage import Member, Someone
from storage.filters import ByPolicy, PersonFilter, PolicyFilter
from storage.interface import Store
from storage.tables.policies import Policy
from storage.vocabulary.identity import Role
from storage.vocabulary.policies import PolicyAudience


@dataclass(frozen=True, kw_only=True)
class PersonThen:
    """Somebody who was there, in the role that they had."""

    id: UUID
    role: Role | None
    role_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class MemberThen:
    """One line of a list of roles and people."""

    role: Role | None
    role_id: UUID | None
    person_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class PolicyThen:
    """A policy in use, with whom it concerned and how soon it was to be acknowledged."""

    policy: Policy
    audience: PolicyAudience
    acknowledge_days: int


@dataclass(frozen=True, kw_only=True)
class Audiences:
    """Policies by their numbers, and the people whom they may concern."""

    policies: Sequence[PolicyThen]
    members: Mapping[UUID, Sequence[Member]]
    people: Sequence[Someone]


async def audiences_now(
    store: Store, people: Sequence[Someone] | None = None, *, policy_id: UUID | None = None
) -> Audiences:
    """As they are: of some people, or of everybody who is there; of one policy, or of all."""
    if people is None:
        people = await store.people.all(PersonFilter(is_enabled=True))
    policies = [each for each in await _policies(store, policy_id) if each.archived_on is None]
    return Audiences(
        policies=[_as_it_is(each) for each in policies],
        members=await _members(store, policies),
        people=people,
    )


async def audiences_at(
    store: Store, moment: dt.datetime, day: dt.date, *, policy_id: UUID | None = None
) -> Audiences:
    """As they were at the end of a day, which is a moment that has passed.

    What has changed since is undone by the trail of the changes.
    """
    policies = [
        each
        for each in await _policies(store, policy_id)
        if each.created_at < moment and (each.archived_on is None or each.archived_on > day)
    ]
    earlier = await store.past_values.changed(
        "policies", ["audience", "acknowledge_days"], since=moment
    )
    return Audiences(
        policies=[_as_it_was(_as_it_is(each), earlier.get(each.id, {})) for each in policies],
        members=await _members_at(store, policies, moment),
        people=await _people_at(store, moment),
    )


async def _policies(store: Store, policy_id: UUID | None) -> list[Policy]:
    if policy_id is not None:
        return [await store.policies.get(policy_id)]
    return sorted(await store.policies.all(PolicyFilter()), key=lambda each: each.number)


def _as_it_is(policy: Policy) -> PolicyThen:
    return PolicyThen(
        policy=policy, audience=policy.audience, acknowledge_days=policy.acknowledge_days
    )


def _as_it_was(policy: PolicyThen, earlier: Mapping[str, str | None]) -> PolicyThen:
    if (audience := earlier.get("audience")) is not None:
        policy = replace(policy, audience=PolicyAudience(audience))
    if (days := earlier.get("acknowledge_days")) is not None:
        policy = replace(policy, acknowledge_days=int(days))
    return policy


async def _members(store: Store, policies: Sequence[Policy]) -> Mapping[UUID, Sequence[Member]]:
    found: defaultdict[UUID, list[Member]] = defaultdict(list)
    for each in await store.policy_members.all(ByPolicy(policy_ids=[row.id for row in policies])):
        found[each.policy_id].append(each)
    return found


async def _members_at(
    store: Store, policies: Sequence[Policy], moment: dt.datetime
) -> Mapping[UUID, Sequence[Member]]:
    """Those that are listed still, and those that were taken off the list since."""
    found: defaultdict[UUID, list[Member]] = defaultdict(list)
    for each in await store.policy_members.all(ByPolicy(policy_ids=[row.id for row in policies])):
        if each.created_at < moment:
            found[each.policy_id].append(each)
    taken_off = await store.past_values.deleted(
        "policy_members", ["policy_id", "role", "role_id", "person_id"], since=moment
    )
    for row in taken_off.values():
        role, role_id, person_id = row["role"], row["role_id"], row["person_id"]
        found[UUID(row["policy_id"])].append(
            MemberThen(
                role=None if role is None else Role(role),
                role_id=None if role_id is None else UUID(role_id),
                person_id=None if person_id is None else UUID(person_id),
            )
        )
    return found


async def _people_at(store: Store, moment: dt.datetime) -> Sequence[PersonThen]:
    """Whoever was enabled; nobody is ever deleted."""
    earlier = await store.past_values.changed(
        "people", ["role", "role_id", "disabled_at"], since=moment
    )
    found = []
    for each in await store.people.all(PersonFilter()):
        was = earlier.get(each.id, {})
        is_disabled = each.disabled_at is not None
        if "disabled_at" in was:
            is_disabled = was["disabled_at"] is not None
        if each.created_at >= moment or is_disabled:
            continue
        role, role_id = each.role, each.role_id
        if "role" in was:
            role = None if was["role"] is None else Role(was["role"])
        if "role_id" in was:
            role_id = None if was["role_id"] is None else UUID(was["role_id"])
        found.append(PersonThen(id=each.id, role=role, role_id=role_id))
    return found
