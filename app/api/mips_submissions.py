"""MIPS submissions over HTTP: what becomes of them, and what they score."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from pydantic import field_serializer

from app.answers import (
    Answer,
    PageAnswer,
    RecordAnswer,
    Render,
    RowAnswer,
    created,
    decode_cursor,
    one,
    page,
    ready_made,
)
from app.api.mips_clinicians import NpiGiven, TinGiven
from app.api.mips_lists import PerformanceYear
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.inputs import Input, LongText
from services.regulatory_compliance.mips_reporting import scores, submissions
from services.regulatory_compliance.mips_reporting.submissions import (
    MipsSubmissionChanges,
    NewMipsSubmission,
)
from storage.filters import MipsSubmissionFilter
from storage.interface import Page
from storage.tables.mips import MipsScore, MipsScoreContent, MipsScoreFields
from storage.vocabulary.mips import (
    MipsCategory,
    MipsSubmissionStatus,
    SubmissionMethod,
)

LOCATION = "/api/v1/compliance/mips/submissions/{id}"


class MipsSubmissionAnswer(RowAnswer):
    """One category of a clinician or group. `content_number` rises with what is reported;
    `score_number` and `score_pct` are of the score that was kept when it was submitted."""

    clinician_id: UUID
    performance_year: int
    tin: str
    npi: str | None
    category: MipsCategory
    submission_method: SubmissionMethod
    performance_start: dt.date
    performance_end: dt.date
    cehrt_id: str | None
    status: MipsSubmissionStatus
    content_number: int
    submitted_at: dt.datetime | None
    score_number: int | None
    score_pct: Decimal | None


class MipsStepTakenAnswer(RecordAnswer):
    """That a submission went from one status to another."""

    submission_id: UUID
    from_status: MipsSubmissionStatus | None
    to_status: MipsSubmissionStatus
    note: str | None


class MipsScoreAnswer(Answer):
    """A category's score with its arithmetic and what it was computed by. It was kept when the
    submission was submitted, or else `is_kept` is false and it was computed just now."""

    is_kept: bool
    kept_at: dt.datetime | None
    submission_id: UUID
    number: int
    content_number: int
    rules_edition: dt.date
    rules_sha256: bytes
    measure_list_id: UUID
    benchmark_list_id: UUID | None
    content: MipsScoreContent

    @field_serializer("rules_sha256")
    def _as_hex(self, digest: bytes) -> str:
        return digest.hex()


class MipsNote(Input):
    """What is to be said of a step: the confirmation's number, CMS's feedback, or why."""

    note: LongText | None = None


class MipsReasons(Input):
    """Why: what CMS said, or what is to be mended."""

    note: LongText


class MipsSubmissionController(Controller):
    """Submissions: a draft is submitted, and accepted or rejected; what was rejected can become a
    draft again."""

    path = "/compliance/mips/submissions"
    tags = ("Compliance",)

    @post(operation_id="create_mips_submission", scope=Scope.COMPLIANCE_WRITE)
    async def create(
        self, request: Call, data: JSONBody[NewMipsSubmission]
    ) -> Response[MipsSubmissionAnswer]:
        """Begin a submission: one at a time for a clinician or group, category and method, beside
        those that are rejected or withdrawn."""
        return await request.run(
            lambda store: submissions.create_submission(store, data),
            created(MipsSubmissionAnswer, LOCATION),
        )

    @get(operation_id="list_mips_submissions", scope=Scope.COMPLIANCE_READ)
    async def browse(
        self,
        request: Call,
        performance_year: PerformanceYear = None,
        tin: TinGiven = None,
        npi: NpiGiven = None,
        clinician_id: FromQuery[UUID | None] = None,
        category: FromQuery[MipsCategory | None] = None,
        status: FromQuery[MipsSubmissionStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[MipsSubmissionAnswer]]:
        """Submissions, newest first."""
        conditions = MipsSubmissionFilter(
            performance_year=performance_year,
            tin=tin,
            npi=npi,
            clinician_id=clinician_id,
            category=category,
            status=status,
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: submissions.list_submissions(store, conditions, limit=limit, after=after),
            page(MipsSubmissionAnswer),
        )

    @get("/{submission_id:uuid}", operation_id="get_mips_submission", scope=Scope.COMPLIANCE_READ)
    async def read(
        self, request: Call, submission_id: FromPath[UUID]
    ) -> Response[MipsSubmissionAnswer]:
        """One submission."""
        return await request.run(
            lambda store: submissions.get_submission(store, submission_id),
            one(MipsSubmissionAnswer),
        )

    @patch(
        "/{submission_id:uuid}",
        operation_id="update_mips_submission",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def update(
        self, request: Call, submission_id: FromPath[UUID], data: JSONBody[MipsSubmissionChanges]
    ) -> Response[MipsSubmissionAnswer]:
        """Change a draft."""
        version = request.expected_version
        return await request.run(
            lambda store: submissions.update_submission(
                store, submission_id, data, expected_version=version
            ),
            one(MipsSubmissionAnswer),
        )

    @post(
        "/{submission_id:uuid}/submit",
        operation_id="submit_mips_submission",
        scope=Scope.COMPLIANCE_WRITE,
        status_code=200,
    )
    async def submit(
        self, request: Call, submission_id: FromPath[UUID], data: JSONBody[MipsNote]
    ) -> Response[MipsSubmissionAnswer]:
        """Submit a draft: its score is computed, and kept with all that it was computed by."""
        version = request.expected_version
        return await request.run(
            lambda store: scores.submit(store, submission_id, data.note, expected_version=version),
            one(MipsSubmissionAnswer),
        )

    @post(
        "/{submission_id:uuid}/accept",
        operation_id="accept_mips_submission",
        scope=Scope.COMPLIANCE_WRITE,
        status_code=200,
    )
    async def accept(
        self, request: Call, submission_id: FromPath[UUID], data: JSONBody[MipsNote]
    ) -> Response[MipsSubmissionAnswer]:
        """Record that CMS accepted it."""
        version = request.expected_version
        return await _decided(
            request, submission_id, MipsSubmissionStatus.ACCEPTED, data.note, version=version
        )

    @post(
        "/{submission_id:uuid}/reject",
        operation_id="reject_mips_submission",
        scope=Scope.COMPLIANCE_WRITE,
        status_code=200,
    )
    async def reject(
        self, request: Call, submission_id: FromPath[UUID], data: JSONBody[MipsReasons]
    ) -> Response[MipsSubmissionAnswer]:
        """Record that CMS rejected it, and what it said."""
        version = request.expected_version
        return await _decided(
            request, submission_id, MipsSubmissionStatus.REJECTED, data.note, version=version
        )

    @post(
        "/{submission_id:uuid}/reopen",
        operation_id="reopen_mips_submission",
        scope=Scope.COMPLIANCE_WRITE,
        status_code=200,
    )
    async def reopen(
        self, request: Call, submission_id: FromPath[UUID], data: JSONBody[MipsReasons]
    ) -> Response[MipsSubmissionAnswer]:
        """Make a draft of what was rejected; the score that was kept stays in its history."""
        version = request.expected_version
        return await _decided(
            request, submission_id, MipsSubmissionStatus.DRAFT, data.note, version=version
        )

    @post(
        "/{submission_id:uuid}/withdraw",
        operation_id="withdraw_mips_submission",
        scope=Scope.COMPLIANCE_WRITE,
        status_code=200,
    )
    async def withdraw(
        self, request: Call, submission_id: FromPath[UUID], data: JSONBody[MipsReasons]
    ) -> Response[MipsSubmissionAnswer]:
        """Give up a draft, or what was rejected, for good."""
        version = request.expected_version
        return await _decided(
            request, submission_id, MipsSubmissionStatus.WITHDRAWN, data.note, version=version
        )

    @get(
        "/{submission_id:uuid}/steps",
        operation_id="list_mips_steps",
        scope=Scope.COMPLIANCE_READ,
    )
    async def steps(
        self, request: Call, submission_id: FromPath[UUID]
    ) -> Response[PageAnswer[MipsStepTakenAnswer]]:
        """Every step that was taken: who, when, and what was said of it; oldest first."""
        return await request.run(
            lambda store: submissions.steps_of(store, submission_id), _all(MipsStepTakenAnswer)
        )

    @get(
        "/{submission_id:uuid}/score",
        operation_id="get_mips_score",
        scope=Scope.COMPLIANCE_READ,
    )
    async def score(
        self, request: Call, submission_id: FromPath[UUID]
    ) -> Response[MipsScoreAnswer]:
        """The score: of a draft as it stands now, else the one that was kept."""
        return await request.run(
            lambda store: scores.score_of(store, submission_id),
            lambda found: ready_made(_score_answer(*found)),
        )

    @get(
        "/{submission_id:uuid}/scores",
        operation_id="list_mips_scores",
        scope=Scope.COMPLIANCE_READ,
    )
    async def scores(
        self, request: Call, submission_id: FromPath[UUID]
    ) -> Response[PageAnswer[MipsScoreAnswer]]:
        """Every score that was kept, oldest first."""
        return await request.run(
            lambda store: scores.scores_of(store, submission_id),
            lambda found: ready_made(
                PageAnswer[MipsScoreAnswer](items=[_score_answer(each, each) for each in found])
            ),
        )


async def _decided(
    request: Call,
    submission_id: UUID,
    to: MipsSubmissionStatus,
    note: str | None,
    *,
    version: int,
) -> Response[MipsSubmissionAnswer]:
    return await request.run(
        lambda store: submissions.decide_submission(
            store, submission_id, to, note, expected_version=version
        ),
        one(MipsSubmissionAnswer),
    )


def _score_answer(fields: MipsScoreFields, kept: MipsScore | None) -> MipsScoreAnswer:
    named = {
        name: getattr(fields, name)
        for name in MipsScoreAnswer.model_fields
        if name not in ("is_kept", "kept_at")
    }
    return MipsScoreAnswer(
        is_kept=kept is not None, kept_at=None if kept is None else kept.recorded_at, **named
    )


def _all(model: type[RecordAnswer]) -> Render[Sequence[Any]]:
    """Answers with all rows of one parent, as a page that is the last."""
    return lambda rows: page(model)(Page(rows, None))
