"""Which expected amounts a line of the bank may be. Pure: amounts, days and trace numbers.

Exact is one amount under one trace number within the window, with no other of either like it; only
that is matched without a person (CAQH CORE 370: date, amount and TRN data of the CCD+ addenda).
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files

import msgspec

from storage.tables.deposits import BankLine, CashItem

_ADDENDA_TRACE = re.compile(r"TRN\*\d\*([^*~\\|]+)")
_WORDS = re.compile(r"[A-Z0-9][A-Z0-9./_-]*")


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many calendar days a line may stand before or after the day that was expected."""

    days_before: int
    days_after: int
    source: str

    @property
    def before(self) -> dt.timedelta:
        """How long before the day that was expected."""
        return dt.timedelta(days=self.days_before)

    @property
    def after(self) -> dt.timedelta:
        """How long after it."""
        return dt.timedelta(days=self.days_after)


class _WindowFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: dt.date
    window: Window


def parse_window(text: str) -> Window:
    """The window that a TOML text holds. Raises msgspec.ValidationError."""
    return msgspec.convert(tomllib.loads(text), _WindowFile).window


WINDOW = parse_window(
    files("services.claims").joinpath("data/deposit_windows.toml").read_text("utf-8")
)
"""The packaged window."""


def traces_of(line: BankLine) -> frozenset[str]:
    """The words of a line that can be a trace number: TRN02 of its addenda, and all others."""
    text = f"{line.reference or ''} {line.description or ''}".upper()
    addenda = {each.strip() for each in _ADDENDA_TRACE.findall(text)}
    return frozenset(addenda | set(_WORDS.findall(text)))


def is_in_window(line: BankLine, item: CashItem) -> bool:
    """Whether the line's day can be the day of what was expected."""
    return -WINDOW.before <= line.booked_on - item.expected_on <= WINDOW.after


def has_trace(line: BankLine, item: CashItem) -> bool:
    """Whether the line names the trace number of what was expected."""
    return item.trace is not None and item.trace.upper() in traces_of(line)


def candidates(line: BankLine, items: Sequence[CashItem], *, most: int) -> list[CashItem]:
    """What may be a line, or a part of it: the likeliest first.

    The same trace number, then the same amount, then the nearest day; never more than the line, nor
    of the other direction.
    """
    possible = [
        each
        for each in items
        if is_in_window(line, each)
        and (each.amount_cents > 0) is (line.amount_cents > 0)
        and abs(each.amount_cents) <= abs(line.amount_cents)
    ]
    possible.sort(
        key=lambda each: (
            not has_trace(line, each),
            each.amount_cents != line.amount_cents,
            abs((line.booked_on - each.expected_on).days),
            each.id,
        )
    )
    return possible[:most]


def exact_pairs(
    lines: Sequence[BankLine], items: Sequence[CashItem]
) -> list[tuple[BankLine, CashItem]]:
    """Lines and expected amounts that are each other's only exact counterpart."""
    by_amount: dict[int, list[CashItem]] = {}
    for item in items:
        by_amount.setdefault(item.amount_cents, []).append(item)
    pairs = [
        (line, item)
        for line in lines
        for item in by_amount.get(line.amount_cents, [])
        if is_in_window(line, item) and has_trace(line, item)
    ]
    of_line = Counter(line.id for line, _ in pairs)
    of_item = Counter(item.id for _, item in pairs)
    return [(line, item) for line, item in pairs if of_line[line.id] == 1 and of_item[item.id] == 1]
