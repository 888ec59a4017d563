"""What the database finds of requirements for a day: all that where they stand is derived from."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

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


@dataclass(frozen=True, slots=True)
class CoverFound:
    """From when to when an attestation holds, and its evidence; None: without end."""

    valid_from: dt.date
    valid_until: dt.date | None
    evidence_until: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingFound:
    """A requirement by the version that was known, and what counts of it.

    ``completed`` are periods of the version's schedule with the days on which they were completed,
    a period maybe more than once. ``covers`` are the attestations in force that end on the day or
    after it. ``lapsed`` is the one that held longest of those that had begun, if any had.
    """

    requirement_id: UUID
    code: str
    name: str
    responsible_person_id: UUID | None
    schedule_number: int
    frequency: Frequency
    first_due_on: dt.date | None
    business_day_rule: BusinessDayRule
    late_rule: LateRule
    is_applicable: bool
    completed: list[tuple[int, dt.date]]
    covers: list[CoverFound]
    lapsed: CoverFound | None
