"""The bank's lines: imported once, matched to what was expected, set aside.

Nothing is called cash before a line of the bank is matched to it: only then it moves from cash
expected to cash, and an unmatching moves it back by contra entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.claims.deposits.expecting import cancel
from services.claims.deposits.likeness import WINDOW, candidates, exact_pairs
from services.claims.deposits.statement_file import (
    MOST_FAULTS,
    Booking,
    StatementFault,
    UnreadableStatement,
    lines_of,
)
from services.claims.drafts import HIGHEST_CHARGE_CENTS, CalendarDay
from services.claims.ledger.claim_balances import entry
from services.company_calendar import company_today
from services.inputs import Identifier, Input, Name, Reason
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.filters import BankLineFilter, CashItemFilter
from storage.interface import Page, Store
from storage.tables.deposits import BankLine, CashItem
from storage.tables.ledger import LedgerFields
from storage.vocabulary.claims import LedgerKind
from storage.vocabulary.money import BankLineStatus, CashStatus

ENTITY = "bank_lines"
MOST_CANDIDATES = 20
MOST_ITEMS = 1_000
_TRANSITIONS = {
    BankLineStatus.OPEN: frozenset({BankLineStatus.MATCHED, BankLineStatus.SET_ASIDE}),
    BankLineStatus.MATCHED: frozenset({BankLineStatus.OPEN}),
    BankLineStatus.SET_ASIDE: frozenset({BankLineStatus.OPEN}),
}


class NewBankLine(Input):
    """One booking of the bank; below zero it went out."""

    booked_on: Annotated[CalendarDay, Field(examples=["2026-03-02"])]
    amount_cents: Annotated[
        int, Field(ge=-HIGHEST_CHARGE_CENTS, le=HIGHEST_CHARGE_CENTS, examples=[8000])
    ]
    reference: Name | None = None
    description: Reason | None = None


class NewBankLines(Input):
    """Bookings of an account, in the bank's order. Those that are known are left out."""

    account: Annotated[Identifier, Field(examples=["operating"])]
    lines: Annotated[list[NewBankLine], Field(min_length=1, max_length=MOST_ITEMS)]


class DepositMatch(Input):
    """The expected amounts that a line of the bank is; together they are its amount."""

    cash_item_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_ITEMS)]


@dataclass
class DepositDiffers(Refusal):
    """What was chosen does not sum to the line."""

    title: ClassVar[str] = "The chosen amounts do not sum to the line of the bank"
    line_cents: int
    chosen_cents: int


@dataclass
class NotExpected(Refusal):
    """Some of what was chosen is deposited already, or will never be."""

    title: ClassVar[str] = "Some of the chosen amounts are not expected any more"
    cash_item_ids: list[UUID]


@dataclass(frozen=True)
class Imported:
    """What became of a statement: how many lines are new, were known, and were matched at once."""

    added: int
    known: int
    matched: int


@dataclass(frozen=True)
class BankLineInFull:
    """A line and what it was matched to."""

    line: BankLine
    cash_items: list[CashItem]


async def add_lines(store: Store, new: NewBankLines) -> Imported:
    """Import bookings that came over the API. Raises InvalidInput."""
    today = await company_today(store)
    faults = [
        Fault(f"/lines/{at}/{name}", what)
        for at, each in enumerate(new.lines)
        for name, what, is_wrong in (
            ("amount_cents", "is zero", each.amount_cents == 0),
            ("booked_on", "lies in the future", each.booked_on > today),
        )
        if is_wrong
    ]
    if faults:
        raise InvalidInput(faults)
    bookings = [Booking(*dict(each).values()) for each in new.lines]
    return await import_statement(store, new.account, bookings)


async def import_statement(store: Store, account: str, bookings: Sequence[Booking]) -> Imported:
    """Import what is new of a statement, and match what is exact. Raises UnreadableStatement for
    bookings of days to come; its lines are those of the file."""
    today = await company_today(store)
    if faults := [
        StatementFault(line, "booked_on lies in the future")
        for line, each in enumerate(bookings, start=2)
        if each.booked_on > today
    ]:
        raise UnreadableStatement(faults[:MOST_FAULTS])
    await store.wait_for_lock("bank-lines")
    lines = lines_of(account, bookings)
    keys = [each.line_key for each in lines]
    known = {each.line_key for each in await store.bank_lines.all(BankLineFilter(line_keys=keys))}
    fresh = [each for each in lines if each.line_key not in known]
    await store.bank_lines.create_many(fresh)
    matched = await match_exact(store) if fresh else 0
    return Imported(len(fresh), len(lines) - len(fresh), matched)


async def match_exact(store: Store) -> int:
    """Match every open line whose only counterpart is exact; returns how many."""
    lines = await store.bank_lines.lock_all(BankLineFilter(status=BankLineStatus.OPEN))
    if not lines:
        return 0
    items = await store.cash_items.lock_all(
        CashItemFilter(
            status=CashStatus.EXPECTED,
            expected_from=min(each.booked_on for each in lines) - WINDOW.after,
            expected_until=max(each.booked_on for each in lines) + WINDOW.before,
        )
    )
    pairs = exact_pairs(lines, items)
    await _deposit(store, pairs)
    await store.bank_lines.update_many(
        {line.id: line.version for line, _ in pairs},
        {"status": [BankLineStatus.MATCHED] * len(pairs)},
    )
    return len(pairs)


async def match_line(
    store: Store, line_id: UUID, match: DepositMatch, *, expected_version: int
) -> BankLineInFull:
    """Match a line to what a person chose.

    Raises RowNotFound, VersionConflict, IllegalTransition, InvalidInput, NotExpected,
    DepositDiffers.
    """
    line = await _held_for(store, line_id, BankLineStatus.MATCHED, expected_version)
    chosen = sorted(set(match.cash_item_ids))
    items = await store.cash_items.lock_all(CashItemFilter(ids=chosen))
    found = {each.id for each in items}
    if faults := [
        Fault(f"/cash_item_ids/{at}", "names nothing that is expected")
        for at, item_id in enumerate(match.cash_item_ids)
        if item_id not in found
    ]:
        raise InvalidInput(faults)
    if gone := [each.id for each in items if each.status is not CashStatus.EXPECTED]:
        raise NotExpected(gone)
    total = sum(each.amount_cents for each in items)
    if total != line.amount_cents:
        raise DepositDiffers(line.amount_cents, total)
    await _deposit(store, [(line, each) for each in items])
    await store.bank_lines.update(
        line_id, {"status": BankLineStatus.MATCHED}, expected_version=line.version
    )
    return await get_line(store, line_id)


async def unmatch_line(store: Store, line_id: UUID, *, expected_version: int) -> BankLineInFull:
    """Take a matching back. What went back meanwhile is expected no more.

    Raises RowNotFound, VersionConflict, IllegalTransition.
    """
    line = await store.bank_lines.lock(line_id)
    if line.status is not BankLineStatus.MATCHED:
        raise _illegal(line, BankLineStatus.OPEN)
    if line.version != expected_version:
        raise VersionConflict(ENTITY)
    items = await store.cash_items.lock_all(CashItemFilter(bank_line_id=line_id))
    await store.ledger_entries.create_many([_banked(line, each, -1) for each in items])
    await store.cash_items.update_many(
        {each.id: each.version for each in items},
        {"status": [CashStatus.EXPECTED] * len(items), "bank_line_id": [None] * len(items)},
    )
    await _cancel_out(store, [each.id for each in items])
    await store.bank_lines.update(
        line_id, {"status": BankLineStatus.OPEN}, expected_version=line.version
    )
    return await get_line(store, line_id)


async def set_aside(
    store: Store, line_id: UUID, reason: str, *, expected_version: int
) -> BankLineInFull:
    """Say that a line is none of what is kept here.

    Raises RowNotFound, VersionConflict, IllegalTransition.
    """
    line = await _held_for(store, line_id, BankLineStatus.SET_ASIDE, expected_version)
    changes = {"status": BankLineStatus.SET_ASIDE, "closing_note": reason}
    updated = await store.bank_lines.update(line_id, changes, expected_version=line.version)
    return BankLineInFull(updated, [])


async def take_up(store: Store, line_id: UUID, *, expected_version: int) -> BankLineInFull:
    """Have a line that was set aside back among the open ones.

    Raises RowNotFound, VersionConflict, IllegalTransition.
    """
    line = await store.bank_lines.lock(line_id)
    if line.status is not BankLineStatus.SET_ASIDE:
        raise _illegal(line, BankLineStatus.OPEN)
    changes = {"status": BankLineStatus.OPEN, "closing_note": None}
    updated = await store.bank_lines.update(line_id, changes, expected_version=expected_version)
    return BankLineInFull(updated, [])


async def line_candidates(store: Store, line_id: UUID) -> list[CashItem]:
    """What a line may be, or a part of it, the likeliest first. Raises RowNotFound."""
    line = await store.bank_lines.get(line_id)
    expected = await store.cash_items.all(
        CashItemFilter(
            status=CashStatus.EXPECTED,
            expected_from=line.booked_on - WINDOW.after,
            expected_until=line.booked_on + WINDOW.before,
        )
    )
    return candidates(line, expected, most=MOST_CANDIDATES)


async def get_line(store: Store, line_id: UUID) -> BankLineInFull:
    """Raises RowNotFound."""
    line = await store.bank_lines.get(line_id)
    return BankLineInFull(line, await store.cash_items.all(CashItemFilter(bank_line_id=line_id)))


async def list_lines(
    store: Store, conditions: BankLineFilter, *, limit: int, after: UUID | None
) -> Page[BankLine]:
    """Lines, newest first."""
    return await store.bank_lines.list(conditions, limit=limit, after=after)


async def list_items(
    store: Store, conditions: CashItemFilter, *, limit: int, after: UUID | None
) -> Page[CashItem]:
    """Amounts that were expected, newest first."""
    return await store.cash_items.list(conditions, limit=limit, after=after)


async def _held_for(
    store: Store, line_id: UUID, wanted: BankLineStatus, expected_version: int
) -> BankLine:
    line = await store.bank_lines.lock(line_id)
    if line.version != expected_version:
        raise VersionConflict(ENTITY)
    if line.status is not BankLineStatus.OPEN:
        raise _illegal(line, wanted)
    return line


def _illegal(line: BankLine, wanted: BankLineStatus) -> IllegalTransition:
    return IllegalTransition("bank line", line.status, wanted, sorted(_TRANSITIONS[line.status]))


async def _deposit(store: Store, pairs: Sequence[tuple[BankLine, CashItem]]) -> None:
    """Call expected amounts deposited on their lines, in two statements."""
    await store.ledger_entries.create_many([_banked(line, item, 1) for line, item in pairs])
    await store.cash_items.update_many(
        {item.id: item.version for _, item in pairs},
        {
            "status": [CashStatus.DEPOSITED] * len(pairs),
            "bank_line_id": [line.id for line, _ in pairs],
        },
    )


def _banked(line: BankLine, item: CashItem, sign: int) -> LedgerFields:
    return entry(
        LedgerKind.BANKED,
        sign * item.amount_cents,
        effective_on=line.booked_on,
        source_id=item.id,
        payer_id=item.payer_id,
    )


async def _cancel_out(store: Store, item_ids: Sequence[UUID]) -> None:
    """Pairs of an amount and its going back, neither of which the bank has shown."""
    backs = [
        each
        for each in await store.cash_items.lock_all(CashItemFilter(reverses_ids=list(item_ids)))
        if each.status is CashStatus.EXPECTED
    ]
    if backs:
        originals = {each.reverses_id for each in backs}
        held = await store.cash_items.lock_all(
            CashItemFilter(ids=sorted(each for each in originals if each is not None))
        )
        await cancel(store, [*held, *backs])
