"""Reminding people of policies that they have not acknowledged, and owners of reviews."""

from services.company_calendar import company_today
from services.notifications.reminders import Due, Reminding, remind
from services.regulatory_compliance.policies.acknowledging import all_coverages
from services.regulatory_compliance.policies.reviews import review_days
from storage.filters import PersonFilter
from storage.interface import Store
from storage.vocabulary.notifications import NotificationKind, ReminderSubject

_ACKNOWLEDGEMENTS = Reminding(
    ReminderSubject.POLICY_ACKNOWLEDGEMENT,
    NotificationKind.POLICY_ACKNOWLEDGEMENT_DUE,
    "policy_versions",
    leads=(30, 7, 1, -1, -7, -14, -28),
)
_REVIEWS = Reminding(
    ReminderSubject.POLICY_REVIEW,
    NotificationKind.POLICY_REVIEW_DUE,
    "policies",
    leads=(30, 7, -1, -14),
)


async def remind_of_policies(store: Store) -> int:
    """Remind whoever has not acknowledged what is in force, and the owners of policies that are
    due for review; returns of how many."""
    today = await company_today(store)
    enabled = {each.id for each in await store.people.all(PersonFilter(is_enabled=True))}
    unread = [
        Due(each.approval.policy_version_id, each.due_on, each.missing)
        for each in await all_coverages(store)
    ]
    reviews = [
        Due(policy.id, due_on, frozenset({policy.owner_person_id}) & enabled)
        for policy, due_on in await review_days(store, on=today)
    ]
    reminded = await remind(store, _ACKNOWLEDGEMENTS, unread, today=today)
    return reminded + await remind(store, _REVIEWS, reviews, today=today)
