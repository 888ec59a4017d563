"""Legal holds: while one stands, nothing of the company is retired."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.refusals import Refusal
from storage.clock import today_in
from storage.filters import LegalHoldFilter
from storage.interface import Page, Store
from storage.tables.identity import LegalHold, LegalHoldFields


@dataclass
class HoldAlreadyReleased(Refusal):
    """A hold is released once."""

    title: ClassVar[str] = "The hold was released before"
    released_at: dt.datetime


async def place_hold(store: Store, *, reason: str, starts_on: dt.date | None) -> LegalHold:
    """Keep everything from now on; ``starts_on`` says since when it is owed, by default today in
    the company's time zone."""
    if starts_on is None:
        company = await store.companies.get(store.company_id)
        starts_on = today_in(store.clock, company.time_zone)
    return await store.legal_holds.create(LegalHoldFields(reason=reason, starts_on=starts_on))


async def get_hold(store: Store, hold_id: UUID) -> LegalHold:
    """Raises RowNotFound."""
    return await store.legal_holds.get(hold_id)


async def list_holds(
    store: Store, conditions: LegalHoldFilter, *, limit: int, after: UUID | None
) -> Page[LegalHold]:
    """Holds, newest first."""
    return await store.legal_holds.list(conditions, limit=limit, after=after)


async def release_hold(
    store: Store, hold_id: UUID, *, reason: str, expected_version: int
) -> LegalHold:
    """Let retention go on. Raises RowNotFound, VersionConflict, HoldAlreadyReleased."""
    hold = await store.legal_holds.get(hold_id)
    if hold.released_at is not None and hold.version == expected_version:
        raise HoldAlreadyReleased(hold.released_at)
    changes = {"released_at": store.now, "release_reason": reason}
    return await store.legal_holds.update(hold_id, changes, expected_version=expected_version)
