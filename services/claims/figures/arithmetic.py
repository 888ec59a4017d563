"""From totals to figures. Pure."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from services.claims.figures.indicators import (
    Counting,
    Entered,
    FigureUnit,
    Indicator,
    Part,
    Per,
    Term,
)
from services.claims.figures.periods import Days, Months, Span
from storage.figures import Ask, Total
from storage.tables.figures import FigureInput
from storage.vocabulary.figures import FigureInputKind, Measure

PLACES = Decimal("0.01")


@dataclass(frozen=True)
class Counted:
    """What one measure, or what was entered, comes to over some days."""

    measure: Measure | FigureInputKind
    counting: Counting
    days: Days
    total: int


@dataclass(frozen=True)
class PartTotal:
    """A numerator or denominator: the sum of what it consists of, and by what that is divided."""

    total: int
    divisor: int
    terms: list[Counted]


@dataclass(frozen=True)
class LeftOut:
    """What is in neither part: how many rows, of which measure and days."""

    text: str
    counted: Counted


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One indicator over some months. Where ``no_data`` says why, there is no value; a part that
    could not be counted is None."""

    indicator: Indicator
    days: Days
    numerator: PartTotal | None
    denominator: PartTotal | None
    exclusions: list[LeftOut]
    value: Decimal | None
    no_data: str | None


@dataclass(frozen=True)
class Known:
    """What is known of some months: totals by what was asked, and what was entered for them.

    ``entered`` is None where it does not apply, because not all of the company is asked of.
    """

    months: Months
    today: dt.date
    totals: Mapping[Ask, Total]
    entered: Mapping[FigureInputKind, Sequence[FigureInput]] | None

    def days(self, span: Span) -> Days:
        """The days of a span."""
        return self.months.covered(span, self.today)

    def count(self, term: Term) -> Counted:
        """What a term comes to."""
        found = self.totals.get(ask_of(term, self.months, self.today), Total())
        total = found.items if term.counting is Counting.ROWS else found.amount
        return Counted(term.measure, term.counting, self.days(term.span), total)


def ask_of(term: Term, months: Months, today: dt.date) -> Ask:
    """What storage has to be asked for a term."""
    days = months.covered(term.span, today)
    return Ask(measure=term.measure, first=days.first, last=days.last)


def asks_of(indicator: Indicator, months: Months, today: dt.date) -> list[Ask]:
    """Everything that storage has to be asked for an indicator."""
    terms = [
        *(each for each in indicator.numerator.terms if isinstance(each, Term)),
        *(each for each in indicator.denominator.terms if isinstance(each, Term)),
        *(each.term for each in indicator.exclusions),
    ]
    return [ask_of(term, months, today) for term in terms]


def figure(indicator: Indicator, known: Known) -> Figure:
    """An indicator by what is known: never a zero for what is not known."""
    numerator, lacks = _part(indicator.numerator, known)
    denominator, lacks_too = _part(indicator.denominator, known)
    no_data = lacks or lacks_too
    value = None
    if no_data is None and numerator is not None and denominator is not None:
        value = _quotient(numerator, denominator, indicator.unit)
        if value is None:
            no_data = "the denominator is zero"
    return Figure(
        indicator=indicator,
        days=known.months.days,
        numerator=numerator,
        denominator=denominator,
        exclusions=[LeftOut(each.text, known.count(each.term)) for each in indicator.exclusions],
        value=value,
        no_data=no_data,
    )


def _part(part: Part, known: Known) -> tuple[PartTotal | None, str | None]:
    """A part, or what lacks for it."""
    terms: list[Counted] = []
    for each in part.terms:
        if isinstance(each, Term):
            terms.append(known.count(each))
            continue
        counted, lacks = _entered(each, known)
        if lacks is not None:
            return None, lacks
        if counted is not None:
            terms.append(counted)
    return PartTotal(sum(each.total for each in terms), _divisor(part, known), terms), None


def _entered(entered: Entered, known: Known) -> tuple[Counted | None, str | None]:
    if known.entered is None:
        if not entered.is_needed:
            return None, None
        return None, f"{entered.kind} is entered for the company as a whole"
    rows = known.entered.get(entered.kind, ())
    wanted = [each.first for each in known.months.one_by_one()]
    by_month = {each.month: each.amount_cents for each in rows}
    missing = [each for each in wanted if each not in by_month]
    if missing and entered.is_needed:
        named = ", ".join(f"{each:%Y-%m}" for each in missing)
        return None, f"no {entered.kind} was entered for {named}"
    total = sum(by_month.get(each, 0) for each in wanted)
    return Counted(entered.kind, Counting.AMOUNT, known.months.days, total), None


def _divisor(part: Part, known: Known) -> int:
    (span,) = {each.span for each in part.terms if isinstance(each, Term)} or {Span.REPORTED}
    days = known.days(span)
    match part.per:
        case Per.MONTH:
            return Months(days.first, days.last).count
        case Per.DAY:
            return days.until(known.today)
        case Per.ALL:
            return 1


def _quotient(numerator: PartTotal, denominator: PartTotal, unit: FigureUnit) -> Decimal | None:
    """The quotient, rounded half to even to two places; None by zero."""
    if denominator.total == 0:
        return None
    scale = 100 if unit is FigureUnit.PERCENT else 1
    above = scale * numerator.total * denominator.divisor
    below = denominator.total * numerator.divisor
    return (Decimal(above) / Decimal(below)).quantize(PLACES, ROUND_HALF_EVEN)
