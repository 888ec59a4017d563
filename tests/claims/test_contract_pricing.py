"""What a contract pays for services, with the arithmetic shown."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.contracts.pricing import (
    Price,
    Service,
    Term,
    Tolerance,
    prices_of,
    verdict_of,
)
from services.claims.x12.scrub_tables import Rate, Rates, Span
from storage.identifiers import new_id
from storage.vocabulary.contracts import TermBasis, VarianceVerdict

DAY = dt.date(2026, 3, 2)
MEDICARE = Rates(
    [
        Rate(code="99213", value=10_050, span=Span(dt.date(2026, 1, 1))),
        Rate(code="77067", value=20_000, span=Span(dt.date(2026, 1, 1))),
        Rate(code="77067", value=8_000, span=Span(dt.date(2026, 1, 1)), modifier="26"),
    ],
    (Span(dt.date(2026, 1, 1)),),
)


def service(code: str = "99213", **changes: Any) -> Service:
    given: dict[str, Any] = {
        "line_id": new_id(),
        "code": code,
        "modifiers": (),
        "units": Decimal(1),
        "on": DAY,
        "charge_cents": 1_000_000,
    }
    return Service(**given | changes)


def term(basis: TermBasis, code: str | None = None, **changes: Any) -> Term:
    return Term(id=new_id(), basis=basis, code_from=code, code_to=code, **changes)


def percent(of: str = "110", code: str | None = None, **changes: Any) -> Term:
    return term(
        TermBasis.PERCENT_OF_SCHEDULE, code, schedule="Medicare", percent=Decimal(of), **changes
    )


def fixed(cents: int, code: str | None = None, **changes: Any) -> Term:
    return term(TermBasis.FIXED, code, amount_cents=cents, **changes)


def priced(
    services: list[Service], terms: list[Term], *, at_most_the_charge: bool = True
) -> list[Price]:
    return prices_of(services, terms, {"Medicare": MEDICARE}, at_most_the_charge=at_most_the_charge)


def test_a_percentage_of_a_schedule_is_rounded_once_at_the_end() -> None:
    (price,) = priced([service(units=Decimal("1.5"))], [percent("110")])
    assert price.expected_cents == 16_583  # 100.50 x 1.5 x 110% = 165.825
    assert price.arithmetic == "110% of 100.50 (Medicare: 99213) x 1.5 = 165.83"


def test_a_price_with_the_modifier_is_taken_from_the_schedule() -> None:
    (price,) = priced([service("77067", modifiers=("26",))], [percent("100")])
    assert price.expected_cents == 8_000


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (service("99499"), "has no price of 99499"),
        (service(on=dt.date(2025, 12, 31)), "no edition of fee schedule 'Medicare' is loaded"),
    ],
)
def test_what_the_schedule_does_not_say_is_not_known_and_not_zero(of: Service, why: str) -> None:
    (price,) = priced([of], [percent()])
    assert price.expected_cents is None
    assert why in price.arithmetic
    (unloaded,) = prices_of([service()], [percent()], {}, at_most_the_charge=True)
    assert (unloaded.expected_cents, unloaded.arithmetic) == (
        None,
        "no fee schedule 'Medicare' is loaded",
    )
    (without,) = priced([service()], [fixed(1, "99214")])
    assert (without.expected_cents, without.term_id) == (None, None)


def test_the_most_particular_term_counts() -> None:
    default, span = (
        fixed(1),
        Term(
            id=new_id(), basis=TermBasis.FIXED, code_from="99211", code_to="99215", amount_cents=2
        ),
    )
    exact, modified = fixed(3, "99213"), fixed(4, "99213", modifier="25")
    terms = [default, span, exact, modified]
    for of, expected in (
        (service("36415"), 1),
        (service("99214"), 2),
        (service("99213"), 3),
        (service("99213", modifiers=("25",)), 4),
    ):
        assert [price.expected_cents for price in priced([of], terms)] == [expected]
    first, second = fixed(5, "99213"), fixed(6, "99213")
    assert priced([service()], [first, second])[0].term_id == first.id


def test_no_more_than_the_charge_is_expected_where_the_contract_says_so() -> None:
    low = service(charge_cents=9_000)
    assert priced([low], [percent("100")])[0].expected_cents == 9_000
    assert "at most the charge 90.00" in priced([low], [percent("100")])[0].arithmetic
    assert priced([low], [percent("100")], at_most_the_charge=False)[0].expected_cents == 10_050


def test_a_case_rate_prices_the_whole_claim_but_for_what_is_carved_out() -> None:
    case = term(TermBasis.CASE_RATE, "27447", amount_cents=1_500_000)
    implant = fixed(400_000, "C1776", is_carve_out=True)
    drug = fixed(100, "J1885")
    services = [service("J1885"), service("C1776"), service("27447"), service("99213")]
    prices = priced(services, [case, implant, drug, percent()])
    assert [(len(p.line_ids), p.expected_cents) for p in prices] == [(1, 400_000), (3, 1_500_000)]
    assert prices[1].line_ids[0] == services[2].line_id
    without = priced([service("99213")], [case, implant, percent("100")])
    assert [price.expected_cents for price in without] == [10_050]


LINES = st.lists(
    st.builds(
        service,
        st.sampled_from(["99213", "77067", "27447", "C1776", "99499"]),
        modifiers=st.sampled_from([(), ("26",)]),
        units=st.sampled_from([Decimal(1), Decimal("2.5"), Decimal(3)]),
        charge_cents=st.integers(0, 50_000),
    ),
    max_size=6,
)
TERMS = st.lists(
    st.one_of(
        st.builds(percent, st.sampled_from(["80", "112.5"]), st.sampled_from([None, "99213"])),
        st.builds(
            fixed,
            st.integers(0, 30_000),
            st.sampled_from([None, "77067", "C1776"]),
            is_carve_out=st.booleans(),
        ),
        st.builds(
            term,
            st.just(TermBasis.CASE_RATE),
            st.sampled_from([None, "27447"]),
            amount_cents=st.integers(0, 90_000),
        ),
    ),
    max_size=5,
)


@given(LINES, TERMS, st.booleans())
def test_every_line_has_one_price_and_none_is_below_zero_or_above_its_charge(
    services: list[Service], terms: list[Term], capped: bool
) -> None:
    prices = priced(services, terms, at_most_the_charge=capped)
    named = [line_id for price in prices for line_id in price.line_ids]
    assert sorted(named) == sorted(each.line_id for each in services)
    charges = {each.line_id: each.charge_cents for each in services}
    for price in prices:
        assert price.arithmetic
        if price.expected_cents is not None:
            assert price.expected_cents >= 0
            if capped:
                assert price.expected_cents <= sum(charges[each] for each in price.line_ids)


def test_the_larger_tolerance_counts_and_its_bound_is_as_expected() -> None:
    tolerance = Tolerance(cents=50, basis_points=100)
    assert (tolerance.of(1_000), tolerance.of(10_000)) == (50, 100)
    assert verdict_of(-100, 10_000, tolerance) is VarianceVerdict.AS_EXPECTED
    assert verdict_of(-101, 10_000, tolerance) is VarianceVerdict.UNDERPAID
    assert verdict_of(101, 10_000, tolerance) is VarianceVerdict.OVERPAID
    assert verdict_of(-1, 10_000, Tolerance()) is VarianceVerdict.UNDERPAID
