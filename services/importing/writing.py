"""What was checked is written: one map in one transaction, many rows a statement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from services.importing.checking import differing_columns, find_references
from services.importing.declaration import Draft, OriginalMap, Workplace, drafted
from services.importing.json_stream import SourceRecord, parsed
from services.importing.maps import DECLARED
from services.importing.numbers import start_above
from storage.filters import ImportRecordFilter
from storage.interface import Store
from storage.tables.importing import DataImport, ImportMap, ImportRecord
from storage.vocabulary.importing import ImportOutcome

ORDINALS_AT_ONCE = 2_000


async def write_map(
    store: Store,
    held_in: DataImport,
    of: ImportMap,
    place: Workplace,
    tell: Callable[[str, int], None],
) -> None:
    """Write the rows of one map: new ones, and what has changed of older ones."""
    declared = DECLARED.get(of.name)
    if declared is not None:
        async for records, drafts in _chunks(store, held_in, declared):
            await find_references(store, held_in, drafts)
            await _place(store, declared, records, drafts, place)
            await _change(store, held_in, declared, records, drafts)
            tell(of.name, len(records))
        await start_above(store, held_in.id, of.name)
    await store.import_maps.update(of.id, {"written_at": store.now}, expected_version=of.version)


async def _chunks(
    store: Store, held_in: DataImport, declared: OriginalMap
) -> AsyncIterator[tuple[list[ImportRecord], list[Draft]]]:
    """The records to be written, with what they become: of the next chunk that is worked out while
    the database writes this one."""
    last = await store.import_lookups.reached(import_id=held_in.id, map_name=declared.name)
    ahead: list[tuple[list[ImportRecord], asyncio.Task[list[Draft]]]] = []
    try:
        for first in range(1, last + 1, ORDINALS_AT_ONCE):
            records = await store.import_records.all(
                ImportRecordFilter(
                    import_id=held_in.id,
                    map_name=declared.name,
                    outcomes=[ImportOutcome.PLACED, ImportOutcome.CHANGED],
                    ordinal_from=first,
                    ordinal_to=first + ORDINALS_AT_ONCE - 1,
                )
            )
            if records:
                made = asyncio.create_task(asyncio.to_thread(_drafts, declared, records))
                ahead.append((records, made))
            if len(ahead) > 1:
                records, made = ahead.pop(0)
                yield records, await made
        for records, made in ahead:
            yield records, await made
    finally:
        await asyncio.gather(*(made for _, made in ahead), return_exceptions=True)


def _drafts(declared: OriginalMap, records: Sequence[ImportRecord]) -> list[Draft]:
    """The same drafts as when they were checked."""
    drafts = []
    for record in records:
        source = SourceRecord(
            declared.name, record.legacy_key, parsed(record.content), record.content
        )
        draft = drafted(declared, source, record.ordinal)
        draft.row_id = record.target_id
        if record.natural_key is not None:
            declared.renumber(draft, record.natural_key)
        drafts.append(draft)
    return drafts


async def _place(
    store: Store,
    declared: OriginalMap,
    records: Sequence[ImportRecord],
    drafts: Sequence[Draft],
    place: Workplace,
) -> None:
    new = [
        draft
        for record, draft in zip(records, drafts, strict=True)
        if record.outcome is ImportOutcome.PLACED
    ]
    if new:
        await declared.write(store, new, place)


async def _change(
    store: Store,
    held_in: DataImport,
    declared: OriginalMap,
    records: Sequence[ImportRecord],
    drafts: Sequence[Draft],
) -> None:
    """Change the columns in which a record differs from how it last came, and no others: what
    people have changed here since stays."""
    changed = {
        draft.key: draft
        for record, draft in zip(records, drafts, strict=True)
        if record.outcome is ImportOutcome.CHANGED
    }
    if not changed or declared.update is None:
        return
    earlier = await store.import_lookups.latest(
        source=held_in.source,
        map_name=declared.name,
        import_id=held_in.id,
        keys=changed.keys(),
        is_earlier=True,
    )
    changes = {}
    for key, draft in changed.items():
        names = differing_columns(declared, draft, earlier[key]) & declared.changeable
        if names and draft.row_id is not None:
            changes[draft.row_id] = {name: draft.values[name] for name in names}
    if changes:
        await declared.update(store, changes)
