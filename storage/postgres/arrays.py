"""Arrays as PostgreSQL reads them, written in one pass.

psycopg's own way costs several calls an element, and bulk statements send hundreds of thousands.
What stands in most of them goes in binary: PostgreSQL reads an id or a day six times as fast as its
text, and a long text without looking for what is quoted in it.
"""

import datetime as dt
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self
from uuid import UUID

from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper
from psycopg.postgres import types
from psycopg.pq import Format
from psycopg.types import TypeInfo

Value = Any

_HEADER = struct.Struct("!iiIii")
"""Dimensions, whether there may be nulls, the type of an element, how many, the first index."""
_LENGTH = struct.Struct("!i").pack
_DAY = struct.Struct("!ii").pack
_MOMENT = struct.Struct("!iq").pack
_NULL = _LENGTH(-1)
_OF_UUID = _LENGTH(16)
_FIRST_DAY = dt.date(2000, 1, 1).toordinal()
_FIRST_MOMENT = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class BinaryArray(bytes):
    """A one-dimensional array as PostgreSQL sends and receives it."""

    element: ClassVar[TypeInfo]

    @classmethod
    def of(cls, written: Sequence[bytes]) -> Self:
        """The array of elements that are written already, each with its length."""
        if not written:
            return cls(_HEADER.pack(0, 0, cls.element.oid, 0, 1)[:12])
        return cls(_HEADER.pack(1, 1, cls.element.oid, len(written), 1) + b"".join(written))


class UuidArray(BinaryArray):
    """uuid[]"""

    element = types["uuid"]


class TextArray(BinaryArray):
    """text[]"""

    element = types["text"]


class BytesArray(BinaryArray):
    """bytea[]"""

    element = types["bytea"]


class DateArray(BinaryArray):
    """date[]"""

    element = types["date"]


class MomentArray(BinaryArray):
    """timestamptz[]"""

    element = types["timestamptz"]


def array_of(values: Sequence[Value]) -> BinaryArray | str:
    """A one-dimensional array of values of one type, as a parameter of a statement."""
    kind = next((type(value) for value in values if value is not None), None)
    if kind is not None and issubclass(kind, str):
        kind = str
    if kind not in _BINARY:
        return array_literal(values)
    array, write = _BINARY[kind]
    return array.of(list(map(write, values)))


def array_of_ids(ids: Sequence[bytes]) -> UuidArray:
    """An array of ids that are given as their sixteen bytes."""
    return UuidArray.of([_OF_UUID + each for each in ids])


def _binary_uuid(value: UUID | None) -> bytes:
    return _NULL if value is None else _OF_UUID + value.int.to_bytes(16)


def _binary_text(value: str | None) -> bytes:
    if value is None:
        return _NULL
    encoded = value.encode()
    return _LENGTH(len(encoded)) + encoded


def _binary_bytes(value: bytes | None) -> bytes:
    return _NULL if value is None else _LENGTH(len(value)) + value


def _binary_date(value: dt.date | None) -> bytes:
    return _NULL if value is None else _DAY(4, value.toordinal() - _FIRST_DAY)


def _binary_moment(value: dt.datetime | None) -> bytes:
    return _NULL if value is None else _MOMENT(8, (value - _FIRST_MOMENT) // _MICROSECOND)


_BINARY: Mapping[type | None, tuple[type[BinaryArray], Callable[[Any], bytes]]] = {
    UUID: (UuidArray, _binary_uuid),
    str: (TextArray, _binary_text),
    bytes: (BytesArray, _binary_bytes),
    dt.date: (DateArray, _binary_date),
    dt.datetime: (MomentArray, _binary_moment),
}


class _ArrayDumper(Dumper):
    """Sends an array as the bytes that it already is."""

    format = Format.BINARY

    def __init__(self, cls: type, context: AdaptContext | None = None) -> None:
        super().__init__(cls, context)
        assert issubclass(cls, BinaryArray)
        self.oid = cls.element.array_oid

    def dump(self, obj: BinaryArray) -> bytes:
        return obj


def teach_arrays(context: AdaptContext) -> None:
    """Have a connection send the arrays that are written here."""
    for array, _ in _BINARY.values():
        context.adapters.register_dumper(array, _ArrayDumper)


def array_literal(values: Sequence[Value]) -> str:
    """The text of a one-dimensional array of values of one type: an array that is an element of
    another, or has elements for which the binary form is not worth it."""
    first = values[0] if values else None
    write = _element_writer(values)
    if values.count(first) == len(values):  # so it is with what has its default
        return "{" + ",".join([write(first)] * len(values)) + "}"
    return "{" + ",".join(map(write, values)) + "}"


def _element_writer(values: Sequence[Value]) -> Callable[[Value], str]:
    kind = next((type(value) for value in values if value is not None), str)
    if kind is UUID:
        return _write_uuid
    if kind in (int, bool):
        return _write_plain
    return _write_quoted


def _write_uuid(value: UUID | None) -> str:
    return "NULL" if value is None else f"{value.int:032x}"


def _write_plain(value: int | None) -> str:
    return "NULL" if value is None else str(value)


def _write_quoted(value: Value) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    text = str(value)
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
