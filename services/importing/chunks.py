"""The records of dumps and what they become, many at once. Pure: whoever reads far ahead of the
database does it in a thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from services.importing.declaration import Draft, OriginalMap, as_it_came, drafted
from services.importing.json_stream import Lengths, SourceRecord, read_dump
from services.importing.maps import DECLARED, DERIVED, KNOWN
from services.importing.table_rows import under_its_map

RECORDS_AT_ONCE = 2_000
CHARACTERS_AT_ONCE = 8_000_000

Group = tuple[str, list[Draft]]
"""What some records of one map become, and the map's name."""


def records_of(
    name: str,
    chunks: Iterable[bytes],
    *,
    noted: Lengths | None = None,
    lengths: Iterator[int] | None = None,
) -> Iterator[SourceRecord]:
    """Every record of a file of a name, each under the map that it belongs to. See ``read_dump``.
    Raises DumpUnreadable."""
    for record in read_dump(name, chunks, KNOWN, noted=noted, lengths=lengths):
        yield _beside_derived(under_its_map(record))


def _beside_derived(record: SourceRecord) -> SourceRecord:
    """A record whose map has the name of one that is derived here is held under another."""
    if record.map_name not in DERIVED:
        return record
    return replace(record, map_name=f"{record.map_name} as given")


def declared_as(name: str) -> OriginalMap | None:
    """How a map is declared that has a place here, and is not made of another's records."""
    return None if name in DERIVED else DECLARED.get(name)


def drafts_of(name: str, first: int, records: Sequence[SourceRecord]) -> list[Draft]:
    """What records of one map become; ``first`` is the place of the first in its map."""
    declared = declared_as(name)
    if declared is None:
        return [as_it_came(record, ordinal) for ordinal, record in enumerate(records, first)]
    return [drafted(declared, record, ordinal) for ordinal, record in enumerate(records, first)]


def grouped(source: Iterator[SourceRecord], wanted: frozenset[str]) -> Iterator[Group]:
    """What records of one map after another become, so many at once."""
    name, characters = "", 0
    records: list[SourceRecord] = []
    counts: dict[str, int] = {}

    def worked_out() -> Group:
        first = counts.get(name, 0) + 1
        counts[name] = first + len(records) - 1
        return name, drafts_of(name, first, records)

    for record in source:
        if record.map_name not in wanted:
            continue
        is_full = len(records) >= RECORDS_AT_ONCE or characters >= CHARACTERS_AT_ONCE
        if records and (record.map_name != name or is_full):
            yield worked_out()
            records, characters = [], 0
        name = record.map_name
        records.append(record)
        characters += len(record.text)
    if records:
        yield worked_out()
