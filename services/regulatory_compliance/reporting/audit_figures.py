"""Audits, findings and corrective actions as they were at the end of a period, as known then.

What was changed since counts for nothing: an audit is of the day that it was scheduled for, and a
finding as severe as it was said to be. Where an audit was follows from its stamps, where a finding
and an action were from their steps.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from services.company_calendar import company_calendar
from services.regulatory_compliance.auditing.standing import SAID, histories_of
from services.regulatory_compliance.past_rows import as_they_were
from services.regulatory_compliance.reporting.content import (
    ReportedActions,
    ReportedAudits,
    ReportedFinding,
)
from services.regulatory_compliance.reporting.periods import ReportPeriod
from storage.filters import (
    AuditFindingFilter,
    RegulatoryAuditFilter,
)
from storage.interface import Store
from storage.standings import ActionFound, ActionQuestion
from storage.tables.audits import AuditFinding, RegulatoryAudit
from storage.vocabulary.audits import (
    ActionStatus,
    AuditStatus,
    FindingSeverity,
    FindingStanding,
)
from storage.vocabulary.compliance import Program

_DONE = frozenset({ActionStatus.COMPLETED, ActionStatus.VERIFIED, ActionStatus.EFFECTIVE})


_PLANNED = ("scope", "auditor", "audit_firm", "scheduled_on")
"""What can change of an audit beside where it is."""


class AuditRecords(msgspec.Struct, frozen=True, kw_only=True):
    """Audits of a program with what was found and what is done about it."""

    audits: Mapping[UUID, RegulatoryAudit]
    findings: Sequence[AuditFinding]
    actions: Sequence[ActionFound]
    standings: Mapping[UUID, FindingStanding]
    """Where each finding stood at the end of that day, as it was known then."""
    moment: dt.datetime
    """The end of that day, or up to when records count, if that is earlier."""


async def audit_records(
    store: Store, program: Program | None, *, on: dt.date, known_at: dt.datetime
) -> AuditRecords:
    """What was known then, in a constant number of statements."""
    moment = min((await company_calendar(store)).end_of(on), known_at)
    rows = [
        each
        for each in await store.regulatory_audits.all(RegulatoryAuditFilter(program=program))
        if each.created_at <= known_at
    ]
    audits = {each.id: each for each in await as_they_were(store, rows, _PLANNED, moment)}
    found = [
        each
        for each in await store.audit_findings.all(AuditFindingFilter())
        if each.audit_id in audits and each.created_at <= known_at and each.identified_on <= on
    ]
    findings = await as_they_were(store, found, SAID, moment)
    ids = {each.id for each in findings}
    actions = await store.action_figures.found(ActionQuestion(on=on, known_at=known_at))
    return AuditRecords(
        audits=audits,
        findings=findings,
        actions=[each for each in actions if each.finding_id in ids],
        standings={
            each.finding.id: each.on(on, known_at).standing
            for each in await histories_of(store, findings)
        },
        moment=moment,
    )


def status_at(audit: RegulatoryAudit, moment: dt.datetime) -> AuditStatus:
    """Where an audit was: the last of its stamps that is not later."""
    if audit.concluded_at is not None and audit.concluded_at <= moment:
        return audit.status
    if audit.completed_at is not None and audit.completed_at <= moment:
        return AuditStatus.COMPLETED
    if audit.started_at is not None and audit.started_at <= moment:
        return AuditStatus.IN_PROGRESS
    return AuditStatus.SCHEDULED


def audit_figures(records: AuditRecords, period: ReportPeriod) -> ReportedAudits:
    """Audits that were scheduled for a day of the period, by where they were at its last moment (or
    at the time up to which records count, if that is earlier). Passed and failed ones have been
    completed, too."""
    moment = records.moment
    chosen = {
        name
        for name, each in records.audits.items()
        if period.first <= each.scheduled_on <= period.last
    }
    counted = Counter(status_at(records.audits[name], moment) for name in chosen)
    found = [each for each in records.findings if each.audit_id in chosen]
    actions = [each for each in records.actions if each.audit_id in chosen]
    concluded = counted[AuditStatus.PASSED] + counted[AuditStatus.FAILED]
    return ReportedAudits(
        total=len(chosen),
        scheduled=counted[AuditStatus.SCHEDULED],
        in_progress=counted[AuditStatus.IN_PROGRESS],
        completed=counted[AuditStatus.COMPLETED] + concluded,
        passed=counted[AuditStatus.PASSED],
        failed=counted[AuditStatus.FAILED],
        findings=len(found),
        critical_findings=sum(each.severity is FindingSeverity.CRITICAL for each in found),
        open_findings=sum(records.standings[each.id] is FindingStanding.OPEN for each in found),
        actions=ReportedActions(
            total=len(actions),
            completed=sum(each.status in _DONE for each in actions),
            overdue=sum(each.is_overdue for each in actions),
        ),
    )


def reported_findings(records: AuditRecords, period: ReportPeriod) -> list[ReportedFinding]:
    """What was found in the period, and what of before was still open at its end."""
    found = []
    for each in records.findings:
        standing = records.standings[each.id]
        if each.identified_on < period.first and standing is FindingStanding.CLOSED:
            continue
        audit = records.audits[each.audit_id]
        found.append(
            ReportedFinding(
                finding_number=each.number,
                audit_number=audit.number,
                severity=each.severity.value,
                status=standing.value,
                description=each.description,
            )
        )
    return sorted(found, key=lambda each: each.finding_number)
