"""What payers take back themselves of what refunds give them: settled, or proposed to a person.

The same money is in the books once: a refund that the payer has booked is taken off the claim, for
the payer's own decision says it now; one that the payer took before it was paid out goes nowhere
else. Nothing is lost: what settles no refund stays what it is, an open balance of the payer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.claims.ledger.claim_balances import Movement, entry, move
from services.claims.refunds.takeback_rules import (
    RETURNED_REASONS,
    TAKEN_REASONS,
    Likeness,
    OpenRefund,
    PayerItem,
    likenesses,
)
from services.company_calendar import company_today
from services.refusals import IllegalTransition
from storage.errors import VersionConflict
from storage.filters import (
    AdjudicationFilter,
    ClaimFilter,
    LedgerFilter,
    ProviderAdjustmentFilter,
    RefundFilter,
    RefundTakebackFilter,
)
from storage.interface import Page, Store
from storage.tables.claims import Claim
from storage.tables.ledger import ProviderAdjustmentItem
from storage.tables.money import Refund, RefundTakeback, RefundTakebackFields
from storage.tables.remittances import RemittanceTransaction
from storage.vocabulary.claims import LedgerKind
from storage.vocabulary.money import RefundStatus, TakebackKind, TakebackStatus

ENTITY = "refund_takebacks"
_REASONS = sorted(RETURNED_REASONS | TAKEN_REASONS)
_OPEN = [RefundStatus.APPROVED, RefundStatus.PAID]


async def recognise(store: Store, transaction: RemittanceTransaction) -> None:
    """Settle what a transaction, now posted, takes back of refunds; propose what is only like it.

    The number of statements does not depend on how many there are.
    """
    refunds = await _candidates(store, transaction)
    if not refunds:
        return
    claims = {
        each.id: each
        for each in await store.claims.lock_all(ClaimFilter(ids=sorted(_claims_of(refunds))))
    }
    held = {each.id: each for each in await store.refunds.lock_all(_among(refunds))}
    known = await _known(store, transaction, list(held.values()), claims)
    before = await store.refund_takebacks.lock_all(RefundTakebackFilter(refund_ids=sorted(held)))
    found = {each.refund_id: each for each in likenesses(known.refunds, known.items)}
    await _withdraw(store, before, found)
    exact = [each for each in found.values() if each.is_exact]
    await store.refund_takebacks.create_many(
        [
            _row(transaction, held[each.refund_id], each)
            for each in found.values()
            if each.is_exact or not _is_known(each, before)
        ]
    )
    if not exact:
        return
    fresh = await store.refund_takebacks.lock_all(
        RefundTakebackFilter(
            refund_ids=[each.refund_id for each in exact], status=TakebackStatus.PROPOSED
        )
    )
    await _settle(store, fresh, held, claims)


async def accept(store: Store, takeback_id: UUID, *, expected_version: int) -> RefundTakeback:
    """It is the refund: settle it. Raises RowNotFound, VersionConflict, IllegalTransition."""
    refund_id = (await store.refund_takebacks.get(takeback_id)).refund_id
    refund = await store.refunds.get(refund_id)
    claims = {}
    if refund.claim_id is not None:
        claims[refund.claim_id] = await store.claims.lock(refund.claim_id)
    refund = await store.refunds.lock(refund_id)
    held = await _held_open(store, takeback_id, TakebackStatus.SETTLED, expected_version)
    if not await _still_fits(store, held, refund):
        raise IllegalTransition("refund", refund.status, held.kind, [])
    await _settle(store, [held], {refund.id: refund}, claims)
    return await store.refund_takebacks.get(takeback_id)


async def dismiss(
    store: Store, takeback_id: UUID, reason: str, *, expected_version: int
) -> RefundTakeback:
    """It is something else. Raises RowNotFound, VersionConflict, IllegalTransition."""
    held = await _held_open(store, takeback_id, TakebackStatus.DISMISSED, expected_version)
    return await store.refund_takebacks.update(
        takeback_id,
        {"status": TakebackStatus.DISMISSED, "closing_note": reason},
        expected_version=held.version,
    )


async def get_takeback(store: Store, takeback_id: UUID) -> RefundTakeback:
    """Raises RowNotFound."""
    return await store.refund_takebacks.get(takeback_id)


async def list_takebacks(
    store: Store, conditions: RefundTakebackFilter, *, limit: int, after: UUID | None
) -> Page[RefundTakeback]:
    """Takebacks, newest first."""
    return await store.refund_takebacks.list(conditions, limit=limit, after=after)


async def _held_open(
    store: Store, takeback_id: UUID, wanted: TakebackStatus, expected_version: int
) -> RefundTakeback:
    held = await store.refund_takebacks.lock(takeback_id)
    if held.version != expected_version:
        raise VersionConflict(ENTITY)
    if held.status is not TakebackStatus.PROPOSED:
        raise IllegalTransition("takeback of a refund", held.status, wanted, [])
    return held


async def _still_fits(store: Store, takeback: RefundTakeback, refund: Refund) -> bool:
    """Whether the refund and the payer's item are as they were when it was proposed."""
    if takeback.kind is TakebackKind.BOOKED:
        is_open = refund.status in _OPEN and refund.booked_on is None
    else:
        is_open = refund.status is RefundStatus.APPROVED and (
            takeback.kind is TakebackKind.RECOUPED or refund.booked_on is None
        )
    if not is_open or takeback.provider_adjustment_id is None:
        return is_open
    item = [takeback.provider_adjustment_id]
    await store.wait_for_lock(f"refund-takeback/{takeback.provider_adjustment_id}")
    used = RefundTakebackFilter(provider_adjustment_ids=item, status=TakebackStatus.SETTLED)
    return await store.refund_takebacks.count(used) == 0


@dataclass(frozen=True)
class _Known:
    refunds: Sequence[OpenRefund]
    items: Sequence[PayerItem]


async def _candidates(store: Store, transaction: RemittanceTransaction) -> list[Refund]:
    """Refunds of the payer on claims that the transaction takes something back on, and those of an
    amount that its PLB has."""
    if transaction.payer_id is None:
        return []
    claim_ids: list[UUID] = []
    if transaction.has_reversals:
        taken = AdjudicationFilter(transaction_id=transaction.id, takes_nothing_back=False)
        claim_ids = sorted({each.claim_id for each in await store.adjudications.all(taken)})
    amounts = sorted(
        {
            abs(each.amount_cents)
            for each in await store.provider_adjustments.all(
                ProviderAdjustmentFilter(transaction_id=transaction.id, reasons=_REASONS)
            )
        }
    )
    found: dict[UUID, Refund] = {}
    for wanted in (
        RefundFilter(payer_id=transaction.payer_id, statuses=_OPEN, claim_ids=claim_ids),
        RefundFilter(payer_id=transaction.payer_id, statuses=_OPEN, amounts_cents=amounts),
    ):
        if wanted.claim_ids or wanted.amounts_cents:
            found |= {each.id: each for each in await store.refunds.all(wanted)}
    return [found[refund_id] for refund_id in sorted(found)]


def _claims_of(refunds: Sequence[Refund]) -> set[UUID]:
    return {each.claim_id for each in refunds if each.claim_id is not None}


def _among(refunds: Sequence[Refund]) -> RefundFilter:
    return RefundFilter(ids=[each.id for each in refunds], statuses=_OPEN)


async def _known(
    store: Store,
    transaction: RemittanceTransaction,
    refunds: Sequence[Refund],
    claims: Mapping[UUID, Claim],
) -> _Known:
    """What the rules look at: the refunds as they are now, and the payer's items that settle
    nothing yet and came after the first of them was asked for."""
    paid: Counter[UUID | None] = Counter()
    if claims:
        of_payer = LedgerFilter(
            claim_ids=sorted(claims), payer_id=transaction.payer_id, kind=LedgerKind.PAYMENT
        )
        for payment in await store.ledger_entries.all(of_payer):
            paid[payment.claim_id] += payment.amount_cents
    exceptions = {
        each.id: each
        for each in await store.remittance_exceptions.get_many(
            sorted(each.exception_id for each in refunds if each.exception_id is not None)
        )
    }
    rows = []
    for each in refunds:
        claim = claims.get(each.claim_id) if each.claim_id is not None else None
        unposted = exceptions.get(each.exception_id) if each.exception_id is not None else None
        names = {each.refund_number, each.reference}
        if claim is not None:
            names |= {claim.claim_number, claim.patient_control_number, claim.payer_claim_number}
        if unposted is not None:
            names |= {unposted.patient_control_number, unposted.payer_claim_number}
        before_cents = each.paid_before_cents
        rows.append(
            OpenRefund(
                id=each.id,
                claim_id=each.claim_id,
                amount_cents=each.amount_cents,
                fell_cents=0 if before_cents is None else before_cents - paid[each.claim_id],
                is_paid_out=each.status is RefundStatus.PAID,
                is_booked=each.booked_on is not None,
                names=frozenset(name for name in names if name),
            )
        )
    return _Known(rows, await _free_items(store, transaction, refunds))


async def _free_items(
    store: Store, transaction: RemittanceTransaction, refunds: Sequence[Refund]
) -> list[PayerItem]:
    amounts = sorted({sign * each.amount_cents for each in refunds for sign in (1, -1)})
    payer_key = transaction.payer_trace_identifier or transaction.payer_identifier or ""
    since = min((each.created_at for each in refunds), default=store.now)
    items: list[ProviderAdjustmentItem] = [
        each
        for each in await store.provider_adjustments.all(
            ProviderAdjustmentFilter(payer_key=payer_key, reasons=_REASONS, amounts_cents=amounts)
        )
        if each.recorded_at >= since
    ]
    used = set()
    if items:
        settled = RefundTakebackFilter(
            provider_adjustment_ids=[each.id for each in items], status=TakebackStatus.SETTLED
        )
        used = {
            each.provider_adjustment_id for each in await store.refund_takebacks.lock_all(settled)
        }
    return [
        PayerItem(each.id, each.reason, each.reference, each.amount_cents)
        for each in items
        if each.id not in used
    ]


def _is_known(like: Likeness, before: Sequence[RefundTakeback]) -> bool:
    """Whether it was proposed already, and waits or was dismissed."""
    return any(
        each.status in (TakebackStatus.PROPOSED, TakebackStatus.DISMISSED)
        and _says(each) == (like.refund_id, like.kind, like.item_id, like.fell_cents)
        for each in before
    )


def _says(row: RefundTakeback) -> tuple[UUID, TakebackKind, UUID | None, int]:
    return (row.refund_id, row.kind, row.provider_adjustment_id, row.fell_cents)


async def _withdraw(
    store: Store, before: Sequence[RefundTakeback], found: Mapping[UUID, Likeness]
) -> None:
    """Take back proposals that are so no more, or are exact now."""
    gone = [
        each
        for each in before
        if each.status is TakebackStatus.PROPOSED
        and (
            (like := found.get(each.refund_id)) is None
            or like.is_exact
            or _says(each) != (like.refund_id, like.kind, like.item_id, like.fell_cents)
        )
    ]
    await store.refund_takebacks.update_many(
        {each.id: each.version for each in gone},
        {
            "status": [TakebackStatus.WITHDRAWN] * len(gone),
            "closing_note": ["What came later says otherwise."] * len(gone),
        },
    )


def _row(
    transaction: RemittanceTransaction, refund: Refund, like: Likeness
) -> RefundTakebackFields:
    assert refund.payer_id is not None
    return RefundTakebackFields(
        refund_id=refund.id,
        claim_id=refund.claim_id,
        patient_id=refund.patient_id,
        payer_id=refund.payer_id,
        transaction_id=transaction.id,
        provider_adjustment_id=like.item_id,
        kind=like.kind,
        amount_cents=refund.amount_cents,
        fell_cents=like.fell_cents,
        detail=like.detail,
    )


async def _settle(
    store: Store,
    takebacks: Sequence[RefundTakeback],
    refunds: Mapping[UUID, Refund],
    claims: Mapping[UUID, Claim],
) -> None:
    """Post what the takebacks say, all of them held with their refunds and claims."""
    today = await company_today(store)
    booked = [each for each in takebacks if each.kind is TakebackKind.BOOKED]
    recalled = [each for each in takebacks if each.kind is TakebackKind.RECALLED]
    recouped = [each for each in takebacks if each.kind is TakebackKind.RECOUPED]
    await move(
        store,
        list(claims.values()),
        [
            Movement(
                each.claim_id, LedgerKind.PAYER_REFUND_BOOKED, each.amount_cents, each.refund_id
            )
            for each in booked
            if each.claim_id is not None
        ]
        + [
            Movement(each.claim_id, LedgerKind.PAYER_REFUND, -each.amount_cents, each.refund_id)
            for each in recalled
            if each.claim_id is not None
        ],
        effective_on=today,
    )
    await store.ledger_entries.create_many(
        [
            entry(
                LedgerKind.REFUND_RECOUPED,
                each.amount_cents,
                effective_on=today,
                source_id=each.refund_id,
                payer_id=each.payer_id,
            )
            for each in recouped
        ]
    )
    changes = {
        each.refund_id: (
            refunds[each.refund_id].status
            if each.kind is TakebackKind.BOOKED
            else RefundStatus.RECOUPED,
            today if each.kind is TakebackKind.BOOKED else refunds[each.refund_id].booked_on,
        )
        for each in takebacks
    }
    await store.refunds.update_many(
        {refund_id: refunds[refund_id].version for refund_id in changes},
        {
            "status": [status for status, _ in changes.values()],
            "booked_on": [booked_on for _, booked_on in changes.values()],
        },
    )
    await _leave_to_others(store, booked + recalled)
    await store.refund_takebacks.update_many(
        {each.id: each.version for each in takebacks},
        {
            "status": [TakebackStatus.SETTLED] * len(takebacks),
            "settled_on": [today] * len(takebacks),
        },
    )


async def _leave_to_others(store: Store, settled: Sequence[RefundTakeback]) -> None:
    """What these took of the fall of a payment, no other refund of the claim and payer takes."""
    taken: Counter[tuple[UUID | None, UUID | None]] = Counter()
    for each in settled:
        taken[each.claim_id, each.payer_id] += each.amount_cents
    if not taken:
        return
    ours = {each.refund_id for each in settled}
    others = [
        each
        for each in await store.refunds.lock_all(
            RefundFilter(claim_ids=sorted({c for c, _ in taken if c is not None}), statuses=_OPEN)
        )
        if each.id not in ours
        and each.booked_on is None
        and each.paid_before_cents is not None
        and taken[each.claim_id, each.payer_id]
    ]
    await store.refunds.update_many(
        {each.id: each.version for each in others},
        {
            "paid_before_cents": [
                (each.paid_before_cents or 0) - taken[each.claim_id, each.payer_id]
                for each in others
            ]
        },
    )
