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

from services.refusals import Category, Refusal
from storage.tables.codes import CodeFields, FeeFields, ProcedurePairFields, UnitLimitFields
from storage.vocabulary.codes import CodeKind

LONGEST_LINE = 10_000
MOST_COLUMNS = 100
HIGHEST_AMOUNT_CENTS = 99_999_999_999
MOST_UNITS = 1_000_000

CodeRow = CodeFields | ProcedurePairFields | UnitLimitFields | FeeFields


@dataclass
class UnreadableCodeFile(Refusal):
    """The file cannot be taken; nothing of it was. ``line`` counts from 1, the heading included."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "The file of codes cannot be read"
    line: int
    reason: str

    @property
    def detail(self) -> str:
        return f"Line {self.line}: {self.reason}. Nothing was loaded."


class _Fault(Exception):
    """What is wrong with a line."""


def rows_of(kind: CodeKind, table_id: UUID, chunks: Iterable[bytes]) -> Iterator[CodeRow]:
    """The rows of a file, one by one. Raises UnreadableCodeFile."""
    layout = _LAYOUTS[kind]
    reader = _Lines(chunks)
    seen: set[tuple[object, ...]] = set()
    try:
        heading, separator = _heading(reader, layout)
        for cells in csv.reader(reader, delimiter=separator, strict=True):
            if not any(cell.strip() for cell in cells):
                continue
            line = _Line(heading, cells)
            row = layout.make(table_id, line)
            if layout.key is not None:
                _remember(seen, layout.key(row))
            yield row
    except (_Fault, csv.Error) as fault:
        raise UnreadableCodeFile(max(reader.number, 1), str(fault)[:200]) from None
    except UnicodeDecodeError:
        raise UnreadableCodeFile(reader.number + 1, "is not UTF-8") from None


def count_rows(kind: CodeKind, chunks: Iterable[bytes]) -> int:
    """How many rows a file has, read to its end. Raises UnreadableCodeFile."""
    count = sum(1 for _ in rows_of(kind, _NO_TABLE, chunks))
    if count == 0:
        raise UnreadableCodeFile(1, "the file has a heading and nothing below it")
    return count


_NO_TABLE = UUID(int=0)


def _remember(seen: set[tuple[object, ...]], key: tuple[object, ...]) -> None:
    if key in seen:
        raise _Fault("repeats a line before it")
    seen.add(key)


class _Lines:
    """The lines of a file, counted; none of them longer than memory should hold."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.number = 0
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
            *lines, left = (left + decoder.decode(chunk)).split("\n")
            yield from lines
            if len(left) > LONGEST_LINE:
                raise _Fault(f"is followed by a line of more than {LONGEST_LINE} characters")
        left += decoder.decode(b"", final=True)
        if left:
            yield left


def _heading(lines: _Lines, layout: _Layout) -> tuple[Mapping[str, int], str]:
    """Where each column stands, by the names of its heading, and what stands between columns."""
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
                raise _Fault(f"two columns are called {column}")
            found[column] = at
    if missing := [name for name in layout.needed if name not in found]:
        raise _Fault(
            f"the heading lacks {', '.join(missing)}; it names {', '.join(layout.columns)}"
        )
    return found, separator


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
        return self._cells[at].strip() if at is not None and at < len(self._cells) else ""

    def code(self, column: str, shape: re.Pattern[str]) -> str:
        code = self.text(column).upper().replace(".", "")
        if shape.fullmatch(code) is None:
            raise _Fault(f"{column} {code[:20]!r} is not made like a code of this table")
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
            raise _Fault(f"{column} {text[:20]!r} is no day as in 2026-01-31") from None

    def days(self) -> dict[str, dt.date | None]:
        first, last = self.day("effective_from"), self.day("effective_to")
        if first is not None and last is not None and last < first:
            raise _Fault(f"ends on {last}, before it begins on {first}")
        return {"effective_from": first, "effective_to": last}

    def choice(self, column: str, *, default: bool) -> bool:
        text = self.text(column).lower()
        if text not in _CHOICES:
            raise _Fault(f"{column} {text[:20]!r} is neither 1 nor 0")
        found = _CHOICES[text]
        return default if found is None else found

    def label(self) -> str:
        text = " ".join(self.text("label").split())
        if len(text) > _LONGEST_LABEL:
            raise _Fault(f"the label has more than {_LONGEST_LABEL} characters")
        return text

    def whole(self, column: str, most: int) -> int:
        text = self.text(column)
        if _WHOLE.fullmatch(text) is None or int(text) > most:
            raise _Fault(f"{column} {text[:20]!r} is no whole number up to {most}")
        return int(text)

    def cents(self, column: str) -> int:
        text = self.text(column).removeprefix("$").replace(",", "")
        try:
            cents = Decimal(text) * 100
        except InvalidOperation:
            raise _Fault(f"{column} {text[:20]!r} is no amount as in 123.45") from None
        if not cents.is_finite() or cents != cents.to_integral_value():
            raise _Fault(f"{column} {text[:20]!r} is no amount in whole cents")
        if not 0 <= cents <= HIGHEST_AMOUNT_CENTS:
            raise _Fault(f"{column} {text[:20]!r} is below zero or too high")
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
    key: Callable[[CodeRow], tuple[object, ...]] | None = None


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


def _priced(row: CodeRow) -> tuple[object, ...]:
    return (
        getattr(row, "code", None),
        getattr(row, "modifier", None),
        getattr(row, "effective_from", None),
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
    ),
    CodeKind.UNIT_LIMITS: _Layout(
        ("code", "units", *_DAYS), ("code", "units"), _unit_limit, _priced
    ),
    CodeKind.FEES: _Layout(
        ("code", "modifier", "amount", *_DAYS), ("code", "amount"), _fee, _priced
    ),
}
