"""Settlement depends on the set of adjudications and on nothing else, and conserves every cent."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.claims.remittances.adjustment_reasons import REASONS, ReasonNature
from services.claims.remittances.outcomes import AdjudicationOutcome, AdjudicationStatus
from services.claims.remittances.settlement import (
    AdjudicationKind,
    ClaimUnderSettlement,
    LedgerKey,
    PostedAdjudication,
    PostedAdjustment,
    Settlement,
    ledger_deltas,
    settle,
)
from storage.vocabulary.claims import LedgerKind

DAY = dt.date(2026, 1, 1)
DECIDING = [
    AdjudicationOutcome.PAID,
    AdjudicationOutcome.PARTIALLY_PAID,
    AdjudicationOutcome.PARTIALLY_DENIED,
    AdjudicationOutcome.ZERO_PAID,
    AdjudicationOutcome.DENIED,
]
CENTS = st.integers(-3_000, 12_000)
REASON = st.sampled_from(["45", "253", "94", "23", "50", "27", "1", "2", "246", "9999"])
GROUP = st.sampled_from(["CO", "PI", "OA", "PR"])


def negation(of: PostedAdjudication, number: int, day: int = 20) -> PostedAdjudication:
    """The reversal of a decision, some days later."""
    return PostedAdjudication(
        id=UUID(int=number),
        payer_sequence=of.payer_sequence,
        effective_on=DAY + dt.timedelta(days=day),
        order_key=f"r{number}",
        charge_cents=-of.charge_cents,
        paid_cents=-of.paid_cents,
        outcome=AdjudicationOutcome.REVERSED,
        kind=AdjudicationKind.REVERSAL,
        reverses=of.id,
    )


@st.composite
def decision(draw: st.DrawFn, number: int, payers: int) -> PostedAdjudication:
    outcome = draw(
        st.sampled_from(
            [
                *DECIDING,
                AdjudicationOutcome.PREDETERMINATION,
                AdjudicationOutcome.NOT_OURS,
            ]
        )
    )
    adjustments = draw(st.lists(st.tuples(GROUP, REASON, CENTS), max_size=4))
    return PostedAdjudication(
        id=UUID(int=number),
        payer_sequence=draw(st.integers(1, payers)),
        effective_on=DAY + dt.timedelta(days=draw(st.integers(0, 3))),
        order_key=str(draw(st.integers(0, 3))),
        charge_cents=10_000,
        paid_cents=0 if outcome is AdjudicationOutcome.DENIED else draw(CENTS),
        outcome=outcome,
        adjustments=tuple(
            PostedAdjustment(UUID(int=number * 100 + at), *each)
            for at, each in enumerate(adjustments, start=1)
        ),
    )


@st.composite
def history(draw: st.DrawFn) -> tuple[ClaimUnderSettlement, list[PostedAdjudication]]:
    """A claim and all that was ever posted to it, reversals of some of it included."""
    payers = draw(st.integers(1, 3))
    decisions = [draw(decision(number, payers)) for number in range(1, draw(st.integers(1, 5)) + 1)]
    reversed_ones = draw(st.lists(st.sampled_from(decisions), max_size=3))
    reversals = [
        negation(each, 50 + at, day=draw(st.integers(0, 4)))
        for at, each in enumerate(reversed_ones)
    ]
    return ClaimUnderSettlement(10_000, payers), [*decisions, *reversals]


def balances(settlement: Settlement) -> tuple[AdjudicationStatus, int, int, int, int]:
    return (
        settlement.status,
        settlement.payments_cents,
        settlement.write_offs_cents,
        settlement.patient_balance_cents,
        settlement.insurance_balance_cents,
    )


def arrive(
    claim: ClaimUnderSettlement, adjudications: Sequence[PostedAdjudication]
) -> Counter[LedgerKey]:
    """The ledger after the adjudications came in this order, one at a time."""
    ledger: Counter[LedgerKey] = Counter()
    for count in range(1, len(adjudications) + 1):
        for delta in ledger_deltas(settle(claim, adjudications[:count]), ledger):
            assert delta.amount_cents
            ledger[delta.key] += delta.amount_cents
    return ledger


def held(ledger: Counter[LedgerKey]) -> dict[LedgerKey, int]:
    return {key: cents for key, cents in ledger.items() if cents}


def total(settlement: Settlement, kind: LedgerKind) -> int:
    return sum(each.amount_cents for each in settlement.amounts if each.key.kind is kind)


@settings(max_examples=300, deadline=None)
@given(history(), st.randoms(use_true_random=False))
def test_every_order_of_arrival_ends_in_the_ledger_of_the_set(
    case: tuple[ClaimUnderSettlement, list[PostedAdjudication]], chance: random.Random
) -> None:
    claim, adjudications = case
    settlement = settle(claim, adjudications)
    wanted = {each.key: each.amount_cents for each in settlement.amounts}
    for _ in range(4):
        chance.shuffle(adjudications)
        assert settle(claim, adjudications) == settlement
        assert held(arrive(claim, adjudications)) == wanted


@settings(max_examples=300, deadline=None)
@given(history())
def test_every_cent_is_somewhere_once(
    case: tuple[ClaimUnderSettlement, list[PostedAdjudication]],
) -> None:
    claim, adjudications = case
    settlement = settle(claim, adjudications)
    assert settlement.insurance_balance_cents + settlement.patient_balance_cents == (
        claim.charge_cents - settlement.payments_cents - settlement.write_offs_cents
    )
    assert total(settlement, LedgerKind.PAYMENT) == settlement.payments_cents
    assert total(settlement, LedgerKind.WRITE_OFF) == settlement.write_offs_cents
    assert total(settlement, LedgerKind.PATIENT_TRANSFER) == settlement.patient_balance_cents
    assert all(each.amount_cents for each in settlement.amounts)
    keys = [each.key for each in settlement.amounts]
    assert len(set(keys)) == len(keys)


@settings(max_examples=300, deadline=None)
@given(history())
def test_the_payments_are_those_of_the_decisions_that_stand(
    case: tuple[ClaimUnderSettlement, list[PostedAdjudication]],
) -> None:
    claim, adjudications = case
    taken_back = {each.reverses for each in adjudications}
    standing = [
        each for each in adjudications if each.outcome in DECIDING and each.id not in taken_back
    ]
    settlement = settle(claim, adjudications)
    assert settlement.payments_cents == sum(each.paid_cents for each in standing)


@settings(max_examples=200, deadline=None)
@given(history())
def test_to_reverse_everything_is_to_be_where_one_began(
    case: tuple[ClaimUnderSettlement, list[PostedAdjudication]],
) -> None:
    claim, adjudications = case
    decisions = [each for each in adjudications if each.kind is AdjudicationKind.ADJUDICATION]
    undone = [*decisions, *(negation(each, 80 + at) for at, each in enumerate(decisions))]
    settlement = settle(claim, undone)
    assert settlement.insurance_balance_cents == claim.charge_cents
    assert balances(settlement)[1:4] == (0, 0, 0)


@settings(max_examples=200, deadline=None)
@given(history(), st.data())
def test_to_reverse_one_and_post_it_again_restores_the_balances(
    case: tuple[ClaimUnderSettlement, list[PostedAdjudication]], data: st.DataObject
) -> None:
    claim, adjudications = case
    taken_back = {each.reverses for each in adjudications}
    open_ones = [
        each
        for each in adjudications
        if each.kind is AdjudicationKind.ADJUDICATION and each.id not in taken_back
    ]
    if not open_ones:
        return
    chosen = data.draw(st.sampled_from(open_ones))
    again = PostedAdjudication(
        id=UUID(int=90),
        payer_sequence=chosen.payer_sequence,
        effective_on=chosen.effective_on,
        order_key=chosen.order_key,
        charge_cents=chosen.charge_cents,
        paid_cents=chosen.paid_cents,
        outcome=chosen.outcome,
        adjustments=tuple(
            PostedAdjustment(UUID(int=9_000 + at), each.group, each.reason, each.amount_cents)
            for at, each in enumerate(chosen.adjustments)
        ),
    )
    rivals = [
        each
        for each in open_ones
        if each.id != chosen.id
        and (each.payer_sequence, each.effective_on, each.order_key)
        == (chosen.payer_sequence, chosen.effective_on, chosen.order_key)
    ]
    if rivals:
        return  # their ids break the tie, and the repeated one has another
    before = settle(claim, adjudications)
    restored = settle(claim, [*adjudications, negation(chosen, 91), again])
    assert balances(restored)[1:] == balances(before)[1:]
    deltas = ledger_deltas(restored, {each.key: each.amount_cents for each in before.amounts})
    assert sum(d.amount_cents for d in deltas if d.key.kind is LedgerKind.PAYMENT) == 0


@settings(max_examples=300, deadline=None)
@given(history())
def test_write_offs_stay_within_what_was_stated_and_denials_are_never_written_off(
    case: tuple[ClaimUnderSettlement, list[PostedAdjudication]],
) -> None:
    claim, adjudications = case
    stated = {each.id: each for one in adjudications for each in one.adjustments}
    settlement = settle(claim, adjudications)
    for amount in settlement.amounts:
        if amount.key.kind is not LedgerKind.WRITE_OFF:
            continue
        assert amount.key.adjustment_id is not None
        adjustment = stated[amount.key.adjustment_id]
        assert adjustment.group != "PR"
        assert REASONS.reason(adjustment.reason, DAY).nature in {
            ReasonNature.CONTRACTUAL,
            ReasonNature.PAYMENT_REDUCTION,
        }
        low, high = sorted((0, adjustment.amount_cents))
        assert low <= amount.amount_cents <= high
    for part in settlement.restated:
        low, high = sorted((0, stated[part.adjustment_id].amount_cents))
        assert low <= part.amount_cents <= high


@settings(max_examples=200, deadline=None)
@given(history())
def test_the_patient_owes_only_once_the_last_payer_has_decided(
    case: tuple[ClaimUnderSettlement, list[PostedAdjudication]],
) -> None:
    claim, adjudications = case
    without_last = [each for each in adjudications if each.payer_sequence < claim.payer_count]
    settlement = settle(claim, without_last)
    assert settlement.patient_balance_cents == 0
    assert total(settlement, LedgerKind.PATIENT_TRANSFER) == 0


@st.composite
def in_turn(draw: st.DrawFn) -> tuple[ClaimUnderSettlement, list[PostedAdjudication], int]:
    """Payers who each put all before them down to OA-23, or state the first write-off again."""
    charge = draw(st.integers(1, 50_000))
    first_write_off = draw(st.integers(0, charge))
    primary_paid = draw(st.integers(0, charge - first_write_off))
    left = charge - first_write_off - primary_paid
    new_write_off = draw(st.integers(0, left))
    secondary_paid = draw(st.integers(0, left - new_write_off))
    share = left - new_write_off - secondary_paid
    restates = draw(st.booleans())
    stated = [
        ("CO", "45", new_write_off + (first_write_off if restates else 0)),
        ("OA", "23", primary_paid + (0 if restates else first_write_off)),
        ("PR", "2", share),
    ]
    rows = [
        (1, primary_paid, [("CO", "45", first_write_off), ("PR", "2", left)]),
        (2, secondary_paid, stated),
    ]
    adjudications = [
        PostedAdjudication(
            id=UUID(int=sequence),
            payer_sequence=sequence,
            effective_on=DAY,
            order_key="",
            charge_cents=charge,
            paid_cents=paid,
            outcome=AdjudicationOutcome.PAID if paid else AdjudicationOutcome.ZERO_PAID,
            adjustments=tuple(
                PostedAdjustment(UUID(int=sequence * 100 + at), *each)
                for at, each in enumerate(reasons)
            ),
        )
        for sequence, paid, reasons in rows
    ]
    return ClaimUnderSettlement(charge, 2), adjudications, share


@settings(max_examples=300, deadline=None)
@given(in_turn())
def test_two_payers_that_agree_leave_the_patients_share_and_nothing_else(
    case: tuple[ClaimUnderSettlement, list[PostedAdjudication], int],
) -> None:
    claim, adjudications, share = case
    settlement = settle(claim, adjudications)
    assert settlement.patient_balance_cents == share
    assert settlement.insurance_balance_cents == 0
