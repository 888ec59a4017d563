"""Whatever payers return and take, nothing of it settles two refunds, and no refund is settled by
more than the payer's payments fell or its PLB says."""

from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.claims.refunds.takeback_rules import OpenRefund, PayerItem, likenesses
from storage.vocabulary.money import TakebackKind

AMOUNTS = st.sampled_from([1_000, 2_000, 3_000])
NAMES = st.sampled_from(["", "PCN1", "PCN2", "CHK1", "CHK2", "THEIRS"])


@st.composite
def payers(draw: st.DrawFn) -> tuple[list[OpenRefund], list[PayerItem]]:
    """Refunds on two claims and on none, and PLB amounts."""
    falls = {1: draw(st.integers(-2, 6)) * 1_000, 2: draw(st.integers(-2, 6)) * 1_000}
    refunds = []
    for at in range(draw(st.integers(0, 5))):
        claim = draw(st.sampled_from([1, 2, None]))
        refunds.append(
            OpenRefund(
                id=UUID(int=at),
                claim_id=None if claim is None else UUID(int=claim),
                amount_cents=draw(AMOUNTS),
                fell_cents=0 if claim is None else falls[claim],
                is_paid_out=draw(st.booleans()),
                is_booked=claim is not None and draw(st.booleans()),
                names=frozenset({f"CHK{at}", f"PCN{claim}"}),
            )
        )
    items = [
        PayerItem(
            UUID(int=100 + at),
            draw(st.sampled_from(["72", "WO", "L6"])),
            draw(NAMES),
            draw(AMOUNTS) * draw(st.sampled_from([1, -1])),
        )
        for at in range(draw(st.integers(0, 5)))
    ]
    return refunds, items


@given(payers())
def test_nothing_settles_two_refunds(known: tuple[list[OpenRefund], list[PayerItem]]) -> None:
    refunds, items = known
    by_id = {each.id: each for each in refunds}
    item_by_id = {each.id: each for each in items}
    found = likenesses(refunds, items)
    assert len({each.refund_id for each in found}) == len(found)
    used = [each.item_id for each in found if each.item_id is not None]
    assert len(set(used)) == len(used)
    settled: Counter[UUID] = Counter()
    for each in found:
        refund = by_id[each.refund_id]
        item = None if each.item_id is None else item_by_id[each.item_id]
        if each.kind is TakebackKind.RECOUPED:
            assert item is not None
            assert (item.reason, item.amount_cents) == ("WO", refund.amount_cents)
            assert not refund.is_paid_out
            continue
        assert refund.claim_id is not None
        assert not refund.is_booked
        if each.kind is TakebackKind.BOOKED:
            assert item is not None
            assert item.amount_cents == -refund.amount_cents
        else:
            assert not refund.is_paid_out
        if each.is_exact:
            settled[refund.claim_id] += refund.amount_cents
            assert settled[refund.claim_id] <= refund.fell_cents


@given(payers())
def test_what_is_exact_is_of_the_amount_and_named_or_nameless(
    known: tuple[list[OpenRefund], list[PayerItem]],
) -> None:
    refunds, items = known
    by_id = {each.id: each for each in refunds}
    item_by_id = {each.id: each for each in items}
    for each in likenesses(refunds, items):
        if not each.is_exact or each.item_id is None:
            continue
        reference = item_by_id[each.item_id].reference
        refund = by_id[each.refund_id]
        assert reference in refund.names or (not reference and each.kind is TakebackKind.BOOKED)
