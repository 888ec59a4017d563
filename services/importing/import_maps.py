"""The maps of an import as they stand on record, in the order in which they refer to each other."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.importing.maps import DECLARED
from storage.filters import ByImport
from storage.interface import Store
from storage.tables.importing import ImportMap, ImportMapFields

_RANKS = {name: rank for rank, name in enumerate(DECLARED)}
_HELD_RANK = len(_RANKS)


async def maps_of(store: Store, import_id: UUID) -> list[ImportMap]:
    """The maps of an import, each after those that it refers to."""
    found = await store.import_maps.all(ByImport(import_id=import_id))
    return sorted(found, key=lambda each: each.rank)


async def note_map(store: Store, import_id: UUID, name: str) -> None:
    """A map of an import, and what is derived of it, once."""
    declared = DECLARED.get(name)
    derived = None if declared is None else declared.derives
    names = [name] if derived is None else [derived, name]
    known = {each.name for each in await store.import_maps.all(ByImport(import_id=import_id))}
    await store.import_maps.create_many(
        [
            ImportMapFields(import_id=import_id, name=each, rank=_RANKS.get(each, _HELD_RANK))
            for each in names
            if each not in known
        ]
    )


def checkable(left: Sequence[str]) -> frozenset[str]:
    """The maps that refer to none that is still to be checked."""
    return frozenset(
        name
        for name in left
        if name not in DECLARED or not set(DECLARED[name].after).intersection(left)
    )
