"""Who has acknowledged a policy, and who has not: pure, from rows.

Whoever has acknowledged a version has acknowledged every minor change of it; a major one asks
everybody again.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol
from uuid import UUID

from storage.vocabulary.identity import Role
from storage.vocabulary.policies import PolicyAudience


class Someone(Protocol):
    """A person, as far as it matters whether a policy concerns them."""

    @property
    def id(self) -> UUID: ...
    @property
    def role(self) -> Role | None: ...
    @property
    def role_id(self) -> UUID | None: ...


class Member(Protocol):
    """One line of a list of roles and people."""

    @property
    def role(self) -> Role | None: ...
    @property
    def role_id(self) -> UUID | None: ...
    @property
    def person_id(self) -> UUID | None: ...


class Numbered(Protocol):
    """An approved version and its number."""

    @property
    def policy_version_id(self) -> UUID: ...
    @property
    def major(self) -> int: ...


def concerns(audience: PolicyAudience, members: Collection[Member], person: Someone) -> bool:
    """Whether a policy concerns somebody."""
    return person.id in concerned_by(audience, members, [person])


def concerned_by(
    audience: PolicyAudience, members: Collection[Member], people: Iterable[Someone]
) -> frozenset[UUID]:
    """Whom of some people a policy concerns."""
    if audience is PolicyAudience.EVERYBODY:
        return frozenset(each.id for each in people)
    roles = {each.role for each in members} | {each.role_id for each in members}
    roles -= {None}
    named = {each.person_id for each in members}
    return frozenset(
        each.id
        for each in people
        if each.id in named or each.role in roles or each.role_id in roles
    )


def acknowledged_by(
    major: int, versions: Collection[Numbered], readers: Mapping[UUID, Collection[UUID]]
) -> frozenset[UUID]:
    """Who has acknowledged a version with this major number; ``readers`` are who has acknowledged
    each version."""
    alike = [each.policy_version_id for each in versions if each.major == major]
    return frozenset(person for each in alike for person in readers.get(each, ()))
