"""Files of code tables: CSV with a heading, read as a stream, refused by the number of a line."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import ClassVar, NamedTuple

from sqlmodel import SQLModel

from services.refusals import Category, Refusal
from storage.tables.codes import Code, Fee, ProcedurePair, UnitLimit
from storage.vocabulary.codes import CodeKind

LONGEST_LINE = 10_000
MOST_COLUMNS = 100
HIGHEST_AMOUNT_CENTS = 99_999_999_999
MOST_UNITS = 1_000_000

_KEPT_CELLS = 1 << 14
"""Cells repeat from line to line: what one was read as is kept for so many of them."""


class CodeLine(NamedTuple):
    """A code of a set."""

    code: str
    label: str
    effective_from: dt.date | None
    effective_to: dt.date | None
    is_billable: bool


class ProcedurePairLine(NamedTuple):
    """Two procedures that are not paid together."""

    column_one: str
    column_two: str
    effective_from: dt.date | None
    effective_to: dt.date | None
    modifier_allowed: bool


class UnitLimitLine(NamedTuple):
    """The most units of a procedure."""

    code: str
    units: int
    effective_from: dt.date | None
    effective_to: dt.date | None


class FeeLine(NamedTuple):
    """The price of a procedure."""

    code: str
    modifier: str | None
    amount_cents: int
    effective_from: dt.date | None
    effective_to: dt.date | None


CodeRow = CodeLine | ProcedurePairLine | UnitLimitLine | FeeLine
"""A line of a file: the columns of its table that are not the edition's."""


@dataclass
class UnreadableCodeFile(Refusal):
    """The file cannot be taken; nothing of it was. ``line`` counts from 1, the heading included,
    and so does ``column``: the cell of the line that is wrong, None where it is all of it."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "The file of codes cannot be read"
    line: int
    reason: str
    column: int | None = None

    @property
    def detail(self) -> str:
        cell = "" if self.column is None else f", column {self.column}"
        return f"Line {self.line}{cell}: {self.reason}. Nothing was loaded."


class _Fault(Exception):
    """What is wrong with a line, and with which cell of it."""

    def __init__(self, reason: str, column: int | None = None) -> None:
        super().__init__(reason)
        self.column = column


def rows_of(kind: CodeKind, chunks: Iterable[bytes]) -> Iterator[tuple[int, CodeRow]]:
    """The rows of a file, one by one, each with the number of its line.

    Raises UnreadableCodeFile.
    """
    layout = _LAYOUTS[kind]
    reader = _Lines(chunks)
    is_empty = True
    try:
        heading, width, separator = _heading(reader, layout)
        reader.separator = separator
        for cells in csv.reader(reader, delimiter=separator, strict=True):
            if any(cell.strip() for cell in cells):
                _refuse_another_width(cells, width)
                is_empty = False
                yield reader.number, layout.make(_Line(heading, cells))
    except _Fault as fault:
        raise UnreadableCodeFile(max(reader.number, 1), str(fault)[:200], fault.column) from None
    except csv.Error as fault:
        raise UnreadableCodeFile(max(reader.number, 1), str(fault)[:200]) from None
    if is_empty:
        raise UnreadableCodeFile(1, "the file has a heading and nothing below it")


@dataclass(frozen=True)
class CodeShape:
    """The table that rows of a kind are in, the columns that a line gives, and those of them of
    which no two lines of a file have the same values."""

    row: type[SQLModel]
    columns: tuple[str, ...]
    key: tuple[str, ...]


def shape_of(kind: CodeKind) -> CodeShape:
    """How rows of a kind are kept."""
    layout = _LAYOUTS[kind]
    return CodeShape(layout.row, layout.line._fields, (*layout.key, "effective_from"))


def _refuse_another_width(cells: Sequence[str], width: int) -> None:
    """Raises _Fault: a line was cut off, or a separator stands in a text without quotes."""
    if len(cells) < width:
        raise _Fault(f"ends after {len(cells)} of {width} columns", len(cells) + 1)
    if any(cell.strip() for cell in cells[width:]):
        raise _Fault(f"has more than the {width} columns of the heading", width + 1)


class _Lines:
    """The lines of a file, counted; none of them longer than memory should hold."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.number = 0
        self.separator = ","
        self._texts = self._split(chunks)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        text = next(self._texts)
        self.number += 1
        if "\0" in text:
            raise _Fault("holds a NUL character")
        return text

    def _split(self, chunks: Iterable[bytes]) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        left = ""
        for chunk in chunks:
            text, is_cut = self._decoded(decoder, chunk)
            *lines, left = (left + text).split("\n")
            yield from lines
            if is_cut:
                raise self._not_text(left)
            if len(left) > LONGEST_LINE:
                raise _Fault(f"is followed by a line of more than {LONGEST_LINE} characters")
        text, is_cut = self._decoded(decoder, b"", final=True)
        left += text
        if is_cut:
            raise self._not_text(left)
        if left:
            yield left

    @staticmethod
    def _decoded(
        decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False
    ) -> tuple[str, bool]:
        """The text up to what is none, and whether something is none."""
        try:
            return decoder.decode(chunk, final=final), False
        except UnicodeDecodeError as error:
            return error.object[: error.start].decode("utf-8-sig"), True

    def _not_text(self, before: str) -> _Fault:
        self.number += 1
        return _Fault("is not UTF-8", before.count(self.separator) + 1)


def _heading(lines: _Lines, layout: _Layout) -> tuple[Mapping[str, int], int, str]:
    """Where each column stands, by the names of its heading, how many there are, and what stands
    between them."""
    text = next(lines, None)
    if text is None:
        raise _Fault("the file is empty")
    separator = "\t" if "\t" in text else ";" if text.count(";") > text.count(",") else ","
    (names,) = csv.reader([text.rstrip("\r")], delimiter=separator, strict=True)
    if len(names) > MOST_COLUMNS:
        raise _Fault(f"has more than {MOST_COLUMNS} columns")
    found: dict[str, int] = {}
    for at, name in enumerate(names):
        plain = _PLAIN.sub("_", name.strip().lower()).strip("_")
        column = _ALSO_CALLED.get(plain, plain)
        if column in layout.columns:
            if column in found:
                raise _Fault(f"two columns are called {column}", at + 1)
            found[column] = at
    if missing := [name for name in layout.needed if name not in found]:
        raise _Fault(
            f"the heading lacks {', '.join(missing)}; it names {', '.join(layout.columns)}"
        )
    return found, len(names), separator


_PLAIN = re.compile(r"[^a-z0-9]+")
_ALSO_CALLED: Mapping[str, str] = {
    "hcpcs": "code",
    "hcpcs_code": "code",
    "hcpcs_cpt_code": "code",
    "cpt_code": "code",
    "description": "label",
    "long_description": "label",
    "column_1": "column_one",
    "column_2": "column_two",
    "effective_date": "effective_from",
    "termination_date": "effective_to",
    "deletion_date": "effective_to",
    "modifier_indicator": "modifier_allowed",
    "practitioner_services_mue_values": "units",
    "outpatient_hospital_services_mue_values": "units",
    "dme_supplier_services_mue_values": "units",
    "mod": "modifier",
    "fee": "amount",
}
"""What the files of CMS call their columns."""


class _Line:
    """The cells of one line by the names of their columns."""

    def __init__(self, heading: Mapping[str, int], cells: Sequence[str]) -> None:
        self._heading = heading
        self._cells = cells

    def text(self, column: str) -> str:
        at = self._heading.get(column)
        return "" if at is None else self._cells[at].strip()

    def fault(self, column: str, reason: str) -> _Fault:
        """What is wrong with a cell."""
        return _Fault(f"{column} {self.text(column)[:20]!r} {reason}", self._heading[column] + 1)

    def code(self, column: str, shape: re.Pattern[str]) -> str:
        code = _code(self.text(column), shape)
        if code is None:
            raise self.fault(column, "is not made like a code of this table")
        return code

    def day(self, column: str) -> dt.date | None:
        try:
            return _day(self.text(column))
        except ValueError:
            raise self.fault(column, "is no day as in 2026-01-31") from None

    def days(self) -> tuple[dt.date | None, dt.date | None]:
        first, last = self.day("effective_from"), self.day("effective_to")
        if first is not None and last is not None and last < first:
            raise self.fault("effective_to", f"lies before {first}, when it begins")
        return first, last

    def choice(self, column: str, *, default: bool) -> bool:
        text = self.text(column).lower()
        if text not in _CHOICES:
            raise self.fault(column, "is neither 1 nor 0")
        found = _CHOICES[text]
        return default if found is None else found

    def label(self) -> str:
        text = " ".join(self.text("label").split())
        if len(text) > _LONGEST_LABEL:
            raise self.fault("label", f"has more than {_LONGEST_LABEL} characters")
        return text

    def whole(self, column: str, most: int) -> int:
        text = self.text(column)
        if _WHOLE.fullmatch(text) is None or int(text) > most:
            raise self.fault(column, f"is no whole number up to {most}")
        return int(text)

    def cents(self, column: str) -> int:
        text = self.text(column).removeprefix("$").replace(",", "")
        try:
            cents = Decimal(text) * 100
        except InvalidOperation:
            raise self.fault(column, "is no amount as in 123.45") from None
        if not cents.is_finite() or cents != cents.to_integral_value():
            raise self.fault(column, "is no amount in whole cents")
        if not 0 <= cents <= HIGHEST_AMOUNT_CENTS:
            raise self.fault(column, "is below zero or too high")
        return int(cents)


@functools.lru_cache(_KEPT_CELLS)
def _code(text: str, shape: re.Pattern[str]) -> str | None:
    """The code of a cell, None where it is none of that shape."""
    code = text.upper().replace(".", "")
    return None if shape.fullmatch(code) is None else code


@functools.lru_cache(_KEPT_CELLS)
def _day(text: str) -> dt.date | None:
    """The day of a cell, None where it names none. Raises ValueError."""
    if text in ("", "*"):
        return None
    if _COMPACT_DAY.fullmatch(text):
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    return dt.date.fromisoformat(text)


_COMPACT_DAY = re.compile(r"[0-9]{8}", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)
_LONGEST_LABEL = 1000
_CHOICES: Mapping[str, bool | None] = {
    **dict.fromkeys(("1", "yes", "true", "y"), True),
    **dict.fromkeys(("0", "no", "false", "n"), False),
    "9": False,  # NCCI: a modifier does not apply
    "": None,
}


@dataclass(frozen=True)
class _Layout:
    """How the lines of one kind of table are read."""

    columns: tuple[str, ...]
    needed: tuple[str, ...]
    make: Callable[[_Line], CodeRow]
    row: type[SQLModel] = Code
    line: type[CodeRow] = CodeLine
    key: tuple[str, ...] = ("code",)


def _codes(pattern: str) -> _Layout:
    shape = re.compile(pattern, re.ASCII)

    def make(line: _Line) -> CodeLine:
        return CodeLine(
            line.code("code", shape),
            line.label(),
            *line.days(),
            line.choice("is_billable", default=True),
        )

    return _Layout(
        ("code", "label", "effective_from", "effective_to", "is_billable"), ("code",), make
    )


def _pair(line: _Line) -> ProcedurePairLine:
    return ProcedurePairLine(
        line.code("column_one", _PROCEDURE),
        line.code("column_two", _PROCEDURE),
        *line.days(),
        line.choice("modifier_allowed", default=False),
    )


def _unit_limit(line: _Line) -> UnitLimitLine:
    return UnitLimitLine(
        line.code("code", _PROCEDURE), line.whole("units", MOST_UNITS), *line.days()
    )


def _fee(line: _Line) -> FeeLine:
    return FeeLine(
        line.code("code", _PROCEDURE),
        line.code("modifier", _MODIFIER) if line.text("modifier") else None,
        line.cents("amount"),
        *line.days(),
    )


_PROCEDURE = re.compile(r"[0-9A-Z]{5}", re.ASCII)
_MODIFIER = re.compile(r"[0-9A-Z]{2}", re.ASCII)
_DAYS = ("effective_from", "effective_to")
_LAYOUTS: Mapping[CodeKind, _Layout] = {
    CodeKind.DIAGNOSES: _codes("[A-Z][0-9A][0-9A-Z]([0-9A-Z]{1,4})?"),
    CodeKind.PROCEDURES: _codes(_PROCEDURE.pattern),
    CodeKind.MODIFIERS: _codes(_MODIFIER.pattern),
    CodeKind.REVENUE_CODES: _codes("[0-9]{4}"),
    CodeKind.TAXONOMIES: _codes("[0-9A-Z]{9}X"),
    CodeKind.ADJUSTMENT_REASONS: _codes("[0-9A-Z]{1,5}"),
    CodeKind.REMARKS: _codes("[0-9A-Z]{1,6}"),
    CodeKind.AUTHORIZATIONS: _codes(_PROCEDURE.pattern),
    CodeKind.PROCEDURE_PAIRS: _Layout(
        ("column_one", "column_two", *_DAYS, "modifier_allowed"),
        ("column_one", "column_two", "modifier_allowed"),
        _pair,
        ProcedurePair,
        ProcedurePairLine,
        ("column_one", "column_two"),
    ),
    CodeKind.UNIT_LIMITS: _Layout(
        ("code", "units", *_DAYS), ("code", "units"), _unit_limit, UnitLimit, UnitLimitLine
    ),
    CodeKind.FEES: _Layout(
        ("code", "modifier", "amount", *_DAYS),
        ("code", "amount"),
        _fee,
        Fee,
        FeeLine,
        ("code", "modifier"),
    ),
}
