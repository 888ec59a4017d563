"""Files of code tables: CSV with a heading, read as a stream, refused by the number of a line."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import ClassVar
from uuid import UUID

from sqlmodel import SQLModel

from services.refusals import Category, Refusal
from storage.tables.codes import (
    Code,
    CodeFields,
    Fee,
    FeeFields,
    ProcedurePair,
    ProcedurePairFields,
    UnitLimit,
    UnitLimitFields,
)
from storage.vocabulary.codes import CodeKind

LONGEST_LINE = 10_000
MOST_COLUMNS = 100
HIGHEST_AMOUNT_CENTS = 99_999_999_999
MOST_UNITS = 1_000_000

CodeRow = CodeFields | ProcedurePairFields | UnitLimitFields | FeeFields


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


NO_TABLE = UUID(int=0)
"""What a row names until its edition has an id."""


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
                yield reader.number, layout.make(NO_TABLE, _Line(heading, cells))
    except _Fault as fault:
        raise UnreadableCodeFile(max(reader.number, 1), str(fault)[:200], fault.column) from None
    except csv.Error as fault:
        raise UnreadableCodeFile(max(reader.number, 1), str(fault)[:200]) from None
    if is_empty:
        raise UnreadableCodeFile(1, "the file has a heading and nothing below it")


def keys_of(kind: CodeKind) -> tuple[type[SQLModel], tuple[str, ...]]:
    """The table that rows of a kind are in, and the columns of which no two rows of a file have
    the same values."""
    layout = _LAYOUTS[kind]
    return layout.row, (*layout.key, "effective_from")


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
        code = self.text(column).upper().replace(".", "")
        if shape.fullmatch(code) is None:
            raise self.fault(column, "is not made like a code of this table")
        return code

    def day(self, column: str) -> dt.date | None:
        text = self.text(column)
        if text in ("", "*"):
            return None
        try:
            if _COMPACT_DAY.fullmatch(text):
                return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
            return dt.date.fromisoformat(text)
        except ValueError:
            raise self.fault(column, "is no day as in 2026-01-31") from None

    def days(self) -> dict[str, dt.date | None]:
        first, last = self.day("effective_from"), self.day("effective_to")
        if first is not None and last is not None and last < first:
            raise self.fault("effective_to", f"lies before {first}, when it begins")
        return {"effective_from": first, "effective_to": last}

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
    make: Callable[[UUID, _Line], CodeRow]
    row: type[SQLModel] = Code
    key: tuple[str, ...] = ("code",)


def _codes(pattern: str) -> _Layout:
    shape = re.compile(pattern, re.ASCII)

    def make(table_id: UUID, line: _Line) -> CodeFields:
        return CodeFields(
            table_id=table_id,
            code=line.code("code", shape),
            label=line.label(),
            is_billable=line.choice("is_billable", default=True),
            **line.days(),
        )

    return _Layout(
        ("code", "label", "effective_from", "effective_to", "is_billable"), ("code",), make
    )


def _pair(table_id: UUID, line: _Line) -> ProcedurePairFields:
    return ProcedurePairFields(
        table_id=table_id,
        column_one=line.code("column_one", _PROCEDURE),
        column_two=line.code("column_two", _PROCEDURE),
        modifier_allowed=line.choice("modifier_allowed", default=False),
        **line.days(),
    )


def _unit_limit(table_id: UUID, line: _Line) -> UnitLimitFields:
    return UnitLimitFields(
        table_id=table_id,
        code=line.code("code", _PROCEDURE),
        units=line.whole("units", MOST_UNITS),
        **line.days(),
    )


def _fee(table_id: UUID, line: _Line) -> FeeFields:
    return FeeFields(
        table_id=table_id,
        code=line.code("code", _PROCEDURE),
        modifier=line.code("modifier", _MODIFIER) if line.text("modifier") else None,
        amount_cents=line.cents("amount"),
        **line.days(),
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
        ("column_one", "column_two"),
    ),
    CodeKind.UNIT_LIMITS: _Layout(
        ("code", "units", *_DAYS), ("code", "units"), _unit_limit, UnitLimit
    ),
    CodeKind.FEES: _Layout(
        ("code", "modifier", "amount", *_DAYS),
        ("code", "amount"),
        _fee,
        Fee,
        ("code", "modifier"),
    ),
}
