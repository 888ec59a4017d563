"""Submissions and clinicians as they were known at a time: what reports and statistics say of them.

What a submission was follows from its steps and from the scores that were kept, which nobody
changes; what CMS said of a clinician, from the row and the trail of its changes since.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.regulatory_compliance.mips_reporting.final_scores import (
    HANDED_IN,
    FinalOutcome,
    ScoredSubmission,
    final_outcome,
)
from services.regulatory_compliance.past_rows import as_they_were
from storage.filters import AuditFilter, ByMipsSubmission, MipsSubmissionFilter
from storage.interface import Store
from storage.tables.mips import (
    MipsClinicianFields,
    MipsScore,
    MipsStepTaken,
    MipsSubmission,
)
from storage.vocabulary.mips import MipsSubmissionStatus

_OF_A_DRAFT = ("performance_start", "performance_end", "cehrt_id")
"""What can change of a draft, also of one that CMS has rejected before."""
_SCORED = frozenset({*HANDED_IN, MipsSubmissionStatus.REJECTED})


@dataclass(frozen=True)
class KnownSubmission:
    """A submission as it was known at a time: the steps until then, and the score that it stood by,
    which a draft and one that was withdrawn have none of."""

    submission: MipsSubmission
    steps: Sequence[MipsStepTaken]
    score: MipsScore | None

    @property
    def status(self) -> MipsSubmissionStatus:
        return self.steps[-1].to_status if self.steps else MipsSubmissionStatus.DRAFT

    @property
    def submitted_at(self) -> dt.datetime | None:
        """When it was handed in last, unless it was taken back since."""
        if self.score is None:
            return None
        taken = [e for e in self.steps if e.to_status is MipsSubmissionStatus.SUBMITTED]
        return taken[-1].recorded_at

    @property
    def counts(self) -> bool:
        """Whether it was with CMS: what a final score is made of."""
        return self.status in HANDED_IN


@dataclass(frozen=True)
class KnownClinician:
    """A clinician or group as CMS had described them, their submissions, and the final score of
    those that were with CMS, if any was. Its scaling factor is 1: above the threshold the
    adjustment is an estimate."""

    clinician_id: UUID
    fields: MipsClinicianFields
    submissions: Sequence[KnownSubmission]
    final: FinalOutcome | None


async def known_submissions(store: Store, known_at: dt.datetime) -> list[KnownSubmission]:
    """Every submission that was there at a time, as it was then, in a constant number of
    statements."""
    rows = [
        each
        for each in await store.mips_submissions.all(MipsSubmissionFilter())
        if each.created_at <= known_at
    ]
    if not rows:
        return []
    rows = await as_they_were(store, rows, _OF_A_DRAFT, known_at)
    of_these = ByMipsSubmission(submission_ids=[each.id for each in rows])
    return as_known(
        rows, await store.mips_steps.all(of_these), await store.mips_scores.all(of_these), known_at
    )


def as_known(
    rows: Sequence[MipsSubmission],
    steps: Iterable[MipsStepTaken],
    scores: Iterable[MipsScore],
    known_at: dt.datetime,
) -> list[KnownSubmission]:
    """Submissions with what was recorded of them until a time; steps and scores come oldest
    first."""
    taken: dict[UUID, list[MipsStepTaken]] = defaultdict(list)
    for step in steps:
        if step.recorded_at <= known_at:
            taken[step.submission_id].append(step)
    kept: dict[UUID, MipsScore] = {}
    for score in scores:
        if score.recorded_at <= known_at:
            kept[score.submission_id] = score
    return [_known(each, taken[each.id], kept.get(each.id)) for each in rows]


async def known_clinicians(
    store: Store, submissions: Sequence[KnownSubmission], known_at: dt.datetime
) -> list[KnownClinician]:
    """Who reports these submissions, by year, TIN and NPI, in a constant number of statements."""
    own: dict[UUID, list[KnownSubmission]] = defaultdict(list)
    for each in submissions:
        own[each.submission.clinician_id].append(each)
    described = await _as_described(store, list(own), known_at)
    found = [
        KnownClinician(name, fields, own[name], _final(fields, own[name]))
        for name, fields in described.items()
    ]
    return sorted(
        found, key=lambda e: (e.fields.performance_year, e.fields.tin, e.fields.npi or "")
    )


def _known(
    submission: MipsSubmission, steps: Sequence[MipsStepTaken], score: MipsScore | None
) -> KnownSubmission:
    found = KnownSubmission(submission, steps, score)
    return found if found.status in _SCORED else KnownSubmission(submission, steps, None)


def _final(
    clinician: MipsClinicianFields, submissions: Sequence[KnownSubmission]
) -> FinalOutcome | None:
    scored = [
        ScoredSubmission(each.submission, each.score.content)
        for each in submissions
        if each.counts and each.score is not None
    ]
    return final_outcome(clinician, scored) if scored else None


async def _as_described(
    store: Store, clinician_ids: Sequence[UUID], known_at: dt.datetime
) -> dict[UUID, MipsClinicianFields]:
    """What CMS said of them at a time: what was changed since is taken back, the latest first."""
    if not clinician_ids:
        return {}
    rows = await store.mips_clinicians.get_many(sorted(clinician_ids))
    said = {
        each.id: {name: getattr(each, name) for name in MipsClinicianFields.model_fields}
        for each in rows
    }
    changed = [each.id for each in rows if each.updated_at > known_at]
    if changed:
        since = AuditFilter(entity_ids=changed, recorded_from=known_at)
        for entry in reversed(await store.audit_log.all(since)):
            if entry.recorded_at > known_at and entry.entity_id in said:
                fields = said[entry.entity_id]
                fields |= {k: v for k, v in (entry.before or {}).items() if k in fields}
    return {name: MipsClinicianFields.model_validate(fields) for name, fields in said.items()}
