"""Telling people: on their list at once, by e-mail when they want it, without patients' data."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notifications.company_time import DayPlan
from services.notifications.kinds import KINDS
from services.outbox.emails import Email, EmailUnsendable, send_email
from storage.filters import (
    NotificationDigestFilter,
    NotificationFilter,
    NotificationPreferenceFilter,
    QuietHoursFilter,
)
from storage.interface import Store
from storage.tables.identity import Person
from storage.tables.notifications import (
    Notification,
    NotificationDigestFields,
    NotificationFields,
    QuietHours,
)
from storage.vocabulary.notifications import NotificationKind, Timing

MOST_LINES = 50
"""How many notifications an e-mail lists; of the others it says how many they are."""


async def notify(
    store: Store,
    person_ids: Collection[UUID],
    kind: NotificationKind,
    entity: str,
    entity_id: UUID,
) -> None:
    """Put something on the lists of some people, once this transaction has committed; the worker
    tells them by e-mail when each wants to be told."""
    await notify_about(store, kind, entity, {entity_id: person_ids})


async def notify_about(
    store: Store,
    kind: NotificationKind,
    entity: str,
    told: Mapping[UUID, Collection[UUID]],
) -> None:
    """``notify`` about each of many, by id, in a number of statements that does not depend on how
    many."""
    person_ids = {person_id for each in told.values() for person_id in each}
    if not person_ids:
        return
    chosen = {
        each.person_id: each.timing
        for each in await store.notification_preferences.all(
            NotificationPreferenceFilter(kind=kind, person_ids=sorted(person_ids))
        )
    }
    await store.notifications.create_many(
        [
            NotificationFields(
                person_id=person_id,
                kind=kind,
                entity=entity,
                entity_id=entity_id,
                timing=chosen.get(person_id, KINDS[kind].usual),
            )
            for entity_id, people in told.items()
            for person_id in sorted(set(people))
        ]
    )


async def tell(store: Store, *, public_url: str) -> int:
    """Send the e-mails that are due now; returns how many. Two at once take turns.

    What is wanted at once waits for the end of the person's quiet hours. A digest is sent once a
    day of the company, at the first time from its hour on that is not quiet, and never empty.
    """
    await store.wait_for_lock("notifications")
    waiting = await store.notifications.all(
        NotificationFilter(is_untold=True, timings=[Timing.AT_ONCE, Timing.DAILY_DIGEST])
    )
    if not waiting:
        return 0
    by_person: dict[UUID, list[Notification]] = defaultdict(list)
    for each in waiting:
        by_person[each.person_id].append(each)
    person_ids = sorted(by_person)
    people = {each.id: each for each in await store.people.get_many(person_ids)}
    plans = {
        each.person_id: _plan(each)
        for each in await store.quiet_hours.all(QuietHoursFilter(person_ids=person_ids))
    }
    company = await store.companies.get(store.company_id)
    zone = ZoneInfo(company.time_zone)
    days = {
        person_id: plans.get(person_id, DayPlan()).digest_day(store.now, zone)
        for person_id in person_ids
    }
    sent = {
        (each.person_id, each.day)
        for each in await store.notification_digests.all(
            NotificationDigestFilter(person_ids=person_ids, days=sorted(set(days.values())))
        )
    }
    told: list[Notification] = []
    digests: list[NotificationDigestFields] = []
    emails: list[tuple[Person, Sequence[Notification]]] = []
    for person_id, held in by_person.items():
        plan = plans.get(person_id, DayPlan())
        if plan.is_quiet(store.now, zone):
            continue
        chosen = [each for each in held if each.timing is Timing.AT_ONCE]
        daily = [
            each
            for each in held
            if each.timing is Timing.DAILY_DIGEST
            and plan.digest_day(each.created_at, zone) < days[person_id]
        ]
        if daily and (person_id, days[person_id]) not in sent:
            digests.append(NotificationDigestFields(person_id=person_id, day=days[person_id]))
            chosen += daily
        told += chosen
        person = people[person_id]
        unread = [each for each in chosen if each.read_at is None]
        if unread and person.disabled_at is None:
            emails.append((person, unread))
    await store.notification_digests.create_many(digests)
    await store.notifications.update_many(
        {each.id: each.version for each in told}, {"told_at": [store.now] * len(told)}
    )
    for person, listed in emails:
        await _send(store, person, listed, public_url)
    return len(emails)


def text_of(notifications: Iterable[Notification], public_url: str) -> str:
    """What an e-mail says: a sentence and a link each."""
    listed = list(notifications)
    lines = [
        f"{KINDS[each.kind].sentence}\n"
        f"{public_url}{KINDS[each.kind].path.replace('{id}', str(each.entity_id))}\n"
        for each in listed[:MOST_LINES]
    ]
    if len(listed) > MOST_LINES:
        lines.append(f"And {len(listed) - MOST_LINES} more.\n")
    return "\n".join(lines)


async def _send(
    store: Store, person: Person, unread: Sequence[Notification], public_url: str
) -> None:
    subject = "One notification" if len(unread) == 1 else f"{len(unread)} notifications"
    try:
        email = Email(to=person.email, subject=subject, text=text_of(unread, public_url))
    except EmailUnsendable:
        return
    await send_email(store, email, purpose="notification")


def _plan(row: QuietHours) -> DayPlan:
    return DayPlan(row.quiet_from_minute, row.quiet_until_minute, row.digest_minute)
