"""Where versions stand, when policies are reviewed, and who has acknowledged them."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulatory_compliance.policies.coverage import acknowledged_by, concerns
from services.regulatory_compliance.policies.standing import (
    in_force,
    label_of,
    next_label,
    review_due_on,
    status_of,
)
from storage.vocabulary.identity import Role
from storage.vocabulary.policies import (
    PolicyAudience,
    PolicyChange,
    PolicyStage,
    PolicyVersionStatus,
)

FIRST = dt.date(2026, 1, 1)
DAYS = st.integers(0, 40).map(lambda days: FIRST + dt.timedelta(days=days))


@dataclass(frozen=True)
class Version:
    """An approved version."""

    policy_version_id: UUID
    major: int
    minor: int
    approved_on: dt.date
    in_force_on: dt.date


@dataclass(frozen=True)
class Person:
    id: UUID
    role: Role | None
    role_id: UUID | None


@dataclass(frozen=True)
class Member:
    role: Role | None = None
    role_id: UUID | None = None
    person_id: UUID | None = None


@st.composite
def histories(draw: st.DrawFn) -> list[Version]:
    """Versions as they are approved one after another: none takes effect before the last."""
    versions: list[Version] = []
    effective_on = approved_on = FIRST
    for number, change in enumerate(draw(st.lists(st.sampled_from(PolicyChange), max_size=6))):
        approved_on += dt.timedelta(days=draw(st.integers(0, 9)))
        effective_on += dt.timedelta(days=draw(st.integers(0, 9)))
        last = label_of(versions[-1]) if versions else None
        major, minor = next_label(last, change)
        versions.append(
            Version(UUID(int=number), major, minor, approved_on, max(effective_on, approved_on))
        )
    return versions


@given(histories(), DAYS)
def test_at_most_one_version_is_in_force(versions: list[Version], on: dt.date) -> None:
    statuses = [
        status_of(PolicyStage.APPROVED, label_of(each), versions, archived_on=None, on=on)
        for each in versions
    ]
    come = [each for each in versions if each.in_force_on <= on]
    assert statuses.count(PolicyVersionStatus.IN_FORCE) == min(1, len(come))
    order = [
        PolicyVersionStatus.SUPERSEDED,
        PolicyVersionStatus.IN_FORCE,
        PolicyVersionStatus.APPROVED,
    ]
    assert statuses == sorted(statuses, key=order.index)


@given(histories(), DAYS, st.integers(0, 40))
def test_what_is_superseded_does_not_come_back(
    versions: list[Version], on: dt.date, days: int
) -> None:
    before, after = in_force(versions, on), in_force(versions, on + dt.timedelta(days=days))
    if before is not None:
        assert after is not None
        assert label_of(after) >= label_of(before)


@given(histories(), st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), unique=True))
def test_coverage_equals_a_recount(versions: list[Version], pairs: list[tuple[int, int]]) -> None:
    known = {each.policy_version_id for each in versions}
    readers: dict[UUID, list[UUID]] = {}
    for version, person in pairs:
        if UUID(int=version) in known:
            readers.setdefault(UUID(int=version), []).append(UUID(int=100 + person))
    majors = {each.policy_version_id: each.major for each in versions}
    for current in versions:
        recount = set()
        for version, people in readers.items():
            for person in range(4):
                alike = majors[version] == current.major
                if UUID(int=100 + person) in people and alike:
                    recount.add(UUID(int=100 + person))
        assert acknowledged_by(current.major, versions, readers) == recount


ROLES = st.none() | st.sampled_from([Role.RCM_STAFF, Role.VIEWER])
IDS = st.none() | st.integers(1, 3).map(lambda number: UUID(int=number))


@given(st.lists(st.builds(Member, ROLES, IDS, IDS), max_size=4), ROLES, IDS)
def test_a_list_concerns_nobody_by_what_it_leaves_open(
    members: list[Member], role: Role | None, role_id: UUID | None
) -> None:
    person = Person(UUID(int=2), role, role_id)
    wanted = any(
        (each.role is not None and each.role == role)
        or (each.role_id is not None and each.role_id == role_id)
        or each.person_id == person.id
        for each in members
    )
    assert concerns(PolicyAudience.LISTED, members, person) is wanted
    assert concerns(PolicyAudience.EVERYBODY, members, person)


@pytest.mark.parametrize(
    ("months", "due_on"),
    [(12, "2025-02-28"), (48, "2028-02-29"), (1, "2024-03-29"), (36, "2027-02-28")],
)
def test_a_review_that_counts_from_the_29th_of_february(months: int, due_on: str) -> None:
    found = review_due_on([dt.date(2024, 2, 29)], [], months=months, on=dt.date(2024, 3, 1))
    assert found == dt.date.fromisoformat(due_on)


@given(st.lists(DAYS, min_size=1), st.lists(DAYS), st.integers(1, 60), DAYS)
def test_only_what_was_known_counts(
    approvals: list[dt.date], reviews: list[dt.date], months: int, on: dt.date
) -> None:
    found = review_due_on(approvals, reviews, months=months, on=on)
    later = [day + dt.timedelta(days=1) for day in (on, on + dt.timedelta(days=3))]
    assert review_due_on([*approvals, *later], [*reviews, *later], months=months, on=on) == found
    assert (found is None) == (min(approvals) > on)
