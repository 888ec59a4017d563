"""Handing out what is kept."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.refusals import Category, Refusal
from storage.files import FileKey
from storage.interface import Store
from storage.tables.files import StoredFile
from storage.vocabulary.files import FileDeletion


@dataclass
class FileNotKept(Refusal):
    """Its row is there, its content is not kept any more."""

    category: ClassVar[Category] = Category.NOT_FOUND
    title: ClassVar[str] = "The content of this file is not kept any more"
    deletion: FileDeletion


@dataclass(frozen=True)
class ReadableFile:
    """A file, and where its content lies."""

    row: StoredFile
    key: FileKey


async def readable(store: Store, file_id: UUID) -> ReadableFile:
    """A file that is about to be read. Raises RowNotFound, FileNotKept."""
    row = await store.stored_files.get(file_id)
    if row.deletion is not None:
        raise FileNotKept(row.deletion)
    return ReadableFile(row, await store.secrets.file_key_of(row.object_key, row.data_key_number))
