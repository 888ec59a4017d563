"""Reminding of accepted risks that end, and telling once of those that have ended."""

from services.company_calendar import company_today
from services.identity.holders import holders_of
from services.identity.scopes import Scope
from services.notifications.reminders import Due, Reminding, remind
from services.regulatory_compliance.auditing.findings import ENTITY
from storage.filters import AuditFindingFilter, FindingAcceptanceFilter
from storage.interface import Store
from storage.vocabulary.audits import FindingStatus
from storage.vocabulary.notifications import NotificationKind, ReminderSubject

_ENDS = Reminding(
    ReminderSubject.FINDING_ACCEPTANCE,
    NotificationKind.FINDING_ACCEPTANCE_ENDS,
    ENTITY,
    leads=(14, -1),
)


async def remind_of_finding_acceptances(store: Store) -> int:
    """Tell whoever manages audits two weeks before the acceptance of a risk ends, and the day after
    its last day, when the finding is open again; returns of how many findings."""
    open_findings = AuditFindingFilter(status=FindingStatus.OPEN)
    finding_ids = [each.id for each in await store.audit_findings.all(open_findings)]
    if not finding_ids:
        return 0
    ends = {
        each.finding_id: each.accepted_until  # of several, that which ends last
        for each in sorted(
            await store.finding_acceptances.all(
                FindingAcceptanceFilter(finding_ids=finding_ids, is_asked_for=False)
            ),
            key=lambda each: each.accepted_until,
        )
    }
    told = frozenset(person.id for person in await holders_of(store, Scope.AUDITS_MANAGE))
    return await remind(
        store,
        _ENDS,
        [Due(finding_id, until, told) for finding_id, until in ends.items()],
        today=await company_today(store),
    )
