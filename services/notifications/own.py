"""A person's own notifications, and how they want to be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.inputs import Input
from services.notifications.company_time import MINUTES_OF_A_DAY, DayPlan
from services.notifications.kinds import KINDS
from storage.errors import RowNotFound, VersionConflict
from storage.filters import NotificationFilter, NotificationPreferenceFilter, QuietHoursFilter
from storage.interface import Page, Store
from storage.tables.notifications import (
    Notification,
    NotificationPreferenceFields,
    QuietHoursFields,
)
from storage.vocabulary.notifications import NotificationKind, Timing

Minute = Annotated[int, Field(ge=0, lt=MINUTES_OF_A_DAY)]


class NewPreferences(Input):
    """How soon each kind is told, and the plan of the day in minutes since the company's midnight.
    Kinds that are left out go back to what is usual."""

    timings: dict[NotificationKind, Timing]
    quiet_from_minute: Minute
    quiet_until_minute: Minute
    digest_minute: Minute


@dataclass(frozen=True)
class Preferences:
    """What holds for a person, chosen or usual."""

    timings: Mapping[NotificationKind, Timing]
    plan: DayPlan


async def list_notifications(
    store: Store, conditions: NotificationFilter, *, limit: int, after: UUID | None
) -> Page[Notification]:
    """Notifications, newest first."""
    return await store.notifications.list(conditions, limit=limit, after=after)


async def mark_read(
    store: Store, notification_id: UUID, *, person_id: UUID, expected_version: int
) -> Notification:
    """Read before, it stays as it is. Raises RowNotFound also for somebody else's."""
    notification = await store.notifications.lock(notification_id)
    if notification.person_id != person_id:
        raise RowNotFound("notifications")
    if notification.version != expected_version:
        raise VersionConflict("notifications")
    if notification.read_at is not None:
        return notification
    return await store.notifications.update(
        notification_id, {"read_at": store.now}, expected_version=expected_version
    )


async def preferences_of(store: Store, person_id: UUID) -> Preferences:
    """What holds for a person."""
    chosen = await store.notification_preferences.all(
        NotificationPreferenceFilter(person_id=person_id)
    )
    rows = await store.quiet_hours.all(QuietHoursFilter(person_id=person_id))
    plan = DayPlan()
    for row in rows:
        plan = DayPlan(row.quiet_from_minute, row.quiet_until_minute, row.digest_minute)
    usual = {kind: each.usual for kind, each in KINDS.items()}
    return Preferences(usual | {each.kind: each.timing for each in chosen}, plan)


async def choose(store: Store, new: NewPreferences, *, person_id: UUID) -> Preferences:
    """Replace what a person has chosen; it holds for what happens from now on."""
    await store.wait_for_lock(f"preferences/{person_id}")
    held = {
        each.kind: each
        for each in await store.notification_preferences.lock_all(
            NotificationPreferenceFilter(person_id=person_id)
        )
    }
    wanted = {kind: new.timings.get(kind, each.usual) for kind, each in KINDS.items()}
    changed = [row for kind, row in held.items() if wanted[kind] is not row.timing]
    await store.notification_preferences.update_many(
        {row.id: row.version for row in changed},
        {"timing": [wanted[row.kind] for row in changed]},
    )
    await store.notification_preferences.create_many(
        [
            NotificationPreferenceFields(person_id=person_id, kind=kind, timing=timing)
            for kind, timing in wanted.items()
            if kind not in held
        ]
    )
    plan = {
        "quiet_from_minute": new.quiet_from_minute,
        "quiet_until_minute": new.quiet_until_minute,
        "digest_minute": new.digest_minute,
    }
    rows = await store.quiet_hours.all(QuietHoursFilter(person_id=person_id))
    if rows:
        await store.quiet_hours.update(rows[0].id, plan, expected_version=rows[0].version)
    else:
        await store.quiet_hours.create(QuietHoursFields(person_id=person_id, **plan))
    return await preferences_of(store, person_id)
