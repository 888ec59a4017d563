"""Worked examples of settling a claim. A charge of 100.00, as in the rules of the module."""

import datetime as dt
from itertools import permutations
from uuid import UUID

import pytest

from services.claims.remittances.outcomes import AdjudicationOutcome, AdjudicationStatus
from services.claims.remittances.settlement import (
    AdjudicationKind,
    ClaimUnderSettlement,
    LedgerAmount,
    LedgerKey,
    PostedAdjudication,
    PostedAdjustment,
    Settlement,
    exceeds_claim_charge,
    ledger_deltas,
    settle,
)
from storage.vocabulary.claims import LedgerKind

DENIED = AdjudicationOutcome.DENIED
PAID = AdjudicationOutcome.PAID


def adjudication(
    number: int,
    reasons: str = "",
    *,
    paid: int = 0,
    sequence: int = 1,
    outcome: AdjudicationOutcome | None = None,
    charge: int = 10_000,
    day: int = 1,
) -> PostedAdjudication:
    """``adjudication(1, "CO-45 2000, PR-2 1600", paid=6400)``; its adjustments are 101, 102, ..."""
    adjustments = []
    for at, reason in enumerate(filter(None, reasons.split(", ")), start=1):
        code, cents = reason.split()
        group, carc = code.split("-")
        adjustments.append(PostedAdjustment(UUID(int=100 * number + at), group, carc, int(cents)))
    return PostedAdjudication(
        id=UUID(int=number),
        payer_sequence=sequence,
        effective_on=dt.date(2026, 1, day),
        order_key=f"{number:04}",
        charge_cents=charge,
        paid_cents=paid,
        outcome=outcome or (PAID if paid else AdjudicationOutcome.ZERO_PAID),
        adjustments=tuple(adjustments),
    )


def reversal(number: int, of: PostedAdjudication, day: int = 2) -> PostedAdjudication:
    return PostedAdjudication(
        id=UUID(int=number),
        payer_sequence=of.payer_sequence,
        effective_on=dt.date(2026, 1, day),
        order_key=f"{number:04}",
        charge_cents=-of.charge_cents,
        paid_cents=-of.paid_cents,
        outcome=AdjudicationOutcome.REVERSED,
        kind=AdjudicationKind.REVERSAL,
        reverses=of.id,
    )


def settled(*adjudications: PostedAdjudication, payers: int = 1) -> Settlement:
    """The settlement, which is the same in every order of arrival."""
    claim = ClaimUnderSettlement(10_000, payers)
    first, *others = [settle(claim, order) for order in permutations(adjudications)]
    assert all(other == first for other in others)
    return first


def balances(settlement: Settlement) -> tuple[int, int, int, int]:
    """Payments, write-offs, patient balance, insurance balance."""
    return (
        settlement.payments_cents,
        settlement.write_offs_cents,
        settlement.patient_balance_cents,
        settlement.insurance_balance_cents,
    )


def posted(settlement: Settlement, kind: LedgerKind) -> dict[int, int]:
    """Cents by the number of the adjustment, or of the adjudication where there is none."""
    return {
        (each.key.adjustment_id or each.key.adjudication_id).int: each.amount_cents
        for each in settlement.amounts
        if each.key.kind is kind
    }


PRIMARY = adjudication(1, "CO-45 2000, PR-2 1600", paid=6_400)


def test_nothing_decided_leaves_all_with_the_payers() -> None:
    settlement = settled()
    assert balances(settlement) == (0, 0, 0, 10_000)
    assert settlement.amounts == ()
    assert settlement.status is AdjudicationStatus.NOT_ADJUDICATED


def test_one_payer_pays_writes_off_and_leaves_the_coinsurance_to_the_patient() -> None:
    settlement = settled(PRIMARY)
    assert balances(settlement) == (6_400, 2_000, 1_600, 0)
    assert settlement.status is AdjudicationStatus.PAID
    assert settlement.amounts == (
        LedgerAmount(LedgerKey(LedgerKind.PAYMENT, UUID(int=1), None), 6_400),
        LedgerAmount(LedgerKey(LedgerKind.WRITE_OFF, UUID(int=1), UUID(int=101)), 2_000),
        LedgerAmount(LedgerKey(LedgerKind.PATIENT_TRANSFER, UUID(int=1), None), 1_600),
    )


def test_the_patient_owes_nothing_while_a_payer_is_still_to_come() -> None:
    settlement = settled(PRIMARY, payers=2)
    assert balances(settlement) == (6_400, 2_000, 0, 1_600)
    assert settlement.status is AdjudicationStatus.PARTIALLY_PAID


@pytest.mark.parametrize("group", ["CO", "PI", "OA"])
@pytest.mark.parametrize("reason", ["45", "253", "104", "24", "94"])
def test_contract_and_law_are_written_off(group: str, reason: str) -> None:
    settlement = settled(adjudication(1, f"{group}-{reason} 2000", paid=8_000))
    assert balances(settlement) == (8_000, 2_000, 0, 0)


@pytest.mark.parametrize("reason", ["CO-50", "PI-16", "OA-18", "CO-29", "CO-9999", "CR-45", "CO-1"])
def test_denials_and_what_is_not_understood_are_never_written_off(reason: str) -> None:
    """openemr#7186: denials booked as write-offs."""
    settlement = settled(adjudication(1, f"{reason} 10000", outcome=DENIED))
    assert balances(settlement) == (0, 0, 0, 10_000)


def test_a_denial_writes_off_its_contractual_part_only() -> None:
    settlement = settled(adjudication(1, "CO-45 2000, CO-50 8000", outcome=DENIED))
    assert balances(settlement) == (0, 2_000, 0, 8_000)
    assert settlement.status is AdjudicationStatus.DENIED


def test_patient_shares_are_never_written_off_whatever_their_reason() -> None:
    assert balances(settled(adjudication(1, "PR-45 2000", paid=8_000))) == (8_000, 0, 2_000, 0)


def test_a_patient_share_under_a_denial_is_marked_as_such() -> None:
    """PR-27 and PR-29 are denials to work before they reach a statement."""
    settlement = settled(adjudication(1, "PR-2 1000, PR-27 3000", paid=6_000))
    assert balances(settlement) == (6_000, 0, 4_000, 0)
    assert settlement.patient_balance_under_denial_cents == 3 * 1_000


def test_a_payment_above_the_charge_is_a_negative_write_off() -> None:
    settlement = settled(adjudication(1, "OA-94 -900", paid=10_900))
    assert balances(settlement) == (10_900, -900, 0, 0)


@pytest.mark.parametrize(
    ("secondary", "paid", "further_write_off", "patient"),
    [
        ("OA-23 8400", 1_600, 0, 0),
        ("CO-45 2000, OA-23 6400", 1_600, 0, 0),
        ("CO-45 3000, OA-23 6400", 600, 1_000, 0),
        ("OA-23 8400, CO-45 1000", 600, 1_000, 0),
        ("OA-23 8400, PR-1 1600", 0, 0, 1_600),
        ("CO-45 2000, OA-23 6400, CO-253 32, PR-2 400", 1_168, 32, 400),
        ("CO-45 2000, OA-23 6400, PR-27 1600", 0, 0, 1_600),
    ],
)
def test_a_secondary_payer_writes_off_only_what_the_primary_did_not(
    secondary: str, paid: int, further_write_off: int, patient: int
) -> None:
    settlement = settled(PRIMARY, adjudication(2, secondary, paid=paid, sequence=2), payers=2)
    assert balances(settlement) == (6_400 + paid, 2_000 + further_write_off, patient, 0)


def test_the_restated_part_is_taken_from_contractual_reasons_in_the_order_of_the_clp() -> None:
    secondary = adjudication(
        2, "CO-253 32, CO-45 500, CO-45 1500, CO-45 300, OA-23 6400", paid=1_268, sequence=2
    )
    settlement = settled(PRIMARY, secondary, payers=2)
    assert settlement.write_offs_cents == 2_000 + 332
    assert posted(settlement, LedgerKind.WRITE_OFF) == {101: 2_000, 204: 300, 201: 32}
    assert {each.adjustment_id.int: each.amount_cents for each in settlement.restated} == {
        202: 500,
        203: 1_500,
    }


def test_a_negative_adjustment_beside_restated_ones_keeps_its_sign() -> None:
    secondary = adjudication(2, "CO-45 3000, OA-94 -500, OA-23 6400", paid=1_100, sequence=2)
    settlement = settled(PRIMARY, secondary, payers=2)
    assert posted(settlement, LedgerKind.WRITE_OFF) == {101: 2_000, 201: 1_000, 202: -500}
    assert balances(settlement) == (7_500, 2_500, 0, 0)


def test_nothing_is_posted_of_a_statement_that_is_all_restated() -> None:
    secondary = adjudication(2, "CO-45 2500, OA-94 -500, OA-23 6400", paid=1_600, sequence=2)
    settlement = settled(PRIMARY, secondary, payers=2)
    assert posted(settlement, LedgerKind.WRITE_OFF) == {101: 2_000}
    assert balances(settlement) == (8_000, 2_000, 0, 0)


def test_a_negative_statement_is_restated_within_its_own_bounds() -> None:
    secondary = adjudication(2, "OA-94 -500, OA-23 8600", paid=1_900, sequence=2)
    settlement = settled(PRIMARY, secondary, payers=2)
    assert posted(settlement, LedgerKind.WRITE_OFF) == {101: 2_000, 201: -300}
    assert [each.amount_cents for each in settlement.restated] == [-200]
    assert balances(settlement) == (8_300, 1_700, 0, 0)


def test_a_secondary_that_comes_first_writes_off_in_full_until_the_primary_comes() -> None:
    claim = ClaimUnderSettlement(10_000, 2)
    secondary = adjudication(2, "CO-45 2000, OA-23 6400", paid=1_600, sequence=2)
    alone = settle(claim, [secondary])
    assert balances(alone) == (1_600, 2_000, 0, 6_400)
    both = settle(claim, [secondary, PRIMARY])
    deltas = ledger_deltas(both, {each.key: each.amount_cents for each in alone.amounts})
    assert {
        (each.key.kind, each.key.adjudication_id.int, each.amount_cents) for each in deltas
    } == {
        (LedgerKind.PAYMENT, 1, 6_400),
        (LedgerKind.WRITE_OFF, 1, 2_000),
        (LedgerKind.WRITE_OFF, 2, -2_000),
    }


def test_a_third_payer_counts_on_both_before_it() -> None:
    settlement = settled(
        PRIMARY,
        adjudication(2, "CO-45 2500, OA-23 6400, PR-2 600", paid=500, sequence=2),
        adjudication(3, "CO-45 2500, OA-23 6900, PR-3 100", paid=500, sequence=3),
        payers=3,
    )
    assert balances(settlement) == (7_400, 2_500, 100, 0)
    assert posted(settlement, LedgerKind.WRITE_OFF) == {101: 2_000, 201: 500}


def test_a_primary_that_denied_leaves_the_secondary_its_own_write_off() -> None:
    settlement = settled(
        adjudication(1, "CO-27 10000", outcome=DENIED),
        adjudication(2, "CO-45 2000, PR-2 1600", paid=6_400, sequence=2),
        payers=2,
    )
    assert balances(settlement) == (6_400, 2_000, 1_600, 0)


def test_a_payer_that_the_claim_does_not_count_is_the_last_once_it_decides() -> None:
    """A crossover that was never registered: the patient must not owe what it paid."""
    crossover = adjudication(2, "OA-23 8400, PR-3 100", paid=1_500, sequence=2)
    assert balances(settled(PRIMARY, crossover, payers=1)) == (7_900, 2_000, 100, 0)


def test_a_reversal_and_what_it_reverses_cancel_out_and_both_stay_in_the_ledger() -> None:
    settlement = settled(PRIMARY, reversal(2, PRIMARY))
    assert balances(settlement) == (0, 0, 0, 10_000)
    assert settlement.status is AdjudicationStatus.REVERSED
    assert posted(settlement, LedgerKind.PAYMENT) == {1: 6_400, 2: -6_400}


def test_a_correction_replaces_what_was_reversed() -> None:
    corrected = adjudication(3, "CO-45 2500, PR-2 1500", paid=6_000, day=2)
    settlement = settled(PRIMARY, reversal(2, PRIMARY), corrected)
    assert balances(settlement) == (6_000, 2_500, 1_500, 0)
    assert settlement.status is AdjudicationStatus.PAID


def test_the_deltas_of_a_reversal_are_contra_entries() -> None:
    claim = ClaimUnderSettlement(10_000, 1)
    before = settle(claim, [PRIMARY])
    after = settle(claim, [PRIMARY, reversal(2, PRIMARY)])
    deltas = ledger_deltas(after, {each.key: each.amount_cents for each in before.amounts})
    assert {
        (each.key.kind, each.key.adjudication_id.int, each.amount_cents) for each in deltas
    } == {
        (LedgerKind.PAYMENT, 2, -6_400),
        (LedgerKind.WRITE_OFF, 1, -2_000),
        (LedgerKind.PATIENT_TRANSFER, 1, -1_600),
    }


def test_a_reversal_of_what_was_never_posted_does_nothing() -> None:
    settlement = settled(reversal(2, PRIMARY))
    assert balances(settlement) == (0, 0, 0, 10_000)
    assert settlement.status is AdjudicationStatus.NOT_ADJUDICATED


def test_a_second_reversal_takes_nothing_more_back() -> None:
    settlement = settled(PRIMARY, reversal(2, PRIMARY), reversal(3, PRIMARY, day=3))
    assert balances(settlement) == (0, 0, 0, 10_000)
    assert posted(settlement, LedgerKind.PAYMENT) == {1: 6_400, 2: -6_400}


@pytest.mark.parametrize(
    "outcome", [AdjudicationOutcome.PREDETERMINATION, AdjudicationOutcome.NOT_OURS]
)
def test_what_decides_nothing_moves_nothing(outcome: AdjudicationOutcome) -> None:
    undecided = adjudication(1, "CO-45 2000, PR-2 1600", paid=6_400, outcome=outcome)
    settlement = settled(undecided)
    assert balances(settlement) == (0, 0, 0, 10_000)
    assert settlement.amounts == ()
    assert settlement.status is AdjudicationStatus.NOT_ADJUDICATED


def test_a_denial_gives_way_to_a_payment_of_the_same_payer() -> None:
    denial = adjudication(1, "CO-45 3000, PR-27 7000", outcome=DENIED)
    paid = adjudication(2, "CO-45 2000, PR-2 1600", paid=6_400, day=5)
    assert balances(settled(denial, paid)) == (6_400, 2_000, 1_600, 0)
    earlier = adjudication(3, "CO-45 2000, PR-2 1600", paid=6_400)
    late_denial = adjudication(4, "CO-45 3000, PR-27 7000", outcome=DENIED, day=9)
    assert balances(settled(late_denial, earlier)) == (6_400, 2_000, 1_600, 0)


def test_a_denial_that_pays_something_is_no_full_denial() -> None:
    with_interest = adjudication(1, "CO-45 3000, CO-50 6500", paid=500, outcome=DENIED)
    paid = adjudication(2, "CO-45 2000, PR-2 1600", paid=6_400, day=5)
    assert balances(settled(with_interest, paid)) == (6_900, 5_000, 1_600, -3_500)


def test_of_several_denials_the_latest_counts() -> None:
    first = adjudication(1, "CO-45 3000, CO-50 7000", outcome=DENIED)
    second = adjudication(2, "CO-45 2000, CO-50 8000", outcome=DENIED, day=2)
    same_day = adjudication(3, "CO-45 1000, CO-50 9000", outcome=DENIED, day=2)
    assert balances(settled(first, second)) == (0, 2_000, 0, 8_000)
    assert balances(settled(first, second, same_day)) == (0, 1_000, 0, 9_000)


def test_a_payer_may_split_a_claim_over_several_decisions() -> None:
    one = adjudication(1, "CO-45 500, PR-2 500", paid=3_000, charge=4_000)
    other = adjudication(2, "CO-45 1500, PR-2 1000", paid=3_500, charge=6_000)
    settlement = settled(one, other)
    assert balances(settlement) == (6_500, 2_000, 1_500, 0)
    assert posted(settlement, LedgerKind.PATIENT_TRANSFER) == {1: 500, 2: 1_000}


def test_deltas_are_only_what_is_missing() -> None:
    settlement = settled(PRIMARY)
    assert ledger_deltas(settlement, {}) == settlement.amounts
    ledger = {each.key: each.amount_cents for each in settlement.amounts}
    assert ledger_deltas(settlement, ledger) == ()
    stale = LedgerKey(LedgerKind.PATIENT_TRANSFER, UUID(int=9), None)
    cleared = LedgerKey(LedgerKind.PATIENT_TRANSFER, UUID(int=8), None)
    assert ledger_deltas(settlement, {**ledger, stale: 7, cleared: 0}) == (LedgerAmount(stale, -7),)


@pytest.mark.parametrize(
    ("posted_before", "candidate", "exceeds"),
    [
        ((), PRIMARY, False),
        ((PRIMARY,), adjudication(2, paid=1), True),
        ((PRIMARY,), PRIMARY, False),
        ((PRIMARY, reversal(2, PRIMARY)), adjudication(3, paid=1), False),
        ((PRIMARY,), adjudication(2, paid=1, sequence=2), False),
        ((PRIMARY,), adjudication(2, "CO-29 10000", outcome=DENIED), False),
        ((PRIMARY,), reversal(2, PRIMARY), False),
        ((adjudication(2, "CO-29 10000", outcome=DENIED),), PRIMARY, False),
        ((adjudication(2, paid=1, charge=4_000),), adjudication(3, paid=1, charge=6_000), False),
        ((adjudication(2, paid=1, charge=4_000),), adjudication(3, paid=1, charge=6_001), True),
        ((), adjudication(2, paid=1, charge=10_001), True),
        (
            (adjudication(2, outcome=AdjudicationOutcome.PREDETERMINATION),),
            adjudication(3, paid=1),
            False,
        ),
        ((PRIMARY,), adjudication(2, outcome=AdjudicationOutcome.PREDETERMINATION), False),
    ],
)
def test_what_exceeds_the_charge_of_the_claim_is_for_a_person(
    posted_before: tuple[PostedAdjudication, ...], candidate: PostedAdjudication, exceeds: bool
) -> None:
    claim = ClaimUnderSettlement(10_000, 2)
    assert exceeds_claim_charge(claim, posted_before, candidate) is exceeds
