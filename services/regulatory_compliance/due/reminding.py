"""Reminding people of what compliance has due, at the lead times that the company chose."""

from services.company_calendar import CompanyCalendar
from services.identity.holders import holders_of
from services.identity.scopes import Scope
from services.notifications.reminders import Due, Reminding, remind
from services.regulatory_compliance.due.things import DueKind, due_things
from storage.interface import Store
from storage.vocabulary.notifications import NotificationKind, ReminderSubject

_SUBJECTS = {
    DueKind.PERIOD: ReminderSubject.COMPLIANCE_REQUIREMENT,
    DueKind.COVER: ReminderSubject.COMPLIANCE_COVER,
}


async def remind_of_requirements(store: Store) -> int:
    """Remind whoever is responsible for a requirement (else whoever keeps them) at each lead, once
    for each day that it is due on; returns of how many."""
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
    for kind, subject in _SUBJECTS.items():
        told += await remind(
            store,
            Reminding(
                subject,
                NotificationKind.REQUIREMENT_DUE,
                "compliance_requirements",
                leads=company.compliance_lead_days,
            ),
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
