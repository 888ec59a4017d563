"""Imports are asked for, found again, and gone through by a durable job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.files.keeping import NewFile, WrittenFile
from services.inputs import ONE_LINE
from services.refusals import Fault, InvalidInput
from storage.filters import ByImport, DataImportFilter, ImportRecordFilter
from storage.interface import Page, Store
from storage.tables.importing import (
    DataImport,
    DataImportFields,
    ImportFileFields,
    ImportMap,
    ImportRecord,
)
from storage.vocabulary.files import FilePurpose

IMPORT_RECORDS = "import_records"
"""The job that goes through an import."""

MEDIA_TYPE = "application/json"
MOST_BYTES = 8_000_000
"""Of the records on a page, as they came."""
_LONGEST_NAME = 255

SourceName = Annotated[str, Field(min_length=1, max_length=80, pattern=ONE_LINE)]


def new_file(name: str) -> NewFile:
    """What a dump is kept as."""
    return NewFile(purpose=FilePurpose.IMPORT, name=name[-_LONGEST_NAME:], media_type=MEDIA_TYPE)


async def receive(
    store: Store,
    files: Sequence[WrittenFile],
    *,
    source: str,
    is_trial: bool,
    steward_person_id: UUID | None = None,
) -> DataImport:
    """Put an import and its files on record. A trial checks everything and writes nothing. What
    names a person who is not here is given to the steward. Raises InvalidInput."""
    await require_steward(store, steward_person_id)
    made = await store.data_imports.create(
        DataImportFields(source=source, is_trial=is_trial, steward_person_id=steward_person_id)
    )
    kept = [await file.record(store) for file in files]
    await store.import_files.create_many(
        [
            ImportFileFields(import_id=made.id, file_id=each.id, ordinal=place, name=each.name)
            for place, each in enumerate(kept, 1)
        ]
    )
    return made


async def require_steward(store: Store, person_id: UUID | None) -> None:
    """Raises InvalidInput for somebody who is not of the company, or no longer signs in."""
    if person_id is None:
        return
    found = await store.people.get_many([person_id])
    if not found or found[0].disabled_at is not None:
        raise InvalidInput([Fault("/steward_person_id", "names nobody who works here")])


async def receive_and_enqueue(
    store: Store,
    file: WrittenFile,
    *,
    source: str,
    is_trial: bool,
    steward_person_id: UUID | None = None,
) -> DataImport:
    """``receive``, and a durable job that goes through it."""
    made = await receive(
        store, [file], source=source, is_trial=is_trial, steward_person_id=steward_person_id
    )
    await enqueue(store, made.id)
    return made


async def enqueue(store: Store, import_id: UUID) -> None:
    """A durable job that goes through an import in the name of whoever asks for it; those of one
    company come one after another."""
    await store.enqueue(
        IMPORT_RECORDS,
        {"import_id": str(import_id), "asked_by": str(store.actor.principal_id)},
        lock=f"{IMPORT_RECORDS}/{store.company_id}",
    )


async def get_import(store: Store, import_id: UUID) -> DataImport:
    """Raises RowNotFound."""
    return await store.data_imports.get(import_id)


async def list_imports(
    store: Store, conditions: DataImportFilter, *, limit: int, after: UUID | None
) -> Page[DataImport]:
    """Imports, newest first."""
    return await store.data_imports.list(conditions, limit=limit, after=after)


async def list_records(
    store: Store, conditions: ImportRecordFilter, *, limit: int, after: UUID | None
) -> Page[ImportRecord]:
    """Records of an import, newest first: fewer than ``limit`` where they are long, and one at
    least. Raises RowNotFound."""
    assert conditions.import_id is not None
    await store.data_imports.get(conditions.import_id)
    count = await store.import_lookups.fitting(
        conditions, after=after, most=limit, most_bytes=MOST_BYTES
    )
    return await store.import_records.list(conditions, limit=max(count, 1), after=after)


async def maps_of(store: Store, import_id: UUID) -> list[ImportMap]:
    """The maps of an import, in the order in which they are written."""
    found = await store.import_maps.all(ByImport(import_id=import_id))
    return sorted(found, key=lambda each: (each.rank, each.name))
