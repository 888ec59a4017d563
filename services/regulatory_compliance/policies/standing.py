"""Where policies and their versions stand on a day: pure, from what was approved and reviewed."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar

from services.regulatory_compliance.recurrence import after_months
from storage.vocabulary.policies import PolicyChange, PolicyStage, PolicyVersionStatus

Label = tuple[int, int]
"""Major and minor; later versions have greater ones."""


class Approved(Protocol):
    """An approved version, as far as the days go."""

    @property
    def major(self) -> int: ...
    @property
    def minor(self) -> int: ...
    @property
    def approved_on(self) -> dt.date: ...
    @property
    def in_force_on(self) -> dt.date: ...


Version = TypeVar("Version", bound=Approved)


def label_of(version: Approved) -> Label:
    """Its number, by which versions are in order."""
    return version.major, version.minor


def next_label(last: Label | None, change: PolicyChange) -> Label:
    """The number of the version after the last one that was approved; the first is 1.0."""
    if last is None:
        return 1, 0
    major, minor = last
    return (major + 1, 0) if change is PolicyChange.MAJOR else (major, minor + 1)


def in_force(versions: Collection[Version], on: dt.date) -> Version | None:
    """The latest version whose day has come."""
    return max((each for each in versions if each.in_force_on <= on), key=label_of, default=None)


def status_of(
    stage: PolicyStage,
    label: Label,
    approved: Collection[Approved],
    *,
    archived_on: dt.date | None,
    on: dt.date,
) -> PolicyVersionStatus:
    """Where a version stands among the approved ones of its policy."""
    if stage is not PolicyStage.APPROVED:
        return PolicyVersionStatus(stage)
    if archived_on is not None and archived_on <= on:
        return PolicyVersionStatus.ARCHIVED
    current = in_force(approved, on)
    if current is None or label > label_of(current):
        return PolicyVersionStatus.APPROVED
    if label < label_of(current):
        return PolicyVersionStatus.SUPERSEDED
    return PolicyVersionStatus.IN_FORCE


def review_due_on(
    approvals: Sequence[dt.date], reviews: Sequence[dt.date], *, months: int, on: dt.date
) -> dt.date | None:
    """When a policy is due for review, as it was known on a day: so many months after it was last
    approved or reviewed. None before its first approval. What is counted from 29 February is due on
    the 28th of a year that has no 29th."""
    known = [day for day in approvals if day <= on]
    if not known:
        return None
    return after_months(max([*known, *(day for day in reviews if day <= on)]), months)
