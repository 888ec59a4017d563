"""Reading the books: what payers decided, the ledger, and whether all of it agrees."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from services.claims.code_wording import CodeWording, wordings_for
from storage.figures import AccountBalance, OpenItem
from storage.filters import AdjudicationFilter, ByAdjudication, LedgerFilter
from storage.interface import Page, Store
from storage.tables.ledger import (
    Adjudication,
    AdjudicationAdjustment,
    AdjudicationLine,
    LedgerEntry,
)

MOST_FAULTS_NAMED = 100


@dataclass(frozen=True)
class AdjudicationInFull:
    """One decision with its lines and every adjustment, as received, and what its codes are
    called."""

    adjudication: Adjudication
    lines: list[AdjudicationLine]
    adjustments: list[AdjudicationAdjustment]
    wording: list[CodeWording]


@dataclass(frozen=True)
class BooksCheck:
    """Whether the books agree with themselves; where they do not, which rows."""

    claims_that_differ: list[UUID]
    transactions_not_cleared: list[UUID]

    @property
    def is_sound(self) -> bool:
        """Every claim equals its ledger and every deposit is cleared."""
        return not self.claims_that_differ and not self.transactions_not_cleared


async def adjudications_of_claim(store: Store, claim_id: UUID) -> list[AdjudicationInFull]:
    """Everything that payers decided about a claim, in the order it was posted.

    Raises RowNotFound.
    """
    await store.claims.get(claim_id)
    return await _in_full(store, AdjudicationFilter(claim_id=claim_id))


async def adjudications_of_transaction(
    store: Store, transaction_id: UUID, *, limit: int, after: UUID | None
) -> Page[Adjudication]:
    """What a transaction was posted as. Raises RowNotFound."""
    await store.remittance_transactions.get(transaction_id)
    return await store.adjudications.list(
        AdjudicationFilter(transaction_id=transaction_id), limit=limit, after=after
    )


async def ledger_of_claim(
    store: Store, claim_id: UUID, *, limit: int, after: UUID | None
) -> Page[LedgerEntry]:
    """A claim's entries, newest first; its balances are their sums. Raises RowNotFound."""
    await store.claims.get(claim_id)
    return await store.ledger_entries.list(
        LedgerFilter(claim_id=claim_id), limit=limit, after=after
    )


async def ledger_of_transaction(
    store: Store, transaction_id: UUID, *, limit: int, after: UUID | None
) -> Page[LedgerEntry]:
    """The entries that a transaction brought, also later ones. Raises RowNotFound."""
    await store.remittance_transactions.get(transaction_id)
    return await store.ledger_entries.list(
        LedgerFilter(transaction_id=transaction_id), limit=limit, after=after
    )


async def account_balances(store: Store, *, first: dt.date, last: dt.date) -> list[AccountBalance]:
    """Debits less credits of each account over the days from ``first`` to ``last``."""
    return await store.ledger_figures.account_balances(first=first, last=last)


async def open_provider_items(store: Store, *, limit: int) -> list[OpenItem]:
    """PLB amounts that were not balanced out yet, the oldest first."""
    return await store.ledger_figures.open_provider_items(limit=limit)


async def check_books(store: Store) -> BooksCheck:
    """Recompute every balance from the ledger and name what differs."""
    return BooksCheck(
        await store.ledger_figures.claims_that_differ(limit=MOST_FAULTS_NAMED),
        await store.ledger_figures.transactions_not_cleared(limit=MOST_FAULTS_NAMED),
    )


async def _in_full(store: Store, conditions: AdjudicationFilter) -> list[AdjudicationInFull]:
    adjudications = await store.adjudications.all(conditions)
    ids = [each.id for each in adjudications]
    lines: dict[UUID, list[AdjudicationLine]] = defaultdict(list)
    for line in await store.adjudication_lines.all(ByAdjudication(adjudication_ids=ids)):
        lines[line.adjudication_id].append(line)
    adjustments: dict[UUID, list[AdjudicationAdjustment]] = defaultdict(list)
    for each in await store.adjudication_adjustments.all(ByAdjudication(adjudication_ids=ids)):
        adjustments[each.adjudication_id].append(each)
    reasons = {each.id: [one.reason_code for one in adjustments[each.id]] for each in adjudications}
    remarks = {
        each.id: [
            *each.remark_codes,
            *(code for line in lines[each.id] for code in line.remark_codes),
        ]
        for each in adjudications
    }
    named = {code for codes in (*reasons.values(), *remarks.values()) for code in codes}
    wordings = await wordings_for(store, named)
    return [
        AdjudicationInFull(
            each,
            sorted(lines[each.id], key=lambda line: line.ordinal),
            sorted(adjustments[each.id], key=lambda adjustment: adjustment.ordinal),
            wordings.of(reasons[each.id], remarks[each.id], each.effective_on),
        )
        for each in adjudications
    ]
