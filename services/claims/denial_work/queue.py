"""The queue of open denials: by deadline bucket, in it by expected value.

Neither is stored. A bucket is a range of deadlines, reckoned from the day of the question; what a
denial is worth goes by the outcomes recorded before that day. So the order holds still for a day,
and whoever pages through it names the day in the cursor: a denial that is there all the time comes
exactly once, even across midnight.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from services.claims.code_wording import CodeWording, wordings_for
from services.claims.denial_work.worth import ExpectedValue, Experience
from services.company_calendar import company_today
from storage.filters import DenialFilter
from storage.interface import Page, Store
from storage.tables.ledger import Denial
from storage.vocabulary.claims import DenialStatus

AT_RISK_DAYS = 7
SOON_DAYS = 30


class DeadlineBucket(StrEnum):
    """How near the deadline is.

    AT_RISK: overdue, or at most 7 days away.
    SOON: at most 30 days away.
    LATER: farther.
    """

    AT_RISK = "at_risk"
    SOON = "soon"
    LATER = "later"


@dataclass(frozen=True)
class QueuePlace:
    """Where a page of the queue ends: what comes after it is asked for as of the same day."""

    as_of: dt.date
    bucket: DeadlineBucket
    expected_cents: int
    denial_id: UUID


@dataclass(frozen=True)
class QueuedDenial:
    """An open denial as the queue shows it. ``days_left`` is below zero once it is overdue."""

    denial: Denial
    bucket: DeadlineBucket
    days_left: int
    value: ExpectedValue
    wording: list[CodeWording]


@dataclass(frozen=True)
class QueuePage:
    """Some of the queue, as of a day, and the place to go on from (None at the end)."""

    as_of: dt.date
    rows: Sequence[QueuedDenial]
    next_place: QueuePlace | None


def bucket_of(due_on: dt.date, as_of: dt.date) -> DeadlineBucket:
    """The bucket of a deadline on a day."""
    days = (due_on - as_of).days
    if days <= AT_RISK_DAYS:
        return DeadlineBucket.AT_RISK
    return DeadlineBucket.SOON if days <= SOON_DAYS else DeadlineBucket.LATER


async def get_worded(store: Store, denial_id: UUID) -> tuple[Denial, list[CodeWording]]:
    """A denial, and what its codes are called. Raises RowNotFound."""
    denial = await store.denials.get(denial_id)
    wordings = await wordings_for(store, codes_of(denial))
    return denial, wordings.of([denial.reason_code], denial.remark_codes, denial.denied_on)


def codes_of(denial: Denial) -> list[str]:
    """The reason and the remarks of a denial."""
    return [denial.reason_code, *denial.remark_codes]


async def list_denials(
    store: Store, conditions: DenialFilter, *, limit: int, after: UUID | None
) -> Page[Denial]:
    """Denials in every state, newest first: also those that nobody has to work, with why."""
    return await store.denials.list(conditions, limit=limit, after=after)


async def list_queue(
    store: Store,
    conditions: DenialFilter,
    *,
    limit: int,
    bucket: DeadlineBucket | None = None,
    after: QueuePlace | None = None,
) -> QueuePage:
    """A page of the queue under some conditions, or of one bucket of it."""
    as_of = await company_today(store) if after is None else after.as_of
    experience = await experience_of(store, as_of)
    wanted = list(DeadlineBucket) if bucket is None else [bucket]
    if after is not None:
        wanted = [each for each in wanted if _rank(each) >= _rank(after.bucket)]
    found: list[tuple[Denial, int, DeadlineBucket]] = []
    for each in wanted:  # at most three; the first one usually fills the page
        rest = limit + 1 - len(found)
        if rest <= 0:
            break
        place = None
        if after is not None and each is after.bucket:
            place = (after.expected_cents, after.denial_id)
        page = await store.denial_queue.page(
            within(conditions, each, as_of), experience.worth, limit=rest, after=place
        )
        found += [(denial, cents, each) for denial, cents in page]
    wordings = await wordings_for(store, {code for each, _, _ in found for code in codes_of(each)})
    rows = [
        QueuedDenial(
            denial=denial,
            bucket=each,
            days_left=(denial.due_on - as_of).days,
            value=value_of(experience, denial),
            wording=wordings.of([denial.reason_code], denial.remark_codes, denial.denied_on),
        )
        for denial, _, each in found[:limit]
    ]
    if len(found) <= limit:
        return QueuePage(as_of, rows, None)
    last, cents, each = found[limit - 1]
    return QueuePage(as_of, rows, QueuePlace(as_of, each, cents, last.id))


async def experience_of(store: Store, as_of: dt.date) -> Experience:
    """What the company had learned before a day, and what it says that the work costs."""
    company = await store.companies.get(store.company_id)
    return Experience(
        await store.denial_queue.outcome_totals(before=as_of),
        correction_cost_cents=company.correction_cost_cents,
        appeal_cost_cents=company.appeal_cost_cents,
    )


def value_of(experience: Experience, denial: Denial) -> ExpectedValue:
    """What working a denial is expected to bring."""
    return experience.value(
        payer_id=denial.payer_id,
        category=denial.category,
        amount_cents=denial.amount_cents,
        is_correctable=denial.is_correctable,
    )


def within(conditions: DenialFilter, bucket: DeadlineBucket, as_of: dt.date) -> DenialFilter:
    """The open denials of a bucket under some conditions."""
    at_risk = as_of + dt.timedelta(days=AT_RISK_DAYS)
    soon = as_of + dt.timedelta(days=SOON_DAYS)
    day = dt.timedelta(days=1)
    bounds = {
        DeadlineBucket.AT_RISK: (None, at_risk),
        DeadlineBucket.SOON: (at_risk + day, soon),
        DeadlineBucket.LATER: (soon + day, None),
    }
    first, last = bounds[bucket]
    return replace(conditions, status=DenialStatus.OPEN, due_from=first, due_until=last)


def _rank(bucket: DeadlineBucket) -> int:
    return list(DeadlineBucket).index(bucket)
