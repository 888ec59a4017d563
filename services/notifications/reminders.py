"""Reminding people of what comes due: once for each day that it is due on, and each lead.

A lead is so many days before that day; below zero, after it. When several have gone by without a
worker, people are reminded of the last one only.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from services.notifications.telling import notify_about
from storage.filters import ReminderFilter
from storage.interface import Store
from storage.tables.notifications import ReminderFields
from storage.vocabulary.notifications import NotificationKind, ReminderSubject


@dataclass(frozen=True)
class Reminding:
    """One kind of thing that comes due, and how people are told."""

    subject: ReminderSubject
    kind: NotificationKind
    entity: str
    leads: Collection[int]


@dataclass(frozen=True)
class Due:
    """One thing that is due on a day of the company, and whom it concerns."""

    entity_id: UUID
    due_on: dt.date
    person_ids: frozenset[UUID]


def lead_reached(due_on: dt.date, today: dt.date, leads: Collection[int]) -> int | None:
    """The lead that has come last, None before the first."""
    left = (due_on - today).days
    return min((lead for lead in leads if lead >= left), default=None)


async def remind(
    store: Store, reminding: Reminding, things: Collection[Due], *, today: dt.date
) -> int:
    """Notify of what has reached a lead that nobody was reminded of yet; returns of how many. Two
    at once take turns. What concerns nobody waits for somebody."""
    reached = {
        (each.entity_id, each.due_on, lead): each.person_ids
        for each in things
        if each.person_ids
        and (lead := lead_reached(each.due_on, today, reminding.leads)) is not None
    }
    if not reached:
        return 0
    await store.wait_for_lock(f"reminders/{reminding.subject}")
    entity_ids = sorted({entity_id for entity_id, _, _ in reached})
    before = {
        (each.entity_id, each.due_on, each.lead_days)
        for each in await store.reminders.all(
            ReminderFilter(subject=reminding.subject, entity_ids=entity_ids)
        )
    }
    fresh = {key: people for key, people in reached.items() if key not in before}
    await store.reminders.create_many(
        [
            ReminderFields(
                subject=reminding.subject, entity_id=entity_id, due_on=due_on, lead_days=lead
            )
            for entity_id, due_on, lead in fresh
        ]
    )
    told = {entity_id: people for (entity_id, _, _), people in fresh.items()}
    await notify_about(store, reminding.kind, reminding.entity, told)
    return len(fresh)
