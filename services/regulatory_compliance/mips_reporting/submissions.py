"""MIPS submissions: one category of a clinician by one method, from draft to decision."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.inputs import Input, left_out
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.filters import ByMipsSubmission, MipsSubmissionFilter
from storage.interface import Page, Store
from storage.tables.mips import (
    MipsStepTaken,
    MipsStepTakenFields,
    MipsSubmission,
    MipsSubmissionFields,
)
from storage.vocabulary.mips import MipsCategory, MipsSubmissionStatus, SubmissionMethod

ENTITY = "mips_submissions"

LEGAL_MOVES: dict[MipsSubmissionStatus, frozenset[MipsSubmissionStatus]] = {
    MipsSubmissionStatus.DRAFT: frozenset(
        {MipsSubmissionStatus.SUBMITTED, MipsSubmissionStatus.WITHDRAWN}
    ),
    MipsSubmissionStatus.SUBMITTED: frozenset(
        {MipsSubmissionStatus.ACCEPTED, MipsSubmissionStatus.REJECTED}
    ),
    MipsSubmissionStatus.REJECTED: frozenset(
        {MipsSubmissionStatus.DRAFT, MipsSubmissionStatus.WITHDRAWN}
    ),
    MipsSubmissionStatus.ACCEPTED: frozenset(),
    MipsSubmissionStatus.WITHDRAWN: frozenset(),
}
"""Where a submission can go from where it stands."""

METHODS: dict[MipsCategory, frozenset[SubmissionMethod]] = {
    MipsCategory.QUALITY: frozenset(SubmissionMethod),
    MipsCategory.COST: frozenset({SubmissionMethod.ADMINISTRATIVE_CLAIMS}),
    **dict.fromkeys(
        (MipsCategory.IMPROVEMENT_ACTIVITIES, MipsCategory.PROMOTING_INTEROPERABILITY),
        frozenset(
            {
                SubmissionMethod.REGISTRY,
                SubmissionMethod.ELECTRONIC_HEALTH_RECORD,
                SubmissionMethod.WEB_INTERFACE,
            }
        ),
    ),
}
"""How each category can reach CMS."""

CehrtId = Annotated[str, Field(pattern=r"^[A-Z0-9]{15}$", examples=["0015HQJ4N7T3KRA"])]
ReportedDay = Annotated[dt.date, Field(ge=dt.date(2017, 1, 1), le=dt.date(2199, 12, 31))]


class NewMipsSubmission(Input):
    """One category of a clinician or group. The days are the whole performance year, unless they
    are given; ``cehrt_id`` is the certification of the technology that was used."""

    clinician_id: UUID
    category: MipsCategory
    submission_method: SubmissionMethod
    performance_start: ReportedDay | None = None
    performance_end: ReportedDay | None = None
    cehrt_id: CehrtId | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.submission_method not in METHODS[self.category]:
            raise ValueError(f"{self.category} is not submitted by {self.submission_method}")
        return self


class MipsSubmissionChanges(Input):
    """What to change of a draft; what is left out stays."""

    performance_start: ReportedDay = left_out()
    performance_end: ReportedDay = left_out()
    cehrt_id: CehrtId | None = None


@dataclass
class NoLongerDraft(Refusal):
    """What was submitted stays as it was; a rejected submission can become a draft again."""

    title: ClassVar[str] = "The submission is not a draft"
    status: MipsSubmissionStatus


async def create_submission(store: Store, new: NewMipsSubmission) -> MipsSubmission:
    """Begin a submission. Raises InvalidInput, DuplicateValue where another one stands."""
    found = await store.mips_clinicians.get_many([new.clinician_id])
    if not found:
        raise InvalidInput([Fault("/clinician_id", "names nothing that exists")])
    (clinician,) = found
    year = clinician.performance_year
    start = new.performance_start or dt.date(year, 1, 1)
    end = new.performance_end or dt.date(year, 12, 31)
    _check_days(year, start, end)
    made = await store.mips_submissions.create(
        MipsSubmissionFields(
            clinician_id=clinician.id,
            performance_year=year,
            tin=clinician.tin,
            npi=clinician.npi,
            category=new.category,
            submission_method=new.submission_method,
            performance_start=start,
            performance_end=end,
            cehrt_id=new.cehrt_id,
            status=MipsSubmissionStatus.DRAFT,
            content_number=1,
        )
    )
    await _record(store, made.id, None, MipsSubmissionStatus.DRAFT, None)
    return made


async def update_submission(
    store: Store, submission_id: UUID, changes: MipsSubmissionChanges, *, expected_version: int
) -> MipsSubmission:
    """Change a draft. Raises RowNotFound, VersionConflict, NoLongerDraft, InvalidInput."""
    held = await held_draft(store, submission_id)
    given = changes.given()
    _check_days(
        held.performance_year,
        changes.performance_start if "performance_start" in given else held.performance_start,
        changes.performance_end if "performance_end" in given else held.performance_end,
    )
    return await store.mips_submissions.update(
        submission_id,
        given | {"content_number": held.content_number + 1},
        expected_version=expected_version,
    )


async def get_submission(store: Store, submission_id: UUID) -> MipsSubmission:
    """Raises RowNotFound."""
    return await store.mips_submissions.get(submission_id)


async def list_submissions(
    store: Store, conditions: MipsSubmissionFilter, *, limit: int, after: UUID | None
) -> Page[MipsSubmission]:
    """Submissions, newest first."""
    return await store.mips_submissions.list(conditions, limit=limit, after=after)


async def decide_submission(
    store: Store,
    submission_id: UUID,
    to: MipsSubmissionStatus,
    note: str | None,
    *,
    expected_version: int,
) -> MipsSubmission:
    """Record what CMS, or who reports, decided: accepted, rejected, a draft again, withdrawn.

    The score that was kept stays in its history. Raises RowNotFound, VersionConflict,
    IllegalTransition, DuplicateValue where another submission stands in its place.
    """
    held = await held_submission(store, submission_id, expected_version)
    check_move(held, to)
    changes: dict[str, object] = {"status": to}
    if to in (MipsSubmissionStatus.DRAFT, MipsSubmissionStatus.WITHDRAWN):
        changes |= {"submitted_at": None, "score_number": None, "score_pct": None}
    return await moved(store, held, to, changes, note)


async def moved(
    store: Store,
    held: MipsSubmission,
    to: MipsSubmissionStatus,
    changes: dict[str, object],
    note: str | None,
) -> MipsSubmission:
    """Bring a held submission to a status that it may have, and record the step."""
    row = await store.mips_submissions.update(held.id, changes, expected_version=held.version)
    await _record(store, held.id, held.status, to, note)
    return row


def check_move(held: MipsSubmission, to: MipsSubmissionStatus) -> None:
    """Raises IllegalTransition."""
    legal = LEGAL_MOVES[held.status]
    if to not in legal:
        raise IllegalTransition("submission", held.status, to, sorted(legal))


async def steps_of(store: Store, submission_id: UUID) -> list[MipsStepTaken]:
    """Every step that was taken, oldest first. Raises RowNotFound."""
    await store.mips_submissions.get(submission_id)
    return await store.mips_steps.all(ByMipsSubmission(submission_id=submission_id))


async def held_submission(
    store: Store, submission_id: UUID, expected_version: int
) -> MipsSubmission:
    """Held until the transaction ends. Raises RowNotFound, VersionConflict."""
    held = await store.mips_submissions.lock(submission_id)
    if held.version != expected_version:
        raise VersionConflict(ENTITY)
    return held


async def held_draft(store: Store, submission_id: UUID) -> MipsSubmission:
    """A draft, held until the transaction ends. Raises RowNotFound, NoLongerDraft."""
    held = await store.mips_submissions.lock(submission_id)
    if held.status is not MipsSubmissionStatus.DRAFT:
        raise NoLongerDraft(held.status)
    return held


async def content_changed(store: Store, held: MipsSubmission) -> None:
    """Say on a held draft that what is reported has changed, so that nobody submits what they
    have not seen."""
    await store.mips_submissions.update(
        held.id, {"content_number": held.content_number + 1}, expected_version=held.version
    )


async def _record(
    store: Store,
    submission_id: UUID,
    before: MipsSubmissionStatus | None,
    to: MipsSubmissionStatus,
    note: str | None,
) -> None:
    await store.mips_steps.create(
        MipsStepTakenFields(
            submission_id=submission_id, from_status=before, to_status=to, note=note
        )
    )


def _check_days(year: int, start: dt.date, end: dt.date) -> None:
    """Raises InvalidInput."""
    faults = [
        Fault(pointer, f"is no day of {year}")
        for pointer, day in (("/performance_start", start), ("/performance_end", end))
        if day.year != year
    ]
    if end < start:
        faults.append(Fault("/performance_end", "lies before the first day"))
    if faults:
        raise InvalidInput(faults)
