"""Attachments: files that people and systems hand in, list, fetch and delete by themselves."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from services.files.holds import standing_holds
from services.files.reading import FileNotKept, ReadableFile, readable
from services.refusals import Refusal
from storage.clock import today_in
from storage.errors import RowNotFound
from storage.filters import StoredFileFilter
from storage.interface import Page, Store
from storage.retention import RETENTION_LOCK
from storage.tables.files import StoredFile
from storage.vocabulary.files import FileDeletion, FilePurpose


@dataclass
class FileRetained(Refusal):
    """It is a record, and must stay for as long as the company keeps records."""

    title: ClassVar[str] = "The file must be kept"
    retain_until: dt.date

    @property
    def detail(self) -> str:
        return f"It is a record that is kept through {self.retain_until}; then it goes by itself."


@dataclass
class FileHeld(Refusal):
    """A legal hold keeps it."""

    title: ClassVar[str] = "A legal hold keeps the file"


@dataclass
class FileInUse(Refusal):
    """Other records refer to it."""

    title: ClassVar[str] = "Other records refer to the file"
    used_by: list[str]


async def list_files(
    store: Store, conditions: StoredFileFilter, *, limit: int, after: UUID | None
) -> Page[StoredFile]:
    """Attachments, newest first."""
    wanted = replace(conditions, purpose=FilePurpose.ATTACHMENT)
    return await store.stored_files.list(wanted, limit=limit, after=after)


async def get_file(store: Store, file_id: UUID) -> StoredFile:
    """An attachment. Raises RowNotFound, also for a file of another purpose."""
    return _attachment(await store.stored_files.get(file_id))


async def readable_file(store: Store, file_id: UUID) -> ReadableFile:
    """An attachment about to be handed out. Raises RowNotFound, FileNotKept."""
    file = await readable(store, file_id)
    _attachment(file.row)
    return file


async def delete_file(store: Store, file_id: UUID, *, expected_version: int) -> ReadableFile:
    """Give up the content of an attachment; its row stays. Returns where the content lies, to be
    removed once this is committed.

    Raises RowNotFound, VersionConflict, FileNotKept, FileHeld, FileRetained, FileInUse.
    """
    await store.wait_for_lock(RETENTION_LOCK)
    row = _attachment(await store.stored_files.lock(file_id))
    if row.version == expected_version:
        await _refuse_deletion(store, row)
    changed = await store.stored_files.update(
        file_id,
        {"deleted_at": store.now, "deletion": FileDeletion.ASKED_FOR},
        expected_version=expected_version,
    )
    key = await store.secrets.file_key_of(row.object_key, row.data_key_number)
    return ReadableFile(changed, key)


async def _refuse_deletion(store: Store, row: StoredFile) -> None:
    if row.deletion is not None:
        raise FileNotKept(row.deletion)
    if (await standing_holds(store)).keeps(row):
        raise FileHeld
    company = await store.companies.get(store.company_id)
    today = today_in(store.clock, company.time_zone)
    if row.retain_until is not None and row.retain_until >= today:
        raise FileRetained(row.retain_until)
    if used_by := await store.file_figures.referring(row.id):
        raise FileInUse(used_by)


def _attachment(row: StoredFile) -> StoredFile:
    if row.purpose is not FilePurpose.ATTACHMENT:
        raise RowNotFound("stored_files")
    return row
