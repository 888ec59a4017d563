"""Who did what, and who looked at whom: the two logs as people read them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from services.trail.merging import merged
from services.trail.periods import Period
from storage.filters import AccessFilter, AuditFilter
from storage.interface import Page, Store
from storage.rows import AppendOnlyRow
from storage.tables.trail import AccessEntry, AccessFields, AuditEntry, AuditFields

FIRST_REFUSAL = 400
"""The lowest status that says no."""


class NamedAuditEntry(AuditFields):
    """A change, with the name of who made it."""

    id: UUID
    recorded_at: dt.datetime
    recorded_by: UUID
    recorded_by_name: str | None


class NamedAccessEntry(AccessFields):
    """A request, with the name of who made it."""

    id: UUID
    recorded_at: dt.datetime
    recorded_by: UUID
    recorded_by_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeQuestion:
    """Which changes; what is None does not narrow."""

    recorded_by: UUID | None = None
    patient_id: UUID | None = None
    entity: str | None = None
    entity_id: UUID | None = None
    period: Period = field(default_factory=Period)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessQuestion:
    """Which requests; what is None does not narrow."""

    recorded_by: UUID | None = None
    patient_id: UUID | None = None
    record_id: UUID | None = None
    emergency_access_id: UUID | None = None
    operation: str | None = None
    is_refused: bool | None = None
    period: Period = field(default_factory=Period)


async def list_changes(
    store: Store, question: ChangeQuestion, *, limit: int, after: UUID | None
) -> Page[NamedAuditEntry]:
    """Changes, newest first. The patients whom they are about count as read.

    Those about a patient are of everything that was theirs at the time: the patient's own row,
    claims with their lines, denials and appeals, exceptions. Raises InvalidParameter.
    """
    question.period.check()
    found = await find_changes(store, question, limit=limit, after=after)
    names = await names_of(store, found.rows)
    rows = [
        NamedAuditEntry(**vars(row), recorded_by_name=names.get(row.recorded_by))
        for row in found.rows
    ]
    return Page(rows, found.next_after)


async def list_accesses(
    store: Store, question: AccessQuestion, *, limit: int, after: UUID | None
) -> Page[NamedAccessEntry]:
    """Requests that read patients' data or were refused, newest first.

    Who looked at a patient needs a window of at most 366 days. That somebody read the log is in
    the log, too. Raises InvalidParameter.
    """
    question.period.check()
    if question.patient_id is not None:
        question.period.check_window(store.now)
    found = await find_accesses(store, question, limit=limit, after=after)
    names = await names_of(store, found.rows)
    rows = [
        NamedAccessEntry(**vars(row), recorded_by_name=names.get(row.recorded_by))
        for row in found.rows
    ]
    return Page(rows, found.next_after)


async def find_changes(
    store: Store, question: ChangeQuestion, *, limit: int, after: UUID | None
) -> Page[AuditEntry]:
    """The changes themselves."""
    conditions = AuditFilter(
        recorded_by=question.recorded_by,
        entity=question.entity,
        entity_id=question.entity_id,
        patient_id=question.patient_id,
        recorded_from=question.period.recorded_from,
        recorded_until=question.period.recorded_until,
        id_from=question.period.lowest_id,
        id_until=question.period.highest_id,
    )
    found = await store.audit_log.list(conditions, limit=limit, after=after)
    if question.patient_id is not None:
        was_theirs = replace(conditions, patient_id=None, former_patient_id=question.patient_id)
        moved = await store.audit_log.list(was_theirs, limit=limit, after=after)
        found = merged([found, moved], limit=limit)
    store.patients_read.update(row.former_patient_id for row in found.rows)
    store.patients_read.add(question.patient_id)
    return found


async def find_accesses(
    store: Store, question: AccessQuestion, *, limit: int, after: UUID | None
) -> Page[AccessEntry]:
    """The requests themselves."""
    conditions = AccessFilter(
        recorded_by=question.recorded_by,
        patient_id=question.patient_id,
        record_id=question.record_id,
        emergency_access_id=question.emergency_access_id,
        operation=question.operation,
        outcome_from=FIRST_REFUSAL if question.is_refused else None,
        outcome_until=FIRST_REFUSAL - 1 if question.is_refused is False else None,
        recorded_from=question.period.recorded_from,
        recorded_until=question.period.recorded_until,
        id_from=question.period.lowest_id,
        id_until=question.period.highest_id,
    )
    store.patients_read.add(question.patient_id)
    return await store.api_log.list(conditions, limit=limit, after=after)


async def names_of(store: Store, rows: Sequence[AppendOnlyRow]) -> Mapping[UUID, str]:
    """The names of who recorded some entries."""
    principals = await store.principals.get_many(list({row.recorded_by for row in rows}))
    return {principal.id: principal.name for principal in principals}
