"""Kept files, as they stand in an audit pack."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.files.reading import ReadableFile
from storage.interface import Store

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 80


@dataclass(frozen=True)
class PackedFile:
    """A file of the store, and where it stands in the pack."""

    path: str
    file: ReadableFile


async def packed_files(
    store: Store, file_ids: Mapping[UUID, UUID], folder: str
) -> dict[UUID, PackedFile]:
    """The files that rows name and whose content is kept, by the id of the row."""
    rows = {
        each.id: each for each in await store.stored_files.get_many(sorted({*file_ids.values()}))
    }
    found = {}
    for name, file_id in file_ids.items():
        row = rows.get(file_id)
        if row is None or row.deletion is not None:
            continue
        key = await store.secrets.file_key_of(row.object_key, row.data_key_number)
        found[name] = PackedFile(f"{folder}/{name}/{_safe(row.name)}", ReadableFile(row, key))
    return found


def _safe(name: str) -> str:
    """A file's name as every file system takes it."""
    return _UNSAFE.sub("_", name).strip(".")[-_LONGEST_NAME:] or "file"
