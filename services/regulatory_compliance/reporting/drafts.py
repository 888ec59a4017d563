"""Drafts of reports, and issuing them: numbered, hashed, and never changed from then on."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.company_calendar import company_today
from services.identity.authentication import Principal
from services.inputs import Input, LongText, Name, left_out
from services.refusals import Fault, InvalidInput, Refusal
from services.regulatory_compliance.evidence import Day
from services.regulatory_compliance.reporting.content import (
    ReportContent,
    ReportIssue,
    canonical_json,
    sha256_of,
)
from services.regulatory_compliance.reporting.writing import write_report
from storage.filters import ReportFilter
from storage.interface import Page, Store
from storage.issued_reports import IssuedReport
from storage.tables.compliance_reports import (
    MOST_CHARACTERS,
    ComplianceReport,
    ComplianceReportDraft,
    ComplianceReportFields,
    ReportDraftFields,
)
from storage.vocabulary.compliance import Program

COUNTER = "compliance_report"
_Recommendations = Annotated[list[LongText], Field(max_length=50)]


class NewReportDraft(Input):
    """What a report will be about.

    ``known_at``: only what was recorded until then counts. Left out, what was recorded by the end
    of the period does.
    """

    title: Name
    program: Program
    period_from: Annotated[Day, Field(examples=["2026-01-01"])]
    period_to: Annotated[Day, Field(examples=["2026-03-31"])]
    known_at: dt.datetime | None = None
    recommendations: _Recommendations = []

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.period_from > self.period_to:
            raise ValueError("period_from lies after period_to")
        if self.known_at is not None and self.known_at.tzinfo is None:
            raise ValueError("known_at needs its time zone")
        return self


class ReportDraftChanges(Input):
    """What to change of a draft; what is left out stays."""

    title: Name = left_out()
    period_from: Annotated[Day, Field(examples=["2026-01-01"])] = left_out()
    period_to: Annotated[Day, Field(examples=["2026-03-31"])] = left_out()
    known_at: dt.datetime | None = None
    recommendations: _Recommendations = left_out()


@dataclass
class ReportIssued(Refusal):
    """What is issued stays as it is: a correction is another report."""

    title: ClassVar[str] = "The report is issued"
    issued_at: dt.datetime


@dataclass
class ReportTooLong(Refusal):
    """What nobody can open is no report."""

    title: ClassVar[str] = "The report would be too long"
    characters: int
    at_most: int

    @property
    def detail(self) -> str:
        return (
            f"It would have {self.characters:,} characters of at most {self.at_most:,}; choose a"
            " shorter period, or take an audit pack, which has no such bound."
        )


@dataclass
class PeriodNotOver(Refusal):
    """Nobody knows yet where things stand at its end."""

    title: ClassVar[str] = "The period is not over yet"
    period_to: dt.date


async def create_draft(store: Store, new: NewReportDraft) -> ComplianceReportDraft:
    """Begin a report."""
    return await store.compliance_report_drafts.create(
        ReportDraftFields(**{name: getattr(new, name) for name in NewReportDraft.model_fields})
    )


async def get_draft(store: Store, draft_id: UUID) -> ComplianceReportDraft:
    """Raises RowNotFound."""
    return await store.compliance_report_drafts.get(draft_id)


async def list_drafts(
    store: Store, program: Program | None, *, limit: int, after: UUID | None
) -> Page[ComplianceReportDraft]:
    """Drafts, newest first, those that were issued among them."""
    return await store.compliance_report_drafts.list(
        ReportFilter(program=program), limit=limit, after=after
    )


async def update_draft(
    store: Store, draft_id: UUID, changes: ReportDraftChanges, *, expected_version: int
) -> ComplianceReportDraft:
    """Change what a report will be about.

    Raises RowNotFound, VersionConflict, ReportIssued, InvalidInput.
    """
    draft = await _unissued(store, draft_id)
    given = changes.given()
    first = changes.period_from if "period_from" in given else draft.period_from
    last = changes.period_to if "period_to" in given else draft.period_to
    if first > last:
        raise InvalidInput([Fault("/period_from", "lies after period_to")])
    if changes.known_at is not None and changes.known_at.tzinfo is None:
        raise InvalidInput([Fault("/known_at", "needs its time zone")])
    return await store.compliance_report_drafts.update(
        draft_id, given, expected_version=expected_version
    )


async def delete_draft(store: Store, draft_id: UUID, *, expected_version: int) -> None:
    """Give up a report that is not issued. Raises RowNotFound, VersionConflict, ReportIssued."""
    await _unissued(store, draft_id)
    await store.compliance_report_drafts.delete(draft_id, expected_version=expected_version)


async def preview(store: Store, draft_id: UUID) -> ReportContent:
    """What the report would say if it were issued now. Raises RowNotFound."""
    return await write_report(store, await store.compliance_report_drafts.get(draft_id))


async def issue_report(
    store: Store, principal: Principal, draft_id: UUID, *, expected_version: int
) -> ComplianceReport:
    """Put a number and a hash on what the records say, under the id of the draft.

    Raises RowNotFound, VersionConflict, PersonNeeded, ReauthenticationNeeded, ReportIssued,
    PeriodNotOver, ReportTooLong.
    """
    principal.require_recent_proof(store.now)
    draft = await _unissued(store, draft_id)
    if draft.period_to >= await company_today(store):
        raise PeriodNotOver(draft.period_to)
    number = f"CR-{await store.numbers.take(COUNTER):05}"
    person = await store.people.get(principal.id)
    issue = ReportIssue(person_id=person.id, printed_name=person.name, issued_at=store.now)
    content = await write_report(store, draft, number=number, issue=issue)
    text = canonical_json(content)
    if len(text) > MOST_CHARACTERS:
        raise ReportTooLong(len(text), MOST_CHARACTERS)
    digest = sha256_of(text)
    await store.compliance_report_drafts.update(
        draft_id,
        {"issued_at": store.now, "issued_hash": digest},
        expected_version=expected_version,
    )
    return await store.compliance_reports.create(
        ComplianceReportFields(
            report_number=number,
            title=draft.title,
            program=draft.program,
            period_from=draft.period_from,
            period_to=draft.period_to,
            known_at=content.known_at,
            issued_by_person_id=principal.id,
            content=text,
            content_hash=digest,
        ),
        row_id=draft_id,
    )


async def get_report(store: Store, report_id: UUID) -> ComplianceReport:
    """Raises RowNotFound."""
    return await store.compliance_reports.get(report_id)


async def list_reports(
    store: Store, program: Program | None, *, limit: int, after: UUID | None
) -> Page[IssuedReport]:
    """Issued reports without what they say, newest first."""
    return await store.issued_report_list.page(
        ReportFilter(program=program), limit=limit, after=after
    )


async def _unissued(store: Store, draft_id: UUID) -> ComplianceReportDraft:
    """A draft, held. Raises RowNotFound, ReportIssued."""
    draft = await store.compliance_report_drafts.lock(draft_id)
    if draft.issued_at is not None:
        raise ReportIssued(draft.issued_at)
    return draft
