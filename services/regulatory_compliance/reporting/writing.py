"""Writing a report: what a program's records said at the end of a period."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence

from services.company_calendar import CompanyCalendar, company_calendar
from services.regulatory_compliance.reporting.attestation_figures import attestation_figures
from services.regulatory_compliance.reporting.audit_figures import (
    audit_figures,
    audit_records,
    reported_findings,
)
from services.regulatory_compliance.reporting.content import (
    ReportContent,
    ReportedRate,
    ReportedRequirement,
    ReportedStatuses,
    ReportedTrend,
    ReportIssue,
)
from services.regulatory_compliance.reporting.measuring import (
    Measured,
    Rate,
    measured,
    rate_of,
)
from services.regulatory_compliance.reporting.mips_figures import DETAILED_AT_MOST, reported_mips
from services.regulatory_compliance.reporting.periods import ReportPeriod, earlier
from storage.interface import Store
from storage.tables.compliance_reports import ComplianceReportDraft
from storage.vocabulary.compliance import Program, RequirementStatus

EARLIER_PERIODS = 4
"""How many like periods before it a report is held against."""
LOW_PERCENT = 90
"""Below this rate the advice is to watch."""


async def write_report(
    store: Store,
    draft: ComplianceReportDraft,
    *,
    number: str | None = None,
    issue: ReportIssue | None = None,
) -> ReportContent:
    """What a report says, in a constant number of statements; without a number and an issue, what
    the draft would."""
    company = await store.companies.get(store.company_id)
    calendar = await company_calendar(store)
    period = ReportPeriod(draft.period_from, draft.period_to)
    known_at = known_by(draft, calendar, store.now)
    moment = min(known_at, calendar.end_of(period.last))
    rows = await measured(store, draft.program, on=period.last, known_at=known_at)
    audits = await audit_records(store, draft.program, on=period.last, known_at=known_at)
    rate = rate_of(rows)
    counted = Counter(each.standing.status for each in rows)
    begins = calendar.midnight(period.first)
    mips = await reported_mips(store, draft.program, period, moment, begins)
    return ReportContent(
        report_number=number,
        issue=issue,
        company_name=company.name,
        title=draft.title,
        program=draft.program,
        period_from=period.first,
        period_to=period.last,
        known_at=known_at,
        rate=reported(rate),
        statuses=ReportedStatuses(**{each.value: counted[each] for each in RequirementStatus}),
        requirements=[_requirement(each, period.last) for each in rows],
        attestations=await attestation_figures(store, draft.program, period, known_at),
        audits=audit_figures(audits, period),
        findings=reported_findings(audits, period),
        mips=mips,
        mips_is_brief=len(mips) > DETAILED_AT_MOST,
        trend=await _trend(store, draft.program, period),
        advice=list(_advice(rate, rows)),
        recommendations=draft.recommendations,
    )


def known_by(
    draft: ComplianceReportDraft, calendar: CompanyCalendar, now: dt.datetime
) -> dt.datetime:
    """Up to when records count: as the draft says, else to the period's end; never beyond now."""
    return min(draft.known_at or calendar.end_of(draft.period_to), now)


def reported(rate: Rate) -> ReportedRate:
    """A rate as documents say it."""
    return ReportedRate(
        numerator=rate.numerator, denominator=rate.denominator, rate_pct=rate.percent
    )


def _requirement(row: Measured, on: dt.date) -> ReportedRequirement:
    due_on = row.standing.due_on
    return ReportedRequirement(
        requirement_id=row.requirement.requirement_id,
        code=row.requirement.code,
        citation=row.requirement.citation,
        name=row.requirement.name,
        content_number=row.requirement.content_number,
        status=row.standing.status,
        reason=row.standing.reason,
        due_on=due_on,
        covered_until=row.standing.covered_until,
        days_overdue=(on - due_on).days if row.is_overdue and due_on is not None else None,
    )


async def _trend(store: Store, program: Program, period: ReportPeriod) -> list[ReportedTrend]:
    """The oldest first."""
    calendar = await company_calendar(store)
    found = []
    for each in reversed(list(earlier(period, EARLIER_PERIODS))):
        known_at = min(calendar.end_of(each.last), store.now)
        rate = rate_of(await measured(store, program, on=each.last, known_at=known_at))
        found.append(
            ReportedTrend(period_from=each.first, period_to=each.last, rate=reported(rate))
        )
    return found


def _advice(rate: Rate, rows: Sequence[Measured]) -> Iterator[str]:
    overdue = sum(each.is_overdue for each in rows)
    if rate.percent is not None and rate.percent < LOW_PERCENT:
        yield (
            "Fewer than nine in ten of the requirements are complied with: name an officer who"
            " follows each of the others every month."
        )
    if overdue:
        yield f"{overdue} overdue: say for each who completes it, and by when."
