"""In what a record of a newer dump differs from how it last came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from services.importing.conversions import shown
from services.importing.declaration import (
    PARTS,
    Draft,
    Newer,
    OriginalMap,
    Values,
    drafted,
)
from services.importing.json_stream import SourceRecord, parsed
from storage.imports import KnownRecord
from storage.interface import Store

_LONGEST_SHOWN = 60


def differing_columns(declared: OriginalMap, draft: Draft, earlier: KnownRecord) -> set[str]:
    """The columns in which a record differs from how it last came; notes the differing fields."""
    old = as_it_was(declared, draft.key, earlier)
    for name in sorted({*old.source, *draft.source}):
        was, now = old.source.get(name), draft.source.get(name)
        if was != now:
            field = shown(name, _LONGEST_SHOWN)
            draft.notes.append(f"/{field}: {_shown(was)} has become {_shown(now)}")
    differing = {
        name
        for name in {*old.values, *draft.values}
        if _comparable(old, name) != _comparable(draft, name)
    }
    return differing | _differing_parts(_named_parts(old), _named_parts(draft))


async def fixed_columns(
    store: Store,
    declared: OriginalMap,
    drafts: Iterable[Draft],
    known: Mapping[str, KnownRecord],
) -> Mapping[UUID, frozenset[str]]:
    """The columns that may not change any more of the rows that drafts stand for."""
    again = {draft.key: draft for draft in drafts if draft.key in known and draft.fault is None}
    if declared.fixed is None or not again:
        return {}
    return await declared.fixed(
        store,
        {
            known[key].target_id: Newer(as_it_was(declared, key, known[key]), draft)
            for key, draft in again.items()
        },
    )


def as_it_was(declared: OriginalMap, key: str, earlier: KnownRecord) -> Draft:
    """What a record last came as; what it refers to is not found for it."""
    return drafted(
        declared, SourceRecord(declared.name, key, parsed(earlier.content), earlier.content), 0
    )


def _differing_parts(old: Sequence[Values], new: Sequence[Values]) -> set[str]:
    """The kinds of parts that differ; where others came or went, that there are others."""
    if [_kind(part) for part in old] != [_kind(part) for part in new]:
        return {"lines" if _kind(part) == "lines" else PARTS for part in (*old, *new)}
    return {_kind(now) for was, now in zip(old, new, strict=True) if was != now}


def _kind(part: Values) -> str:
    return str(part.get("of", "lines"))


def _named_parts(draft: Draft) -> list[Values]:
    """Parts with the names of what they refer to."""
    parts = [dict(part) for part in draft.parts]
    places = {id(part): place for place, part in enumerate(draft.parts)}
    for each in draft.wanted:
        if (place := places.get(id(each.place))) is not None:
            parts[place][each.key] = each.names
    return parts


def _comparable(draft: Draft, name: str) -> object:
    """A column's value, or what a reference names: ids are not found for the older one."""
    for each in draft.wanted:
        if each.place is draft.values and each.key == name:
            return each.names
    return draft.values.get(name)


def _shown(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
