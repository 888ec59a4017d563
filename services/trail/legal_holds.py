"""Legal holds: while one stands, nothing of the company is retired."""

import datetime as dt
from uuid import UUID

from services.refusals import Fault, InvalidInput
from storage.clock import today_in
from storage.filters import AuditFilter, LegalHoldFilter
from storage.interface import Page, Store
from storage.retention import RETENTION_LOCK
from storage.tables.identity import LegalHold, LegalHoldFields


async def place_hold(
    store: Store,
    *,
    reason: str,
    starts_on: dt.date | None,
    patient_id: UUID | None = None,
    record_id: UUID | None = None,
) -> LegalHold:
    """Keep everything from now on, or everything about a patient or a record; ``starts_on`` says
    since when it is owed, by default today in the company's time zone. Raises InvalidInput,
    ReferenceNotFound.
    """
    if patient_id is not None and record_id is not None:
        raise InvalidInput([Fault("/record_id", "a hold is on a patient or on a record")])
    if record_id is not None:
        known = await store.audit_log.list(AuditFilter(entity_id=record_id), limit=1)
        if not known.rows:
            raise InvalidInput([Fault("/record_id", "names nothing that exists")])
    await store.wait_for_lock(RETENTION_LOCK)
    if starts_on is None:
        company = await store.companies.get(store.company_id)
        starts_on = today_in(store.clock, company.time_zone)
    return await store.legal_holds.create(
        LegalHoldFields(
            reason=reason, starts_on=starts_on, patient_id=patient_id, record_id=record_id
        )
    )


async def get_hold(store: Store, hold_id: UUID) -> LegalHold:
    """Raises RowNotFound."""
    return await store.legal_holds.get(hold_id)


async def list_holds(
    store: Store, conditions: LegalHoldFilter, *, limit: int, after: UUID | None
) -> Page[LegalHold]:
    """Holds, newest first."""
    return await store.legal_holds.list(conditions, limit=limit, after=after)
