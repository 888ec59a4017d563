"""Who did what, and who looked at whom: the trail as people read it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from services.refusals import Fault, InvalidParameter
from storage.filters import AccessFilter, AuditFilter
from storage.identifiers import lowest_id_at
from storage.interface import Page, Store
from storage.tables.trail import AccessEntry, AccessFields, AuditEntry, AuditFields

LONGEST_PATIENT_WINDOW = dt.timedelta(days=366)
"""A patient is looked for in every entry of the window, so the window has an end."""

_DRIFT = dt.timedelta(days=1)
"""How far an entry's id and its time may lie apart; ids choose the partitions that are read."""
_FIRST = dt.datetime(1970, 1, 2, tzinfo=dt.UTC)
_LAST = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)


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


async def list_changes(
    store: Store,
    *,
    recorded_by: UUID | None,
    entity: str | None,
    entity_id: UUID | None,
    recorded_from: dt.datetime | None,
    recorded_until: dt.datetime | None,
    limit: int,
    after: UUID | None,
) -> Page[NamedAuditEntry]:
    """Changes, newest first. The patients whom they are about count as read.

    Raises InvalidParameter for a time without a time zone.
    """
    _check_times(recorded_from, recorded_until)
    conditions = AuditFilter(
        recorded_by=recorded_by,
        entity=entity,
        entity_id=entity_id,
        recorded_from=recorded_from,
        recorded_until=recorded_until,
        id_from=_lowest_id(recorded_from),
        id_until=_highest_id(recorded_until),
    )
    found = await store.audit_log.list(conditions, limit=limit, after=after)
    await _note_patients(store, found.rows)
    names = await _names(store, found.rows)
    rows = [
        NamedAuditEntry(**vars(row), recorded_by_name=names.get(row.recorded_by))
        for row in found.rows
    ]
    return Page(rows, found.next_after)


async def list_accesses(
    store: Store,
    *,
    recorded_by: UUID | None,
    patient_id: UUID | None,
    operation: str | None,
    recorded_from: dt.datetime | None,
    recorded_until: dt.datetime | None,
    limit: int,
    after: UUID | None,
) -> Page[NamedAccessEntry]:
    """Requests that read patients' data or were refused, newest first.

    Who looked at a patient needs a window of at most 366 days. That a patient's accesses were
    looked up is an access, too. Raises InvalidParameter.
    """
    _check_times(recorded_from, recorded_until)
    if patient_id is not None:
        _check_window(recorded_from, recorded_until or store.now)
    conditions = AccessFilter(
        recorded_by=recorded_by,
        patient_id=patient_id,
        operation=operation,
        recorded_from=recorded_from,
        recorded_until=recorded_until,
        id_from=_lowest_id(recorded_from),
        id_until=_highest_id(recorded_until),
    )
    found = await store.api_log.list(conditions, limit=limit, after=after)
    store.patients_read.add(patient_id)
    names = await _names(store, found.rows)
    rows = [
        NamedAccessEntry(**vars(row), recorded_by_name=names.get(row.recorded_by))
        for row in found.rows
    ]
    return Page(rows, found.next_after)


def _check_times(recorded_from: dt.datetime | None, recorded_until: dt.datetime | None) -> None:
    given = {"recorded_from": recorded_from, "recorded_until": recorded_until}
    faults = [
        Fault(f"/{name}", "needs a time zone, as in 2026-01-31T00:00:00Z")
        for name, moment in given.items()
        if moment is not None and moment.tzinfo is None
    ]
    if faults:
        raise InvalidParameter(faults)


def _check_window(recorded_from: dt.datetime | None, recorded_until: dt.datetime) -> None:
    if recorded_from is None:
        raise InvalidParameter([Fault("/recorded_from", "is needed with patient_id")])
    if recorded_until - recorded_from > LONGEST_PATIENT_WINDOW:
        days = LONGEST_PATIENT_WINDOW.days
        raise InvalidParameter([Fault("/recorded_from", f"is at most {days} days before the end")])


def _lowest_id(moment: dt.datetime | None) -> UUID | None:
    return None if moment is None else lowest_id_at(min(max(moment, _FIRST), _LAST) - _DRIFT)


def _highest_id(moment: dt.datetime | None) -> UUID | None:
    return None if moment is None else lowest_id_at(min(max(moment, _FIRST), _LAST) + _DRIFT)


async def _names(store: Store, rows: Sequence[AuditEntry | AccessEntry]) -> Mapping[UUID, str]:
    principals = await store.principals.get_many(list({row.recorded_by for row in rows}))
    return {principal.id: principal.name for principal in principals}


async def _note_patients(store: Store, entries: Sequence[AuditEntry]) -> None:
    """Find out whom the changes are about: reading the rows notes their patients."""
    changed: dict[str, set[UUID]] = {}
    claim_ids: set[UUID] = set()
    for entry in entries:
        changed.setdefault(entry.entity, set()).add(entry.entity_id)
        for document in (entry.before, entry.after):
            known = document or {}
            if isinstance(patient_id := known.get("patient_id"), str):
                store.patients_read.add(UUID(patient_id))
            if isinstance(claim_id := known.get("claim_id"), str):
                claim_ids.add(UUID(claim_id))
    store.patients_read.update(changed.get("patients", ()))
    for table, of_patients in (
        ("denials", store.denials),
        ("claim_appeals", store.claim_appeals),
        ("remittance_exceptions", store.remittance_exceptions),
    ):
        if table in changed:
            await of_patients.get_many(list(changed[table]))
    if "claim_lines" in changed:
        lines = await store.claim_lines.get_many(list(changed["claim_lines"]))
        claim_ids.update(line.claim_id for line in lines)
    claim_ids.update(changed.get("claims", ()))
    if claim_ids:
        await store.claims.get_many(list(claim_ids))


NAMES_PATIENTS = frozenset(
    {"patients", "claims", "claim_lines", "denials", "claim_appeals", "remittance_exceptions"}
)
"""The entities whose changes are about patients, all of which ``_note_patients`` knows."""
