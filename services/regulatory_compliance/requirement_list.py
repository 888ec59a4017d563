"""Lists of requirements by where they stand, which no column says."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from services.company_calendar import company_today
from services.regulatory_compliance.standing import Standing
from services.regulatory_compliance.standings import standings
from storage.errors import RowNotFound
from storage.filters import RequirementFilter
from storage.interface import Store
from storage.tables.compliance import ComplianceRequirement
from storage.vocabulary.compliance import Program, RequirementStatus, StatusReason


@dataclass(frozen=True)
class Listed:
    """A requirement, and where it stood on the day asked for."""

    id: UUID
    requirement: ComplianceRequirement
    standing: Standing


@dataclass(frozen=True, kw_only=True)
class AsOf:
    """The day for which one asks (None: today), and up to when records count (None: now)."""

    on: dt.date | None = None
    known_at: dt.datetime | None = None


async def list_requirements(
    store: Store,
    *,
    program: Program | None,
    status: RequirementStatus | None,
    is_overdue: bool | None,
    as_of: AsOf,
    limit: int,
    after: UUID | None,
) -> tuple[list[Listed], UUID | None]:
    """Requirements by their codes, with where they stand, and the id to go on after.

    The status is derived for all of a company's requirements of the program: hundreds, in a
    constant number of statements.
    """
    rows = await store.compliance_requirements.all(RequirementFilter(program=program))
    found = await listed_of(store, sorted(rows, key=lambda each: each.code), as_of)
    chosen = [
        each
        for each in found
        if (status is None or each.standing.status is status)
        and (is_overdue is None or is_overdue == (each.standing.reason is StatusReason.OVERDUE))
    ]
    start = next((place + 1 for place, each in enumerate(chosen) if each.id == after), 0)
    shown = chosen[start : start + limit]
    return shown, shown[-1].id if len(chosen) > start + limit else None


async def get_requirement(store: Store, requirement_id: UUID, as_of: AsOf) -> Listed:
    """Raises RowNotFound, also where it was retired, or not known yet, as of then."""
    row = await store.compliance_requirements.get(requirement_id)
    found = await listed_of(store, [row], as_of)
    if not found:
        raise RowNotFound("compliance_requirements")
    return found[0]


async def listed_of(store: Store, rows: list[ComplianceRequirement], as_of: AsOf) -> list[Listed]:
    """Those of the requirements that were known and in use as of then, with where they stood."""
    found = await standings(
        store,
        rows,
        on=as_of.on or await company_today(store),
        known_at=as_of.known_at or store.now,
    )
    return [Listed(row.id, row, standing) for row, standing in found]
