"""How one map of the original is declared, and what a record of it becomes by that. Pure.

A declaration says the fields with their conversions, the references to other maps, the natural
key, and what must be there before; the rest is the same for all maps.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from sqlmodel import SQLModel

from services.company_calendar import CompanyCalendar, company_calendar
from services.importing.conversions import Conversion, Rounded, Unusable
from services.importing.json_stream import SourceRecord
from services.importing.table_rows import as_record
from storage.files import FileVault
from storage.interface import Store
from storage.tables.importing import DataImport

LONGEST_KEY = 200
PARTS = "parts"
"""Names that a record has other parts than it had."""
_STORABLE = re.compile(r"^[^\x00-\x1f\x7f\ud800-\udfff]{1,200}$")

Values = dict[str, Any]


@dataclass(frozen=True)
class Reference:
    """To a record of another map: by its id there, else by our column that holds its code, else by
    the one that holds its name. ``has_steward``: what names nobody here is given to the person
    whom the import names for that, and the record says so."""

    map_name: str
    row: type[SQLModel]
    columns: tuple[str, ...]
    has_steward: bool = False


@dataclass(frozen=True)
class Renumbering:
    """What a record is called whose number another row has already: the number with ``-2`` behind
    it, or the next count that is free. ``also`` are columns that hold the same number."""

    longest: int
    also: tuple[str, ...] = ()
    ending: str = ""

    def numbered(self, old: str, count: int) -> str:
        """The number with a count behind it."""
        tail = f"-{count}{self.ending}"
        return old.removesuffix(self.ending)[: self.longest - len(tail)] + tail


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One field of the original and the column that takes it."""

    source: str
    column: str
    convert: Conversion | Reference
    is_required: bool = False
    default: object = None


class Wanted(msgspec.Struct, frozen=True):
    """A row that a record refers to, by any of some names; its id goes into ``place[key]``."""

    reference: Reference
    names: tuple[str, ...]
    pointer: str
    place: Values
    key: str
    is_needed: bool = True


class Draft(msgspec.Struct):
    """A record on its way to a row."""

    record: SourceRecord
    key: str
    ordinal: int
    sha256: bytes
    values: Values = msgspec.field(default_factory=dict)
    parts: list[Values] = msgspec.field(default_factory=list)
    wanted: list[Wanted] = msgspec.field(default_factory=list)
    derived: Values | None = None
    """What it tells of another map, as a record of that with its ``id``."""
    amount_cents: int = 0
    notes: list[str] = msgspec.field(default_factory=list)
    unknown: list[str] = msgspec.field(default_factory=list)
    fault: Unusable | None = None
    row_id: UUID | None = None
    number_there: str | None = None
    """The natural key that it came with, where it got another."""
    twin_id: UUID | None = None
    patient_id: UUID | None = None

    @property
    def source(self) -> Mapping[str, Any]:
        """The record's fields; empty of what is no record."""
        value = self.record.value
        return value if isinstance(value, dict) else {}

    @property
    def placed(self) -> Placed:
        """What is to be written of one that was checked."""
        assert self.row_id is not None
        return Placed(self.row_id, self.values, self.parts, self.record.text)


class Placed(msgspec.Struct, frozen=True):
    """What is to be written of a record: the id of its row, the row's values, those of the rows
    beside it, and the record's text as it came."""

    row_id: UUID
    values: Values
    parts: list[Values]
    text: str


@dataclass(frozen=True)
class Workplace:
    """What writers need beside the store: where files are, the company's calendar; what they leave
    to be posted once all is committed."""

    vault: FileVault
    calendar: CompanyCalendar
    remittance_ids: list[UUID] = field(default_factory=list)


async def workplace(store: Store, vault: FileVault) -> Workplace:
    """A place to write at for the company of a transaction."""
    return Workplace(vault, await company_calendar(store))


Write = Callable[[Store, Sequence[Placed], Workplace], Awaitable[None]]
"""Writes rows under the ids that they have, in a constant number of statements."""

Examine = Callable[[Store, DataImport, Sequence[Draft]], Awaitable[None]]
"""Looks at drafts that are no earlier record's, once their references are found, beside others and
beside the books: gives them faults, or the ``twin_id`` of the row that they are merged with."""


@dataclass(frozen=True)
class Newer:
    """A record as it last came, of which no references are found, and as a newer dump has it."""

    was: Draft
    now: Draft


Fixed = Callable[[Store, Mapping[UUID, Newer]], Awaitable[Mapping[UUID, frozenset[str]]]]
"""The columns of rows that may not change any more as these stand, by what their records said and
say now."""

Update = Callable[[Store, Mapping[UUID, Values]], Awaitable[None]]
"""Changes columns of rows, by their ids. The value of a kind of parts are those of the record as it
was and as it is. Where others came or went, the value of ``PARTS`` are all that it has now."""


@dataclass(frozen=True, kw_only=True)
class OriginalMap:
    """The declaration of one map.

    ``complete`` derives what takes more than one field; ``judge`` looks at the whole once its
    references are found. Both may raise Unusable. ``known`` are fields that stay in the record as
    it came and need no column. ``changeable`` are columns, and kinds of parts, that a newer dump
    may change, as far as they are not ``fixed`` by how the row stands here; what else differs waits
    for a person. ``amount`` is the field of the record's money; its
    column is one of the row, or of the ``amount_parts`` that name the row in that column. What has
    the natural key of another and is as it in the ``twin_columns`` is merged with it; what is not
    waits for a person, or gets a number of its own where the map has a ``renumbering`` and the
    other was here before. ``parts`` are the rows that a record makes beside its own, one for each
    of its draft's parts, with the column of each that names it; those that are records of a map
    ``parts_apart`` are counted there. ``is_settled``: its rows are
    remittances, which are posted or wait. What can only be judged with all that belongs to the same
    row is ``gathered_by`` the column that names this row, comes in the order of its ``place``, and
    is judged by ``examine``.
    """

    name: str
    row: type[SQLModel]
    fields: tuple[FieldRule, ...]
    write: Write
    after: tuple[str, ...] = ()
    natural_key: str | None = None
    twin_columns: tuple[str, ...] = ()
    name_column: str | None = None
    complete: Callable[[Draft], None] | None = None
    judge: Callable[[Draft], None] | None = None
    known: frozenset[str] = frozenset()
    changeable: frozenset[str] = frozenset()
    fixed: Fixed | None = None
    update: Update | None = None
    amount: str | None = None
    amount_column: str | None = None
    amount_parts: tuple[type[SQLModel], str] | None = None
    parts: tuple[tuple[type[SQLModel], str], ...] = ()
    parts_apart: str | None = None
    is_settled: bool = False
    renumbering: Renumbering | None = None
    derives: str | None = None
    gathered_by: str | None = None
    place: str | None = None
    examine: Examine | None = None

    def known_fields(self) -> frozenset[str]:
        """Every field that the declaration names."""
        return self.known | {rule.source for rule in self.fields} | {"id"}

    def renumber(self, draft: Draft, number: str) -> None:
        """Give a draft another natural key."""
        if self.natural_key is None or draft.values.get(self.natural_key) == number:
            return
        also = () if self.renumbering is None else self.renumbering.also
        draft.values |= dict.fromkeys((self.natural_key, *also), number)


def drafted(declared: OriginalMap, record: SourceRecord, ordinal: int) -> Draft:
    """What a record becomes by its declaration, references still to be found. Never raises: the
    first thing that is wrong is the draft's ``fault``."""
    record = as_record(declared.name, record)
    draft = as_it_came(record, ordinal)
    source = record.value
    if not isinstance(source, dict):
        draft.fault = Unusable("is no record", "write it as an object with its fields")
        return draft
    if declared.amount is not None:
        draft.amount_cents = _readable_cents(source.get(declared.amount))
    if not (known := _known_fields(declared)).issuperset(source):
        draft.unknown = [name for name in source if name not in known]
    try:
        _require_id(record)
        converted(declared.fields, source, draft, draft.values, "")
        if declared.complete is not None:
            declared.complete(draft)
    except Unusable as fault:
        draft.fault = fault
    return draft


def as_it_came(record: SourceRecord, ordinal: int) -> Draft:
    """A record that nothing is made of."""
    sha256 = hashlib.sha256(record.text.encode()).digest()
    return Draft(record, key_of(record, ordinal), ordinal, sha256)


def converted(
    rules: Sequence[FieldRule], source: Mapping[str, Any], draft: Draft, into: Values, at: str
) -> None:
    """Convert fields into ``into``; amounts that were rounded are noted. Raises Unusable."""
    value_of = source.get
    for rule in rules:
        value = value_of(rule.source)
        if value is None or value == "":
            if rule.is_required:
                raise Unusable("is missing", "give it", f"{at}/{rule.source}")
            into[rule.column] = rule.default
            continue
        convert = rule.convert
        if isinstance(convert, Reference):
            pointer = f"{at}/{rule.source}"
            into[rule.column] = None
            names = (_name(value, pointer),)
            draft.wanted.append(Wanted(convert, names, pointer, into, rule.column))
            continue
        try:
            found = convert(value)
        except Unusable as fault:
            fault.pointer = f"{at}/{rule.source}{fault.pointer}"
            raise
        if isinstance(found, Rounded):
            draft.notes.append(f"{at}/{rule.source}: {found.given!r} is {found.cents} cents")
            found = found.cents
        into[rule.column] = found


def note_unknown(draft: Draft, part: Mapping[str, Any], known: frozenset[str], at: str) -> None:
    """Name the fields of a part of a record that nothing is known of."""
    if not known.issuperset(part):
        draft.unknown += [f"{at}/{name}" for name in part if name not in known]


def _require_id(record: SourceRecord) -> None:
    """Raises Unusable for what could only be known by its place in the file."""
    if _given_key(record) is None:
        raise Unusable("has no id", "give it the id that others refer to", "/id")


def key_of(record: SourceRecord, ordinal: int) -> str:
    """The id by which a record is known there; its place where it has none."""
    key = _given_key(record)
    if key is None:
        return f"#{ordinal}"
    if not is_storable(key):
        return "#" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return key


def is_storable(name: str) -> bool:
    """Whether a record can be known by a name."""
    return _STORABLE.match(name) is not None


def _given_key(record: SourceRecord) -> str | None:
    found = record.value.get("id") if isinstance(record.value, dict) else None
    key = found if isinstance(found, str) and found else record.key
    if isinstance(found, int) and not isinstance(found, bool) and record.key is None:
        key = str(found)
    return key or None


def _name(value: object, pointer: str) -> str:
    """What a reference says. Raises Unusable."""
    name = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(name, str) or not is_storable(name):
        raise Unusable("is no id", "name the record by its id, code or name", pointer)
    return name


def wanted_names(values: Sequence[object], pointer: str) -> tuple[str, ...]:
    """Several names of one record, those that are there. Raises Unusable where none is."""
    found = tuple(_name(each, pointer) for each in values if each not in (None, ""))
    if not found:
        raise Unusable("is missing", "name the record", pointer)
    return found


def _readable_cents(value: object) -> int:
    """A record's money, whatever else is wrong with it; 0 where it says none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) < 10**12:  # type: ignore[arg-type]
        return 0
    return round(value)  # type: ignore[call-overload,no-any-return]


_KNOWN: dict[str, frozenset[str]] = {}


def _known_fields(declared: OriginalMap) -> frozenset[str]:
    known = _KNOWN.get(declared.name)
    if known is None:
        known = _KNOWN[declared.name] = declared.known_fields()
    return known
