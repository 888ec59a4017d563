"""A bank's statement as CSV: one heading, one booking a line, all of it or nothing.

The heading is ``booked_on,amount,reference,description``: a day as 2026-03-02, an amount in dollars
as 1234.56 (below zero where money went out), and two texts that may be empty.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from services.inputs import SEVERAL_LINES
from services.refusals import Category, Refusal
from storage.tables.deposits import BankLineFields

HEADING = ("booked_on", "amount", "reference", "description")
MOST_LINES = 20_000
MOST_FAULTS = 100
LARGEST_BYTES = 5_000_000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(r"(-?)([0-9]{1,9})(?:\.([0-9]{1,2}))?")
_TEXT = re.compile(SEVERAL_LINES)
_LONGEST = {"reference": 200, "description": 500}


@dataclass
class UnreadableStatement(Refusal):
    """The file cannot be read; nothing of it was kept. Lines count from 1, the heading included."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "The bank's statement cannot be read"
    faults: list[StatementFault]

    @property
    def detail(self) -> str:
        first = self.faults[0]
        return f"Line {first.line}: {first.reason}. Nothing was imported."


@dataclass(frozen=True)
class StatementFault:
    """What is wrong with a line."""

    line: int
    reason: str


class Booking(msgspec.Struct, frozen=True):
    """One line of a statement."""

    booked_on: dt.date
    amount_cents: int
    reference: str | None = None
    description: str | None = None


def read_statement(content: bytes) -> list[Booking]:
    """The bookings of a statement, in its order. Raises UnreadableStatement with every fault."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UnreadableStatement([StatementFault(line, "is not UTF-8")]) from None
    try:
        rows = list(csv.reader(text.splitlines(), strict=True))
    except csv.Error as error:
        raise UnreadableStatement([StatementFault(1, f"is no CSV: {error}")]) from None
    if not rows or tuple(rows[0]) != HEADING:
        wanted = ",".join(HEADING)
        raise UnreadableStatement([StatementFault(1, f"the heading is not {wanted}")])
    if len(rows) - 1 > MOST_LINES:
        raise UnreadableStatement([StatementFault(MOST_LINES + 2, f"more than {MOST_LINES} lines")])
    bookings, faults = [], []
    for number, row in enumerate(rows[1:], start=2):
        try:
            bookings.append(_booking(row))
        except ValueError as fault:
            faults.append(StatementFault(number, str(fault)))
    if faults or not bookings:
        raise UnreadableStatement(faults[:MOST_FAULTS] or [StatementFault(2, "there is no line")])
    return bookings


def lines_of(account: str, bookings: Sequence[Booking]) -> list[BankLineFields]:
    """The rows of a statement. Bookings that say the same are told apart by their order in it."""
    seen: Counter[Booking] = Counter()
    lines = []
    for each in bookings:
        seen[each] += 1
        key = hashlib.sha256(msgspec.json.encode([account, each, seen[each]])).digest()
        lines.append(
            BankLineFields(
                account=account,
                booked_on=each.booked_on,
                amount_cents=each.amount_cents,
                reference=each.reference,
                description=each.description,
                line_key=key,
            )
        )
    return lines


def _booking(row: Sequence[str]) -> Booking:
    """Raises ValueError, which says what is wrong."""
    if len(row) != len(HEADING):
        raise ValueError(f"has {len(row)} fields instead of {len(HEADING)}")
    day, amount, reference, description = (each.strip() for each in row)
    if _DAY.fullmatch(day) is None:
        raise ValueError("booked_on is no day as in 2026-03-02")
    texts = {"reference": reference, "description": description}
    for name, text in texts.items():
        if len(text) > _LONGEST[name]:
            raise ValueError(f"{name} has more than {_LONGEST[name]} characters")
        if _TEXT.fullmatch(text) is None:
            raise ValueError(f"{name} holds characters that are not allowed")
    try:
        booked_on = dt.date.fromisoformat(day)
    except ValueError:
        raise ValueError("booked_on is no day of the calendar") from None
    return Booking(booked_on, _cents(amount), reference or None, description or None)


def _cents(text: str) -> int:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError("amount is no amount as in -1234.56")
    sign, dollars, cents = found.groups()
    amount = int(dollars) * 100 + int((cents or "").ljust(2, "0"))
    if amount == 0:
        raise ValueError("amount is zero")
    return -amount if sign else amount
