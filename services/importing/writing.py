"""What was checked is written from the records: one map after another, many rows a statement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

from services.importing.declaration import PARTS, Draft, OriginalMap, Workplace, drafted
from services.importing.differences import as_it_was, differing_columns, fixed_columns
from services.importing.json_stream import SourceRecord, parsed
from services.importing.maps import DECLARED
from services.importing.numbers import start_above
from services.importing.references import find_references
from storage.filters import ImportRecordFilter
from storage.interface import Store
from storage.tables.importing import DataImport, ImportMap, ImportRecord
from storage.vocabulary.importing import ImportOutcome

ORDINALS_AT_ONCE = 2_000

Tell = Callable[[str, int], None]
"""Is told of which map how many records more are gone through."""


def _nobody(_: str, __: int) -> None:
    """Who is told where nobody wants to know."""


async def write_map(
    store: Store,
    held_in: DataImport,
    of: ImportMap,
    place: Workplace,
    tell: Tell = _nobody,
) -> None:
    """Write the rows of one map as the records tell of them: new ones, and what has changed of
    older ones."""
    declared = DECLARED.get(of.name)
    if declared is not None:
        async with store.sending_ahead():
            async for drafts in _drafted(store, held_in, declared, ImportOutcome.PLACED):
                await declared.write(store, [draft.placed for draft in drafts], place)
                tell(of.name, len(drafts))
    await finish_map(store, held_in, of, tell)


async def finish_map(
    store: Store,
    held_in: DataImport,
    of: ImportMap,
    tell: Tell = _nobody,
) -> None:
    """Do what is left of a map whose new rows are written: what has changed of older ones, and the
    numbers that go on above it."""
    declared = DECLARED.get(of.name)
    if declared is not None:
        await _change_all(store, held_in, declared, tell)
    await finish_new(store, held_in, of)


async def finish_new(store: Store, held_in: DataImport, of: ImportMap) -> None:
    """The same of a map that changes no older row: its numbers, and that it is written."""
    await start_above(store, held_in.id, of.name)
    await store.import_maps.update(of.id, {"written_at": store.now}, expected_version=of.version)


async def _drafted(
    store: Store, held_in: DataImport, declared: OriginalMap, outcome: ImportOutcome
) -> AsyncIterator[list[Draft]]:
    """The records of one outcome as they were when they were checked, with what they refer to: of
    the next chunk that is worked out while the database writes this one."""
    wanted = ImportRecordFilter(import_id=held_in.id, map_name=declared.name, outcomes=[outcome])
    if not await store.import_records.count(wanted):
        return
    last = await store.import_lookups.reached(import_id=held_in.id, map_name=declared.name)
    ahead: list[asyncio.Task[list[Draft]]] = []
    try:
        for first in range(1, last + 1, ORDINALS_AT_ONCE):
            records = await store.import_records.all(
                replace(wanted, ordinal_from=first, ordinal_to=first + ORDINALS_AT_ONCE - 1)
            )
            if records:
                ahead.append(asyncio.create_task(asyncio.to_thread(_drafts, declared, records)))
            if len(ahead) > 1:
                yield await _referred(store, held_in, await ahead.pop(0))
        for made in ahead:
            yield await _referred(store, held_in, await made)
    finally:
        await asyncio.gather(*ahead, return_exceptions=True)


async def _referred(store: Store, held_in: DataImport, drafts: list[Draft]) -> list[Draft]:
    await find_references(store, held_in, drafts)
    return drafts


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


async def _change_all(store: Store, held_in: DataImport, declared: OriginalMap, tell: Tell) -> None:
    """Change the columns in which records differ from how they last came, and no others: what
    people have changed here since stays."""
    if declared.update is None:
        return
    async for drafts in _drafted(store, held_in, declared, ImportOutcome.CHANGED):
        earlier = await store.import_lookups.latest(
            source=held_in.source,
            map_name=declared.name,
            import_id=held_in.id,
            keys={draft.key for draft in drafts},
            is_earlier=True,
        )
        fixed = await fixed_columns(store, declared, drafts, earlier)
        changes = {}
        for draft in drafts:
            row_id = draft.placed.row_id
            differing = differing_columns(declared, draft, earlier[draft.key])
            names = differing & (declared.changeable - fixed.get(row_id, frozenset()))
            if names:
                was = as_it_was(declared, draft.key, earlier[draft.key])
                changes[row_id] = {name: _said(name, was, draft) for name in names}
        if changes:
            await declared.update(store, changes)
        tell(declared.name, len(drafts))


def _said(name: str, was: Draft, now: Draft) -> object:
    """What is said of a column; of a kind of parts, what was and what is; where others came or
    went, all that is."""
    if name == PARTS:
        return now.parts
    if name in now.values:
        return now.values[name]
    old, new = ([part for part in each.parts if part.get("of") == name] for each in (was, now))
    return list(zip(old, new, strict=True))
