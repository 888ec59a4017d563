"""When a second person is needed, and which moves a request allows: no database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.approvals.lifecycle import TRANSITIONS, require_move
from services.approvals.steps import Threshold
from services.approvals.thresholds import needs_second_person
from services.refusals import IllegalTransition
from storage.vocabulary.approvals import ApprovalStatus, ThresholdRule

FROM_2500 = Threshold(ThresholdRule.FROM_AMOUNT, 250_000)


def needed(threshold: Threshold, amount_cents: int | None = None, administrators: int = 0) -> bool:
    return needs_second_person(
        threshold, amount_cents=amount_cents, other_administrators=administrators
    )


@pytest.mark.parametrize(
    ("amount_cents", "is_needed"),
    [(0, False), (249_999, False), (250_000, True), (-250_000, True), (-249_999, False)],
)
def test_from_an_amount_on_it_takes_two_whichever_way_the_money_goes(
    amount_cents: int, is_needed: bool
) -> None:
    assert needed(FROM_2500, amount_cents) is is_needed


def test_where_an_amount_decides_and_none_is_known_it_takes_two() -> None:
    assert needed(FROM_2500)


@pytest.mark.parametrize(
    ("others", "quorum", "is_needed"), [(0, 1, False), (1, 1, True), (1, 2, False)]
)
def test_as_soon_as_enough_others_could_decide_it_takes_them(
    others: int, quorum: int, is_needed: bool
) -> None:
    threshold = Threshold(ThresholdRule.WHEN_POSSIBLE, quorum=quorum)
    assert needed(threshold, administrators=others) is is_needed


@given(st.none() | st.integers(), st.integers(0, 9))
def test_always_and_never_ask_for_nothing_else(amount_cents: int | None, others: int) -> None:
    assert needed(Threshold(ThresholdRule.ALWAYS), amount_cents, others)
    assert not needed(Threshold(ThresholdRule.NEVER), amount_cents, others)


@given(st.integers(1), st.integers(), st.integers())
def test_a_larger_amount_never_takes_fewer_people(least: int, one: int, other: int) -> None:
    threshold = Threshold(ThresholdRule.FROM_AMOUNT, least)
    smaller, larger = sorted((abs(one), abs(other)))
    assert needed(threshold, smaller) <= needed(threshold, larger)


@pytest.mark.parametrize("state", ApprovalStatus)
@pytest.mark.parametrize("wanted", ApprovalStatus)
def test_only_what_is_requested_can_be_closed(
    state: ApprovalStatus, wanted: ApprovalStatus
) -> None:
    if state is ApprovalStatus.REQUESTED and wanted is not ApprovalStatus.REQUESTED:
        require_move(state, wanted)
        return
    with pytest.raises(IllegalTransition) as refused:
        require_move(state, wanted)
    assert refused.value.legal == sorted(TRANSITIONS[state])
