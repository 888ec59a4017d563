"""What is open, by its age: the payers' and the patients' money, from the day of service and from
the day of the last bill."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from services.claims.figures.periods import THE_BEGINNING, THE_END, Days
from services.claims.figures.reporting import MOST_GROUPS
from storage.clock import today_in
from storage.figures import Ask, FigureScope, Total
from storage.interface import Store
from storage.vocabulary.figures import (
    AgedFrom,
    AgingBasis,
    AgingBucket,
    FigureDimension,
    Measure,
)

AGES: dict[AgingBucket, tuple[int | None, int | None]] = {
    AgingBucket.DAYS_0_TO_30: (None, 30),
    AgingBucket.DAYS_31_TO_60: (31, 60),
    AgingBucket.DAYS_61_TO_90: (61, 90),
    AgingBucket.DAYS_91_TO_120: (91, 120),
    AgingBucket.DAYS_OVER_120: (121, None),
}
"""The first and last age of a bucket in days; a day to come counts with the youngest."""

MEASURED: dict[tuple[AgingBasis, AgedFrom], Measure] = {
    (AgingBasis.INSURANCE, AgedFrom.SERVICE_DATE): Measure.INSURANCE_BY_SERVICE,
    (AgingBasis.INSURANCE, AgedFrom.LAST_BILL_DATE): Measure.INSURANCE_BY_BILL,
    (AgingBasis.PATIENT, AgedFrom.SERVICE_DATE): Measure.PATIENT_BY_SERVICE,
    (AgingBasis.PATIENT, AgedFrom.LAST_BILL_DATE): Measure.PATIENT_BY_BILL,
}
CREDITS: dict[tuple[AgingBasis, AgedFrom], Measure] = {
    (AgingBasis.INSURANCE, AgedFrom.SERVICE_DATE): Measure.INSURANCE_CREDITS,
    (AgingBasis.INSURANCE, AgedFrom.LAST_BILL_DATE): Measure.INSURANCE_CREDITS_BY_BILL,
    (AgingBasis.PATIENT, AgedFrom.SERVICE_DATE): Measure.PATIENT_CREDITS,
    (AgingBasis.PATIENT, AgedFrom.LAST_BILL_DATE): Measure.PATIENT_CREDITS_BY_BILL,
}


@dataclass(frozen=True)
class Aged:
    """Open balances whose age lies in a bucket: of how many claims, how much, and by which
    question storage counted them."""

    bucket: AgingBucket
    ask: Ask
    total: Total


@dataclass(frozen=True)
class Aging:
    """One side's open balances by age. Credit balances are in no bucket."""

    basis: AgingBasis
    aged_from: AgedFrom
    buckets: list[Aged]
    credits_ask: Ask
    credits_total: Total

    @property
    def total(self) -> Total:
        """All buckets together."""
        return Total(
            items=sum(each.total.items for each in self.buckets),
            amount=sum(each.total.amount for each in self.buckets),
        )


@dataclass(frozen=True)
class AgingGroup:
    """Both sides, from both days, of what belongs together (see ``reporting.Group``). A month is
    that of the day that an age begins on: the service's, or the last bill's."""

    key: str | None
    agings: list[Aging]


@dataclass(frozen=True, kw_only=True)
class AgingReport:
    today: dt.date
    groups: list[AgingGroup]
    groups_left_out: int


def days_of(bucket: AgingBucket, today: dt.date) -> Days:
    """The days on which an age begins that lies in the bucket today."""
    youngest, oldest = AGES[bucket]
    return Days(
        THE_BEGINNING if oldest is None else today - dt.timedelta(days=oldest),
        THE_END if youngest is None else today - dt.timedelta(days=youngest),
    )


async def aging(store: Store, scope: FigureScope, *, by: FigureDimension | None) -> AgingReport:
    """Both agings as of today, in one pass over what is open; by month, in one for each day."""
    company = await store.companies.get(store.company_id)
    today = today_in(store.clock, company.time_zone)
    asks = _asks(today)
    found = await store.figures.totals(asks, scope, by=by)
    keys = sorted(found) if by is not None else [""]
    return AgingReport(
        today=today,
        groups=[
            AgingGroup(key or None, _agings(asks, found.get(key) or [Total()] * len(asks)))
            for key in keys[:MOST_GROUPS]
        ],
        groups_left_out=len(keys[MOST_GROUPS:]),
    )


def _asks(today: dt.date) -> list[Ask]:
    buckets = {bucket: days_of(bucket, today) for bucket in AgingBucket}
    return [
        *(
            Ask(measure=measure, first=days.first, last=days.last)
            for measure in MEASURED.values()
            for days in buckets.values()
        ),
        *(Ask(measure=measure, first=THE_BEGINNING, last=THE_END) for measure in CREDITS.values()),
    ]


def _agings(asks: Sequence[Ask], totals: Sequence[Total]) -> list[Aging]:
    counted = dict(zip(asks, totals, strict=True))
    of_measure: dict[Measure, list[tuple[Ask, Total]]] = {}
    for ask, total in counted.items():
        of_measure.setdefault(ask.measure, []).append((ask, total))
    return [
        Aging(
            basis,
            aged_from,
            [
                Aged(bucket, ask, total)
                for bucket, (ask, total) in zip(AgingBucket, of_measure[measure], strict=True)
            ],
            *of_measure[CREDITS[basis, aged_from]][0],
        )
        for (basis, aged_from), measure in MEASURED.items()
    ]
