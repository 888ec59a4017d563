"""What one element of an X12 segment means: amounts, dates and composites, read exactly."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache

MAX_AMOUNT_DIGITS = 18  # X12 data element 782: at most 18 digits
_CENT_DIGITS = 2
_DATE_DIGITS = 8  # CCYYMMDD
_QUANTITY = re.compile(r"[+-]?(?=\d|\.\d)\d{0,12}(?:\.\d{0,3}0*)?", re.ASCII)
_MAX_COUNT_DIGITS = 10  # X12 data element 96


def cents_from(text: str) -> int | None:
    """The amount in cents, or None where ``text`` is not one.

    Read from the digits themselves, never through a float: ``12``, ``12.5``, ``12.50``, ``-.5``
    and ``+3`` are amounts; an exponent, a blank, a letter, a third decimal other than zero or more
    than 18 digits of cents is none.
    """
    whole, _, fraction = text.partition(".")
    if len(fraction) == _CENT_DIGITS and whole.isdigit() and fraction.isdigit() and text.isascii():
        return _within_bounds(whole + fraction)
    sign = -1 if whole[:1] == "-" else 1
    if whole[:1] in ("-", "+"):
        whole = whole[1:]
    digits = whole + fraction
    if not digits.isdigit() or not digits.isascii() or fraction[_CENT_DIGITS:].strip("0"):
        return None
    cents = _within_bounds(whole + fraction[:_CENT_DIGITS].ljust(_CENT_DIGITS, "0"))
    return None if cents is None else sign * cents


def _within_bounds(digits: str) -> int | None:
    if len(digits) > MAX_AMOUNT_DIGITS:
        digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= MAX_AMOUNT_DIGITS else None


@lru_cache(maxsize=4096)
def date_from(text: str) -> dt.date | None:
    """The date of a CCYYMMDD element, or None where there is no such day."""
    if len(text) != _DATE_DIGITS or not text.isdigit() or not text.isascii():
        return None
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def count_from(text: str) -> int | None:
    """The number in a trailer's count element (SE01, GE01, IEA01), or None where it is none."""
    return (
        int(text) if len(text) <= _MAX_COUNT_DIGITS and text.isdigit() and text.isascii() else None
    )


def quantity_from(text: str) -> Decimal | None:
    """The quantity to the thousandth (twelve digits before the point), or None where it is none."""
    return Decimal(text) if _QUANTITY.fullmatch(text) else None


def component_separator_of(composite: str, declared: str) -> str:
    """The separator that ``composite`` uses, whatever ISA16 declares.

    The composites of an 835 (SVC01, SVC06, PLB03 and its like) begin with a code of two
    characters, so that the third character is the separator in use.
    """
    third = composite[2:3]
    if third == declared or not third or third.isalnum() or third == " ":
        return declared
    return third
