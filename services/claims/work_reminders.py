"""Reminding people of denials and underpayments whose deadline comes near."""

import datetime as dt
from collections.abc import Iterable

from services.company_calendar import company_today
from services.identity.holders import holders_of
from services.identity.scopes import Scope
from services.notifications.reminders import Due, Reminding, remind
from storage.filters import DenialFilter, PersonFilter, UnderpaymentFilter
from storage.interface import Store
from storage.tables.contracts import Underpayment
from storage.tables.ledger import Denial
from storage.vocabulary.claims import DenialStatus
from storage.vocabulary.contracts import UnderpaymentStatus
from storage.vocabulary.notifications import NotificationKind, ReminderSubject

LEADS_DAYS = (7, 1)
"""The first is when the queues call a deadline at risk."""

_DENIALS = Reminding(
    ReminderSubject.DENIAL, NotificationKind.DENIAL_DUE, "denials", leads=LEADS_DAYS
)
_UNDERPAYMENTS = Reminding(
    ReminderSubject.UNDERPAYMENT,
    NotificationKind.UNDERPAYMENT_DUE,
    "underpayments",
    leads=LEADS_DAYS,
)


async def remind_of_claim_work(store: Store) -> int:
    """Remind whoever has an open denial or underpayment, else whoever works claims, at each lead
    before its deadline, once; returns of how many. What is over is not told of any more."""
    today = await company_today(store)
    last = today + dt.timedelta(days=max(LEADS_DAYS))
    denials = await store.denials.all(
        DenialFilter(status=DenialStatus.OPEN, due_from=today, due_until=last)
    )
    underpayments = await store.underpayments.all(
        UnderpaymentFilter(status=UnderpaymentStatus.OPEN, due_from=today, due_until=last)
    )
    if not denials and not underpayments:
        return 0
    enabled = {each.id for each in await store.people.all(PersonFilter(is_enabled=True))}
    workers = frozenset(person.id for person in await holders_of(store, Scope.CLAIMS_WRITE))

    def due(work: Iterable[Denial | Underpayment]) -> list[Due]:
        return [
            Due(each.id, each.due_on, frozenset(enabled & {each.assigned_person_id}) or workers)
            for each in work
        ]

    told = await remind(store, _DENIALS, due(denials), today=today)
    return told + await remind(store, _UNDERPAYMENTS, due(underpayments), today=today)
