"""What the database finds of requirements and corrective actions for a day: where they stand, or
what that is derived from."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from storage.vocabulary.audits import ActionStatus
from storage.vocabulary.compliance import BusinessDayRule, Frequency, LateRule, Program


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingQuestion:
    """For which day, by what was known at which time, and of which requirements; those that were
    retired by then or not known yet are none of them.

    ``after``: only those whose codes come after that of the requirement with this id; ``limit``:
    at most so many, the first by their codes.
    """

    on: dt.date
    known_at: dt.datetime
    program: Program | None = None
    requirement_ids: list[UUID] | None = None
    after: UUID | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationQuestion:
    """Which attestations: those signed on the days from ``first`` to ``last``, of requirements of a
    program, or of all; by what was known at which time."""

    first: dt.date
    last: dt.date
    known_at: dt.datetime
    program: Program | None = None


@dataclass(frozen=True, slots=True)
class CoverFound:
    """From when to when an attestation holds, and its evidence; None: without end."""

    valid_from: dt.date
    valid_until: dt.date | None
    evidence_until: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingFound:
    """A requirement by the version that was known (``content_number``), and what counts of it.

    ``completed`` are the periods of the version's schedule that were: bit n - 1 is period n's. Of a
    schedule that counts from it, ``completed_on`` are they with the days, a period maybe more than
    once. ``covers`` are the attestations in force that end on the day or
    after it. ``lapsed`` is the one that held longest of those that had begun, if any had.
    """

    requirement_id: UUID
    code: str
    program: Program
    citation: str | None
    name: str
    responsible_person_id: UUID | None
    content_number: int
    schedule_number: int
    frequency: Frequency
    first_due_on: dt.date | None
    business_day_rule: BusinessDayRule
    late_rule: LateRule
    is_applicable: bool
    completed: int
    completed_on: list[tuple[int, dt.date]]
    covers: list[CoverFound]
    lapsed: CoverFound | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionQuestion:
    """Which corrective actions, by where they were at the end of a day as known at a time; those
    that were not planned by then are none of them.

    ``after``: only those planned after the one with this id; ``limit``: at most so many.
    """

    on: dt.date
    known_at: dt.datetime
    action_ids: list[UUID] | None = None
    audit_id: UUID | None = None
    finding_id: UUID | None = None
    status: ActionStatus | None = None
    assignee_id: UUID | None = None
    is_overdue: bool | None = None
    after: UUID | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFound:
    """A corrective action, and what its last step by then left: it is overdue from the day after it
    was due until it is completed."""

    action_id: UUID
    audit_id: UUID
    finding_id: UUID
    status: ActionStatus
    assignee_id: UUID
    due_on: dt.date
    is_overdue: bool
