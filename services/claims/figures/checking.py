"""Whether what is kept for figures is what the rows come to: computed anew in steps that are each
a statement of bounded length, by a job, and kept as a row.

A transaction that changes a claim changes its facts and sums as well, so each step sees both as
of one moment, whatever else is written meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.claims.figures.periods import Months, shifted
from services.refusals import Refusal
from storage.filters import FigureCheckFilter
from storage.interface import Actor, IStorage, Page, Store
from storage.tables.figures import FigureCheck, FigureCheckFields

CHECK = "check_figures"
"""The job's name; its arguments are ``check_id`` and ``asked_by``."""
MOST_NAMED = 100
CLAIMS_AT_ONCE = 10_000
MONTHS_AT_ONCE = 6
_GIVEN_UP_AFTER = dt.timedelta(hours=2)


@dataclass
class CheckUnderWay(Refusal):
    """One check at a time: a second would only take the first one's time."""

    title: ClassVar[str] = "The figures are being checked already"
    check_id: UUID


async def ask_for_check(store: Store, *, corrects: bool = False) -> FigureCheck:
    """Have everything that is kept for figures checked, and where it ``corrects``, what differs put
    right. Raises CheckUnderWay."""
    for other in await store.figure_checks.all(FigureCheckFilter(is_under_way=True)):
        if other.created_at > store.now - _GIVEN_UP_AFTER:
            raise CheckUnderWay(other.id)
    asked = await store.figure_checks.create(FigureCheckFields(corrects=corrects))
    await store.enqueue(
        CHECK,
        {"check_id": str(asked.id), "asked_by": str(store.actor.principal_id)},
        lock=CHECK,
        once=f"{CHECK}/{asked.id}",
    )
    return asked


async def get_check(store: Store, check_id: UUID) -> FigureCheck:
    """Raises RowNotFound."""
    return await store.figure_checks.get(check_id)


async def list_checks(
    store: Store, conditions: FigureCheckFilter, *, limit: int, after: UUID | None
) -> Page[FigureCheck]:
    """The checks, newest first."""
    return await store.figure_checks.list(conditions, limit=limit, after=after)


async def check_figures(storage: IStorage, company_id: UUID, actor: Actor, check_id: UUID) -> None:
    """Check everything and keep what differs, at most a hundred by name; nothing where that is
    done already."""
    async with storage.transaction(company_id, actor) as store:
        check = await store.figure_checks.get(check_id)
    if check.finished_at is not None:
        return
    claim_count, differences = await computed_anew(
        storage, company_id, actor, corrects=check.corrects
    )
    async with storage.transaction(company_id, actor) as store:
        check = await store.figure_checks.lock(check_id)
        if check.finished_at is None:
            await store.figure_checks.update(
                check_id,
                {
                    "finished_at": store.now,
                    "is_sound": not differences,
                    "claim_count": claim_count,
                    "differences": _named(differences),
                },
                expected_version=check.version,
            )


async def computed_anew(
    storage: IStorage, company_id: UUID, actor: Actor, *, corrects: bool = False
) -> tuple[int, list[str]]:
    """Of how many claims the facts were computed anew, and which facts and sums differ, or did
    before they were put right."""
    claim_count, differences = await _facts(storage, company_id, actor, corrects=corrects)
    return claim_count, differences + await _sums(storage, company_id, actor, corrects=corrects)


async def _facts(
    storage: IStorage, company_id: UUID, actor: Actor, *, corrects: bool
) -> tuple[int, list[str]]:
    count, differing, after = 0, list[str](), None
    while True:
        async with storage.transaction(company_id, actor) as store:
            checked = await store.figures.differing_facts(after, limit=CLAIMS_AT_ONCE)
            if corrects:
                await store.figures.correct_facts(checked.differing)
        count += checked.claim_count
        differing += [f"facts of claim {claim_id}" for claim_id in checked.differing]
        after = checked.next_after
        if after is None:
            return count, differing


async def _sums(storage: IStorage, company_id: UUID, actor: Actor, *, corrects: bool) -> list[str]:
    async with storage.transaction(company_id, actor) as store:
        kept = await store.figures.months_kept()
    differing: list[str] = []
    if kept is None:
        return differing
    months = [each.first for each in Months(*kept).one_by_one()]
    for first in months[::MONTHS_AT_ONCE]:
        last = min(shifted(first, MONTHS_AT_ONCE - 1), kept[1])
        async with storage.transaction(company_id, actor) as store:
            figures = store.figures
            ask = figures.correct_sums if corrects else figures.differing_sums
            differing += await ask(first, last)
    return differing


def _named(differences: Sequence[str]) -> list[str]:
    left_out = len(differences) - MOST_NAMED
    shown = list(differences[:MOST_NAMED])
    return [*shown, f"and {left_out} more"] if left_out > 0 else shown
