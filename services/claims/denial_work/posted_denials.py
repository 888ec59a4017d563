"""Saving what posting says of denials: new ones, and what becomes of earlier ones."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from services.claims.appealing.deadlines import DEADLINES, Ladder
from services.claims.denial_work.outcomes import record_outcomes, retraction_of
from services.claims.denial_work.superseding import Fate, fate_of, why_superseded
from services.claims.ledger.books import Book, NewDenial, Writing
from services.company_calendar import company_today
from storage.filters import AppealRuleFilter, ByAdjudication, DenialFilter
from storage.interface import Store
from storage.tables.ledger import AdjudicationLineFields, Denial, DenialFields
from storage.vocabulary.claims import DenialStatus


async def save_denials(store: Store, writing: Writing, touched: Sequence[Book]) -> None:
    """New denials, and the earlier ones of the same claims: open while their decision counts.

    One that was taken back or gave way to another is superseded, whichever came first; it is open
    again when what it gave way to is reversed. How the payer decided a second time is put on
    record in the same transaction. What a person has resolved stays as it is. The claims are held,
    and the number of statements does not depend on how many there are.
    """
    books = {book.claim.id: book for book in touched if book.settlement is not None}
    decided_before = sorted(
        claim_id
        for claim_id, book in books.items()
        if any(each.id not in writing.adjudications for each in book.adjudications)
    )
    if decided_before:
        await _restate(store, writing, books, decided_before)
    if writing.denials:
        await store.denials.create_many(await _fields(store, writing.denials, books))


async def _fields(
    store: Store, denials: Sequence[NewDenial], books: Mapping[UUID, Book]
) -> list[DenialFields]:
    """The rows of new denials, each with its deadline by the company's rules for its payer."""
    payers = {each.payer.id: each.payer for each in denials}
    rules = await store.appeal_rules.all(AppealRuleFilter(payer_ids=sorted(payers)))
    ladders = {each.id: Ladder(each.id, each.type, rules) for each in payers.values()}
    return [
        _row(each, books[each.claim.id], ladders[each.payer.id], received_on(each))
        for each in denials
    ]


def received_on(denial: NewDenial) -> dt.date:
    """The company's day on which the remittance of a denial counts as received."""
    return DEADLINES.received_on(
        denial.payer.type,
        arrived_on=denial.source.arrived_on,
        paid_on=denial.source.transaction.payment_date,
    )


def _row(denial: NewDenial, book: Book, ladder: Ladder, received: dt.date) -> DenialFields:
    line, claim = denial.line, denial.claim
    due = ladder.first_due(received, claim_type=claim.type, is_appealable=line.is_appealable)
    because = why_superseded(denial.adjudication_id, _in_effect(book), book.adjudications)
    return DenialFields(
        claim_id=claim.id,
        patient_id=claim.patient_id,
        adjudication_id=denial.adjudication_id,
        payer_id=denial.payer.id,
        claim_line_id=denial.claim_line_id,
        line_ordinal=line.line_ordinal,
        group_code=line.group,
        reason_code=line.reason,
        remark_codes=list(line.remark_codes),
        amount_cents=line.amount_cents,
        category=line.category,
        root_cause=line.root_cause,
        owner_role=line.owner,
        next_action=line.next_action,
        denied_on=denial.source.effective_on,
        due_on=due.due_on,
        due_is_verified=due.is_verified,
        due_source=due.source,
        appeal_level=due.level,
        deadline_started_on=received,
        is_correctable=line.is_correctable,
        is_appealable=line.is_appealable,
        status=DenialStatus.OPEN if because is None else DenialStatus.SUPERSEDED,
        superseded_because=because,
    )


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
