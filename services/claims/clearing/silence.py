"""Silence is an alarm: what should have been answered by now and was not.

Nothing of it is stored: it is told from what went out, what came back, and the day that it is for
the company.
"""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from services.company_calendar import company_calendar
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
    calendar = await company_calendar(store)
    today = calendar.day_of(store.now)
    sent_before = calendar.midnight(calendar.business_days_before(today, BUSINESS_DAYS))
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
        for each in await store.silence_figures.payer_paces(
            since=store.now - _YEAR, time_zone=calendar.time_zone
        )
        if each.decision_count >= FEWEST_DECISIONS
    }
    undecided = await store.silence_figures.undecided_claims(
        submitted_before=calendar.midnight(today - dt.timedelta(days=USUAL_DAYS)),
        of_payers={
            payer_id: calendar.midnight(today - dt.timedelta(days=days))
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
