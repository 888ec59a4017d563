"""How far a company's logs reach back, and what keeps the months that are past its retention."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from storage.filters import ByLog
from storage.interface import Page, Store
from storage.partitions import PARTITIONED, bounds, month_start
from storage.retention import retirable_on
from storage.tables.trail import Retirement
from storage.trail.chain import made_at


@dataclass(frozen=True, slots=True)
class DueMonth:
    """A month past the company's retention that has rows still. Without a hold it goes with the
    next maintenance once its rows are sealed and no other company needs the month."""

    month: dt.date
    row_count: int
    hold_ids: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class LogReach:
    """One log: its oldest row, and the months that are due."""

    log: str
    oldest_at: dt.datetime | None
    due: Sequence[DueMonth]


@dataclass(frozen=True)
class RetentionState:
    """The retention of a company as it is today."""

    retention_years: int
    logs: Sequence[LogReach]


async def retention_state(store: Store) -> RetentionState:
    """What is kept, and what the next maintenance may retire: months of the logs are of UTC, for
    all companies together."""
    company = await store.companies.get(store.company_id)
    today = store.now.date()
    logs = [await _reach(store, log, company.retention_years, today) for log in PARTITIONED]
    return RetentionState(company.retention_years, logs)


async def list_retirements(
    store: Store, conditions: ByLog, *, limit: int, after: UUID | None
) -> Page[Retirement]:
    """What was retired, the last first; each record is signed."""
    return await store.retirements.list(conditions, limit=limit, after=after)


async def _reach(store: Store, log: str, years: int, today: dt.date) -> LogReach:
    oldest = await store.retention_figures.oldest(log)
    if oldest is None:
        return LogReach(log, None, [])
    oldest_at = made_at(oldest)
    month = month_start(oldest_at.date())
    due = []
    while retirable_on(month, years=years) <= today:
        low, high = (UUID(bound) for bound in bounds(month))
        count = await store.retention_figures.count(log, low=low, high=high)
        if count:
            holds = await store.retention_figures.holds(log, low=low, high=high)
            due.append(DueMonth(month, count, holds))
        month = month_start(month, 1)
    return LogReach(log, oldest_at, due)
