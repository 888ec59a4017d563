"""Records that can only be judged with all that belongs to the same row, in whatever order they
come: they are gathered, and come back by that row."""

from collections.abc import AsyncIterator, Sequence

from services.importing.declaration import Draft, OriginalMap, drafted
from services.importing.json_stream import SourceRecord, parsed
from services.importing.references import find_references
from storage.imports import GatheredRecord
from storage.interface import Gathering, Store
from storage.tables.importing import DataImport

_AT_ONCE = 500
_MOST = 4_000
"""Of one row's, after which the rest comes apart: no row has as many."""


async def to_gather(
    store: Store, held_in: DataImport, declared: OriginalMap, drafts: Sequence[Draft]
) -> list[GatheredRecord]:
    """Records with the rows that they belong to, as far as these are there."""
    assert declared.gathered_by is not None
    assert declared.place is not None
    await find_references(store, held_in, drafts)
    return [
        GatheredRecord(
            draft.values.get(declared.gathered_by),
            draft.values.get(declared.place) or 0,
            draft.ordinal,
            draft.record.key,
            draft.record.text,
        )
        for draft in drafts
    ]


async def gathered(declared: OriginalMap, gathering: Gathering) -> AsyncIterator[list[Draft]]:
    """What the records become, all of a row together. Their ordinals are those of this order."""
    count = 0
    together: list[GatheredRecord] = []

    def drafts() -> list[Draft]:
        made = [_draft(declared, each) for each in together]
        for ordinal, draft in enumerate(made, count + 1):
            draft.ordinal = ordinal
        return made

    async for records in gathering.by_owner(at_once=_AT_ONCE):
        for each in records:
            is_next = together and together[-1].owner_id != each.owner_id
            if len(together) >= (_AT_ONCE if is_next or each.owner_id is None else _MOST):
                yield drafts()
                count += len(together)
                together = []
            together.append(each)
    if together:
        yield drafts()


def _draft(declared: OriginalMap, each: GatheredRecord) -> Draft:
    source = SourceRecord(declared.name, each.key, parsed(each.text), each.text)
    return drafted(declared, source, each.ordinal)
