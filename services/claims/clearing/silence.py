"""Silence is an alarm: what should have been answered by now and was not.

Nothing of it is stored: it is told from what went out, what came back, and the day that it is for
the company.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

import holidays

from storage.interface import Store
from storage.vocabulary.clearing import SilenceKind

BUSINESS_DAYS = 2
"""In which a file is answered by a 999, and its claims by a 277CA."""
USUAL_DAYS = 30
"""In which a payer decides, until enough is known of it: what Medicare has for a clean claim
(42 CFR 405.922), and most states' prompt-payment laws give."""
FEWEST_DECISIONS = 20
"""From so many first decisions of a year on, a payer's own pace counts."""
GRACE_DAYS = 5
"""Beyond the day by which nine in ten of its claims were decided."""
MOST_FILES = 500

_YEAR = dt.timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class Silence:
    """Something that has not come: about a file, or about claims of a payer."""

    kind: SilenceKind
    claim_file_id: UUID | None = None
    partner_id: UUID | None = None
    payer_id: UUID | None = None
    since: dt.datetime
    usual_days: int
    claim_count: int
    charge_cents: int


@dataclass(frozen=True)
class Silences:
    """All that is overdue, the oldest first."""

    silences: list[Silence]


async def overdue_answers(store: Store) -> Silences:
    """What has not come in time. Takes a constant number of statements."""
    company = await store.companies.get(store.company_id)
    zone = ZoneInfo(company.time_zone)
    today = store.now.astimezone(zone).date()
    closed = _holidays(company.holiday_calendar, today)
    sent_before = _midnight(business_days_before(today, BUSINESS_DAYS, closed), zone)
    found = [
        Silence(
            kind=(
                SilenceKind.NO_CLAIM_ACKNOWLEDGEMENT
                if each.is_acknowledged
                else SilenceKind.NO_FUNCTIONAL_ACKNOWLEDGEMENT
            ),
            claim_file_id=each.claim_file_id,
            partner_id=each.partner_id,
            since=each.sent_at,
            usual_days=BUSINESS_DAYS,
            claim_count=each.claim_count,
            charge_cents=each.charge_cents,
        )
        for each in await store.silence_figures.unanswered_files(
            sent_before=sent_before, limit=MOST_FILES
        )
    ]
    paces = {
        each.payer_id: each.usual_days + GRACE_DAYS
        for each in await store.silence_figures.payer_paces(since=store.now - _YEAR)
        if each.decision_count >= FEWEST_DECISIONS
    }
    undecided = await store.silence_figures.undecided_claims(
        submitted_before=_midnight(today - dt.timedelta(days=USUAL_DAYS), zone),
        of_payers={
            payer_id: _midnight(today - dt.timedelta(days=days), zone)
            for payer_id, days in paces.items()
        },
    )
    found += [
        Silence(
            kind=SilenceKind.NO_REMITTANCE,
            payer_id=each.payer_id,
            since=each.since,
            usual_days=paces.get(each.payer_id, USUAL_DAYS),
            claim_count=each.claim_count,
            charge_cents=each.charge_cents,
        )
        for each in undecided
    ]
    return Silences(sorted(found, key=lambda each: each.since))


def business_days_before(today: dt.date, count: int, closed: Collection[dt.date]) -> dt.date:
    """The day such that what went out before it has had ``count`` whole business days, today not
    counted: Monday for Thursday and two, and Thursday for the Tuesday after a weekend."""
    day = today
    while count:
        day -= dt.timedelta(days=1)
        count -= day.weekday() < _SATURDAY and day not in closed
    return day


_SATURDAY = 5


def _holidays(calendar: str | None, today: dt.date) -> Collection[dt.date]:
    """The days of this year and the last on which nobody works; none without a calendar."""
    if calendar is None:
        return frozenset()
    country, _, subdivision = calendar.partition("-")
    return holidays.country_holidays(
        country, subdiv=subdivision or None, years=[today.year - 1, today.year]
    )


def _midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), zone)
