"""Until when a payer takes a claim: days from service, counted in the company's calendar."""

import datetime as dt
from collections.abc import Sequence

from storage.tables.claims import Claim, ClaimLine, Payer
from storage.vocabulary.claims import ClaimType


def filing_starts_on(claim: Claim, lines: Sequence[ClaimLine]) -> dt.date:
    """The day from which the limit runs.

    The last day of service for institutional claims that span days, the first for all others
    (Medicare Claims Processing Manual, chapter 1, section 70.4).
    """
    days = [claim.service_date, *(line.service_date for line in lines)]
    if claim.type is ClaimType.INSTITUTIONAL:
        return max(days) if claim.discharge_date is None else claim.discharge_date
    return min(days)


def filing_days_left(starts_on: dt.date, payer: Payer, today: dt.date) -> int:
    """Days until the payer's limit: 0 on the last day that is in time, negative after it."""
    return payer.timely_filing_limit_days - (today - starts_on).days
