"""What records refer to is looked up for many at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import UUID

from services.importing.conversions import Unusable
from services.importing.declaration import Draft, Reference, Wanted
from storage.interface import Store
from storage.tables.identity import Person
from storage.tables.importing import DataImport


@dataclass(frozen=True)
class _Found:
    """What names of one reference stand for."""

    there: Mapping[str, UUID | None]
    """By what records of the same source came with; None for what several came with."""
    here: Mapping[str, UUID]
    """By the codes and names of what is here besides."""
    waiting: AbstractSet[str]
    """Ids under which a record waits."""

    def row(self, names: Sequence[str]) -> UUID | None:
        """The first row that one of the names stands for; None where a record is meant that
        waits, and another row has its number."""
        for name in names:
            if (there := self.there.get(name)) is not None:
                return there
            if name in self.here:
                return None if self.is_of_waiting(names) else self.here[name]
        return None

    def is_of_waiting(self, names: Sequence[str]) -> bool:
        """Whether the names are those of a record that waits, and of another row."""
        return any(name in self.here for name in names) and not self.waiting.isdisjoint(names)

    def is_of_several(self, names: Sequence[str]) -> bool:
        """Whether several records of the same source came with one of the names."""
        return any(name in self.there for name in names)


async def find_references(store: Store, held_in: DataImport, drafts: Sequence[Draft]) -> None:
    """Put the ids of what drafts refer to in their places; who refers to nothing has a fault.

    By the id that the original gave, else by code, else by name; what records of the same source
    came with goes before what is here besides, and what several of them came with names none.
    """
    by_reference: dict[Reference, list[Wanted]] = {}
    for draft in drafts:
        for each in draft.wanted:
            by_reference.setdefault(each.reference, []).append(each)
    found = {
        reference: await _find(store, held_in, reference, wanted)
        for reference, wanted in by_reference.items()
    }
    for draft in drafts:
        for each in draft.wanted:
            _put_in_place(held_in, draft, each, found[each.reference])


async def _find(
    store: Store, held_in: DataImport, reference: Reference, wanted: Sequence[Wanted]
) -> _Found:
    lookups, source, map_name = store.import_lookups, held_in.source, reference.map_name
    names = {name for each in wanted for name in each.names}
    known = await lookups.latest(source=source, map_name=map_name, import_id=held_in.id, keys=names)
    there: dict[str, UUID | None] = {key: record.target_id for key, record in known.items()}
    if left := names - there.keys():
        there |= await lookups.placed_as(
            source=source, import_id=held_in.id, map_name=map_name, names=left
        )
    here: dict[str, UUID] = {}
    for column in reference.columns:
        if left := names - there.keys() - here.keys():
            here |= await lookups.ids_by(reference.row, column, left)
    beside = {
        other for each in wanted if not here.keys().isdisjoint(each.names) for other in each.names
    }.difference(here)
    waits = await lookups.waiting(source=source, map_name=map_name, keys=beside) if beside else ()
    return _Found(there, here, frozenset(waits))


def _put_in_place(held_in: DataImport, draft: Draft, each: Wanted, found: _Found) -> None:
    row_id = found.row(each.names)
    has_steward = each.reference.has_steward
    if row_id is None and has_steward and held_in.steward_person_id is not None:
        row_id = held_in.steward_person_id
        draft.notes.append(f"{each.pointer}: is nobody here, so that the steward has it")
    if row_id is None and draft.fault is None:
        draft.fault = _fault(each, found)
    each.place[each.key] = row_id


def _fault(each: Wanted, found: _Found) -> Unusable | None:
    """What is wrong with a reference that stands for no row: nothing, where none is needed."""
    records = each.reference.map_name
    if found.is_of_several(each.names):
        return Unusable(
            f"names several records of {records}",
            "name the one that is meant by its id",
            each.pointer,
        )
    if found.is_of_waiting(each.names):
        return Unusable(
            f"is the id of a record of {records} that waits, beside the number of another",
            "place that record first, or leave its id out where the other is meant",
            each.pointer,
        )
    return _names_nothing(each) if each.is_needed else None


def _names_nothing(each: Wanted) -> Unusable:
    if each.reference.row is Person:
        remedy = "add the person, then try this again"
        if each.reference.has_steward:
            remedy = "name a person of the company, or a steward"
        return Unusable("names nobody of the company", remedy, each.pointer)
    return Unusable(
        f"names nothing that was placed of {each.reference.map_name}",
        "place what it names, then try this again",
        each.pointer,
    )
