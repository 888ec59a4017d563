"""Lists of requirements by where they stand, which no column says."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.company_calendar import company_today
from services.refusals import Fault, InvalidParameter
from services.regulatory_compliance.standing import Standing
from services.regulatory_compliance.standings import standings
from storage.errors import RowNotFound
from storage.interface import Store
from storage.standings import StandingFound, StandingQuestion
from storage.tables.compliance import ComplianceRequirement
from storage.vocabulary.compliance import Program, RequirementStatus, StatusReason

_FIRST_LOOK = 1_000
"""So many are looked at for a page of those that stand somewhere, before all are."""


@dataclass(frozen=True)
class Listed:
    """A requirement, and where it stood on the day asked for: None where it was out of use."""

    id: UUID
    requirement: ComplianceRequirement
    standing: Standing | None


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
    first_look: int = _FIRST_LOOK,
) -> tuple[list[Listed], UUID | None]:
    """Requirements by their codes, with where they stand, and the id to go on after.

    Without a condition on where they stand, only those of the page are looked at; with one, the
    first so many of the program that come after and, if they do not fill the page, all others.
    """
    question = await _question(store, as_of)
    question = replace(question, program=program, after=after)

    def is_chosen(standing: Standing) -> bool:
        return (status is None or standing.status is status) and (
            is_overdue is None or is_overdue == (standing.reason is StatusReason.OVERDUE)
        )

    is_of_all = status is None and is_overdue is None
    first = limit + 1 if is_of_all else first_look
    found = await standings(store, replace(question, limit=first))
    chosen = [each for each in found if is_chosen(each[1])]
    if len(chosen) <= limit and len(found) == first:
        rest = replace(question, after=found[-1][0].requirement_id)
        chosen += [each for each in await standings(store, rest) if is_chosen(each[1])]
    shown = chosen[:limit]
    next_after = shown[-1][0].requirement_id if len(chosen) > limit else None
    return await _listed(store, shown), next_after


async def get_requirement(store: Store, requirement_id: UUID, as_of: AsOf) -> Listed:
    """Raises RowNotFound, also where it was not known yet as of then."""
    found = await listed_of(store, [requirement_id], as_of)
    if not found:
        raise RowNotFound("compliance_requirements")
    return found[0]


async def listed_of(store: Store, requirement_ids: Sequence[UUID], as_of: AsOf) -> list[Listed]:
    """Those of the requirements that were known as of then, with where they stood, by their
    codes."""
    question = replace(await _question(store, as_of), requirement_ids=list(requirement_ids))
    in_use = await _listed(store, await standings(store, question))
    others = set(requirement_ids) - {each.id for each in in_use}
    retired = [
        Listed(each.id, each, None)
        for each in await store.compliance_requirements.get_many(sorted(others))
        if each.created_at <= question.known_at
    ]
    return sorted([*in_use, *retired], key=lambda each: each.requirement.code)


async def _question(store: Store, as_of: AsOf) -> StandingQuestion:
    """Raises InvalidParameter."""
    if as_of.known_at is not None and as_of.known_at.tzinfo is None:
        raise InvalidParameter(
            [Fault("/known_at", "needs a time zone, as in 2026-01-31T00:00:00Z")]
        )
    return StandingQuestion(
        on=as_of.on or await company_today(store), known_at=as_of.known_at or store.now
    )


async def _listed(store: Store, found: Sequence[tuple[StandingFound, Standing]]) -> list[Listed]:
    ids = [row.requirement_id for row, _ in found]
    rows = {each.id: each for each in await store.compliance_requirements.get_many(ids)}
    return [
        Listed(row.requirement_id, rows[row.requirement_id], standing) for row, standing in found
    ]
