"""Putting arrivals into the queue of exceptions, and taking them out of it again."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from services.claims.ledger.books import REVERSAL, Arrival, Book, Source, Writing
from services.claims.ledger.obstacles import Obstacle
from services.claims.record_limits import PAYER_CLAIM_NUMBER
from services.claims.remittances.matching import adjusted_cents
from services.claims.x12.remittance_model import RemittanceClaim
from services.company_calendar import company_calendar
from services.outbox.events import publish_many
from storage.filters import (
    RemittanceExceptionFilter,
)
from storage.identifiers import new_id
from storage.interface import Store
from storage.tables.claims import Claim
from storage.tables.remittances import (
    RemittanceException,
    RemittanceExceptionFields,
    RemittanceTransaction,
)
from storage.vocabulary.claims import (
    ExceptionStatus,
    LedgerKind,
)
from storage.vocabulary.outbox import EventType


@dataclass(frozen=True)
class Queued:
    """An arrival that waits, the claim it seems to be about, and why."""

    arrival: Arrival
    obstacle: Obstacle
    book: Book | None


async def enqueue_exceptions(store: Store, queued: Sequence[Queued], writing: Writing) -> None:
    """Put arrivals into the queue of exceptions, their money into unapplied cash."""
    rows: dict[UUID, RemittanceExceptionFields] = {}
    for each in queued:
        exception_id, content = new_id(), each.arrival.content
        source, claim = each.arrival.source, each.book.claim if each.book is not None else None
        rows[exception_id] = RemittanceExceptionFields(
            transaction_id=source.transaction.id,
            claim_ordinal=content.ordinal,
            position=content.position,
            kind=each.obstacle.kind,
            detail=each.obstacle.detail,
            patient_control_number=content.patient_control_number[:80],
            payer_claim_number=(content.payer_claim_number or "")[:PAYER_CLAIM_NUMBER] or None,
            status_code=content.status_code[:3],
            charge_cents=content.charge_cents,
            paid_cents=content.paid_cents,
            difference_cents=each.obstacle.difference_cents,
            service_date=content.service_from or _first_service(content),
            member_id=(content.member_id or "")[:80] or None,
            claim_id=claim.id if claim is not None else None,
            patient_id=claim.patient_id if claim is not None else None,
            content=msgspec.to_builtins(content),
        )
        writing.move(LedgerKind.UNAPPLIED, content.paid_cents, source, exception_id=exception_id)
    await store.remittance_exceptions.create_many(list(rows.values()), ids=list(rows))
    await publish_many(store, EventType.REMITTANCE_EXCEPTION_OPENED, "remittance_exceptions", rows)


async def cancel_out(store: Store, queued: Sequence[Queued]) -> None:
    """Close pairs in the queue, for what has just come into it."""
    numbers = {each.arrival.content.patient_control_number[:80] for each in queued}
    if numbers:
        await cancel_out_numbers(store, sorted(numbers))


async def cancel_out_numbers(store: Store, numbers: Sequence[str]) -> None:
    """Close pairs: a claim that was never posted and the payer's own reversal of it, whichever
    came first.

    Their money in unapplied cash sums to zero, and nothing is left to decide. What was to go back
    to the payer, and of which no refund has taken up anything, does so by the reversal.
    """
    waiting = [
        each
        for each in await store.remittance_exceptions.lock_all(
            RemittanceExceptionFilter(
                patient_control_numbers=list(numbers),
                statuses=[ExceptionStatus.OPEN, ExceptionStatus.RETURNED],
            )
        )
        if each.status is ExceptionStatus.OPEN or 0 < each.owed_cents == each.paid_cents
    ]
    if not any(each.status_code == REVERSAL for each in waiting):
        return
    sent = await store.remittance_transactions.get_many(
        sorted({each.transaction_id for each in waiting})
    )
    payer_of_transaction = {each.id: each.payer_id for each in sent}
    closed = opposite_pairs([(each, payer_of_transaction[each.transaction_id]) for each in waiting])
    await store.remittance_exceptions.update_many(
        {each.id: each.version for each in closed},
        {
            "status": [ExceptionStatus.SUPERSEDED] * len(closed),
            "resolved_at": [store.now] * len(closed),
            "resolution_note": ["The payer took it back before it was posted."] * len(closed),
            "owed_cents": [0] * len(closed),
        },
    )
    await _owe_no_more(
        store, [each for each in closed if each.status is ExceptionStatus.RETURNED], sent
    )
    await publish_resolved(
        store, [each.id for each in closed if each.status is ExceptionStatus.OPEN]
    )


async def _owe_no_more(
    store: Store,
    returned: Sequence[RemittanceException],
    transactions: Sequence[RemittanceTransaction],
) -> None:
    """Put back into unapplied cash what was owed, against which the reversal stands there."""
    if not returned:
        return
    calendar = await company_calendar(store)
    known = {each.id: each for each in transactions}
    writing = Writing()
    for each in returned:
        source = Source(known[each.transaction_id], None, calendar)
        writing.move(LedgerKind.RETURN, -each.paid_cents, source, exception_id=each.id)
    await store.ledger_entries.create_many(writing.ledger)


def opposite_pairs(
    waiting: Sequence[tuple[RemittanceException, UUID | None]],
) -> list[RemittanceException]:
    """Each reversal and the oldest waiting claim that it takes back, given with their payers.

    They are of one payer and one control number and exact opposites, every adjustment included.
    """
    originals: dict[object, list[RemittanceException]] = defaultdict(list)
    reversals = []
    for each, payer_id in waiting:
        content = msgspec.convert(each.content, RemittanceClaim)
        amounts = (each.charge_cents, each.paid_cents, frozenset(adjusted_cents(content).items()))
        who = (payer_id, each.patient_control_number)
        if each.status_code == REVERSAL:
            reversals.append((each, (*who, *_opposite(amounts))))
        else:
            originals[(*who, *amounts)].append(each)
    paired = []
    for reversal, wanted in reversals:
        if originals[wanted]:
            paired += [originals[wanted].pop(0), reversal]
    return paired


def _opposite(
    amounts: tuple[int, int, frozenset[tuple[tuple[str, str], int]]],
) -> tuple[int, int, frozenset[tuple[tuple[str, str], int]]]:
    charge, paid, adjusted = amounts
    return -charge, -paid, frozenset((key, -cents) for key, cents in adjusted)


def _first_service(content: RemittanceClaim) -> dt.date | None:
    return min((line.service_from for line in content.lines if line.service_from), default=None)


async def restate(store: Store, queued: Sequence[Queued]) -> None:
    """Say of exceptions that were tried again what keeps them now, where that has changed."""
    changed = [
        (each, exception)
        for each in queued
        if (exception := each.arrival.exception) is not None
        and (each.obstacle.kind, each.obstacle.detail) != (exception.kind, exception.detail)
    ]
    await store.remittance_exceptions.update_many(
        {exception.id: exception.version for _, exception in changed},
        {
            "kind": [each.obstacle.kind for each, _ in changed],
            "detail": [each.obstacle.detail for each, _ in changed],
            "claim_id": [
                exception.claim_id if each.book is None else each.book.claim.id
                for each, exception in changed
            ],
            "patient_id": [
                exception.patient_id if each.book is None else each.book.claim.patient_id
                for each, exception in changed
            ],
        },
    )


async def close_posted(store: Store, resolved: Sequence[tuple[RemittanceException, Claim]]) -> None:
    """Take posted arrivals out of the queue."""
    await store.remittance_exceptions.update_many(
        {exception.id: exception.version for exception, _ in resolved},
        {
            "status": [ExceptionStatus.POSTED] * len(resolved),
            "resolved_at": [store.now] * len(resolved),
            "claim_id": [claim.id for _, claim in resolved],
            "patient_id": [claim.patient_id for _, claim in resolved],
        },
    )
    await publish_resolved(store, [exception.id for exception, _ in resolved])


async def publish_resolved(store: Store, exception_ids: Sequence[UUID]) -> None:
    """Tell whoever has subscribed that nothing is left to decide about these."""
    await publish_many(
        store, EventType.REMITTANCE_EXCEPTION_RESOLVED, "remittance_exceptions", exception_ids
    )
