"""Arrays as PostgreSQL reads them, written in one pass.

psycopg's own way costs several calls an element, and bulk statements send hundreds of thousands.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

Value = Any


def array_literal(values: Sequence[Value]) -> str:
    """A one-dimensional PostgreSQL array literal of values of one type."""
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
