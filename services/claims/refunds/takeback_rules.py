"""Whether what a payer did is the taking back of what a refund gives it. Pure.

A payer that got its money back says so in an 835: it reverses its decision (and corrects it), which
takes the amount off what it pays, and PLB 72 (authorized return) or a negative WO gives it back; or
it does not wait for the money and takes it itself, by that reversal alone or by PLB WO. Exact is
what is of the same payer, the same claim and the same amount, and is named by the reference where
there is one; all else that is alike is a person's to decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from storage.vocabulary.money import TakebackKind

RETURNED_REASONS = frozenset({"72", "WO"})
"""PLB03-1 of what was returned to the provider: a negative amount."""
TAKEN_REASONS = frozenset({"WO"})
"""PLB03-1 of what was taken: a positive amount."""


@dataclass(frozen=True)
class OpenRefund:
    """A refund that the payer may have taken back itself.

    ``fell_cents`` is what the payer has paid less on the claim since it was approved; 0 for one of
    no claim. ``names`` is what a reference can call it by.
    """

    id: UUID
    claim_id: UUID | None
    amount_cents: int
    fell_cents: int
    is_paid_out: bool
    is_booked: bool
    names: frozenset[str]


@dataclass(frozen=True)
class PayerItem:
    """A PLB amount of the payer that settles no refund yet; positive takes money."""

    id: UUID
    reason: str
    reference: str
    amount_cents: int


@dataclass(frozen=True)
class Likeness:
    """What a payer did about a refund, as it seems."""

    refund_id: UUID
    kind: TakebackKind
    item_id: UUID | None
    fell_cents: int
    is_exact: bool
    detail: str


def likenesses(refunds: Sequence[OpenRefund], items: Sequence[PayerItem]) -> list[Likeness]:
    """At most one for each refund, the oldest refund first; each item and each cent that a payment
    fell serves one."""
    free = {each.id: each for each in items}
    attributed: Counter[UUID] = Counter()
    found = []
    for refund in sorted(refunds, key=lambda each: each.id):
        left_cents = refund.fell_cents
        if refund.claim_id is not None:
            left_cents -= attributed[refund.claim_id]
        like = _like(refund, left_cents, list(free.values()), refunds)
        if like is None:
            continue
        found.append(like)
        if like.item_id is not None:
            free.pop(like.item_id)
        if refund.claim_id is not None and like.kind is not TakebackKind.RECOUPED:
            attributed[refund.claim_id] += refund.amount_cents
    return found


def _like(
    refund: OpenRefund, fell_cents: int, items: list[PayerItem], refunds: Sequence[OpenRefund]
) -> Likeness | None:
    if fell_cents > 0 and not refund.is_booked:
        returned = _of(items, RETURNED_REASONS, -refund.amount_cents)
        is_whole = fell_cents == refund.amount_cents
        if returned:
            item, is_sure = _chosen(refund, returned, refunds)
            detail = f"PLB {item.reason} returns it"
            kind = TakebackKind.BOOKED
            return _found(refund, kind, item.id, fell_cents, detail, is_exact=is_sure and is_whole)
        if not refund.is_paid_out:
            detail = "its payments on the claim fell, and no PLB returns it"
            kind = TakebackKind.RECALLED
            return _found(refund, kind, None, fell_cents, detail, is_exact=is_whole)
    taken = _of(items, TAKEN_REASONS, refund.amount_cents)
    if taken and not refund.is_paid_out:
        item, is_sure = _chosen(refund, taken, refunds)
        is_named = is_sure and bool(item.reference)
        detail = f"PLB {item.reason} takes it"
        kind = TakebackKind.RECOUPED
        return _found(refund, kind, item.id, max(0, fell_cents), detail, is_exact=is_named)
    return None


def _of(items: Iterable[PayerItem], reasons: frozenset[str], cents: int) -> list[PayerItem]:
    return [each for each in items if each.reason in reasons and each.amount_cents == cents]


def _chosen(
    refund: OpenRefund, items: Sequence[PayerItem], refunds: Sequence[OpenRefund]
) -> tuple[PayerItem, bool]:
    """The likeliest item, and whether it is sure: it names the refund; or it and the refund are the
    only ones of the amount, and it names nothing."""
    named = [each for each in items if each.reference in refund.names]
    if named:
        return named[0], True
    others = {name for each in refunds if each.id != refund.id for name in each.names}
    unclaimed = [each for each in items if each.reference not in others] or list(items)
    nameless = [each for each in unclaimed if not each.reference]
    alike = sum(each.amount_cents == refund.amount_cents for each in refunds)
    is_sure = len(items) == len(nameless) == 1 and alike == 1
    return (nameless or unclaimed)[0], is_sure


def _found(
    refund: OpenRefund,
    kind: TakebackKind,
    item_id: UUID | None,
    fell_cents: int,
    detail: str,
    *,
    is_exact: bool,
) -> Likeness:
    if not is_exact and kind is not TakebackKind.RECOUPED and fell_cents != refund.amount_cents:
        detail += f"; they fell by {fell_cents} cents and the refund is {refund.amount_cents}"
    elif not is_exact:
        detail += "; its reference names no refund, or several are of the amount"
    return Likeness(refund.id, kind, item_id, fell_cents, is_exact, detail)
