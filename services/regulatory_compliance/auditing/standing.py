"""Where findings stand on a day, as known at a time: the one place that audits and reports go by.

A finding is closed from the company's day on which it was closed until the one on which it was
opened again; in between, and before and after, a risk that is accepted is one until its last day,
or until the finding turns out to be more severe than what was agreed to.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.company_calendar import company_calendar, company_today
from services.regulatory_compliance.past_rows import as_they_were
from storage.filters import AuditFindingFilter, ByFindings, FindingAcceptanceFilter
from storage.interface import Store
from storage.tables.audits import AuditFinding, FindingAcceptance, FindingStep
from storage.vocabulary.audits import FindingStanding, FindingStepKind

SAID = (
    "severity",
    "category",
    "description",
    "impact",
    "root_cause",
    "status",
    "closed_at",
    "closing_note",
    "closing_evidence_id",
    "reopening_reason",
)
"""What can change of a finding: all of it is of the day that is asked for."""


@dataclass(frozen=True)
class StandingFinding:
    """A finding, where it stands, and until which day a risk is accepted, where one is."""

    finding: AuditFinding
    standing: FindingStanding
    accepted_until: dt.date | None


@dataclass(frozen=True)
class FindingHistory:
    """A finding with its steps, in their order, and what was agreed to."""

    finding: AuditFinding
    steps: Sequence[FindingStep]
    acceptances: Sequence[FindingAcceptance]

    def on(self, day: dt.date, known_at: dt.datetime) -> StandingFinding:
        """Where it stood at the end of a day, by what was recorded until a time."""
        taken = [e for e in self.steps if e.taken_on <= day and e.recorded_at <= known_at]
        turns = [each for each in taken if each.kind is not FindingStepKind.RAISED]
        if turns and turns[-1].kind is FindingStepKind.CLOSED:
            return StandingFinding(self.finding, FindingStanding.CLOSED, None)
        raised = [each.recorded_at for each in taken if each.kind is FindingStepKind.RAISED]
        known = [
            each
            for each in self.acceptances
            if each.updated_at <= known_at and all(moment < each.updated_at for moment in raised)
        ]
        until = accepted_until(known, day)
        standing = FindingStanding.OPEN if until is None else FindingStanding.RISK_ACCEPTED
        return StandingFinding(self.finding, standing, until)


async def histories_of(store: Store, findings: Sequence[AuditFinding]) -> list[FindingHistory]:
    """The findings, each with what became of it, in a constant number of statements."""
    if not findings:
        return []
    ids = [each.id for each in findings]
    steps: dict[UUID, list[FindingStep]] = defaultdict(list)
    for step in await store.finding_steps.all(ByFindings(finding_ids=ids)):
        steps[step.finding_id].append(step)
    accepted: dict[UUID, list[FindingAcceptance]] = defaultdict(list)
    for each in await store.finding_acceptances.all(
        FindingAcceptanceFilter(finding_ids=ids, is_asked_for=False)
    ):
        accepted[each.finding_id].append(each)
    return [
        FindingHistory(
            each, sorted(steps[each.id], key=lambda step: step.number), accepted[each.id]
        )
        for each in findings
    ]


async def findings_of(
    store: Store, conditions: AuditFindingFilter, on: dt.date | None = None
) -> list[StandingFinding]:
    """Findings, oldest first, as they stand on a day (None: today), in a constant number of
    statements."""
    rows = await store.audit_findings.all(replace(conditions, severity=None))
    found = await standing_on(store, rows, on or await company_today(store))
    severity = conditions.severity
    return [each for each in found if severity is None or each.finding.severity is severity]


async def standing_on(
    store: Store, findings: Sequence[AuditFinding], on: dt.date
) -> list[StandingFinding]:
    """The findings as they were said to be at the end of a day, each with where it stands on it by
    what is recorded now."""
    moment = min((await company_calendar(store)).end_of(on), store.now)
    rows = await as_they_were(store, findings, SAID, moment)
    return [each.on(on, store.now) for each in await histories_of(store, rows)]


def accepted_until(acceptances: Sequence[FindingAcceptance], on: dt.date) -> dt.date | None:
    """Until when the risk is accepted that is accepted on a day."""
    return max(
        (
            each.accepted_until
            for each in acceptances
            if each.accepted_on is not None and each.accepted_on <= on <= each.accepted_until
        ),
        default=None,
    )
