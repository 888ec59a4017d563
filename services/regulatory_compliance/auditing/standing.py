"""Where findings stand on a day."""

import datetime as dt
from dataclasses import dataclass

from services.claims.company_day import company_today
from storage.filters import AuditFindingFilter
from storage.interface import Store
from storage.tables.audits import AuditFinding
from storage.vocabulary.audits import FindingStanding, FindingStatus


@dataclass(frozen=True)
class StandingFinding:
    """A finding and where it stands."""

    finding: AuditFinding
    standing: FindingStanding


async def findings_of(
    store: Store, conditions: AuditFindingFilter, on: dt.date | None = None
) -> list[StandingFinding]:
    """Findings, oldest first, and where they stand on a day (None: today), in a constant number of
    statements."""
    rows = await store.audit_findings.all(conditions)
    return await standing_on(store, rows, on or await company_today(store))


async def standing_on(
    store: Store, findings: list[AuditFinding], on: dt.date
) -> list[StandingFinding]:
    """The findings, each with where it stands."""
    del store, on
    return [
        StandingFinding(
            each,
            FindingStanding.CLOSED if each.status is FindingStatus.CLOSED else FindingStanding.OPEN,
        )
        for each in findings
    ]
