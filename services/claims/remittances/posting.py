"""Posting many claims in a constant number of statements: load their books, post, save.

The one way for everything that arrives: the claims of a transaction, and later those that waited
in the queue of exceptions.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from services.claims.contracts.comparing import ask_for_comparison
from services.claims.denial_work.posted_denials import save_denials
from services.claims.exceptions.exception_queue import (
    Queued,
    cancel_out,
    close_posted,
    enqueue_exceptions,
    restate,
)
from services.claims.ledger.books import Arrival, Book, Source, Writing
from services.claims.ledger.bookshelf import Finder, find_claims, load_books
from services.claims.ledger.claim_balances import (
    after_settlement,
    credit_since,
    insurance_credit_since,
)
from services.claims.ledger.decisions import post
from services.claims.ledger.obstacles import (
    Obstacle,
    is_reversed_by,
    obstacle_of_claim,
    obstacle_of_content,
)
from services.claims.x12.remittance_model import RemittanceClaim
from services.company_calendar import company_calendar, company_today
from services.outbox.events import publish_many
from storage.filters import RemittanceExceptionFilter
from storage.interface import Store
from storage.tables.claims import Claim
from storage.tables.remittances import RemittanceException
from storage.vocabulary.claims import ExceptionKind, ExceptionStatus
from storage.vocabulary.outbox import EventType

WAITING_KINDS = [
    ExceptionKind.REVERSAL_UNMATCHED,
    ExceptionKind.EXCEEDS_CLAIM_CHARGE,
    ExceptionKind.CLAIM_NOT_SUBMITTED,
    ExceptionKind.PAYER_MISMATCH,
]
"""Exceptions that another event of the same claim may clear by itself."""


_DECIDED_AT_ONCE = 50
"""More arrivals than these are decided off the event loop, on which others are answered."""


@dataclass
class Tally:
    """How many claims were posted, how many were put into the queue, and what still keeps those
    in it that were tried again."""

    posted: int = 0
    queued: int = 0
    still_blocked: list[Obstacle] = field(default_factory=list)


async def post_arrivals(store: Store, arrivals: Sequence[Arrival]) -> Tally:
    """Post what can be posted and queue the rest; reversals first.

    The number of statements does not depend on the number of arrivals. Claims are held until the
    transaction ends. Whatever waited for one of these claims is tried again, until nothing moves.
    """
    tally, touched = await _post_once(store, arrivals)
    while touched:
        waiting = await store.remittance_exceptions.lock_all(
            RemittanceExceptionFilter(
                claim_ids=sorted(touched), kinds=WAITING_KINDS, status=ExceptionStatus.OPEN
            )
        )
        if not waiting:
            break
        again, touched = await _post_once(store, await arrivals_of(store, waiting))
        tally.posted += again.posted
    return tally


async def arrivals_of(store: Store, exceptions: Sequence[RemittanceException]) -> list[Arrival]:
    """The queued claims as arrivals again, each with the transaction that it came in."""
    transactions = await store.remittance_transactions.get_many(
        sorted({each.transaction_id for each in exceptions})
    )
    payers = await store.payers.get_many(
        sorted({each.payer_id for each in transactions if each.payer_id is not None})
    )
    payer_by_id = {payer.id: payer for payer in payers}
    calendar = await company_calendar(store)
    sources = {
        each.id: Source(each, payer_by_id.get(each.payer_id) if each.payer_id else None, calendar)
        for each in transactions
    }
    return [
        Arrival(
            sources[each.transaction_id],
            msgspec.convert(each.content, RemittanceClaim),
            exception=each,
        )
        for each in exceptions
    ]


async def _post_once(store: Store, arrivals: Sequence[Arrival]) -> tuple[Tally, set[UUID]]:
    """One round: returns the tally and the claims to which something was posted."""
    finder = await find_claims(store, arrivals)
    books = await load_books(store, finder.claims())
    if len(arrivals) > _DECIDED_AT_ONCE:
        made = await asyncio.to_thread(_decide, arrivals, finder, books)
    else:
        made = _decide(arrivals, finder, books)
    fresh = [each for each in made.queued if each.arrival.exception is None]
    tried_again = [each for each in made.queued if each.arrival.exception is not None]
    await enqueue_exceptions(store, fresh, made.writing)
    await cancel_out(store, fresh)
    await _save(store, made.writing, [books[claim_id] for claim_id in sorted(made.touched)])
    await close_posted(store, made.resolved)
    await restate(store, tried_again)
    blocked = [each.obstacle for each in tried_again]
    return Tally(len(arrivals) - len(made.queued), len(fresh), blocked), made.touched


@dataclass
class _Decided:
    """What becomes of some arrivals, before anything is written."""

    writing: Writing = field(default_factory=Writing)
    queued: list[Queued] = field(default_factory=list)
    resolved: list[tuple[RemittanceException, Claim]] = field(default_factory=list)
    touched: set[UUID] = field(default_factory=set)


def _decide(arrivals: Sequence[Arrival], finder: Finder, books: dict[UUID, Book]) -> _Decided:
    """Post to the books, reversals first, and say what has to wait. Touches no database."""
    made = _Decided()
    for arrival in sorted(arrivals, key=lambda each: not each.is_reversal):
        found = finder.of(arrival)
        book = _meant(arrival, books[found[0].id], books) if len(found) == 1 else None
        obstacle = obstacle_of_content(arrival)
        if obstacle is None:
            obstacle = _no_claim(found) if book is None else obstacle_of_claim(arrival, book)
        if obstacle is not None or book is None:
            assert obstacle is not None
            made.queued.append(Queued(arrival, obstacle, book))
            continue
        post(arrival, book, made.writing)
        made.touched.add(book.claim.id)
        if arrival.exception is not None:
            made.resolved.append((arrival.exception, book.claim))
    return made


def _meant(arrival: Arrival, book: Book, books: dict[UUID, Book]) -> Book:
    """The claim that a CLP is about: some payers take back the original under the number of the
    claim that replaces it."""
    original = None if book.claim.replaces_id is None else books.get(book.claim.replaces_id)
    if original is None or not arrival.is_reversal or is_reversed_by(arrival, book):
        return book
    return original if is_reversed_by(arrival, original) else book


def _no_claim(found: Sequence[Claim]) -> Obstacle:
    if found:
        return Obstacle(ExceptionKind.AMBIGUOUS, f"{len(found)} claims have this payer number")
    return Obstacle(ExceptionKind.UNMATCHED, "no claim has this control number or payer number")


async def _save(store: Store, writing: Writing, touched: Sequence[Book]) -> None:
    await store.adjudications.create_many(
        list(writing.adjudications.values()), ids=list(writing.adjudications)
    )
    await store.adjudication_lines.create_many(writing.lines)
    await store.adjudication_adjustments.create_many(
        list(writing.adjustments.values()), ids=list(writing.adjustments)
    )
    await store.ledger_entries.create_many(writing.ledger)
    await ask_for_comparison(
        store, {each.transaction_id for each in writing.adjudications.values()}
    )
    await save_denials(store, writing, touched)
    await _save_balances(store, touched)


async def _save_balances(store: Store, touched: Sequence[Book]) -> None:
    """The claims' own columns, which equal their ledger."""
    settled = [(book, book.settlement) for book in touched if book.settlement is not None]
    balances = [
        after_settlement(
            book.claim,
            insurance_cents=each.insurance_balance_cents,
            patient_cents=each.patient_balance_cents,
        )
        for book, each in settled
    ]
    today = await company_today(store) if settled else dt.date.min
    await store.claims.update_many(
        {book.claim.id: book.claim.version for book, _ in settled},
        {
            "adjudication_status": [each.status for _, each in settled],
            "payment_cents": [each.payments_cents for _, each in settled],
            "write_off_cents": [each.write_offs_cents for _, each in settled],
            "insurance_balance_cents": [insurance for insurance, _ in balances],
            "patient_balance_cents": [patient for _, patient in balances],
            "insurance_credit_since": [
                insurance_credit_since(book.claim, insurance, today)
                for (book, _), (insurance, _) in zip(settled, balances, strict=True)
            ],
            "patient_credit_since": [
                credit_since(patient, book.claim.patient_credit_since, today)
                for (book, _), (_, patient) in zip(settled, balances, strict=True)
            ],
            "last_adjudicated_on": [book.last_adjudicated_on for book, _ in settled],
            "payer_claim_number": [book.payer_claim_number for book, _ in settled],
        },
    )
    decided = [
        book.claim.id for book, each in settled if book.claim.adjudication_status != each.status
    ]
    await publish_many(store, EventType.CLAIM_STATUS_CHANGED, "claims", decided)
