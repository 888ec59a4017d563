"""Requirements of compliance programs, with where they stand, over HTTP."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from pydantic import Field, field_serializer

from app.answers import (
    Answer,
    PageAnswer,
    RecordAnswer,
    Render,
    RowAnswer,
    created,
    decode_cursor,
    encode_cursor,
    one,
    page,
    ready_made,
)
from app.api.approvals import unless_asked
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.inputs import Input
from services.regulatory_compliance import decisions, requirement_list, requirements
from services.regulatory_compliance.decisions import Applicability, NewDecision
from services.regulatory_compliance.evidence import Day
from services.regulatory_compliance.requirement_list import AsOf, Listed
from services.regulatory_compliance.requirements import NewRequirement, RequirementChanges
from services.regulatory_compliance.standing import Standing
from storage.interface import Page
from storage.tables.compliance import RequirementContent
from storage.vocabulary.compliance import DecisionKind, Program, RequirementStatus, StatusReason

On = Annotated[
    dt.date | None,
    QueryParameter(description="The day for which the status is derived; today if left out."),
]
KnownAt = Annotated[
    dt.datetime | None,
    QueryParameter(description="Only what was recorded until then counts; all if left out."),
]


class RequirementAnswer(RowAnswer):
    """A requirement. ``content_number`` is the version of its ``content``."""

    code: str
    program: Program
    content: RequirementContent
    content_number: int
    responsible: str | None
    responsible_person_id: UUID | None
    pack_id: str | None
    pack_version: str | None
    retired_on: dt.date | None


class StandingAnswer(Answer):
    """Where a requirement stands, derived from what was recorded.

    ``period_number`` and ``due_on`` are of the earliest period that nobody has completed;
    ``covered_until`` is the last day that attestations cover without a gap.
    """

    status: RequirementStatus
    reason: StatusReason
    period_number: int | None
    due_on: dt.date | None
    covered_until: dt.date | None


class RequirementWithStanding(Answer):
    """A requirement and where it stands: null where it was out of use on the day asked for."""

    requirement: RequirementAnswer
    standing: StandingAnswer | None


class RequirementVersionAnswer(RecordAnswer):
    """One version of what is required. ``content_hash`` is its SHA-256."""

    requirement_id: UUID
    number: int
    content: RequirementContent
    content_hash: bytes
    material_number: int
    schedule_number: int
    reason: str | None

    @field_serializer("content_hash")
    def _as_hex(self, digest: bytes) -> str:
        return digest.hex()


class RequirementDecisionAnswer(RecordAnswer):
    """What was decided about a requirement; with ``approval_id`` where somebody approved it."""

    requirement_id: UUID
    kind: DecisionKind
    rationale: str
    effective_on: dt.date
    approval_id: UUID | None


class Retirement(Input):
    """From which day on a requirement is out of use: today, or one to come."""

    on: Annotated[Day, Field(examples=["2031-12-31"])]


class ComplianceRequirementController(Controller):
    """What programs ask of the company. A status is derived, and never written."""

    path = "/compliance/requirements"
    tags = ("Compliance",)

    @post(operation_id="create_compliance_requirement", scope=Scope.COMPLIANCE_WRITE)
    async def create(
        self, request: Call, data: JSONBody[NewRequirement]
    ) -> Response[RequirementAnswer]:
        """Register a requirement of the company's own."""
        return await request.run(
            lambda store: requirements.create_requirement(store, data),
            created(RequirementAnswer, "/api/v1/compliance/requirements/{id}"),
        )

    @get(operation_id="list_compliance_requirements", scope=Scope.COMPLIANCE_READ)
    async def browse(
        self,
        request: Call,
        program: FromQuery[Program | None] = None,
        status: FromQuery[RequirementStatus | None] = None,
        is_overdue: FromQuery[bool | None] = None,
        on: On = None,
        known_at: KnownAt = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[RequirementWithStanding]]:
        """Requirements by their codes, with where they stand."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: requirement_list.list_requirements(
                store,
                program=program,
                status=status,
                is_overdue=is_overdue,
                as_of=AsOf(on=on, known_at=known_at),
                limit=limit,
                after=after,
            ),
            requirement_page,
        )

    @get(
        "/{requirement_id:uuid}",
        operation_id="get_compliance_requirement",
        scope=Scope.COMPLIANCE_READ,
    )
    async def read(
        self,
        request: Call,
        requirement_id: FromPath[UUID],
        on: On = None,
        known_at: KnownAt = None,
    ) -> Response[RequirementWithStanding]:
        """One requirement, with where it stands; what is retired can be read for good."""
        as_of = AsOf(on=on, known_at=known_at)
        return await request.run(
            lambda store: requirement_list.get_requirement(store, requirement_id, as_of), _listed
        )

    @patch(
        "/{requirement_id:uuid}",
        operation_id="update_compliance_requirement",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def update(
        self, request: Call, requirement_id: FromPath[UUID], data: JSONBody[RequirementChanges]
    ) -> Response[RequirementAnswer]:
        """Change a requirement; a change of what is required is its next version."""
        version = request.expected_version
        return await request.run(
            lambda store: requirements.update_requirement(
                store, requirement_id, data, expected_version=version
            ),
            one(RequirementAnswer),
        )

    @post(
        "/{requirement_id:uuid}/retire",
        operation_id="retire_compliance_requirement",
        scope=Scope.COMPLIANCE_WRITE,
        status_code=200,
    )
    async def retire(
        self, request: Call, requirement_id: FromPath[UUID], data: JSONBody[Retirement]
    ) -> Response[RequirementAnswer]:
        """Take a requirement out of use; what was attested of it stays."""
        version = request.expected_version
        return await request.run(
            lambda store: requirements.retire_requirement(
                store, requirement_id, data.on, expected_version=version
            ),
            one(RequirementAnswer),
        )

    @get(
        "/{requirement_id:uuid}/versions",
        operation_id="list_requirement_versions",
        scope=Scope.COMPLIANCE_READ,
    )
    async def versions(
        self, request: Call, requirement_id: FromPath[UUID]
    ) -> Response[PageAnswer[RequirementVersionAnswer]]:
        """Every version, oldest first."""
        return await request.run(
            lambda store: requirements.versions_of(store, requirement_id),
            _all(RequirementVersionAnswer),
        )

    @post(
        "/{requirement_id:uuid}/decisions",
        operation_id="create_requirement_decision",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def decide(
        self, request: Call, requirement_id: FromPath[UUID], data: JSONBody[NewDecision]
    ) -> Response[RequirementDecisionAnswer]:
        """Record how an addressable specification is met, or why that is not reasonable."""
        return await request.run(
            lambda store: decisions.decide_specification(store, requirement_id, data),
            one(RequirementDecisionAnswer, status=201),
        )

    @get(
        "/{requirement_id:uuid}/decisions",
        operation_id="list_requirement_decisions",
        scope=Scope.COMPLIANCE_READ,
    )
    async def decided(
        self, request: Call, requirement_id: FromPath[UUID]
    ) -> Response[PageAnswer[RequirementDecisionAnswer]]:
        """Every decision, oldest first."""
        return await request.run(
            lambda store: decisions.decisions_of(store, requirement_id),
            _all(RequirementDecisionAnswer),
        )

    @post(
        "/{requirement_id:uuid}/not-applicable",
        operation_id="ask_requirement_not_applicable",
        scope=Scope.COMPLIANCE_WRITE,
        status_code=202,
    )
    async def not_applicable(
        self, request: Call, requirement_id: FromPath[UUID], data: JSONBody[Applicability]
    ) -> Response[RequirementAnswer]:
        """Ask somebody else to approve that it does not concern the company: 202, with the request
        for their approval as Location."""
        version = request.expected_version
        return await request.run(
            lambda store: decisions.ask_not_applicable(
                store, request.principal, requirement_id, data.reason, expected_version=version
            ),
            unless_asked(one(RequirementAnswer)),
        )

    @post(
        "/{requirement_id:uuid}/applicable",
        operation_id="declare_requirement_applicable",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def applicable(
        self, request: Call, requirement_id: FromPath[UUID], data: JSONBody[Applicability]
    ) -> Response[RequirementDecisionAnswer]:
        """Take back that it does not concern the company."""
        return await request.run(
            lambda store: decisions.declare_applicable(store, requirement_id, data.reason),
            one(RequirementDecisionAnswer, status=201),
        )


def _answer(listed: Listed) -> RequirementWithStanding:
    standing = listed.standing
    return RequirementWithStanding(
        requirement=RequirementAnswer.model_validate(listed.requirement),
        standing=None if standing is None else _standing(standing),
    )


def _standing(standing: Standing) -> StandingAnswer:
    period = standing.period
    return StandingAnswer(
        status=standing.status,
        reason=standing.reason,
        period_number=None if period is None else period.number,
        due_on=standing.due_on,
        covered_until=standing.covered_until,
    )


def _listed(listed: Listed) -> Response[Any]:
    response = ready_made(_answer(listed))
    response.headers["ETag"] = f'"{listed.requirement.version}"'
    return response


def requirement_page(found: tuple[Sequence[Listed], UUID | None]) -> Response[Any]:
    """Answers with a page of requirements."""
    rows, after = found
    answer = PageAnswer[RequirementWithStanding](
        items=[_answer(each) for each in rows],
        next_cursor=None if after is None else encode_cursor(after),
    )
    return ready_made(answer)


def _all(model: type[RecordAnswer]) -> Render[Sequence[Any]]:
    """Answers with all rows of one parent, as a page that is the last."""
    return lambda rows: page(model)(Page(rows, None))
