"""Where a requirement stands, as of any day and as known at any time: derived, never typed in.

Two times that do not mix: the day for which one asks (``on``), and the moment up to which what was
recorded is known (``known_at``). What was revoked or disputed counts for nothing, whatever the day,
as soon as that is known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from services.regulatory_compliance.recurrence import (
    IsBusinessDay,
    Period,
    Schedule,
    is_kept,
    kept_period,
    open_period,
)
from storage.vocabulary.compliance import (
    AttestationStatus,
    DecisionKind,
    RequirementStatus,
    SignatureKind,
    StatusReason,
)


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """One version of what is required, by its number from 1.

    Attestations of versions before ``material_number`` no longer count, and periods are counted
    anew from version ``schedule_number`` on.
    """

    number: int
    recorded_at: dt.datetime
    schedule: Schedule | None
    quorum: int
    material_number: int
    schedule_number: int


class Decision(msgspec.Struct, frozen=True):
    """Whether the requirement concerns the company."""

    kind: DecisionKind
    effective_on: dt.date
    recorded_at: dt.datetime


class Attestation(msgspec.Struct, frozen=True, kw_only=True):
    """What was attested, of which version, for which period, and how long it holds.

    ``evidence_until`` is the last day on which all of its evidence holds; None: without end.
    """

    id: UUID
    content_number: int
    schedule_number: int
    period_number: int | None
    signed_on: dt.date
    valid_from: dt.date
    valid_until: dt.date | None
    evidence_until: dt.date | None
    recorded_at: dt.datetime
    quorum: int
    supersedes_id: UUID | None = None


class Signature(msgspec.Struct, frozen=True):
    """One link of the requirement's chain."""

    attestation_id: UUID
    kind: SignatureKind
    recorded_at: dt.datetime


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one requirement, each in the order in which it was recorded."""

    contents: Sequence[Content]
    decisions: Sequence[Decision] = ()
    attestations: Sequence[Attestation] = ()
    signatures: Sequence[Signature] = ()


class Cover(msgspec.Struct, frozen=True):
    """From when to when an attestation holds, and its evidence; None: without end."""

    valid_from: dt.date
    valid_until: dt.date | None
    evidence_until: dt.date | None

    @property
    def last_day(self) -> dt.date:
        """On which the attestation and all of its evidence hold."""
        return min(self.valid_until or dt.date.max, self.evidence_until or dt.date.max)

    @property
    def ends_with_its_evidence(self) -> bool:
        return self.evidence_until is not None and self.evidence_until == self.last_day


class Completed(msgspec.Struct, frozen=True):
    """Which periods of a schedule were completed: bit n - 1 of ``numbers`` is of period n. ``days``
    are those on which they were first; where the schedule is kept, nobody needs them."""

    numbers: int = 0
    days: Mapping[int, dt.date] = {}

    @property
    def first_open(self) -> int:
        """The number of the earliest period that was not."""
        return ((self.numbers + 1) & ~self.numbers).bit_length()

    @property
    def last(self) -> int:
        """The number of the latest that was; 0 where none was."""
        return self.numbers.bit_length()


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """What counts of a requirement on a day, as known at a time: the periods of the schedule that
    were completed by then, and the attestations in force.

    Of these, those that ended before the day may be left out but for the one that held longest.
    """

    schedule: Schedule | None
    is_applicable: bool
    completed: Completed
    covers: Sequence[Cover]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The derived status. ``due_on`` and ``period`` are of the earliest period that is open;
    ``covered_until`` is the last day that attestations cover without a gap from the day asked for
    (None: no end, or not covered)."""

    status: RequirementStatus
    reason: StatusReason
    period: Period | None = None
    covered_until: dt.date | None = None

    @property
    def due_on(self) -> dt.date | None:
        return None if self.period is None else self.period.due_on


def standing(
    history: History, *, on: dt.date, known_at: dt.datetime, is_business_day: IsBusinessDay
) -> Standing | None:
    """The status on a day as known at a time; None where the requirement was not known yet."""
    counting = in_force(history, on=on, known_at=known_at)
    if counting is None:
        return None
    return standing_by(counting, on=on, is_business_day=is_business_day)


def standing_by(counting: InForce, *, on: dt.date, is_business_day: IsBusinessDay) -> Standing:
    """The status on a day, by what counts on it."""
    if not counting.is_applicable:
        return Standing(status=RequirementStatus.NOT_APPLICABLE, reason=StatusReason.NOT_APPLICABLE)
    period = _first_open(counting, is_business_day)
    is_covered = any(each.valid_from <= on <= each.last_day for each in counting.covers)
    waiting = _after_the_last(counting, period, is_business_day) if is_covered else period
    if waiting is not None and waiting.due_on < on:
        return Standing(
            status=RequirementStatus.NON_COMPLIANT, reason=StatusReason.OVERDUE, period=period
        )
    if is_covered:
        return Standing(
            status=RequirementStatus.COMPLIANT,
            reason=StatusReason.ATTESTED,
            period=period,
            covered_until=_covered_until(counting.covers, on),
        )
    lapse = _lapse(counting.covers, on)
    if lapse is not None:
        return Standing(status=RequirementStatus.NON_COMPLIANT, reason=lapse, period=period)
    return Standing(
        status=RequirementStatus.IN_PROGRESS, reason=StatusReason.NOT_YET_DUE, period=period
    )


def in_force(history: History, *, on: dt.date, known_at: dt.datetime) -> InForce | None:
    """What counts on a day of what was known at a time; None where nothing was."""
    contents = [each for each in history.contents if each.recorded_at <= known_at]
    if not contents:
        return None
    content = contents[-1]
    states = attestation_states(history, known_at)
    counting = [
        each
        for each in history.attestations
        if states.get(each.id) is AttestationStatus.ATTESTED
        and each.content_number >= content.material_number
    ]
    return InForce(
        schedule=content.schedule,
        is_applicable=_is_applicable(history.decisions, on, known_at),
        completed=completed_by(
            (each.period_number, each.signed_on)
            for each in counting
            if each.period_number is not None
            and each.schedule_number == content.schedule_number
            and each.signed_on <= on
        ),
        covers=[Cover(each.valid_from, each.valid_until, each.evidence_until) for each in counting],
    )


def completed_by(completions: Iterable[tuple[int, dt.date]]) -> Completed:
    """Periods with the days on which they were completed, a period maybe more than once."""
    numbers, days = 0, dict[int, dt.date]()
    for number, day in completions:
        numbers |= 1 << (number - 1)
        if number not in days or day < days[number]:
            days[number] = day
    return Completed(numbers, days)


def attestation_states(history: History, known_at: dt.datetime) -> Mapping[UUID, AttestationStatus]:
    """What each attestation is by the signatures known at a time; expiry is a matter of the day.

    A revocation is final; what was superseded once by a signed attestation stays superseded.
    """
    known = {each.id: each for each in history.attestations if each.recorded_at <= known_at}
    signers: dict[UUID, int] = dict.fromkeys(known, 0)
    states: dict[UUID, AttestationStatus] = dict.fromkeys(
        known, AttestationStatus.AWAITING_SIGNATURES
    )
    superseded: set[UUID] = set()
    for each in history.signatures:
        if each.recorded_at > known_at:
            continue
        name = each.attestation_id
        match each.kind:
            case SignatureKind.ATTESTED | SignatureKind.COSIGNED:
                signers[name] += 1
                if states[name] is AttestationStatus.AWAITING_SIGNATURES and (
                    signers[name] >= known[name].quorum
                ):
                    states[name] = AttestationStatus.ATTESTED
                    if (replaced := known[name].supersedes_id) is not None:
                        superseded.add(replaced)
            case SignatureKind.DISPUTED:
                states[name] = AttestationStatus.DISPUTED
            case SignatureKind.UPHELD:
                states[name] = AttestationStatus.ATTESTED
            case SignatureKind.REVOKED:
                states[name] = AttestationStatus.REVOKED
    return states | {
        name: AttestationStatus.SUPERSEDED
        for name in superseded
        if states.get(name) is not AttestationStatus.REVOKED
    }


def _first_open(counting: InForce, is_business_day: IsBusinessDay) -> Period | None:
    """The earliest period that is not completed."""
    schedule, completed = counting.schedule, counting.completed
    if schedule is None:
        return None
    if is_kept(schedule):
        return kept_period(schedule, completed.first_open, is_business_day)
    return open_period(schedule, completed.days, is_business_day)


def _after_the_last(
    counting: InForce, first: Period | None, is_business_day: IsBusinessDay
) -> Period | None:
    """The period after the last that was completed (``first`` is the earliest that is open). One
    before it is open only because what had completed it was revoked or disputed, which reopens
    nothing while another attestation covers."""
    schedule, completed = counting.schedule, counting.completed
    if schedule is None or (is_kept(schedule) and completed.first_open > completed.last):
        return first
    if is_kept(schedule):
        return kept_period(schedule, completed.last + 1, is_business_day)
    return open_period(schedule, _up_to_the_last(completed.days), is_business_day)


def _up_to_the_last(completions: Mapping[int, dt.date]) -> dict[int, dt.date]:
    """Each period up to the last completed one, with the earliest day by which it or a later one
    was."""
    found: dict[int, dt.date] = {}
    for number in range(max(completions, default=0), 0, -1):
        days = (found.get(number + 1), completions.get(number))
        found[number] = min(day for day in days if day is not None)
    return found


def _is_applicable(decisions: Sequence[Decision], on: dt.date, known_at: dt.datetime) -> bool:
    """By the latest decision that was in effect; of one day's, the one recorded last."""
    known = [
        each
        for each in decisions
        if each.recorded_at <= known_at
        and each.effective_on <= on
        and each.kind in {DecisionKind.APPLICABLE, DecisionKind.NOT_APPLICABLE}
    ]
    in_order = sorted(known, key=lambda each: each.effective_on)
    return not in_order or in_order[-1].kind is DecisionKind.APPLICABLE


def _covered_until(covers: Sequence[Cover], on: dt.date) -> dt.date | None:
    last = on
    for each in sorted(covers, key=lambda each: each.valid_from):
        follows = last < dt.date.max and each.valid_from <= last + dt.timedelta(days=1)
        if follows and each.last_day > last:
            last = each.last_day
    return None if last == dt.date.max else last


def _lapse(covers: Sequence[Cover], on: dt.date) -> StatusReason | None:
    """Why what once held no longer does: by the attestation that held longest; of two that held as
    long, by the one whose evidence ended."""
    begun = [each for each in covers if each.valid_from <= on]
    latest = max(begun, key=lambda each: (each.last_day, each.ends_with_its_evidence), default=None)
    if latest is None:
        return None
    if latest.ends_with_its_evidence:
        return StatusReason.EVIDENCE_EXPIRED
    return StatusReason.ATTESTATION_EXPIRED
