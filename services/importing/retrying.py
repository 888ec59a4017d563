"""A quarantined record is tried again: as it came, once what it refers to is there, or mended.

The try is an import of its own, of one record, so that it is checked, written and reported like
any other, and the record as it came stays. Lines of a claim that wait together are tried together.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from pydantic import Field

from services.importing.alone import LOCK
from services.importing.declaration import OriginalMap, drafted, key_of, workplace
from services.importing.import_maps import maps_of
from services.importing.json_stream import SourceRecord, parsed
from services.importing.maps import DECLARED
from services.importing.receiving import require_steward
from services.importing.running import check_records
from services.importing.writing import write_map
from services.inputs import Input
from services.refusals import Fault, InvalidInput, Refusal
from storage.files import FileVault
from storage.filters import ImportRecordFilter
from storage.interface import Store
from storage.tables.importing import DataImport, DataImportFields, ImportRecord
from storage.vocabulary.importing import ImportOutcome, ImportStatus

_MOST_TOGETHER = 1_000
"""Records on either side of one among which those of the same row are."""


class RecordRetry(Input):
    """The record as it should have been, whole; left out, it is tried as it came. What names a
    person who is not here is given to the steward; left out, to that of the import."""

    content: Annotated[
        dict[str, Any] | None, Field(examples=[{"id": "c1", "claimNumber": "CLM-1000"}])
    ] = None
    steward_person_id: UUID | None = None


@dataclass
class NotQuarantined(Refusal):
    """The record is not in quarantine, or the quarantine of one that was only tried."""

    title: ClassVar[str] = "Only a quarantined record of an import can be tried again"
    outcome: ImportOutcome


@dataclass
class ImportAtWork(Refusal):
    """What a record refers to may be about to come."""

    title: ClassVar[str] = "An import into the company is at work: try again once it is done"


async def retry_record(
    store: Store, vault: FileVault, record_id: UUID, retry: RecordRetry
) -> DataImport:
    """Check a record anew and write it, in one transaction; a remittance is posted by a job.

    Raises RowNotFound, NotQuarantined, ImportAtWork, InvalidInput.
    """
    record = await store.import_records.get(record_id)
    first = await store.data_imports.get(record.import_id)
    if record.outcome is not ImportOutcome.QUARANTINED or first.is_trial:
        raise NotQuarantined(record.outcome)
    await require_steward(store, retry.steward_person_id)
    if not await store.try_lock(LOCK):
        raise ImportAtWork
    await _require_own_id(store, record, retry)
    text = record.content if retry.content is None else msgspec.json.encode(retry.content).decode()
    key = None if record.legacy_key.startswith("#") else record.legacy_key
    source = SourceRecord(record.map_name, key, parsed(text), text)
    sources = [source, *await _others(store, record, source)]
    again = await store.data_imports.create(
        DataImportFields(
            source=record.source,
            status=ImportStatus.CHECKING,
            retries_id=record.import_id,
            steward_person_id=retry.steward_person_id or first.steward_person_id,
            record_count=len(sources),
        )
    )
    await check_records(store, again, record.map_name, sources)
    place = await workplace(store, vault)
    for each in await maps_of(store, again.id):
        await write_map(store, again, each, place)
    return await store.data_imports.update(
        again.id,
        {
            "status": ImportStatus.DONE,
            "done_count": len(sources),
            "finished_at": store.now,
        },
        expected_version=again.version,
    )


async def _require_own_id(store: Store, record: ImportRecord, retry: RecordRetry) -> None:
    """A mended record may have another id, but not that of a record that has its row: it would
    change that row, and nobody would be shown how. Raises InvalidInput."""
    if retry.content is None:
        return
    given = key_of(SourceRecord(record.map_name, record.legacy_key, retry.content, ""), 0)
    if given == record.legacy_key:
        return
    known = await store.import_lookups.latest(
        source=record.source,
        map_name=record.map_name,
        import_id=record.import_id,
        keys={given},
    )
    if known:
        raise InvalidInput([Fault("/content/id", "is the id of another record, which was placed")])


async def _others(store: Store, record: ImportRecord, tried: SourceRecord) -> list[SourceRecord]:
    """What waits beside a record for the same row, and can only be judged with it."""
    declared = DECLARED.get(record.map_name)
    if declared is None or declared.gathered_by is None:
        return []
    near = await store.import_records.all(
        ImportRecordFilter(
            import_id=record.import_id,
            map_name=record.map_name,
            outcome=ImportOutcome.QUARANTINED,
            ordinal_from=record.ordinal - _MOST_TOGETHER,
            ordinal_to=record.ordinal + _MOST_TOGETHER,
        )
    )
    mended = await store.import_lookups.latest(
        source=record.source,
        map_name=record.map_name,
        import_id=record.import_id,
        keys={each.legacy_key for each in near},
    )
    owners = _owners(declared, tried)
    others = [
        SourceRecord(each.map_name, each.legacy_key, parsed(each.content), each.content)
        for each in near
        if each.legacy_key not in {record.legacy_key, *mended}
    ]
    return [each for each in others if _owners(declared, each) & owners]


def _owners(declared: OriginalMap, source: SourceRecord) -> set[str]:
    """What a record says it belongs to."""
    return {
        name
        for each in drafted(declared, source, 1).wanted
        if each.key == declared.gathered_by
        for name in each.names
    }
