"""What records refer to is looked up for many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.importing.conversions import Unusable
from services.importing.declaration import Draft, Reference, Wanted
from storage.interface import Store
from storage.tables.identity import Person
from storage.tables.importing import DataImport


async def find_references(store: Store, held_in: DataImport, drafts: Sequence[Draft]) -> None:
    """Put the ids of what drafts refer to in their places; who refers to nothing has a fault.

    By the id that the original gave, else by code, else by name.
    """
    by_reference: dict[Reference, set[str]] = {}
    for draft in drafts:
        for each in draft.wanted:
            by_reference.setdefault(each.reference, set()).update(each.names)
    found: dict[Reference, dict[str, UUID]] = {}
    for reference, names in by_reference.items():
        ids = {
            key: record.target_id
            for key, record in (
                await store.import_lookups.latest(
                    source=held_in.source,
                    map_name=reference.map_name,
                    import_id=held_in.id,
                    keys=names,
                )
            ).items()
        }
        if left := names - ids.keys():
            ids |= await store.import_lookups.placed_as(
                source=held_in.source,
                import_id=held_in.id,
                map_name=reference.map_name,
                names=left,
            )
        for column in reference.columns:
            if left := names - ids.keys():
                ids |= await store.import_lookups.ids_by(reference.row, column, left)
        found[reference] = ids
    for draft in drafts:
        for each in draft.wanted:
            _put_in_place(held_in, draft, each, found[each.reference])


def _put_in_place(held_in: DataImport, draft: Draft, each: Wanted, ids: dict[str, UUID]) -> None:
    row_id = next((ids[name] for name in each.names if name in ids), None)
    has_steward = each.reference.has_steward
    if row_id is None and has_steward and held_in.steward_person_id is not None:
        row_id = held_in.steward_person_id
        draft.notes.append(f"{each.pointer}: is nobody here, so that the steward has it")
    if row_id is None and each.is_needed and draft.fault is None:
        draft.fault = _names_nothing(each)
    each.place[each.key] = row_id


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
