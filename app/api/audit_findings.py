"""Findings of audits over HTTP."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import (
    Answer,
    PageAnswer,
    RecordAnswer,
    RowAnswer,
    created,
    decode_cursor,
    encode_cursor,
    entity_tag,
    one,
    page,
    ready_made,
)
from app.api.approvals import unless_asked
from app.api.compliance_evidence import EvidenceAnswer
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.regulatory_compliance.auditing import acceptance, finding_list, findings
from services.regulatory_compliance.auditing.acceptance import NewFindingAcceptance
from services.regulatory_compliance.auditing.findings import (
    FindingChanges,
    FindingClosing,
    FindingEvidenceAddition,
    FindingReopening,
    NewFinding,
)
from services.regulatory_compliance.auditing.standing import StandingFinding
from storage.filters import AuditFindingFilter
from storage.interface import Page
from storage.vocabulary.audits import (
    FindingSeverity,
    FindingStanding,
    FindingStatus,
    FindingStepKind,
)

LOCATION = "/api/v1/compliance/findings/{id}"


class FindingAnswer(RowAnswer):
    """What an audit has found. Its number is that of the audit with its own."""

    audit_id: UUID
    ordinal: int
    number: str
    severity: FindingSeverity
    category: str
    description: str
    impact: str
    root_cause: str | None
    requirement_id: UUID | None
    out_of_scope_reason: str | None
    identified_on: dt.date
    identified_by: str
    status: FindingStatus
    closed_at: dt.datetime | None
    closing_note: str | None
    closing_evidence_id: UUID | None
    reopening_reason: str | None


class FindingWithStanding(Answer):
    """A finding and where it stands on the day asked for: an accepted risk is open again the day
    after it was accepted until."""

    finding: FindingAnswer
    standing: FindingStanding
    accepted_until: dt.date | None


class FindingAcceptanceAnswer(RowAnswer):
    """That somebody asked to live with a finding until the end of a day; ``accepted_on`` is when
    somebody else agreed, null before."""

    finding_id: UUID
    approval_id: UUID
    reason: str
    accepted_until: dt.date
    accepted_on: dt.date | None


class FindingStepAnswer(RecordAnswer):
    """That a finding was closed, with what was seen, opened again, and why, or found more severe:
    then nobody has agreed to live with it any more."""

    finding_id: UUID
    number: int
    kind: FindingStepKind
    taken_on: dt.date
    note: str
    evidence_id: UUID | None


class FindingEvidenceAnswer(RecordAnswer):
    """That a version of evidence shows what was found."""

    finding_id: UUID
    evidence_id: UUID


class AuditFindingController(Controller):
    """What audits have found."""

    path = "/compliance"
    tags = ("Audits",)

    @post(
        "/audits/{audit_id:uuid}/findings",
        operation_id="create_audit_finding",
        scope=Scope.AUDITS_WRITE,
    )
    async def create(
        self, request: Call, audit_id: FromPath[UUID], data: JSONBody[NewFinding]
    ) -> Response[FindingAnswer]:
        """Record what an audit in progress has found."""
        return await request.run(
            lambda store: findings.add_finding(store, audit_id, data),
            created(FindingAnswer, LOCATION),
        )

    @get("/findings", operation_id="list_audit_findings", scope=Scope.AUDITS_READ)
    async def browse(
        self,
        request: Call,
        audit_id: FromQuery[UUID | None] = None,
        requirement_id: FromQuery[UUID | None] = None,
        severity: FromQuery[FindingSeverity | None] = None,
        standing: FromQuery[FindingStanding | None] = None,
        on: FromQuery[dt.date | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[FindingWithStanding]]:
        """Findings, oldest first, with where they stand on a day (today if left out)."""
        conditions = AuditFindingFilter(
            audit_id=audit_id, requirement_id=requirement_id, severity=severity
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: finding_list.list_findings(
                store, conditions, standing=standing, on=on, limit=limit, after=after
            ),
            finding_page,
        )

    @get("/findings/{finding_id:uuid}", operation_id="get_audit_finding", scope=Scope.AUDITS_READ)
    async def read(
        self, request: Call, finding_id: FromPath[UUID], on: FromQuery[dt.date | None] = None
    ) -> Response[FindingWithStanding]:
        """One finding, with where it stands."""
        return await request.run(
            lambda store: finding_list.get_finding(store, finding_id, on), _one
        )

    @patch(
        "/findings/{finding_id:uuid}",
        operation_id="update_audit_finding",
        scope=Scope.AUDITS_WRITE,
    )
    async def update(
        self, request: Call, finding_id: FromPath[UUID], data: JSONBody[FindingChanges]
    ) -> Response[FindingAnswer]:
        """Change an open finding: its root cause, when that is known."""
        version = request.expected_version
        return await request.run(
            lambda store: findings.update_finding(
                store, finding_id, data, expected_version=version
            ),
            one(FindingAnswer),
        )

    @post(
        "/findings/{finding_id:uuid}/close",
        operation_id="close_audit_finding",
        scope=Scope.AUDITS_MANAGE,
        status_code=200,
    )
    async def close(
        self, request: Call, finding_id: FromPath[UUID], data: JSONBody[FindingClosing]
    ) -> Response[FindingAnswer]:
        """Close a finding whose root cause is known and whose actions are found effective, with
        evidence that it is mended."""
        version = request.expected_version
        return await request.run(
            lambda store: findings.close_finding(store, finding_id, data, expected_version=version),
            one(FindingAnswer),
        )

    @post(
        "/findings/{finding_id:uuid}/reopen",
        operation_id="reopen_audit_finding",
        scope=Scope.AUDITS_MANAGE,
        status_code=200,
    )
    async def reopen(
        self, request: Call, finding_id: FromPath[UUID], data: JSONBody[FindingReopening]
    ) -> Response[FindingAnswer]:
        """Open a finding again."""
        version = request.expected_version
        return await request.run(
            lambda store: findings.reopen_finding(
                store, finding_id, data.reason, expected_version=version
            ),
            one(FindingAnswer),
        )

    @get(
        "/findings/{finding_id:uuid}/steps",
        operation_id="list_finding_steps",
        scope=Scope.AUDITS_READ,
    )
    async def steps(
        self, request: Call, finding_id: FromPath[UUID]
    ) -> Response[PageAnswer[FindingStepAnswer]]:
        """Each closing and reopening, oldest first: what says where it stood on any day."""
        return await request.run(
            lambda store: findings.steps_of_finding(store, finding_id),
            lambda rows: page(FindingStepAnswer)(Page(rows, None)),
        )

    @post(
        "/findings/{finding_id:uuid}/risk-acceptances",
        operation_id="ask_finding_acceptance",
        scope=Scope.AUDITS_WRITE,
        status_code=202,
    )
    async def accept(
        self, request: Call, finding_id: FromPath[UUID], data: JSONBody[NewFindingAcceptance]
    ) -> Response[FindingAnswer]:
        """Ask somebody else to agree that the company lives with it until a day: 202, with the
        request for their approval as Location."""
        version = request.expected_version
        return await request.run(
            lambda store: acceptance.ask_finding_acceptance(
                store, request.principal, finding_id, data, expected_version=version
            ),
            unless_asked(one(FindingAnswer)),
        )

    @get(
        "/findings/{finding_id:uuid}/risk-acceptances",
        operation_id="list_finding_acceptances",
        scope=Scope.AUDITS_READ,
    )
    async def accepted(
        self, request: Call, finding_id: FromPath[UUID]
    ) -> Response[PageAnswer[FindingAcceptanceAnswer]]:
        """What was asked for and agreed to, oldest first."""
        return await request.run(
            lambda store: acceptance.acceptances_of(store, finding_id),
            lambda rows: page(FindingAcceptanceAnswer)(Page(rows, None)),
        )

    @post(
        "/findings/{finding_id:uuid}/evidence",
        operation_id="add_finding_evidence",
        scope=Scope.AUDITS_WRITE,
    )
    async def show(
        self, request: Call, finding_id: FromPath[UUID], data: JSONBody[FindingEvidenceAddition]
    ) -> Response[FindingEvidenceAnswer]:
        """Add evidence of what was found."""
        return await request.run(
            lambda store: findings.show_finding(store, finding_id, data.evidence_id),
            one(FindingEvidenceAnswer, status=201),
        )

    @get(
        "/findings/{finding_id:uuid}/evidence",
        operation_id="list_finding_evidence",
        scope=Scope.AUDITS_READ,
    )
    async def shown(
        self, request: Call, finding_id: FromPath[UUID]
    ) -> Response[PageAnswer[EvidenceAnswer]]:
        """What shows what was found."""
        return await request.run(
            lambda store: finding_list.evidence_of(store, finding_id),
            lambda rows: page(EvidenceAnswer)(Page(rows, None)),
        )


def _answer(found: StandingFinding) -> FindingWithStanding:
    return FindingWithStanding.model_validate(found)


def _one(found: StandingFinding) -> Response[Any]:
    response = ready_made(_answer(found))
    response.headers["ETag"] = entity_tag(found.finding.version)
    return response


def finding_page(found: tuple[Sequence[StandingFinding], UUID | None]) -> Response[Any]:
    """Answers with a page of findings."""
    rows, after = found
    answer = PageAnswer[FindingWithStanding](
        items=[_answer(each) for each in rows],
        next_cursor=None if after is None else encode_cursor(after),
    )
    return ready_made(answer)
