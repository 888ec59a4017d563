"""Reminding people of what compliance has due, at the lead times that the company chose."""

from collections.abc import Mapping

from services.company_calendar import CompanyCalendar
from services.identity.holders import holders_of
from services.identity.scopes import Scope
from services.notifications.reminders import Due, Reminding, remind
from services.regulatory_compliance.due.things import DueKind, due_things
from storage.interface import Store
from storage.vocabulary.notifications import NotificationKind, ReminderSubject

_ABOUT: Mapping[DueKind, tuple[ReminderSubject, NotificationKind, str]] = {
    DueKind.PERIOD: (
        ReminderSubject.COMPLIANCE_REQUIREMENT,
        NotificationKind.REQUIREMENT_DUE,
        "compliance_requirements",
    ),
    DueKind.COVER: (
        ReminderSubject.COMPLIANCE_COVER,
        NotificationKind.REQUIREMENT_DUE,
        "compliance_requirements",
    ),
    DueKind.ASSESSMENT: (
        ReminderSubject.RISK_ASSESSMENT,
        NotificationKind.RISK_ASSESSMENT_DUE,
        "risk_assessments",
    ),
    DueKind.MITIGATION: (
        ReminderSubject.MITIGATION_ITEM,
        NotificationKind.MITIGATION_DUE,
        "mitigation_items",
    ),
}
"""What is told of each kind of thing, and the table that it is in. Policies and corrective actions
have leads of their own."""


async def remind_of_due_things(store: Store) -> int:
    """Remind whoever is responsible for a thing (else whoever keeps compliance's records) at each
    lead, once for each day that it is due on; returns of how many."""
    company = await store.companies.get(store.company_id)
    things = await due_things(store) if company.compliance_lead_days else []
    if not things:
        return 0
    today = CompanyCalendar(company.time_zone, company.holiday_calendar).day_of(store.now)
    keepers = frozenset(person.id for person in await holders_of(store, Scope.COMPLIANCE_WRITE))
    named = sorted({each.person_id for each in things if each.person_id is not None})
    enabled = frozenset(
        each.id for each in await store.people.get_many(named) if each.disabled_at is None
    )
    told = 0
    for kind, (subject, notification, entity) in _ABOUT.items():
        told += await remind(
            store,
            Reminding(subject, notification, entity, leads=company.compliance_lead_days),
            [
                Due(
                    each.entity_id,
                    each.due_on,
                    enabled & {each.person_id} or keepers,
                )
                for each in things
                if each.kind is kind
            ],
            today=today,
        )
    return told
