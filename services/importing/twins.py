"""What has the number of a record already, and how a record is called whose number is taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.importing.declaration import Draft, OriginalMap, drafted
from services.importing.json_stream import SourceRecord, parsed
from services.importing.references import find_references
from storage.imports import KnownRecord
from storage.interface import Store
from storage.tables.importing import DataImport

_COUNTS = range(2, 52)
"""What stands behind a number that is taken."""


@dataclass
class Twin:
    """What has a natural key already: a row, or a record that gets one."""

    row_id: UUID
    values: Mapping[str, object]
    is_of_this_import: bool = True

    def differs_in(self, declared: OriginalMap, draft: Draft) -> list[str]:
        """The columns that twins have in common, and these two have not."""
        return [
            name for name in declared.twin_columns if self.values.get(name) != draft.values[name]
        ]


async def find_twins(
    store: Store, held_in: DataImport, declared: OriginalMap, drafts: Sequence[Draft]
) -> dict[str, Twin]:
    """What has the natural keys of drafts already: rows, and records that this import places."""
    key = declared.natural_key
    if key is None:
        return {}
    wanted = {draft.values[key] for draft in drafts if draft.fault is None}
    placed = await store.import_lookups.placed(
        import_id=held_in.id, map_name=declared.name, natural_keys=wanted
    )
    ids = await store.import_lookups.ids_by(declared.row, key, wanted - placed.keys())
    rows = await _rows(store, declared, list(ids.values()))
    twins = {str(row.values[key]): row for row in rows}
    return twins | await _again(store, held_in, declared, placed)


async def _rows(store: Store, declared: OriginalMap, ids: Sequence[UUID]) -> list[Twin]:
    """Rows that were here before."""
    rows = await getattr(store, str(declared.row.__tablename__)).get_many(ids)
    return [Twin(row.id, row.__dict__, is_of_this_import=False) for row in rows]


async def _again(
    store: Store, held_in: DataImport, declared: OriginalMap, placed: Mapping[str, KnownRecord]
) -> dict[str, Twin]:
    """Records that this import places, by the number that each has, as what they became."""
    again = {
        natural: drafted(
            declared,
            SourceRecord(declared.name, natural, parsed(record.content), record.content),
            0,
        )
        for natural, record in placed.items()
    }
    await find_references(store, held_in, list(again.values()))
    return {
        natural: Twin(placed[natural].target_id, draft.values) for natural, draft in again.items()
    }


async def renumber(
    store: Store,
    held_in: DataImport,
    declared: OriginalMap,
    drafts: Sequence[Draft],
    twins: dict[str, Twin],
) -> None:
    """Give a number of its own to what has that of another row which was here before.

    What came with the same number in this import gets the same one: it is merged with the first, or
    waits. What is the same as a row that an earlier import renumbered so is merged with that.
    """
    key, rule = declared.natural_key, declared.renumbering
    if key is None or rule is None:
        return
    taken = [
        draft
        for draft in drafts
        if draft.fault is None
        and (twin := twins.get(draft.values[key])) is not None
        and not twin.is_of_this_import
        and twin.differs_in(declared, draft)
    ]
    taken = await _other_than_before(store, held_in, declared, taken, twins)
    names = {
        there: [rule.numbered(there, count) for count in _COUNTS]
        for there in {draft.values[key] for draft in taken}
    }
    wanted = {name for each in names.values() for name in each}
    if not wanted:
        return
    placed = await store.import_lookups.placed(
        import_id=held_in.id, map_name=declared.name, natural_keys=wanted
    )
    given = await _given(store, held_in, declared, names.keys(), placed)
    first = {number: placed[number] for number in given.values()}
    twins.update(await _again(store, held_in, declared, first))
    used = {*await store.import_lookups.ids_by(declared.row, key, wanted), *placed}
    used |= {str(draft.values.get(key)) for draft in drafts}
    for draft in taken:
        there = draft.values[key]
        if there not in given:
            number = next((name for name in names[there] if name not in used), None)
            if number is None:
                continue
            used.add(number)
            given[there] = number
            draft.notes.append(f"{there} is taken here: it is {number}")
            draft.number_there = there
        declared.renumber(draft, given[there])


async def _given(
    store: Store,
    held_in: DataImport,
    declared: OriginalMap,
    numbers: Collection[str],
    placed: Mapping[str, KnownRecord],
) -> dict[str, str]:
    """The numbers that this import has given already to what came with some, of those that it has
    placed."""
    renumbered = await store.import_lookups.renumbered(
        import_id=held_in.id, map_name=declared.name, names=numbers
    )
    now = {record.target_id: number for number, record in placed.items()}
    return {
        there: now[record.target_id]
        for there, record in renumbered.items()
        if record.target_id in now
    }


async def _other_than_before(
    store: Store,
    held_in: DataImport,
    declared: OriginalMap,
    taken: Sequence[Draft],
    twins: dict[str, Twin],
) -> list[Draft]:
    """Give what is the same as a row that an earlier import renumbered the number of that, so that
    it is merged with it; returns the others."""
    key = declared.natural_key
    if key is None or not taken:
        return []
    ids = await store.import_lookups.renumbered_before(
        source=held_in.source,
        import_id=held_in.id,
        map_name=declared.name,
        names={draft.values[key] for draft in taken},
    )
    found = await _rows(store, declared, [row_id for each in ids.values() for row_id in each])
    rows = {row.row_id: row for row in found}
    others = []
    for draft in taken:
        before = [rows[each] for each in ids.get(draft.values[key], ()) if each in rows]
        same = next((row for row in before if not row.differs_in(declared, draft)), None)
        if same is None:
            others.append(draft)
            continue
        number = str(same.values[key])
        twins[number] = same
        declared.renumber(draft, number)
    return others


async def leave_out_taken(store: Store, declared: OriginalMap, drafts: Sequence[Draft]) -> None:
    """Columns that hold a draft's number stay empty where another row has it: what is written then
    gets one that nobody has."""
    for column in () if declared.renumbering is None else declared.renumbering.also:
        wanted = {str(draft.values[column]) for draft in drafts if draft.fault is None}
        taken = await store.import_lookups.ids_by(declared.row, column, wanted)
        for draft in drafts:
            if draft.fault is None and draft.values[column] in taken:
                draft.values[column] = None
