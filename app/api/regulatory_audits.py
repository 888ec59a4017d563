"""Audits over HTTP: their scope, their recommendations, and how they end."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import (
    Answer,
    PageAnswer,
    RecordAnswer,
    RowAnswer,
    created,
    decode_cursor,
    entity_tag,
    one,
    page,
    ready_made,
)
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.regulatory_compliance.auditing import audits
from services.regulatory_compliance.auditing.audits import (
    AuditChanges,
    AuditDetail,
    Conclusion,
    NewAudit,
    NewRecommendation,
    ScopeAddition,
)
from storage.filters import RegulatoryAuditFilter
from storage.vocabulary.audits import AuditStatus, AuditType, RiskRating
from storage.vocabulary.compliance import Program

LOCATION = "/api/v1/compliance/audits/{id}"


class RegulatoryAuditAnswer(RowAnswer):
    """An audit. ``completed_at`` is the end of the work on site; each moment is stamped once."""

    number: str
    program: Program
    audit_type: AuditType
    scope: str
    auditor: str
    audit_firm: str | None
    scheduled_on: dt.date
    status: AuditStatus
    started_at: dt.datetime | None
    completed_at: dt.datetime | None
    concluded_at: dt.datetime | None
    conclusion: str | None
    finding_count: int


class RecommendationAnswer(RecordAnswer):
    """What the auditor advises."""

    audit_id: UUID
    ordinal: int
    text: str


class AuditDetailAnswer(Answer):
    """An audit, its scope and its recommendations.

    ``risk_rating`` is that of the worst finding; ``residual_risk_rating`` of the worst that is not
    closed. Both are derived.
    """

    audit: RegulatoryAuditAnswer
    requirement_ids: list[UUID]
    recommendations: list[RecommendationAnswer]
    risk_rating: RiskRating
    residual_risk_rating: RiskRating


class AuditedRequirementAnswer(RowAnswer):
    """That a requirement is in the scope of an audit."""

    audit_id: UUID
    requirement_id: UUID


class RegulatoryAuditController(Controller):
    """Audits of what the company does for a program."""

    path = "/compliance/audits"
    tags = ("Audits",)

    @post(operation_id="create_regulatory_audit", scope=Scope.AUDITS_MANAGE)
    async def create(
        self, request: Call, data: JSONBody[NewAudit]
    ) -> Response[RegulatoryAuditAnswer]:
        """Schedule an audit."""
        return await request.run(
            lambda store: audits.create_audit(store, data), created(RegulatoryAuditAnswer, LOCATION)
        )

    @get(operation_id="list_regulatory_audits", scope=Scope.AUDITS_READ)
    async def browse(
        self,
        request: Call,
        program: FromQuery[Program | None] = None,
        audit_type: FromQuery[AuditType | None] = None,
        status: FromQuery[AuditStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[RegulatoryAuditAnswer]]:
        """Audits, those that were registered last first."""
        conditions = RegulatoryAuditFilter(program=program, audit_type=audit_type, status=status)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: audits.list_audits(store, conditions, limit=limit, after=after),
            page(RegulatoryAuditAnswer),
        )

    @get("/{audit_id:uuid}", operation_id="get_regulatory_audit", scope=Scope.AUDITS_READ)
    async def read(self, request: Call, audit_id: FromPath[UUID]) -> Response[AuditDetailAnswer]:
        """An audit, its scope, its recommendations, and how bad what it found is."""
        return await request.run(lambda store: audits.audit_detail(store, audit_id), detail)

    @patch("/{audit_id:uuid}", operation_id="update_regulatory_audit", scope=Scope.AUDITS_MANAGE)
    async def update(
        self, request: Call, audit_id: FromPath[UUID], data: JSONBody[AuditChanges]
    ) -> Response[RegulatoryAuditAnswer]:
        """Change an audit that is not over; its day only before it begins."""
        version = request.expected_version
        return await request.run(
            lambda store: audits.update_audit(store, audit_id, data, expected_version=version),
            one(RegulatoryAuditAnswer),
        )

    @post(
        "/{audit_id:uuid}/start",
        operation_id="start_regulatory_audit",
        scope=Scope.AUDITS_MANAGE,
        status_code=200,
    )
    async def start(
        self, request: Call, audit_id: FromPath[UUID]
    ) -> Response[RegulatoryAuditAnswer]:
        """Begin it: from now on it can find something."""
        version = request.expected_version
        return await request.run(
            lambda store: audits.start_audit(store, audit_id, expected_version=version),
            one(RegulatoryAuditAnswer),
        )

    @post(
        "/{audit_id:uuid}/complete",
        operation_id="complete_regulatory_audit",
        scope=Scope.AUDITS_MANAGE,
        status_code=200,
    )
    async def complete(
        self, request: Call, audit_id: FromPath[UUID]
    ) -> Response[RegulatoryAuditAnswer]:
        """End the work on site, once each critical finding has an answer: a corrective action, an
        accepted risk, or its closing."""
        version = request.expected_version
        return await request.run(
            lambda store: audits.complete_audit(store, audit_id, expected_version=version),
            one(RegulatoryAuditAnswer),
        )

    @post(
        "/{audit_id:uuid}/pass",
        operation_id="pass_regulatory_audit",
        scope=Scope.AUDITS_MANAGE,
        status_code=200,
    )
    async def succeed(
        self, request: Call, audit_id: FromPath[UUID], data: JSONBody[Conclusion]
    ) -> Response[RegulatoryAuditAnswer]:
        """Say that it is passed; no critical finding stands open then."""
        version = request.expected_version
        return await request.run(
            lambda store: audits.pass_audit(
                store, audit_id, data.conclusion, expected_version=version
            ),
            one(RegulatoryAuditAnswer),
        )

    @post(
        "/{audit_id:uuid}/fail",
        operation_id="fail_regulatory_audit",
        scope=Scope.AUDITS_MANAGE,
        status_code=200,
    )
    async def fail(
        self, request: Call, audit_id: FromPath[UUID], data: JSONBody[Conclusion]
    ) -> Response[RegulatoryAuditAnswer]:
        """Say that it is failed."""
        version = request.expected_version
        return await request.run(
            lambda store: audits.fail_audit(
                store, audit_id, data.conclusion, expected_version=version
            ),
            one(RegulatoryAuditAnswer),
        )

    @post(
        "/{audit_id:uuid}/recommendations",
        operation_id="create_audit_recommendation",
        scope=Scope.AUDITS_WRITE,
    )
    async def recommend(
        self, request: Call, audit_id: FromPath[UUID], data: JSONBody[NewRecommendation]
    ) -> Response[RecommendationAnswer]:
        """Add what the auditor advises."""
        return await request.run(
            lambda store: audits.recommend(store, audit_id, data.text),
            one(RecommendationAnswer, status=201),
        )

    @post(
        "/{audit_id:uuid}/requirements",
        operation_id="widen_audit_scope",
        scope=Scope.AUDITS_MANAGE,
    )
    async def widen(
        self, request: Call, audit_id: FromPath[UUID], data: JSONBody[ScopeAddition]
    ) -> Response[AuditedRequirementAnswer]:
        """Take a requirement into the scope."""
        return await request.run(
            lambda store: audits.widen_scope(store, audit_id, data.requirement_id),
            one(AuditedRequirementAnswer, status=201),
        )

    @delete(
        "/{audit_id:uuid}/requirements/{requirement_id:uuid}",
        operation_id="narrow_audit_scope",
        scope=Scope.AUDITS_MANAGE,
    )
    async def narrow(
        self, request: Call, audit_id: FromPath[UUID], requirement_id: FromPath[UUID]
    ) -> Response[None]:
        """Leave a requirement out, before the audit begins. If-Match names the audit's version."""
        version = request.expected_version
        return await request.run(
            lambda store: audits.narrow_scope(
                store, audit_id, requirement_id, expected_version=version
            ),
            lambda _: Response(None, status_code=204),
        )


def detail(found: AuditDetail) -> Response[Any]:
    """Answers with an audit and all that belongs to it, and the audit's ETag."""
    response = ready_made(AuditDetailAnswer.model_validate(found))
    response.headers["ETag"] = entity_tag(found.audit.version)
    return response
