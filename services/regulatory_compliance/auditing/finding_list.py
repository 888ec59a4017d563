"""Lists of findings by where they stand on a day."""

import datetime as dt
from uuid import UUID

from services.company_calendar import company_today
from services.regulatory_compliance.auditing.findings import evidence_of_findings
from services.regulatory_compliance.auditing.standing import (
    StandingFinding,
    findings_of,
    standing_on,
)
from storage.filters import AuditFindingFilter
from storage.interface import Store
from storage.tables.compliance import ComplianceEvidence
from storage.vocabulary.audits import FindingStanding


async def list_findings(
    store: Store,
    conditions: AuditFindingFilter,
    *,
    standing: FindingStanding | None,
    on: dt.date | None,
    limit: int,
    after: UUID | None,
) -> tuple[list[StandingFinding], UUID | None]:
    """Findings, oldest first, as they stand on a day (None: today), and the id to go on after:
    those that had been found by then. The standing is derived for all of them, in a constant number
    of statements."""
    found = await findings_of(store, conditions, on)
    chosen = [
        each
        for each in found
        if (on is None or each.finding.identified_on <= on)
        and (standing is None or each.standing is standing)
        and (after is None or each.finding.id > after)
    ]
    shown = chosen[:limit]
    return shown, shown[-1].finding.id if len(chosen) > limit else None


async def get_finding(store: Store, finding_id: UUID, on: dt.date | None = None) -> StandingFinding:
    """Raises RowNotFound."""
    row = await store.audit_findings.get(finding_id)
    (found,) = await standing_on(store, [row], on or await company_today(store))
    return found


async def evidence_of(store: Store, finding_id: UUID) -> list[ComplianceEvidence]:
    """What shows what was found. Raises RowNotFound."""
    await store.audit_findings.get(finding_id)
    return await evidence_of_findings(store, [finding_id])
