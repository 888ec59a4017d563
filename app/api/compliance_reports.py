"""Statistics and reports of compliance, over HTTP."""

import asyncio
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from pydantic import field_serializer

from app.answers import (
    JSON,
    Answer,
    PageAnswer,
    RecordAnswer,
    RowAnswer,
    created,
    decode_cursor,
    one,
    page,
    ready_made,
)
from app.api.parameters import Cursor, Limit
from app.call import Call
from app.exports import CSV, cell, csv_text
from services.identity.scopes import Scope
from services.regulatory_compliance.reporting import drafts
from services.regulatory_compliance.reporting.content import (
    ReportContent,
    ReportedAttestations,
    ReportedAudits,
    ReportedRate,
    ReportedStatuses,
    read_content,
)
from services.regulatory_compliance.reporting.documents import report_pdf, report_rows
from services.regulatory_compliance.reporting.drafts import NewReportDraft, ReportDraftChanges
from services.regulatory_compliance.reporting.statistics import (
    ComplianceStatistics,
    RequirementFigures,
    compliance_statistics,
)
from services.regulatory_compliance.reporting.writing import reported
from storage.tables.compliance_reports import ComplianceReport
from storage.vocabulary.compliance import Program
from storage.vocabulary.mips import MipsSubmissionStatus
from storage.vocabulary.risks import RiskLevel

PDF = "application/pdf"
RangeFirst = Annotated[
    dt.date | None,
    QueryParameter(description="The first day; the first of the last one's year if left out."),
]
RangeLast = Annotated[
    dt.date | None,
    QueryParameter(description="The last day, for which things stand; today if left out."),
]


class ReportForm(StrEnum):
    """What a report is written as."""

    JSON = "json"
    CSV = "csv"
    PDF = "pdf"


Written = Annotated[ReportForm, QueryParameter(description="What the report is written as.")]


class RequirementFiguresAnswer(Answer):
    """Requirements by where they stood. What does not concern the company counts neither above nor
    below in ``rate``."""

    total: int
    statuses: ReportedStatuses
    overdue: int
    rate: ReportedRate


class RiskFiguresAnswer(Answer):
    """Assessments of the range that somebody has approved, by the level that is left after what is
    in place."""

    total: int
    levels: dict[RiskLevel, int]


class MipsFiguresAnswer(Answer):
    """Submissions of the performance years that the range touches. ``average_score_pct`` is of
    those ``scored`` that are submitted or accepted, and of no others."""

    total: int
    statuses: dict[MipsSubmissionStatus, int]
    scored: int
    average_score_pct: Decimal | None


class ComplianceStatisticsAnswer(Answer):
    """Counts of a range. ``known_at`` is up to when records count: its end, or now."""

    first: dt.date
    last: dt.date
    known_at: dt.datetime
    requirements: RequirementFiguresAnswer
    by_program: dict[Program, RequirementFiguresAnswer]
    attestations: ReportedAttestations
    audits: ReportedAudits
    risk_assessments: RiskFiguresAnswer
    mips: MipsFiguresAnswer


class ReportDraftAnswer(RowAnswer):
    """What a report is about, and when it was issued with which hash, if it was."""

    title: str
    program: Program
    period_from: dt.date
    period_to: dt.date
    known_at: dt.datetime | None
    recommendations: list[str]
    issued_at: dt.datetime | None
    issued_hash: bytes | None

    @field_serializer("issued_hash")
    def _as_hex(self, digest: bytes | None) -> str | None:
        return None if digest is None else digest.hex()


class IssuedReportSummary(RecordAnswer):
    """An issued report. ``content_hash`` is the SHA-256 of its content as canonical JSON."""

    report_number: str
    title: str
    program: Program
    period_from: dt.date
    period_to: dt.date
    known_at: dt.datetime
    issued_by_person_id: UUID
    content_hash: bytes

    @field_serializer("content_hash")
    def _as_hex(self, digest: bytes) -> str:
        return digest.hex()


class IssuedReportAnswer(Answer):
    """An issued report with all that it says."""

    report: IssuedReportSummary
    content: ReportContent


class ComplianceStatisticsController(Controller):
    """Counts of requirements and attestations."""

    path = "/compliance/statistics"
    tags = ("Compliance reports",)

    @get(operation_id="get_compliance_statistics", scope=Scope.COMPLIANCE_READ)
    async def read(
        self,
        request: Call,
        first: RangeFirst = None,
        last: RangeLast = None,
        program: FromQuery[Program | None] = None,
    ) -> Response[ComplianceStatisticsAnswer]:
        """Counts of a range of days, by where things stood at its end."""
        return await request.run(
            lambda store: compliance_statistics(store, first=first, last=last, program=program),
            _statistics,
        )


class ReportDraftController(Controller):
    """Reports before they are issued."""

    path = "/compliance/report-drafts"
    tags = ("Compliance reports",)

    @post(operation_id="create_report_draft", scope=Scope.COMPLIANCE_WRITE)
    async def create(
        self, request: Call, data: JSONBody[NewReportDraft]
    ) -> Response[ReportDraftAnswer]:
        """Begin a report: of which program and period."""
        return await request.run(
            lambda store: drafts.create_draft(store, data),
            created(ReportDraftAnswer, "/api/v1/compliance/report-drafts/{id}"),
        )

    @get(operation_id="list_report_drafts", scope=Scope.COMPLIANCE_READ)
    async def browse(
        self,
        request: Call,
        program: FromQuery[Program | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[ReportDraftAnswer]]:
        """Drafts, newest first, those that were issued among them."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: drafts.list_drafts(store, program, limit=limit, after=after),
            page(ReportDraftAnswer),
        )

    @get("/{draft_id:uuid}", operation_id="get_report_draft", scope=Scope.COMPLIANCE_READ)
    async def read(self, request: Call, draft_id: FromPath[UUID]) -> Response[ReportDraftAnswer]:
        """One draft."""
        return await request.run(
            lambda store: drafts.get_draft(store, draft_id), one(ReportDraftAnswer)
        )

    @patch("/{draft_id:uuid}", operation_id="update_report_draft", scope=Scope.COMPLIANCE_WRITE)
    async def update(
        self, request: Call, draft_id: FromPath[UUID], data: JSONBody[ReportDraftChanges]
    ) -> Response[ReportDraftAnswer]:
        """Change what a report will be about, until it is issued."""
        version = request.expected_version
        return await request.run(
            lambda store: drafts.update_draft(store, draft_id, data, expected_version=version),
            one(ReportDraftAnswer),
        )

    @delete("/{draft_id:uuid}", operation_id="delete_report_draft", scope=Scope.COMPLIANCE_WRITE)
    async def give_up(self, request: Call, draft_id: FromPath[UUID]) -> Response[None]:
        """Give up a report that is not issued."""
        version = request.expected_version
        return await request.run(
            lambda store: drafts.delete_draft(store, draft_id, expected_version=version),
            lambda _: Response(None, status_code=204),
        )

    @get(
        "/{draft_id:uuid}/preview",
        operation_id="preview_report",
        scope=Scope.COMPLIANCE_READ,
    )
    async def show(self, request: Call, draft_id: FromPath[UUID]) -> Response[ReportContent]:
        """What the report would say if it were issued now."""
        return await request.run(lambda store: drafts.preview(store, draft_id), ready_made)

    @post(
        "/{draft_id:uuid}/issue",
        operation_id="issue_report",
        scope=Scope.COMPLIANCE_ATTEST,
    )
    async def issue(self, request: Call, draft_id: FromPath[UUID]) -> Response[IssuedReportSummary]:
        """Issue the report under its number, with the hash of what it says. Nothing changes it from
        then on; a correction is another report. Only a person does so who has just proved who they
        are, and only once the period is over."""
        version = request.expected_version
        return await request.run(
            lambda store: drafts.issue_report(
                store, request.principal, draft_id, expected_version=version
            ),
            created(IssuedReportSummary, "/api/v1/compliance/reports/{id}"),
        )


class ComplianceReportController(Controller):
    """Reports as they were issued."""

    path = "/compliance/reports"
    tags = ("Compliance reports",)

    @get(operation_id="list_compliance_reports", scope=Scope.COMPLIANCE_READ)
    async def browse(
        self,
        request: Call,
        program: FromQuery[Program | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[IssuedReportSummary]]:
        """Issued reports, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: drafts.list_reports(store, program, limit=limit, after=after),
            page(IssuedReportSummary),
        )

    @get("/{report_id:uuid}", operation_id="get_compliance_report", scope=Scope.COMPLIANCE_READ)
    async def read(self, request: Call, report_id: FromPath[UUID]) -> Response[IssuedReportAnswer]:
        """One report, with all that it says."""
        return await request.run(lambda store: drafts.get_report(store, report_id), _issued)

    @get(
        "/{report_id:uuid}/file",
        operation_id="download_compliance_report",
        scope=Scope.COMPLIANCE_READ,
        is_export=True,
        produces=(JSON, CSV, PDF),
    )
    async def download(
        self, request: Call, report_id: FromPath[UUID], form: Written = ReportForm.PDF
    ) -> Response[Any]:
        """The report as a file: the JSON is the very text that the hash is of; CSV and PDF say the
        same and name the hash. Who downloaded it is on record."""
        found: list[ComplianceReport] = []

        def noted(report: ComplianceReport) -> Response[Any]:
            found.append(report)
            return Response(b"")

        await request.run(lambda store: drafts.get_report(store, report_id), noted)
        report = found[-1]
        write, media_type = _FORMS[form]
        content = await asyncio.to_thread(write, report)
        name = f"{report.report_number}.{form.value}"
        return Response(
            content,
            media_type=media_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _as_json(report: ComplianceReport) -> bytes:
    return report.content.encode()


def _as_csv(report: ComplianceReport) -> bytes:
    rows = report_rows(read_content(report.content), report.content_hash)
    return csv_text([cell(each) for each in row] for row in rows)


def _as_pdf(report: ComplianceReport) -> bytes:
    return report_pdf(read_content(report.content), report.content_hash)


_FORMS: dict[ReportForm, tuple[Callable[[ComplianceReport], bytes], str]] = {
    ReportForm.JSON: (_as_json, JSON),
    ReportForm.CSV: (_as_csv, CSV),
    ReportForm.PDF: (_as_pdf, PDF),
}


def _issued(report: ComplianceReport) -> Response[Any]:
    return ready_made(
        IssuedReportAnswer(
            report=IssuedReportSummary.model_validate(report), content=read_content(report.content)
        )
    )


def _statistics(found: ComplianceStatistics) -> Response[Any]:
    return ready_made(
        ComplianceStatisticsAnswer(
            first=found.first,
            last=found.last,
            known_at=found.known_at,
            requirements=_figures(found.requirements),
            by_program={name: _figures(each) for name, each in found.by_program.items()},
            attestations=found.attestations,
            audits=found.audits,
            risk_assessments=RiskFiguresAnswer(
                total=found.risk_assessments.total, levels=found.risk_assessments.levels
            ),
            mips=MipsFiguresAnswer(
                total=found.mips.total,
                statuses=found.mips.statuses,
                scored=found.mips.scored,
                average_score_pct=found.mips.average_score_pct,
            ),
        )
    )


def _figures(found: RequirementFigures) -> RequirementFiguresAnswer:
    statuses = {status.value: count for status, count in found.statuses.items()}
    return RequirementFiguresAnswer(
        total=found.total,
        statuses=ReportedStatuses(**statuses),
        overdue=found.overdue,
        rate=reported(found.rate),
    )
