"""The answers that figures are given in: what each is derived of, and where its rows are listed."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlencode
from uuid import UUID

from pydantic import Field

from app.answers import Answer
from services.claims.figures.aging import Aging, AgingReport
from services.claims.figures.arithmetic import Counted, Figure, PartTotal
from services.claims.figures.indicators import Counting, FigureUnit, IndicatorName
from services.claims.figures.periods import Days, Months
from services.claims.figures.reporting import FigureQuestion, Group, Report
from storage.figures import Ask, FigureScope
from storage.vocabulary.figures import (
    AgedFrom,
    AgingBasis,
    AgingBucket,
    FigureDimension,
    Measure,
)

_ROWS_URL = "/api/v1/figures/rows"
_INPUTS_URL = "/api/v1/figure-inputs"


class DaysAnswer(Answer):
    """From the first to the last day, both included."""

    first: dt.date
    last: dt.date


class TermAnswer(Answer):
    """What one measure comes to. `drill_down` lists the very rows: as many as `total` where rows
    are counted, and else with amounts that add up to it."""

    measure: str = Field(description="A measure, or the kind of what was entered.")
    counting: Counting
    window: DaysAnswer
    total: int
    drill_down: str


class PartAnswer(Answer):
    """A numerator or denominator: `total` is the sum of its terms, and is divided by `divisor`
    (months or days that it covers, else 1) before the two are."""

    total: int
    divisor: int
    terms: list[TermAnswer]


class ExclusionAnswer(Answer):
    """What is in neither part, and how much of it there is."""

    text: str
    term: TermAnswer


class IndicatorAnswer(Answer):
    """One figure. `value` is a decimal text of two places; where there is none, `no_data` says
    why."""

    name: IndicatorName
    definition: str
    source: str
    unit: FigureUnit
    value: Decimal | None
    no_data: str | None
    window: DaysAnswer
    numerator: PartAnswer | None
    denominator: PartAnswer | None
    exclusions: list[ExclusionAnswer]


class FigureGroupAnswer(Answer):
    """Figures of one payer, provider, location or month. `key` is null for claims that name none,
    and where nothing is told apart."""

    key: str | None
    figures: list[IndicatorAnswer]


class FiguresAnswer(Answer):
    """The figures of some months. `groups_left_out` is how many groups there are beyond the first
    200."""

    window: DaysAnswer
    as_of: dt.date
    groups: list[FigureGroupAnswer]
    groups_left_out: int


class AgedAnswer(Answer):
    """Open balances of an age, in days: of how many claims, and how much. By month, there is no
    list to drill down to where no day of the month has that age."""

    bucket: AgingBucket
    claims: int
    balance_cents: int
    drill_down: str | None


class AgingAnswer(Answer):
    """What payers or patients owe, by age from the day of service or of the last bill. Credit
    balances are in no bucket."""

    basis: AgingBasis
    aged_from: AgedFrom
    claims: int
    balance_cents: int
    buckets: list[AgedAnswer]
    credit_claims: int
    credit_cents: int
    credit_drill_down: str


class AgingGroupAnswer(Answer):
    """The agings of one payer, provider, location or month: that of the service, or of the last
    bill, by what an age begins on."""

    key: str | None
    agings: list[AgingAnswer]


class AgingsAnswer(Answer):
    """Aging by insurance and by patient, as of today."""

    as_of: dt.date
    groups: list[AgingGroupAnswer]
    groups_left_out: int


class FigureRowAnswer(Answer):
    """One row that a measure counts: a claim, an entry of the ledger, a decision, a denial or an
    appeal, and the claim that it is of."""

    id: UUID
    claim_id: UUID | None
    claim_number: str | None
    day: dt.date
    amount: int


def first_day(month: str | None) -> dt.date | None:
    """Of a month as in 2026-03."""
    return None if month is None else dt.date.fromisoformat(f"{month}-01")


def _narrowed(scope: FigureScope, key: str | None, by: FigureDimension | None) -> FigureScope:
    """The scope of one group."""
    match by:
        case FigureDimension.PAYER if key is not None:
            return replace(scope, payer_id=UUID(key))
        case FigureDimension.PROVIDER:
            return replace(scope, provider_id=key)
        case FigureDimension.LOCATION:
            return replace(scope, location=key or "")
        case _:
            return scope


def _rows_url(measure: Measure, days: Days, scope: FigureScope) -> str:
    """The list of the rows that a measure counts."""
    given: dict[str, object] = {"measure": measure, "first": days.first, "last": days.last}
    if scope.payer_id is not None:
        given["payer_id"] = scope.payer_id
    if scope.provider_id is not None:
        given["provider_id"] = scope.provider_id
    if scope.location:
        given["location"] = scope.location
    elif scope.location is not None:
        given["has_no_location"] = "true"
    return f"{_ROWS_URL}?{urlencode(given)}"


def _days(days: Days) -> DaysAnswer:
    return DaysAnswer(first=days.first, last=days.last)


def _term(counted: Counted, scope: FigureScope) -> TermAnswer:
    measure, days = counted.measure, counted.days
    if isinstance(measure, Measure):
        url = _rows_url(measure, days, scope)
    else:
        months = {"kind": measure, "month_from": days.first, "month_until": days.last}
        url = f"{_INPUTS_URL}?{urlencode(months)}"
    return TermAnswer(
        measure=measure,
        counting=counted.counting,
        window=_days(days),
        total=counted.total,
        drill_down=url,
    )


def _part(part: PartTotal | None, scope: FigureScope) -> PartAnswer | None:
    if part is None:
        return None
    return PartAnswer(
        total=part.total,
        divisor=part.divisor,
        terms=[_term(each, scope) for each in part.terms],
    )


def _indicator(figure: Figure, scope: FigureScope) -> IndicatorAnswer:
    indicator = figure.indicator
    return IndicatorAnswer(
        name=indicator.name,
        definition=indicator.definition,
        source=indicator.source,
        unit=indicator.unit,
        value=figure.value,
        no_data=figure.no_data,
        window=_days(figure.days),
        numerator=_part(figure.numerator, scope),
        denominator=_part(figure.denominator, scope),
        exclusions=[
            ExclusionAnswer(text=each.text, term=_term(each.counted, scope))
            for each in figure.exclusions
        ],
    )


def figures_answer(question: FigureQuestion, found: Report) -> FiguresAnswer:
    """The figures of a report, each with its derivation."""

    def group(each: Group) -> FigureGroupAnswer:
        scope = _narrowed(question.scope, each.key, question.by)
        return FigureGroupAnswer(
            key=each.key, figures=[_indicator(figure, scope) for figure in each.figures]
        )

    return FiguresAnswer(
        window=_days(found.months.days),
        as_of=found.today,
        groups=[group(each) for each in found.groups],
        groups_left_out=found.groups_left_out,
    )


def _aging(aging: Aging, scope: FigureScope, month: Days | None) -> AgingAnswer:
    return AgingAnswer(
        basis=aging.basis,
        aged_from=aging.aged_from,
        claims=aging.total.items,
        balance_cents=aging.total.amount,
        buckets=[
            AgedAnswer(
                bucket=each.bucket,
                claims=each.total.items,
                balance_cents=each.total.amount,
                drill_down=_listed(each.ask, scope, month),
            )
            for each in aging.buckets
        ],
        credit_claims=aging.credits_total.items,
        credit_cents=aging.credits_total.amount,
        credit_drill_down=_rows_url(
            aging.credits_ask.measure, _days_in(aging.credits_ask, month), scope
        ),
    )


def _listed(ask: Ask, scope: FigureScope, month: Days | None) -> str | None:
    """The list of the rows that were asked for; None where there are no such days."""
    days = _days_in(ask, month)
    return _rows_url(ask.measure, days, scope) if days.first <= days.last else None


def _days_in(ask: Ask, month: Days | None) -> Days:
    """The days that were asked for, those of a month alone."""
    if month is None:
        return Days(ask.first, ask.last)
    return Days(max(ask.first, month.first), min(ask.last, month.last))


def _month_of(key: str | None, by: FigureDimension | None) -> Days | None:
    """The days of a group's month."""
    first = first_day(key) if by is FigureDimension.MONTH else None
    return None if first is None else Months(first, first).days


def agings_answer(
    scope: FigureScope, by: FigureDimension | None, found: AgingReport
) -> AgingsAnswer:
    """What is open by age, each with the list of the rows behind it."""
    return AgingsAnswer(
        as_of=found.today,
        groups=[
            AgingGroupAnswer(
                key=each.key,
                agings=[
                    _aging(one, _narrowed(scope, each.key, by), _month_of(each.key, by))
                    for one in each.agings
                ],
            )
            for each in found.groups
        ],
        groups_left_out=found.groups_left_out,
    )
