"""Reminding of emergency accesses that nobody has reviewed yet."""

import datetime as dt
from zoneinfo import ZoneInfo

from services.emergency_access.taking import TOLD
from services.identity.holders import holders_of
from services.notifications.reminders import Due, Reminding, remind
from storage.filters import EmergencyAccessFilter
from storage.interface import Store
from storage.vocabulary.notifications import NotificationKind, ReminderSubject

_REVIEWS = Reminding(
    ReminderSubject.EMERGENCY_REVIEW,
    NotificationKind.EMERGENCY_REVIEW_DUE,
    "emergency_accesses",
    leads=(1, -1, -7),
)
_HORIZON = dt.timedelta(days=max(_REVIEWS.leads) + 1)


async def remind_of_emergency_reviews(store: Store) -> int:
    """Remind whoever can review them, but for the person themselves, the day before a review is
    due, the day after, and a week after; returns of how many."""
    waiting = await store.emergency_accesses.all(
        EmergencyAccessFilter(is_unreviewed=True, review_due_until=store.now + _HORIZON)
    )
    if not waiting:
        return 0
    company = await store.companies.get(store.company_id)
    zone = ZoneInfo(company.time_zone)
    reviewers = frozenset(person.id for person in await holders_of(store, TOLD))
    return await remind(
        store,
        _REVIEWS,
        [
            Due(each.id, each.review_due_at.astimezone(zone).date(), reviewers - {each.person_id})
            for each in waiting
        ],
        today=store.now.astimezone(zone).date(),
    )
