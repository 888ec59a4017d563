"""Noticing that the ends of a company's chains have not left the house for longer than a day."""

import datetime as dt
from zoneinfo import ZoneInfo

from services.identity.holders import holders_of
from services.identity.scopes import Scope
from services.notifications.reminders import Due, Reminding, remind
from services.outbox.emails import LINE
from services.outbox.mailbox_files import line_of
from services.trail.root_sending import PURPOSE
from storage.filters import OutboxFilter
from storage.interface import Store
from storage.tables.identity import Company
from storage.trail.root_folder import LONGEST_SILENCE
from storage.vocabulary.notifications import NotificationKind, ReminderSubject
from storage.vocabulary.outbox import MessageStatus

_ROOTS = Reminding(ReminderSubject.ROOTS, NotificationKind.ROOTS_LATE, "companies", leads=(0,))
_LOOKING_BACK = dt.timedelta(days=30)
"""How far, at the most, for something that was sent before."""


async def remind_of_late_roots(store: Store, *, is_folder_late: bool) -> int:
    """Notify, once on each of the company's days: of the operator's folder whoever reads the
    trail, of the company's own mailbox and address whoever can change them. Returns of how many."""
    company = await store.companies.get(store.company_id)
    told: set[Scope] = set()
    if is_folder_late and store.now - company.created_at > LONGEST_SILENCE:
        told.add(Scope.AUDIT_READ)
    if await _is_own_late(store, company):
        told.add(Scope.COMPANY_MANAGE)
    people = frozenset(
        [person.id for scope in sorted(told) for person in await holders_of(store, scope)]
    )
    today = store.now.astimezone(ZoneInfo(company.time_zone)).date()
    return await remind(store, _ROOTS, [Due(company.id, today, people)], today=today)


async def _is_own_late(store: Store, company: Company) -> bool:
    if company.roots_mailbox_id is not None:
        mailbox = await store.mailboxes.get(company.roots_mailbox_id)
        if mailbox.disabled_at is not None or await _is_line_late(store, line_of(mailbox.id)):
            return True
    return company.roots_email is not None and await _is_line_late(store, LINE)


async def _is_line_late(store: Store, line: str) -> bool:
    """Whether roots were put into a line more than a day ago, and none since were delivered."""
    a_day_ago = store.now - LONGEST_SILENCE
    earlier = OutboxFilter(
        destination=line,
        purpose=PURPOSE,
        created_from=store.now - _LOOKING_BACK,
        created_until=a_day_ago,
    )
    delivered = OutboxFilter(
        destination=line,
        purpose=PURPOSE,
        status=MessageStatus.DELIVERED,
        created_from=a_day_ago,
    )
    return (
        await store.outbox_messages.count(earlier) > 0
        and await store.outbox_messages.count(delivered) == 0
    )
