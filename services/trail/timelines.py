"""Everything about one person, patient or record in the order in which it happened."""

import datetime as dt
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python
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
from storage.filters import AccessFilter, AccountingFilter, AuditFilter, DisclosureFilter
from storage.identifiers import SYSTEM_ACTOR_ID
from storage.interface import Page, Store
from storage.tables.disclosures import (
    Accounting,
    AccountingFields,
    Disclosure,
    DisclosureFields,
)
from storage.tables.trail import AccessEntry, AuditEntry
from storage.vocabulary.identity import AuditAction

Found = AuditEntry | AccessEntry | Disclosure | Accounting


class Happening(StrEnum):
    """Which record an entry is from."""

    CHANGE = "change"
    REQUEST = "request"
    DISCLOSURE = "disclosure"
    ACCOUNTING = "accounting"


class TimelineEntry(SQLModel):
    """One change, request, disclosure or accounting, with who it was.

    A change has ``action``, ``entity``, ``before`` and ``after``; a request ``operation``,
    ``outcome`` and ``patient_ids``. A disclosure or an accounting is its own record: ``after`` is
    what was written down. ``record_id`` is the row that was changed, made or asked for.
    """

    id: UUID
    recorded_at: dt.datetime
    recorded_by: UUID
    recorded_by_name: str | None
    request_id: UUID | None = None
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
        *await _told_to_others(
            store,
            {"recorded_by": principal.id, **_bounds(period)},
            limit=limit,
            after=after,
        ),
    ]
    return await _told(store, merged(pages, limit=limit))


async def patient_timeline(
    store: Store, patient_id: UUID, period: Period, *, limit: int, after: UUID | None
) -> Page[TimelineEntry]:
    """What was changed about a patient, who looked, who was refused the patient's record, and what
    was told to whom.

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
        *await _told_to_others(
            store, {"patient_id": patient.id, **_bounds(period)}, limit=limit, after=after
        ),
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
    itself = await _told_to_others(store, {"row_id": record_id}, limit=1, after=None)
    if not any(page.rows for page in (known, *itself)):
        raise RowNotFound("records")
    pages: list[Page[Found]] = [
        await find_changes(
            store, ChangeQuestion(entity_id=record_id, period=period), limit=limit, after=after
        ),
        await find_accesses(
            store, AccessQuestion(record_id=record_id, period=period), limit=limit, after=after
        ),
        *await _told_to_others(
            store, {"row_id": record_id, **_bounds(period)}, limit=limit, after=after
        ),
    ]
    return await _told(store, merged(pages, limit=limit))


async def _told_to_others(
    store: Store, conditions: dict[str, Any], *, limit: int, after: UUID | None
) -> list[Page[Found]]:
    """Disclosures and accountings: rows that never change and stand in no log."""
    return [
        await store.disclosures.list(DisclosureFilter(**conditions), limit=limit, after=after),
        await store.accountings.list(AccountingFilter(**conditions), limit=limit, after=after),
    ]


async def _told(store: Store, found: Page[Found]) -> Page[TimelineEntry]:
    names = await names_of(store, found.rows)
    return Page([_entry(row, names.get(row.recorded_by)) for row in found.rows], found.next_after)


def _entry(row: Found, name: str | None) -> TimelineEntry:
    if isinstance(row, AccessEntry):
        return TimelineEntry(**vars(row), recorded_by_name=name, happening=Happening.REQUEST)
    if isinstance(row, Disclosure):
        return _as_recorded(row, name, Happening.DISCLOSURE, DisclosureFields)
    if isinstance(row, Accounting):
        return _as_recorded(row, name, Happening.ACCOUNTING, AccountingFields)
    patients = (row.patient_id, row.former_patient_id)
    return TimelineEntry(
        **vars(row),
        recorded_by_name=name,
        happening=Happening.CHANGE,
        record_id=row.entity_id,
        patient_ids=[each for each in patients if each is not None],
    )


def _as_recorded(
    row: Disclosure | Accounting, name: str | None, happening: Happening, content: type[SQLModel]
) -> TimelineEntry:
    written = {field: getattr(row, field) for field in content.model_fields}
    return TimelineEntry(
        id=row.id,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        recorded_by_name=name,
        happening=happening,
        record_id=row.id,
        action=AuditAction.CREATE,
        entity=str(row.__tablename__),
        after=to_jsonable_python(written),
        patient_ids=[row.patient_id],
    )


def _bounds(period: Period) -> dict[str, Any]:
    return {
        "recorded_from": period.recorded_from,
        "recorded_until": period.recorded_until,
        "id_from": period.lowest_id,
        "id_until": period.highest_id,
    }
