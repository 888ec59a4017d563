"""Values to segments, and every value that cannot be written as a fault that names its field."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from services.claims.x12.segment_layouts import LAYOUTS, DataType, Place

if TYPE_CHECKING:
    import datetime as dt

    from services.claims.x12.delimiters import Delimiters


class FaultKind(StrEnum):
    """Why a value cannot be written."""

    MISSING = "missing"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    CHARACTER = "character"
    DELIMITER = "delimiter"
    NEGATIVE = "negative"
    NOT_A_NUMBER = "not_a_number"
    DATE = "date"
    NOT_IN_GUIDE = "not_in_guide"


class Fault(msgspec.Struct, frozen=True, gc=False):
    """One value that cannot be written.

    ``pointer`` is a JSON pointer into the claim, or into the file where ``claim`` is None. The
    detail never quotes the value.
    """

    kind: FaultKind
    pointer: str
    detail: str
    claim: int | None = None  # counted in the file, from 1
    patient_control_number: str | None = None


class Field(NamedTuple):
    """A text of the model and where it stands there."""

    pointer: str
    text: str


Component = str | Field | None
Element = Component | tuple[Component, ...]
Segment = list[str | list[str]]

# The extended character set of X12 (TR3, appendix B.1.1.2). It has no letters but those of ASCII,
# and the standard names no replacement for others: a name with an accent is a fault, not a guess.
_ALLOWED = re.compile(r"""[A-Za-z0-9 !"&'()*+,\-./:;?=%~@\[\]_{}\\|<>^`#$]*""", re.ASCII)
_SPECIAL = re.compile(r"[^A-Za-z0-9 ]", re.ASCII)
_FIRST_YEAR = 1800
_CENT_DIGITS = 2
# TR3, B.1.1.3.1.2: amounts of HIPAA transactions are limited to ten digits, cents included.
_MOST_AMOUNT_DIGITS = 10


class SegmentList:
    """The segments of one part of a file, in order, and what is wrong with them.

    ``specials`` are the characters other than letters, digits and blanks that the fields hold, so
    that delimiters can be chosen; our own texts hold none but hyphen and period, which never
    separate. Characters in ``reserved`` are those that a partner prescribes.
    """

    def __init__(self, reserved: frozenset[str] = frozenset()) -> None:
        self.segments: list[Segment] = []
        self.faults: list[Fault] = []
        self.specials: set[str] = set()
        self._reserved = reserved

    def add(self, name: str, *elements: Element) -> None:
        """Append a segment; an element is a text of ours, a field, a composite or nothing."""
        segment: Segment = [name]
        for element, place in zip(elements, LAYOUTS[name], strict=False):
            if element is None:
                segment.append("")
            elif isinstance(element, str):
                segment.append(element)
            elif isinstance(element, Field):
                segment.append(self._checked(element, place, f"{name}{len(segment):02}"))
            else:
                where = f"{name}{len(segment):02}"
                segment.append(self._composite(element, place.components, where))
        while len(segment) > 1 and not segment[-1]:
            segment.pop()
        self.segments.append(segment)

    def fault(self, kind: FaultKind, pointer: str, detail: str) -> None:
        """Report what no single element shows."""
        self.faults.append(Fault(kind=kind, pointer=pointer, detail=detail))

    def at_most(self, count: int, found: int, pointer: str) -> None:
        """Report a list that is longer than the guide allows."""
        if found > count:
            self.fault(FaultKind.TOO_MANY, pointer, f"holds {found} entries; at most {count} fit")

    def amount(
        self, pointer: str, cents: int | None, *, may_be_negative: bool = False
    ) -> Component:
        """An amount in the shortest form that X12 writes: 12, 12.5, .05."""
        if cents is None:
            return None
        if cents < 0 and not may_be_negative:
            self.fault(FaultKind.NEGATIVE, pointer, "is negative")
        if len(str(abs(cents))) > _MOST_AMOUNT_DIGITS:
            detail = f"has more than {_MOST_AMOUNT_DIGITS} digits"
            self.fault(FaultKind.TOO_LONG, pointer, detail)
        return amount_text(cents)

    def quantity(self, pointer: str, number: Decimal) -> Component:
        """A quantity without exponent and without zeros that say nothing."""
        if not number.is_finite():
            self.fault(FaultKind.NOT_A_NUMBER, pointer, "is not a finite number")
            return "0"
        if number < 0:
            self.fault(FaultKind.NEGATIVE, pointer, "is negative")
        text = f"{number:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return Field(pointer, text or "0")

    def date(self, pointer: str, day: dt.date | None) -> Component:
        """CCYYMMDD."""
        if day is None:
            return None
        if day.year < _FIRST_YEAR:
            self.fault(FaultKind.DATE, pointer, f"lies before {_FIRST_YEAR}")
        return day.isoformat().replace("-", "")

    def period(self, pointer: str, first: dt.date, last: dt.date) -> Component:
        """CCYYMMDD-CCYYMMDD."""
        if last < first:
            self.fault(FaultKind.DATE, pointer, "ends before it begins")
        return f"{self.date(pointer, first)}-{self.date(pointer, last)}"

    def _composite(
        self, components: tuple[Component, ...], places: tuple[Place, ...], where: str
    ) -> list[str]:
        written = [
            self._checked(each, place, f"{where}-{number}")
            if isinstance(each, Field)
            else each or ""
            for number, (each, place) in enumerate(zip(components, places, strict=False), start=1)
        ]
        while written and not written[-1]:
            written.pop()
        return written

    def _checked(self, field: Field, place: Place, where: str) -> str:
        """The text to write, having reported what is wrong with it."""
        pointer, text = field
        if not text:
            self.fault(FaultKind.MISSING, pointer, f"is empty; {where} needs it")
            return ""
        length = len(text) if place.type is not DataType.REAL else len(text.translate(_NO_COUNT))
        if length < place.shortest:
            detail = f"has fewer than the {place.shortest} characters of {where}"
            self.fault(FaultKind.TOO_SHORT, pointer, detail)
        elif length > place.longest:
            detail = f"has more than the {place.longest} characters of {where}"
            self.fault(FaultKind.TOO_LONG, pointer, detail)
        if text.isascii() and text.isalnum():
            return text
        if not _ALLOWED.fullmatch(text):
            detail = "holds a character outside of X12's character set"
            self.fault(FaultKind.CHARACTER, pointer, detail)
        specials = _SPECIAL.findall(text)
        if not self._reserved.isdisjoint(specials):
            detail = "holds a character that the partner prescribes as a delimiter"
            self.fault(FaultKind.DELIMITER, pointer, detail)
        self.specials.update(specials)
        return text


_NO_COUNT = {ord("-"): None, ord("."): None}  # sign and point of a number have no length


def required(pointer: str, text: str) -> Field:
    """A text that must be there."""
    return Field(pointer, text.strip())


def optional(pointer: str, text: str | None) -> Field | None:
    """A text that may be absent."""
    stripped = text.strip() if text else ""
    return Field(pointer, stripped) if stripped else None


def amount_text(cents: int) -> str:
    """Cents as X12 writes them: no zeros that say nothing, never a float."""
    whole, fraction = divmod(abs(cents), 10**_CENT_DIGITS)
    digits = f"{fraction:02}".rstrip("0")
    text = f"{whole or ''}.{digits}" if digits else str(whole)
    return f"-{text}" if cents < 0 else text


def rendered(segment: Segment, delimiters: Delimiters) -> str:
    """The segment as text, terminator included."""
    component = delimiters.component
    return (
        delimiters.element.join(
            [each if isinstance(each, str) else component.join(each) for each in segment]
        )
        + delimiters.terminator
    )
