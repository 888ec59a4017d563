"""The indicators of some months, as a whole or by payer, provider, location or month."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.claims.figures.arithmetic import Figure, Known, asks_of, figure
from services.claims.figures.indicators import INDICATORS, Indicator, IndicatorName
from services.claims.figures.periods import Months, month_of, shifted
from services.refusals import Fault, InvalidParameter
from storage.clock import today_in
from storage.figures import Ask, FigureRow, FigureScope, Total
from storage.filters import FigureInputFilter
from storage.interface import Page, Store
from storage.tables.figures import FigureInput
from storage.vocabulary.figures import FigureDimension, FigureInputKind

MOST_MONTHS = 36
MOST_GROUPS = 200
_EARLIEST, _LATEST = dt.date(1990, 1, 1), dt.date(2200, 1, 1)


@dataclass(frozen=True, kw_only=True)
class FigureQuestion:
    """Which indicator (None: all), of which months (None: of the last that is over) and claims, and
    how told apart."""

    name: IndicatorName | None = None
    first_month: dt.date | None = None
    last_month: dt.date | None = None
    scope: FigureScope = field(default_factory=FigureScope)
    by: FigureDimension | None = None


@dataclass(frozen=True)
class Group:
    """Figures of what belongs together: ``key`` is a payer's id, a provider's or facility's
    identifier (None: of none), a month, or None where nothing is told apart."""

    key: str | None
    figures: list[Figure]


@dataclass(frozen=True, kw_only=True)
class Report:
    """The figures. ``groups_left_out`` is how many there are beyond the first 200."""

    months: Months
    today: dt.date
    groups: list[Group]
    groups_left_out: int


async def report(store: Store, question: FigureQuestion) -> Report:
    """The indicators. Raises InvalidParameter."""
    company = await store.companies.get(store.company_id)
    today = today_in(store.clock, company.time_zone)
    months = _months(question, today)
    entered = await _entered(store, question, months)
    indicators = [each for each in INDICATORS if question.name in (None, each.name)]
    asked = _Asked(question, indicators, months, today, entered)
    is_by_month = question.by is FigureDimension.MONTH
    groups = await (_by_month(store, asked) if is_by_month else _by_key(store, asked))
    return Report(
        months=months,
        today=today,
        groups=groups[:MOST_GROUPS],
        groups_left_out=len(groups[MOST_GROUPS:]),
    )


async def rows_counted(
    store: Store, ask: Ask, scope: FigureScope, *, limit: int, after: UUID | None
) -> Page[FigureRow]:
    """The rows that a term counts, newest first. Raises InvalidParameter."""
    if ask.last < ask.first:
        raise InvalidParameter([Fault("/last", "lies before the first day")])
    return await store.figures.rows(ask, scope, limit=limit, after=after)


@dataclass(frozen=True)
class _Asked:
    """A question with all that its answer depends on but the totals."""

    question: FigureQuestion
    indicators: Sequence[Indicator]
    months: Months
    today: dt.date
    entered: Mapping[FigureInputKind, Sequence[FigureInput]] | None

    def asks(self, months: Months) -> list[Ask]:
        """What storage has to be asked about some of the months."""
        return _distinct(
            ask for each in self.indicators for ask in asks_of(each, months, self.today)
        )

    def figures(self, months: Months, totals: Mapping[Ask, Total]) -> list[Figure]:
        known = Known(months, self.today, totals, self.entered)
        return [figure(each, known) for each in self.indicators]


async def _by_month(store: Store, asked: _Asked) -> list[Group]:
    single = list(asked.months.one_by_one())
    asks = _distinct(ask for each in single for ask in asked.asks(each))
    scope = asked.question.scope
    found = await store.figures.totals(asks, scope)
    totals = _by_ask(asks, found.get("", ()))
    return [Group(f"{each.first:%Y-%m}", asked.figures(each, totals)) for each in single]


async def _by_key(store: Store, asked: _Asked) -> list[Group]:
    asks, by = asked.asks(asked.months), asked.question.by
    found = await store.figures.totals(asks, asked.question.scope, by=by)
    return [
        Group(key or None, asked.figures(asked.months, _by_ask(asks, found.get(key, ()))))
        for key in (sorted(found) if by is not None else [""])
    ]


async def _entered(
    store: Store, question: FigureQuestion, months: Months
) -> Mapping[FigureInputKind, Sequence[FigureInput]] | None:
    """What was entered for the months; None where only a part of the company is asked of."""
    is_whole = question.scope == FigureScope() and question.by in (None, FigureDimension.MONTH)
    if not is_whole:
        return None
    found: dict[FigureInputKind, list[FigureInput]] = {}
    conditions = FigureInputFilter(month_from=months.first, month_until=months.last)
    for each in await store.figure_inputs.all(conditions):
        found.setdefault(each.kind, []).append(each)
    return found


def _months(question: FigureQuestion, today: dt.date) -> Months:
    """Raises InvalidParameter."""
    last = question.last_month or question.first_month or shifted(month_of(today), -1)
    first = question.first_month or last
    months = Months(first, last)
    if last < first:
        raise InvalidParameter([Fault("/last_month", "lies before the first month")])
    if not _EARLIEST <= first <= last <= _LATEST or months.count > MOST_MONTHS:
        message = f"spans at most {MOST_MONTHS} months between 1990 and 2200"
        raise InvalidParameter([Fault("/last_month", message)])
    return months


def _distinct(asks: Iterable[Ask]) -> list[Ask]:
    return list(dict.fromkeys(asks))


def _by_ask(asks: Sequence[Ask], totals: Sequence[Total]) -> Mapping[Ask, Total]:
    return dict(zip(asks, totals or [Total()] * len(asks), strict=True))
