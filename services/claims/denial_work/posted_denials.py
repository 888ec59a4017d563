"""Saving what posting says of denials: new ones, and what becomes of earlier ones."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from services.claims.books import Book, Writing
from services.claims.company_day import company_today
from services.claims.denial_work.outcomes import record_outcomes, retraction_of
from services.claims.denial_work.superseding import Fate, fate_of, why_superseded
from storage.filters import ByAdjudication, DenialFilter
from storage.interface import Store
from storage.tables.ledger import AdjudicationLineFields, Denial
from storage.vocabulary.claims import DenialStatus


async def save_denials(store: Store, writing: Writing, touched: Sequence[Book]) -> None:
    """New denials, and the earlier ones of the same claims: open while their decision counts.

    One that was taken back or gave way to another is superseded, whichever came first; it is open
    again when what it gave way to is reversed. How the payer decided a second time is put on
    record in the same transaction. What a person has resolved stays as it is. The claims are held,
    and the number of statements does not depend on how many there are.
    """
    books = {book.claim.id: book for book in touched if book.settlement is not None}
    for denial in writing.denials:
        book = books[denial.claim_id]
        because = why_superseded(denial.adjudication_id, _in_effect(book), book.adjudications)
        if because is not None:
            denial.status, denial.superseded_because = DenialStatus.SUPERSEDED, because
    decided_before = sorted(
        claim_id
        for claim_id, book in books.items()
        if any(each.id not in writing.adjudications for each in book.adjudications)
    )
    if decided_before:
        await _restate(store, writing, books, decided_before)
    await store.denials.create_many(writing.denials)


async def _restate(
    store: Store, writing: Writing, books: Mapping[UUID, Book], claim_ids: list[UUID]
) -> None:
    earlier = [
        each
        for each in await store.denials.lock_all(DenialFilter(claim_ids=claim_ids))
        if each.status is not DenialStatus.RESOLVED
    ]
    lines = await _lines_in_effect(store, writing, books, earlier)
    fates = [
        (each, fate_of(each, _in_effect(book), book.adjudications, lines))
        for each in earlier
        for book in (books[each.claim_id],)
    ]
    changed = [(denial, fate) for denial, fate in fates if not _is_already(denial, fate)]
    if not changed:
        return
    today = await company_today(store)
    await store.denials.update_many(
        {denial.id: denial.version for denial, _ in changed},
        {
            "status": [fate.status for _, fate in changed],
            "superseded_because": [fate.because for _, fate in changed],
            "resolution": [fate.outcome and fate.outcome.resolution for _, fate in changed],
            "recovered_cents": [
                fate.outcome and fate.outcome.recovered_cents for _, fate in changed
            ],
            "resolved_on": [fate.outcome and today for _, fate in changed],
        },
    )
    taken_back = [
        (denial, outcome)
        for denial, _ in changed
        for outcome in (retraction_of(denial),)
        if outcome is not None
    ]
    await record_outcomes(store, taken_back, today, is_retraction=True)
    learned = [(denial, fate.outcome) for denial, fate in changed if fate.outcome is not None]
    await record_outcomes(store, learned, today)


async def _lines_in_effect(
    store: Store, writing: Writing, books: Mapping[UUID, Book], earlier: Sequence[Denial]
) -> dict[UUID, list[AdjudicationLineFields]]:
    """The lines of the decisions that count, of claims with a denial whose decision does not."""
    claims = {
        each.claim_id
        for each in earlier
        if each.adjudication_id not in _in_effect(books[each.claim_id])
    }
    wanted = {each for claim_id in claims for each in _in_effect(books[claim_id])}
    lines: dict[UUID, list[AdjudicationLineFields]] = defaultdict(list)
    for line in writing.lines:
        if line.adjudication_id in wanted:
            lines[line.adjudication_id].append(line)
    posted_before = sorted(wanted - writing.adjudications.keys())
    if posted_before:
        found = await store.adjudication_lines.all(ByAdjudication(adjudication_ids=posted_before))
        for row in found:
            lines[row.adjudication_id].append(row)
    return lines


def _is_already(denial: Denial, fate: Fate) -> bool:
    """Whether a denial is what it would become."""
    outcome = fate.outcome
    return (
        denial.status is fate.status
        and denial.superseded_because is fate.because
        and denial.resolution is (outcome and outcome.resolution)
        and denial.recovered_cents == (outcome and outcome.recovered_cents)
    )


def _in_effect(book: Book) -> tuple[UUID, ...]:
    return () if book.settlement is None else book.settlement.in_effect
