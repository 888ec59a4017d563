"""Where findings stand on a day."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from services.company_calendar import company_today
from storage.filters import AuditFindingFilter, FindingAcceptanceFilter
from storage.interface import Store
from storage.tables.audits import AuditFinding, FindingAcceptance
from storage.vocabulary.audits import FindingStanding


@dataclass(frozen=True)
class StandingFinding:
    """A finding, where it stands, and until which day a risk is accepted, where one is."""

    finding: AuditFinding
    standing: FindingStanding
    accepted_until: dt.date | None


async def findings_of(
    store: Store, conditions: AuditFindingFilter, on: dt.date | None = None
) -> list[StandingFinding]:
    """Findings, oldest first, and where they stand on a day (None: today), in a constant number of
    statements."""
    rows = await store.audit_findings.all(conditions)
    return await standing_on(store, rows, on or await company_today(store))


async def standing_on(
    store: Store, findings: Sequence[AuditFinding], on: dt.date
) -> list[StandingFinding]:
    """The findings, each with where it stands on a day by what is recorded now."""
    if not findings:
        return []
    zone = ZoneInfo((await store.companies.get(store.company_id)).time_zone)
    accepted: dict[UUID, list[FindingAcceptance]] = {each.id: [] for each in findings}
    for each in await store.finding_acceptances.all(
        FindingAcceptanceFilter(finding_ids=list(accepted), is_asked_for=False)
    ):
        accepted[each.finding_id].append(each)
    return [_standing(each, accepted[each.id], on, zone) for each in findings]


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


def _standing(
    finding: AuditFinding, acceptances: Sequence[FindingAcceptance], on: dt.date, zone: ZoneInfo
) -> StandingFinding:
    if finding.closed_at is not None and finding.closed_at.astimezone(zone).date() <= on:
        return StandingFinding(finding, FindingStanding.CLOSED, None)
    until = accepted_until(acceptances, on)
    standing = FindingStanding.OPEN if until is None else FindingStanding.RISK_ACCEPTED
    return StandingFinding(finding, standing, until)
