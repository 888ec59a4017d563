"""Lists as files: CSV, JSON Lines and Parquet, streamed a page at a time.

Each page is read in a transaction of its own, which authenticates anew and has the page on record
before it leaves; no connection is held while the client takes it, and memory does not grow with
the list. The pages are those of the list itself, so the file has the rows that the list has, in
its order.
"""

import csv
import datetime as dt
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from enum import StrEnum
from operator import itemgetter
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import QueryParameter
from litestar.response import Stream
from pydantic import BaseModel
from sqlmodel import SQLModel

from app.call import Call
from storage.interface import Page, Store

ROWS_AT_ONCE = 2_000
CSV = "text/csv"
JSON_LINES = "application/jsonl"
PARQUET = "application/vnd.apache.parquet"
EXPORTED = (CSV, JSON_LINES, PARQUET)
"""What an export may be."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would calculate."""

Ask = Callable[[Store, int, UUID | None], Awaitable[Page[Any]]]
"""A page of the list: at most so many rows, after the one with this id."""


class ExportForm(StrEnum):
    """How the file is written."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"

    @property
    def media_type(self) -> str:
        """What the file is."""
        return {"csv": CSV, "jsonl": JSON_LINES, "parquet": PARQUET}[self.value]


Form = Annotated[ExportForm, QueryParameter(description="How the file is written.")]


async def exported(
    request: Call, ask: Ask, model: type[BaseModel], *, form: ExportForm, name: str
) -> Stream:
    """The whole list as a file. What is refused is refused before the first byte."""
    first = await _page(request, ask, None)
    file_name = f"{name}.{form.value}"
    return Stream(
        _chunks(request, ask, first, model, form),
        media_type=form.media_type,
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


async def _page(request: Call, ask: Ask, after: UUID | None) -> Page[SQLModel]:
    found: list[Page[SQLModel]] = []

    def keep(page: Page[SQLModel]) -> Response[None]:
        found.append(page)
        return Response(None)

    await request.run(lambda store: ask(store, ROWS_AT_ONCE, after), keep)
    return found[-1]


async def _chunks(
    request: Call, ask: Ask, first: Page[SQLModel], model: type[BaseModel], form: ExportForm
) -> AsyncIterator[bytes]:
    names = tuple(model.model_fields)
    file = None
    if form is ExportForm.PARQUET:
        from app.parquet import ParquetFile  # noqa: PLC0415 -- large, and few exports are Parquet

        file = ParquetFile(model)
    if form is ExportForm.CSV:
        yield csv_text([names])
    page = first
    while True:
        if file is not None:
            yield file.part(page.rows)
        else:
            write = _csv_rows if form is ExportForm.CSV else _json_lines
            yield write(names, page.rows)
        if page.next_after is None:
            break
        page = await _page(request, ask, page.next_after)
    if file is not None:
        yield file.end()


def _json_lines(names: Sequence[str], rows: Iterable[SQLModel]) -> bytes:
    encode = msgspec.json.encode
    return b"".join(encode({name: row.__dict__[name] for name in names}) + b"\n" for row in rows)


def csv_file(names: Sequence[str], rows: Iterable[SQLModel]) -> bytes:
    """A whole table: a line of names, then one a row."""
    return csv_text([names]) + _csv_rows(names, rows)


def _csv_rows(names: Sequence[str], rows: Iterable[SQLModel]) -> bytes:
    pick = itemgetter(*names)
    return csv_text([cell(value) for value in pick(row.__dict__)] for row in rows)


def csv_text(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows of cells as CSV."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def cell(value: object) -> str:
    """A value as a cell: lists with spaces between, documents as JSON, and no text that a
    spreadsheet would take for a formula."""
    match value:
        case None:
            return ""
        case dt.datetime():
            return value.isoformat()
        case list():
            return " ".join(map(str, value))
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case str() if value.startswith(_FORMULA):
            return f"'{value}"
        case _:
            return str(value)
