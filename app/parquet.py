"""Rows as a Parquet file, written a part at a time: a row group for each.

Types are those of the answer's model: whole numbers as int64 (cents among them), decimals exact,
days as date32, moments as timestamps in UTC, ids and words as text, lists of them as lists,
documents as JSON text. Only the description of the parts (a few hundred bytes each) grows with the
file, which Parquet keeps at its end.
"""

import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import UnionType
from typing import Any, Union, get_args, get_origin
from uuid import UUID

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from pydantic import BaseModel
from sqlmodel import SQLModel

_DECIMAL = pa.decimal128(38, 9)
_TYPES: Mapping[type, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    Decimal: _DECIMAL,
    dt.datetime: pa.timestamp("us", tz="UTC"),
    dt.date: pa.date32(),
}


def schema_of(model: type[BaseModel]) -> pa.Schema:
    """A column for each field of a model, in its order."""
    return pa.schema(
        [pa.field(name, _type_of(field.annotation)) for name, field in model.model_fields.items()]
    )


def _type_of(annotation: object) -> pa.DataType:
    if get_origin(annotation) in (Union, UnionType):
        present = [each for each in get_args(annotation) if each is not type(None)]
        return _type_of(present[0]) if len(present) == 1 else pa.string()
    if get_origin(annotation) is list:
        return pa.list_(_type_of(get_args(annotation)[0]))
    return _TYPES[annotation] if annotation in _TYPES else pa.string()  # type: ignore[index]


class ParquetFile:
    """A file that comes into being: what each part adds to it is given out at once."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._schema = schema_of(model)
        self._columns = {
            name: _writer_of(self._schema.field(name).type) for name in self._schema.names
        }
        self._sink = _Sink()
        self._writer = pq.ParquetWriter(self._sink, self._schema)

    def part(self, rows: Iterable[SQLModel]) -> bytes:
        """Some rows, as the bytes that they add."""
        contents = [row.__dict__ for row in rows]
        columns = [
            pa.array([write(content[name]) for content in contents], self._schema.field(name).type)
            for name, write in self._columns.items()
        ]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
        return self._sink.taken()

    def end(self) -> bytes:
        """The end of the file."""
        self._writer.close()
        return self._sink.taken()


def _writer_of(kind: pa.DataType) -> Callable[[Any], Any]:
    """From a value to what its column holds."""
    if pa.types.is_list(kind):
        inner = _writer_of(kind.value_type)
        return lambda values: None if values is None else [inner(value) for value in values]
    return _text if kind == pa.string() else _as_it_is


def _as_it_is(value: object) -> object:
    return value


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case str() | UUID():
            return str(value)
        case BaseModel():
            return value.model_dump_json()
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)


class _Sink(io.RawIOBase):
    """Where the writer writes to: keeps what was not taken yet."""

    def __init__(self) -> None:
        super().__init__()
        self._held = io.BytesIO()
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Any, /) -> int:
        count = self._held.write(data)
        self._written += count
        return count

    def taken(self) -> bytes:
        """What was written since the last time."""
        content = self._held.getvalue()
        self._held = io.BytesIO()
        return content
