"""Rows as the documents of an audit pack say them, and back again."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from pydantic import BaseModel
from sqlmodel import SQLModel

FORMAT = "wellkept-audit-pack/2"
"""Also the purpose that a pack's signature is of."""
MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
"""The installation's signature of the manifest's bytes (``storage.signing``)."""
SEAL_PREFIX = b"sha256:"
"""The file's last bytes: this, and the SHA-256 of everything before it in hexadecimal."""
SEAL_BYTES = 64

Fields = TypeVar("Fields", bound=SQLModel)
Part = TypeVar("Part", bound=SQLModel)

_AS_THEY_ARE = frozenset({str, int, bool, type(None), UUID, dt.date, dt.datetime})
"""The types of most values: JSON is made of them as they are."""


class ManifestFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the pack, by its path."""

    path: str
    byte_count: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is in a pack. ``on`` is the day for which it says where things stood, ``known_at`` up to
    when records count, ``key_id`` the fingerprint of the key that signs this manifest."""

    format: str
    key_id: str
    company_name: str
    program: str
    on: dt.date
    known_at: dt.datetime
    made_at: dt.datetime
    made_by: UUID
    files: list[ManifestFile]


@dataclass(frozen=True)
class PackPart:
    """Documents by their paths, and the ids of the rows whose trail belongs to them."""

    documents: Sequence[tuple[str, bytes]]
    trail_ids: Sequence[UUID]


NO_PART = PackPart([], [])


def plain(row: SQLModel) -> dict[str, object]:
    """A row's columns as JSON can say them: bytes in hexadecimal, documents as objects.

    They are taken past the row's attributes, which are slow for the many rows that a pack has.
    """
    values = row.__dict__
    return {
        name: value if type(value := values[name]) in _AS_THEY_ARE else _plain(value)
        for name in _names(type(row))
    }


def grouped(rows: Iterable[Part], column: str) -> dict[UUID, list[Part]]:
    """By what a column names, each in the order given."""
    groups: dict[UUID, list[Part]] = defaultdict(list)
    for each in rows:
        groups[each.__dict__[column]].append(each)
    return groups


def document(content: object) -> bytes:
    """JSON to read: keys in order, indented."""
    return msgspec.json.format(msgspec.json.encode(content, order="sorted"), indent=2) + b"\n"


def fields_of(model: type[Fields], said: Mapping[str, Any]) -> Fields:
    """A row's fields again, without what every row has. Raises ValueError."""
    values = {
        name: bytes.fromhex(said[name]) if field.annotation is bytes else said[name]
        for name, field in model.model_fields.items()
    }
    return model.model_validate(values)


@cache
def _names(model: type[SQLModel]) -> tuple[str, ...]:
    return tuple(model.model_fields)


def _plain(value: object) -> object:
    match value:
        case bytes():
            return value.hex()
        case BaseModel():
            return value.model_dump(mode="json")
        case _:
            return value
