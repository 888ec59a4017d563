"""Finding the claims that arrivals are about, and loading their books, in few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from services.claims.ledger.books import Arrival, Book
from services.claims.remittances.matching import payer_claim_numbers
from services.claims.remittances.settlement import (
    AdjudicationKind,
    LedgerKey,
    PostedAdjudication,
    PostedAdjustment,
)
from storage.filters import (
    AdjudicationFilter,
    ByAdjudication,
    ByClaim,
    ClaimFilter,
    LedgerFilter,
)
from storage.interface import Store
from storage.tables.claims import Claim, ClaimLine
from storage.tables.ledger import Adjudication, AdjudicationAdjustment
from storage.vocabulary.claims import (
    AdjudicationStatus,
    LedgerKind,
)

_OWN_KINDS = frozenset({LedgerKind.PAYMENT, LedgerKind.WRITE_OFF, LedgerKind.PATIENT_TRANSFER})


class Finder:
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


async def find_claims(store: Store, arrivals: Sequence[Arrival]) -> Finder:
    finder = Finder()
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
    replaced = {each.replaces_id for each in finder.claims() if each.replaces_id is not None}
    if replaced and any(each.is_reversal for each in arrivals):
        finder.add(await store.claims.lock_all(ClaimFilter(ids=sorted(replaced))))
    return finder


async def _find_by_payer_number(store: Store, arrivals: Sequence[Arrival], finder: Finder) -> None:
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


async def load_books(store: Store, claims: Sequence[Claim]) -> dict[UUID, Book]:
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
            posted(adjudication, adjustments[adjudication.id]), adjudication.payer_claim_number
        )
    for entry in await store.ledger_entries.all(LedgerFilter(claim_ids=claim_ids)):
        if entry.kind in _OWN_KINDS and entry.claim_id is not None:
            assert entry.adjudication_id is not None
            ledger = books[entry.claim_id].ledger
            key = LedgerKey(entry.kind, entry.adjudication_id, entry.adjustment_id)
            ledger[key] = ledger.get(key, 0) + entry.amount_cents


def posted(
    adjudication: Adjudication, adjustments: Sequence[AdjudicationAdjustment]
) -> PostedAdjudication:
    """A decision of a payer as the rules of settlement see it, with its adjustments in order."""
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
