"""Days, ages and quotients of figures, without a database."""

import datetime as dt
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.claims.figures.aging import days_of
from services.claims.figures.arithmetic import Known, ask_of, figure
from services.claims.figures.indicators import (
    OURS,
    Counting,
    Entered,
    FigureUnit,
    Indicator,
    IndicatorName,
    Part,
    Per,
    Term,
)
from services.claims.figures.periods import Months, Span, month_end, month_of, shifted
from storage.figures import Total
from storage.vocabulary.figures import AgingBucket, FigureInputKind, Measure

DAYS = st.dates(dt.date(1991, 1, 1), dt.date(2199, 12, 31))
TODAY = dt.date(2026, 3, 10)
MARCH = Months(dt.date(2026, 3, 1), dt.date(2026, 3, 1))


@given(DAYS, DAYS)
def test_every_day_is_of_one_age(day: dt.date, today: dt.date) -> None:
    ages = {bucket: days_of(bucket, today) for bucket in AgingBucket}
    assert sum(each.first <= day <= each.last for each in ages.values()) == 1


def test_a_balance_is_30_days_old_on_the_thirtieth_day_and_over_90_from_the_ninety_first() -> None:
    def bucket(age: int) -> AgingBucket:
        day = TODAY - dt.timedelta(days=age)
        (found,) = (
            each
            for each in AgingBucket
            if days_of(each, TODAY).first <= day <= days_of(each, TODAY).last
        )
        return found

    assert [bucket(age) for age in (-1, 0, 30, 31, 60, 61, 90, 91, 120, 121)] == [
        AgingBucket.DAYS_0_TO_30,
        AgingBucket.DAYS_0_TO_30,
        AgingBucket.DAYS_0_TO_30,
        AgingBucket.DAYS_31_TO_60,
        AgingBucket.DAYS_31_TO_60,
        AgingBucket.DAYS_61_TO_90,
        AgingBucket.DAYS_61_TO_90,
        AgingBucket.DAYS_91_TO_120,
        AgingBucket.DAYS_91_TO_120,
        AgingBucket.DAYS_OVER_120,
    ]
    over_90 = MARCH.covered(Span.OPEN_OVER_90, TODAY)
    assert over_90.last == TODAY - dt.timedelta(days=91)


@given(DAYS, st.integers(-400, 400))
def test_months_are_shifted_there_and_back(day: dt.date, by: int) -> None:
    month = month_of(day)
    assert shifted(shifted(month, by), -by) == month
    assert month_end(month) + dt.timedelta(days=1) == shifted(month, 1)


@given(DAYS, st.integers(0, 35))
def test_months_are_counted_one_by_one(day: dt.date, more: int) -> None:
    first = month_of(day)
    months = Months(first, shifted(first, more))
    single = list(months.one_by_one())
    assert len(single) == months.count == more + 1
    assert (single[0].first, single[-1].last) == (months.first, months.last)


def test_spans_follow_of_the_months() -> None:
    quarter = Months(dt.date(2026, 1, 1), dt.date(2026, 3, 1))
    before = quarter.covered(Span.THREE_BEFORE, TODAY)
    assert (before.first, before.last) == (dt.date(2025, 10, 1), dt.date(2025, 12, 31))
    to_end = quarter.covered(Span.THREE_TO_END, TODAY)
    assert (to_end.first, to_end.last) == (dt.date(2026, 1, 1), dt.date(2026, 3, 31))
    assert to_end.until(TODAY) == 31 + 28 + 10
    four_weeks = quarter.covered(Span.FOUR_WEEKS, TODAY)
    assert (four_weeks.first, four_weeks.last) == (dt.date(2026, 2, 11), TODAY)


def indicator(numerator: Part, denominator: Part) -> Indicator:
    return Indicator(
        name=IndicatorName.CASH_COLLECTION,
        definition="one by the other",
        source=OURS,
        unit=FigureUnit.PERCENT,
        numerator=numerator,
        denominator=denominator,
    )


WON = Term(Measure.APPEALS_WON, Counting.ROWS)
DECIDED = Term(Measure.APPEALS_DECIDED, Counting.ROWS)


def known(won: int, decided: int) -> Known:
    totals = {
        ask_of(WON, MARCH, TODAY): Total(items=won),
        ask_of(DECIDED, MARCH, TODAY): Total(items=decided),
    }
    return Known(MARCH, TODAY, totals, {})


def test_a_quotient_is_rounded_half_to_even_to_two_places() -> None:
    one = indicator(Part((WON,)), Part((DECIDED,)))
    assert figure(one, known(1, 800)).value == Decimal("0.12")
    assert figure(one, known(3, 800)).value == Decimal("0.38")
    assert figure(one, known(2, 3)).value == Decimal("66.67")


def test_by_zero_there_is_no_value() -> None:
    found = figure(indicator(Part((WON,)), Part((DECIDED,))), known(0, 0))
    assert (found.value, found.no_data) == (None, "the denominator is zero")


def test_a_part_is_divided_by_what_it_covers() -> None:
    monthly = Part((Term(Measure.SUBMITTED, Counting.ROWS, Span.THREE_BEFORE),), Per.MONTH)
    found = figure(indicator(Part((WON,)), monthly), known(1, 1))
    assert found.denominator is not None
    assert found.denominator.divisor == 3


def test_what_is_needed_and_was_not_entered_is_named_by_month() -> None:
    cost = Part((Entered(FigureInputKind.REVENUE_CYCLE_COST),))
    found = figure(indicator(cost, Part((DECIDED,))), known(1, 1))
    assert (found.value, found.numerator) == (None, None)
    assert found.no_data == "no revenue_cycle_cost was entered for 2026-03"
