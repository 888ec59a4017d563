"""Posting many claims in a constant number of statements: load their books, post, save.

The one way for everything that arrives: the claims of a transaction, and later those that waited
in the queue of exceptions.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from services.claims.books import (
    REVERSAL,
    Arrival,
    Book,
    Obstacle,
    Source,
    Writing,
    obstacle_of_claim,
    obstacle_of_content,
    post,
)
from services.claims.matching import adjusted_cents, payer_claim_numbers
from services.claims.record_limits import PAYER_CLAIM_NUMBER
from services.claims.settlement import (
    AdjudicationKind,
    LedgerKey,
    PostedAdjudication,
    PostedAdjustment,
)
from services.claims.x12.remittance_model import RemittanceClaim
from storage.filters import (
    AdjudicationFilter,
    ByAdjudication,
    ByClaim,
    ClaimFilter,
    DenialFilter,
    LedgerFilter,
    RemittanceExceptionFilter,
)
from storage.identifiers import new_id
from storage.interface import Store
from storage.tables.claims import Claim, ClaimLine
from storage.tables.ledger import Adjudication, AdjudicationAdjustment
from storage.tables.remittances import RemittanceException, RemittanceExceptionFields
from storage.vocabulary.claims import (
    AdjudicationStatus,
    DenialStatus,
    ExceptionKind,
    ExceptionStatus,
    LedgerKind,
)

WAITING_KINDS = [
    ExceptionKind.REVERSAL_UNMATCHED,
    ExceptionKind.EXCEEDS_CLAIM_CHARGE,
    ExceptionKind.CLAIM_NOT_SUBMITTED,
    ExceptionKind.PAYER_MISMATCH,
]
"""Exceptions that another event of the same claim may clear by itself."""

_OWN_KINDS = frozenset({LedgerKind.PAYMENT, LedgerKind.WRITE_OFF, LedgerKind.PATIENT_TRANSFER})


@dataclass
class Tally:
    """How many claims were posted, how many were put into the queue, and what still keeps those
    in it that were tried again."""

    posted: int = 0
    queued: int = 0
    still_blocked: list[Obstacle] = field(default_factory=list)


@dataclass(frozen=True)
class _Queued:
    """An arrival that waits, the claim it seems to be about, and why."""

    arrival: Arrival
    obstacle: Obstacle
    book: Book | None


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
    sources = {
        each.id: Source(each, payer_by_id.get(each.payer_id) if each.payer_id else None)
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
    obstacles = [obstacle_of_content(each) for each in arrivals]
    finder = await _find_claims(store, arrivals)
    books = await _load_books(store, finder.claims())
    writing = Writing()
    queued: list[_Queued] = []
    resolved: list[tuple[RemittanceException, Claim]] = []
    touched: set[UUID] = set()
    order = sorted(range(len(arrivals)), key=lambda at: not arrivals[at].is_reversal)
    for at in order:
        arrival = arrivals[at]
        obstacle = obstacles[at]
        found = finder.of(arrival)
        book = books[found[0].id] if len(found) == 1 else None
        if obstacle is None:
            obstacle = _no_claim(found) if book is None else obstacle_of_claim(arrival, book)
        if obstacle is not None or book is None:
            assert obstacle is not None
            queued.append(_Queued(arrival, obstacle, book))
            continue
        post(arrival, book, writing)
        touched.add(book.claim.id)
        if arrival.exception is not None:
            resolved.append((arrival.exception, book.claim))
    fresh = [each for each in queued if each.arrival.exception is None]
    await _queue(store, fresh, writing)
    await _cancel_out(store, fresh)
    await _save(store, writing, [books[claim_id] for claim_id in sorted(touched)])
    await _close(store, resolved)
    await _restate(store, [each for each in queued if each.arrival.exception is not None])
    blocked = [each.obstacle for each in queued if each.arrival.exception is not None]
    return Tally(len(order) - len(queued), len(fresh), blocked), touched


def _no_claim(found: Sequence[Claim]) -> Obstacle:
    if found:
        return Obstacle(ExceptionKind.AMBIGUOUS, f"{len(found)} claims have this payer number")
    return Obstacle(ExceptionKind.UNMATCHED, "no claim has this control number or payer number")


class _Finder:
    """The claims that arrivals may be about, held and indexed."""

    def __init__(self) -> None:
        self._by_id: dict[UUID, Claim] = {}
        self._by_control_number: dict[str, Claim] = {}
        self._by_payer_number: dict[tuple[UUID, str], set[UUID]] = defaultdict(set)

    def add(self, claims: Iterable[Claim]) -> None:
        for claim in claims:
            self._by_id[claim.id] = claim
            self._by_control_number[claim.patient_control_number] = claim

    def add_payer_number(self, payer_id: UUID, number: str, claim_id: UUID) -> None:
        if claim_id in self._by_id:
            self._by_payer_number[payer_id, number].add(claim_id)

    def claims(self) -> list[Claim]:
        return list(self._by_id.values())

    def of(self, arrival: Arrival) -> list[Claim]:
        """The claims that an arrival may mean: one, none, or several (ambiguous)."""
        exception = arrival.exception
        if exception is not None and exception.claim_id in self._by_id:
            return [self._by_id[exception.claim_id]]
        by_control_number = self._by_control_number.get(arrival.content.patient_control_number)
        if by_control_number is not None:
            return [by_control_number]
        if arrival.source.payer is None:
            return []
        for number in payer_claim_numbers(arrival.content):
            found = self._by_payer_number.get((arrival.source.payer.id, number))
            if found:
                return [self._by_id[claim_id] for claim_id in sorted(found)]
        return []


async def _find_claims(store: Store, arrivals: Sequence[Arrival]) -> _Finder:
    finder = _Finder()
    chosen = {
        each.exception.claim_id
        for each in arrivals
        if each.exception is not None and each.exception.claim_id is not None
    }
    if chosen:
        finder.add(await store.claims.lock_all(ClaimFilter(ids=sorted(chosen))))
    numbers = {
        each.content.patient_control_number
        for each in arrivals
        if each.exception is None or each.exception.claim_id is None
    }
    if numbers:
        finder.add(
            await store.claims.lock_all(ClaimFilter(patient_control_numbers=sorted(numbers)))
        )
    await _find_by_payer_number(store, arrivals, finder)
    return finder


async def _find_by_payer_number(store: Store, arrivals: Sequence[Arrival], finder: _Finder) -> None:
    unmatched = [each for each in arrivals if not finder.of(each) and each.source.payer is not None]
    wanted = sorted({number for each in unmatched for number in payer_claim_numbers(each.content)})
    if not wanted:
        return
    adjudicated = await store.adjudications.all(AdjudicationFilter(payer_claim_numbers=wanted))
    stored = await store.claims.lock_all(ClaimFilter(payer_claim_numbers=wanted))
    finder.add(stored)
    further = {each.claim_id for each in adjudicated} - {claim.id for claim in finder.claims()}
    if further:
        finder.add(await store.claims.lock_all(ClaimFilter(ids=sorted(further))))
    for claim in stored:
        if claim.payer_claim_number is not None:
            finder.add_payer_number(claim.primary_payer_id, claim.payer_claim_number, claim.id)
    for each in adjudicated:
        if each.payer_claim_number is not None:
            finder.add_payer_number(each.payer_id, each.payer_claim_number, each.claim_id)


async def _load_books(store: Store, claims: Sequence[Claim]) -> dict[UUID, Book]:
    if not claims:
        return {}
    lines: dict[UUID, list[ClaimLine]] = defaultdict(list)
    ids = [claim.id for claim in claims]
    for line in await store.claim_lines.all(ByClaim(claim_ids=ids)):
        lines[line.claim_id].append(line)
    books = {claim.id: Book.open(claim, lines[claim.id]) for claim in claims}
    with_history = [
        claim.id
        for claim in claims
        if claim.adjudication_status != AdjudicationStatus.NOT_ADJUDICATED
        or claim.last_adjudicated_on is not None
    ]
    if with_history:
        await _load_history(store, books, with_history)
    return books


async def _load_history(store: Store, books: dict[UUID, Book], claim_ids: list[UUID]) -> None:
    adjudications = await store.adjudications.all(AdjudicationFilter(claim_ids=claim_ids))
    adjustments: dict[UUID, list[AdjudicationAdjustment]] = defaultdict(list)
    ids = [each.id for each in adjudications]
    for each in await store.adjudication_adjustments.all(ByAdjudication(adjudication_ids=ids)):
        adjustments[each.adjudication_id].append(each)
    for adjudication in adjudications:
        book = books[adjudication.claim_id]
        if adjudication.is_forwarded:
            book.forwarding[adjudication.id] = adjudication.payer_sequence
        book.enter(
            _posted(adjudication, adjustments[adjudication.id]), adjudication.payer_claim_number
        )
    for entry in await store.ledger_entries.all(LedgerFilter(claim_ids=claim_ids)):
        if entry.kind in _OWN_KINDS and entry.claim_id is not None:
            assert entry.adjudication_id is not None
            ledger = books[entry.claim_id].ledger
            key = LedgerKey(entry.kind, entry.adjudication_id, entry.adjustment_id)
            ledger[key] = ledger.get(key, 0) + entry.amount_cents


def _posted(
    adjudication: Adjudication, adjustments: Sequence[AdjudicationAdjustment]
) -> PostedAdjudication:
    is_reversal = adjudication.reverses_id is not None
    return PostedAdjudication(
        id=adjudication.id,
        payer_sequence=adjudication.payer_sequence,
        effective_on=adjudication.effective_on,
        order_key=adjudication.order_key,
        charge_cents=adjudication.charge_cents,
        paid_cents=adjudication.paid_cents,
        outcome=adjudication.outcome,
        adjustments=tuple(
            PostedAdjustment(each.id, each.group_code, each.reason_code, each.amount_cents)
            for each in sorted(adjustments, key=lambda each: each.ordinal)
        ),
        kind=AdjudicationKind.REVERSAL if is_reversal else AdjudicationKind.ADJUDICATION,
        reverses=adjudication.reverses_id,
    )


async def _queue(store: Store, queued: Sequence[_Queued], writing: Writing) -> None:
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


async def _cancel_out(store: Store, queued: Sequence[_Queued]) -> None:
    """Close pairs in the queue: a claim that was never posted and the payer's own reversal of it,
    whichever came first.

    Their money in unapplied cash sums to zero, and nothing is left to decide.
    """
    if not queued:
        return
    numbers = sorted({each.arrival.content.patient_control_number[:80] for each in queued})
    waiting = await store.remittance_exceptions.lock_all(
        RemittanceExceptionFilter(patient_control_numbers=numbers, status=ExceptionStatus.OPEN)
    )
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
        },
    )


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


async def _save(store: Store, writing: Writing, touched: Sequence[Book]) -> None:
    await store.adjudications.create_many(
        list(writing.adjudications.values()), ids=list(writing.adjudications)
    )
    await store.adjudication_lines.create_many(writing.lines)
    await store.adjudication_adjustments.create_many(
        list(writing.adjustments.values()), ids=list(writing.adjustments)
    )
    await store.ledger_entries.create_many(writing.ledger)
    await _save_denials(store, writing, touched)
    await _save_balances(store, touched)


async def _save_denials(store: Store, writing: Writing, touched: Sequence[Book]) -> None:
    """New denials, and the earlier ones of the same claims: open while their decision counts.

    One that was taken back or gave way to another is superseded, whichever came first; it is open
    again when what it gave way to is reversed.
    """
    in_effect = {
        each
        for book in touched
        if book.settlement is not None
        for each in book.settlement.in_effect
    }
    for denial in writing.denials:
        if denial.adjudication_id not in in_effect:
            denial.status = DenialStatus.SUPERSEDED
    decided_before = sorted(
        book.claim.id
        for book in touched
        if any(each.id not in writing.adjudications for each in book.adjudications)
    )
    if decided_before:
        earlier = [
            each
            for each in await store.denials.lock_all(DenialFilter(claim_ids=decided_before))
            if each.status is not DenialStatus.RESOLVED
        ]
        wanted = [
            DenialStatus.OPEN if each.adjudication_id in in_effect else DenialStatus.SUPERSEDED
            for each in earlier
        ]
        changed = [pair for pair in zip(earlier, wanted, strict=True) if pair[0].status != pair[1]]
        await store.denials.update_many(
            {each.id: each.version for each, _ in changed},
            {"status": [status for _, status in changed]},
        )
    await store.denials.create_many(writing.denials)


async def _save_balances(store: Store, touched: Sequence[Book]) -> None:
    """The claims' own columns, which equal their ledger."""
    settled = [(book, book.settlement) for book in touched if book.settlement is not None]
    await store.claims.update_many(
        {book.claim.id: book.claim.version for book, _ in settled},
        {
            "adjudication_status": [each.status for _, each in settled],
            "payment_cents": [each.payments_cents for _, each in settled],
            "write_off_cents": [each.write_offs_cents for _, each in settled],
            "insurance_balance_cents": [each.insurance_balance_cents for _, each in settled],
            "patient_balance_cents": [each.patient_balance_cents for _, each in settled],
            "last_adjudicated_on": [book.last_adjudicated_on for book, _ in settled],
            "payer_claim_number": [book.payer_claim_number for book, _ in settled],
        },
    )


async def _restate(store: Store, queued: Sequence[_Queued]) -> None:
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


async def _close(store: Store, resolved: Sequence[tuple[RemittanceException, Claim]]) -> None:
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
