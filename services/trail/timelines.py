"""Everything about one person, patient or record in the order in which it happened."""

import datetime as dt
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from services.trail.merging import merged
from services.trail.periods import Period
from services.trail.reading import (
    AccessQuestion,
    ChangeQuestion,
    find_accesses,
    find_changes,
    names_of,
)
from storage.errors import RowNotFound
from storage.filters import AccessFilter, AuditFilter
from storage.identifiers import SYSTEM_ACTOR_ID
from storage.interface import Page, Store
from storage.tables.trail import AccessEntry, AuditEntry
from storage.vocabulary.identity import AuditAction

Found = AuditEntry | AccessEntry


class Happening(StrEnum):
    """Which log an entry is from."""

    CHANGE = "change"
    REQUEST = "request"


class TimelineEntry(SQLModel):
    """One change or one request, with who it was.

    A change has ``action``, ``entity``, ``before`` and ``after``; a request ``operation``,
    ``outcome`` and ``patient_ids``. ``record_id`` is the row that was changed or asked for.
    """

    id: UUID
    recorded_at: dt.datetime
    recorded_by: UUID
    recorded_by_name: str | None
    request_id: UUID
    happening: Happening
    record_id: UUID | None
    action: AuditAction | None = None
    entity: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    operation: str | None = None
    outcome: int | None = None
    patient_ids: list[UUID]


async def person_timeline(
    store: Store, principal_id: UUID, period: Period, *, limit: int, after: UUID | None
) -> Page[TimelineEntry]:
    """What a person (or key) changed and read, was refused and tried; and the attempts to sign in
    as them with what these brought about. Raises RowNotFound, InvalidParameter."""
    period.check()
    principal = await store.principals.get(principal_id)
    changed = ChangeQuestion(recorded_by=principal.id, period=period)
    asked = AccessQuestion(recorded_by=principal.id, period=period)
    pages: list[Page[Found]] = [
        await find_changes(store, changed, limit=limit, after=after),
        await find_accesses(store, asked, limit=limit, after=after),
        await store.audit_log.list(
            AuditFilter(recorded_by=SYSTEM_ACTOR_ID, entity_id=principal.id, **_bounds(period)),
            limit=limit,
            after=after,
        ),
        await store.api_log.list(
            AccessFilter(recorded_by=SYSTEM_ACTOR_ID, record_id=principal.id, **_bounds(period)),
            limit=limit,
            after=after,
        ),
    ]
    return await _told(store, merged(pages, limit=limit))


async def patient_timeline(
    store: Store, patient_id: UUID, period: Period, *, limit: int, after: UUID | None
) -> Page[TimelineEntry]:
    """What was changed about a patient, who looked, and who was refused the patient's record.

    At most 366 days at once. Raises RowNotFound, InvalidParameter.
    """
    period.check()
    period.check_window(store.now)
    patient = await store.patients.get(patient_id)
    changed = ChangeQuestion(patient_id=patient.id, period=period)
    looked = AccessQuestion(patient_id=patient.id, period=period)
    asked_for = AccessQuestion(record_id=patient.id, period=period)
    pages: list[Page[Found]] = [
        await find_changes(store, changed, limit=limit, after=after),
        await find_accesses(store, looked, limit=limit, after=after),
        await find_accesses(store, asked_for, limit=limit, after=after),
    ]
    return await _told(store, merged(pages, limit=limit))


async def record_timeline(
    store: Store, record_id: UUID, period: Period, *, limit: int, after: UUID | None
) -> Page[TimelineEntry]:
    """What was changed of a record, gone or not, and every request that named it.

    Raises RowNotFound where nothing ever was, InvalidParameter.
    """
    period.check()
    known = await store.audit_log.list(AuditFilter(entity_id=record_id), limit=1)
    if not known.rows:
        raise RowNotFound("records")
    pages: list[Page[Found]] = [
        await find_changes(
            store, ChangeQuestion(entity_id=record_id, period=period), limit=limit, after=after
        ),
        await find_accesses(
            store, AccessQuestion(record_id=record_id, period=period), limit=limit, after=after
        ),
    ]
    return await _told(store, merged(pages, limit=limit))


async def _told(store: Store, found: Page[Found]) -> Page[TimelineEntry]:
    names = await names_of(store, found.rows)
    return Page([_entry(row, names.get(row.recorded_by)) for row in found.rows], found.next_after)


def _entry(row: Found, name: str | None) -> TimelineEntry:
    if isinstance(row, AccessEntry):
        return TimelineEntry(**vars(row), recorded_by_name=name, happening=Happening.REQUEST)
    patients = (row.patient_id, row.former_patient_id)
    return TimelineEntry(
        **vars(row),
        recorded_by_name=name,
        happening=Happening.CHANGE,
        record_id=row.entity_id,
        patient_ids=[each for each in patients if each is not None],
    )


def _bounds(period: Period) -> dict[str, Any]:
    return {
        "recorded_from": period.recorded_from,
        "recorded_until": period.recorded_until,
        "id_from": period.lowest_id,
        "id_until": period.highest_id,
    }
