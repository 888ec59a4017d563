"""What the bank is to show: noted where the money is booked, taken back where it goes back."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from storage.filters import CashItemFilter
from storage.interface import Store
from storage.tables.deposits import CashItem, CashItemFields
from storage.vocabulary.money import CashKind, CashStatus


async def expect(
    store: Store,
    kind: CashKind,
    source_id: UUID,
    amount_cents: int,
    *,
    expected_on: dt.date,
    trace: str | None = None,
    payer_id: UUID | None = None,
    patient_id: UUID | None = None,
) -> None:
    """Expect an amount at the bank, unless it is nothing."""
    if amount_cents:
        await store.cash_items.create(
            CashItemFields(
                kind=kind,
                source_id=source_id,
                patient_id=patient_id,
                payer_id=payer_id,
                amount_cents=amount_cents,
                expected_on=expected_on,
                trace=trace,
            )
        )


async def expect_back(
    store: Store, kind: CashKind, source_id: UUID, *, expected_on: dt.date
) -> None:
    """Money goes back: expect it no more or, where the bank has shown it, expect the opposite."""
    for item in await store.cash_items.lock_all(CashItemFilter(source_id=source_id, kind=kind)):
        if item.status is CashStatus.EXPECTED:
            await cancel(store, [item])
        elif item.status is CashStatus.DEPOSITED:
            await store.cash_items.create(
                CashItemFields(
                    kind=CashKind.REVERSAL,
                    source_id=source_id,
                    patient_id=item.patient_id,
                    payer_id=item.payer_id,
                    amount_cents=-item.amount_cents,
                    expected_on=expected_on,
                    trace=item.trace,
                    reverses_id=item.id,
                )
            )


async def cancel(store: Store, items: list[CashItem]) -> None:
    """What is expected, and held, is expected no more."""
    await store.cash_items.update_many(
        {each.id: each.version for each in items},
        {"status": [CashStatus.CANCELLED] * len(items)},
    )
