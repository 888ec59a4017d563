"""What working a denial is expected to bring."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.denial_work.worth import PRIOR, WORK_COSTS, Experience, divided, shrunk
from storage.figures import OutcomeTotals
from storage.identifiers import new_id

PAYER, OTHER_PAYER = new_id(), new_id()


def outcomes(
    decided: int, recovered: int, payer_id: UUID = PAYER, category: str = "bundled"
) -> OutcomeTotals:
    return OutcomeTotals(
        payer_id=payer_id,
        category=category,
        decided=decided,
        recovered_basis_points=recovered * 10_000,
    )


def test_before_the_first_outcome_the_prior_holds() -> None:
    value = Experience([]).value(
        payer_id=PAYER, category="bundled", amount_cents=100_00, is_correctable=True
    )
    assert value.odds.basis_points == PRIOR.basis_points == 5_000
    assert value.expected_cents == 50_00 - WORK_COSTS.correction_cents


def test_a_worked_example_shows_its_whole_arithmetic() -> None:
    """30 of 40 came back in the company, 9 of 10 of this payer and category: the company's rate is
    (30 + 2 x 0.5) / 42 = 73.81 %, the cell's (9 + 20 x 0.7381) / 30 = 79.21 %."""
    known = Experience([outcomes(10, 9), outcomes(30, 21, OTHER_PAYER)])
    value = known.value(
        payer_id=PAYER, category="bundled", amount_cents=200_00, is_correctable=False
    )
    assert value.odds.company_basis_points == 7_381
    assert value.odds.basis_points == 7_921
    assert value.expected_cents == 158_42 - WORK_COSTS.appeal_cents
    assert value.formula == (
        "company (300000 + 2 x 5000) / (40 + 2) = 7381;"
        " payer and category (90000 + 20 x 7381) / (10 + 20) = 7921 basis points;"
        " 20000 x 7921 / 10000 = 15842; less 11800 for an appeal (assumed) = 4042 cents"
    )


def test_what_the_company_says_that_the_work_costs_is_no_assumption() -> None:
    known = Experience([], correction_cost_cents=10_00, appeal_cost_cents=0)
    for is_correctable, cost in ((True, 10_00), (False, 0)):
        value = known.value(
            payer_id=PAYER, category="bundled", amount_cents=100_00, is_correctable=is_correctable
        )
        assert (value.expected_cents, value.work_cost_is_assumed) == (50_00 - cost, False)
        assert "assumed" not in value.formula
    assert (known.worth.correction_cost_cents, known.worth.appeal_cost_cents) == (10_00, 0)


def test_an_appeal_costs_more_than_a_correction_so_that_small_amounts_come_last() -> None:
    value = Experience([]).value(
        payer_id=PAYER, category="bundled", amount_cents=10_00, is_correctable=False
    )
    assert value.expected_cents < 0


@given(
    decided=st.integers(0, 10_000),
    share=st.integers(0, 10_000),
    towards=st.integers(0, 10_000),
    weight=st.integers(1, 50),
)
def test_a_rate_lies_between_what_was_seen_and_what_it_is_drawn_towards(
    decided: int, share: int, towards: int, weight: int
) -> None:
    rate = shrunk(
        decided=decided,
        recovered_basis_points=decided * share,
        towards_basis_points=towards,
        weight=weight,
    )
    seen = share if decided else towards
    assert min(seen, towards) <= rate <= max(seen, towards)


@pytest.mark.parametrize(("dividend", "divisor", "quotient"), [(5, 2, 3), (4, 3, 1), (0, 7, 0)])
def test_quotients_are_rounded_half_up(dividend: int, divisor: int, quotient: int) -> None:
    assert divided(dividend, divisor) == quotient
