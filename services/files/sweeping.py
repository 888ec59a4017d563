"""Rows and objects held against each other, both ways, and what is past its retention.

An object without a row is nobody's: it is what an upload left that was broken off, and goes once
it is a day old. A row without its object is a loss: it is told, loudly, and never mended by itself.
"""

import asyncio
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from services.files.holds import standing_holds
from services.refusals import Refusal
from storage.clock import today_in
from storage.files import FileDamaged, FileKey, FileVault, StoredObject
from storage.filters import StoredFileFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import MAXIMUM_LIMIT, Actor, IStorage, Store
from storage.retention import RETENTION_LOCK, kept_until
from storage.tables.files import StoredFile
from storage.vocabulary.files import FileDeletion

LEAST_AGE = dt.timedelta(days=1)
"""A younger object may belong to an upload that is still under way."""

_BATCH = 1000

FEW_ORPHANS = 20
ORPHANS_AT_MOST_PCT = 10
"""More than these are no leftovers: the database or the store is not the one that it was."""


@dataclass
class TooManyOrphans(Refusal):
    """So many objects without a row are removed only when a person says so."""

    title: ClassVar[str] = "Too many objects have no row to be leftovers"
    orphans: int
    objects: int

    @property
    def detail(self) -> str:
        return (
            f"{self.orphans} of {self.objects}: is this the right database, and as new as the"
            " store? Then: wellkept files check --remove-orphans"
        )


@dataclass
class FileCheck:
    """What was found of one company's files."""

    objects: int = 0
    byte_count: int = 0
    files: int = 0
    orphans: list[StoredObject] = field(default_factory=list)
    """Objects of a day and older that no row names."""
    missing: list[UUID] = field(default_factory=list)
    """Files whose object is not there, or, where they were read, is damaged."""

    @property
    def is_sound(self) -> bool:
        """Whether every file that should be there is."""
        return not self.missing


async def check_files(
    storage: IStorage, vault: FileVault, company_id: UUID, *, is_read: bool = False
) -> FileCheck:
    """Hold a company's objects against its rows, both ways; changes nothing.

    With ``is_read`` every file is read to its end, too. Raises FileStoreUnavailable,
    StorageUnavailable.
    """
    found = FileCheck()
    actor = Actor(SYSTEM_ACTOR_ID, new_id())
    before = storage.clock.now() - LEAST_AGE
    present: set[str] = set()
    objects = vault.objects(company_id)
    while batch := await asyncio.to_thread(lambda: list(islice(objects, _BATCH))):
        found.objects += len(batch)
        found.byte_count += sum(each.byte_count for each in batch)
        present.update(_object_key(each) for each in batch)
        found.orphans += await _orphans(
            storage, company_id, actor, [each for each in batch if each.stored_at < before]
        )
    after: UUID | None = None
    while True:
        async with storage.transaction(company_id, actor) as store:
            page = await store.stored_files.list(
                StoredFileFilter(is_kept=True), limit=MAXIMUM_LIMIT, after=after
            )
            suspects = [
                (row, await store.secrets.file_key_of(row.object_key, row.data_key_number))
                for row in page.rows
                if is_read or row.object_key not in present
            ]
        found.files += len(page.rows)
        for row, key in suspects:
            if not await asyncio.to_thread(_is_whole, vault, key, is_read=is_read):
                found.missing.append(row.id)
        after = page.next_after
        if after is None:
            return found


async def sweep_files(
    storage: IStorage, vault: FileVault, company_id: UUID, *, however_many: bool = False
) -> FileCheck:
    """``check_files``, and the orphans removed. Raises TooManyOrphans, and what it raises."""
    found = await check_files(storage, vault, company_id)
    suspicious = len(found.orphans) * 100 > found.objects * ORPHANS_AT_MOST_PCT
    if suspicious and len(found.orphans) > FEW_ORPHANS and not however_many:
        raise TooManyOrphans(len(found.orphans), found.objects)
    for orphan in found.orphans:
        await asyncio.to_thread(vault.delete_object, orphan)
    return found


async def retire_files(storage: IStorage, vault: FileVault, company_id: UUID) -> int:
    """Remove the content of files that are past their retention; their rows stay.

    Returns how many those were. What a legal hold keeps stays, and what an approved policy or an
    attestation rests on, which are kept without end. A company that keeps its records longer now
    than when a file came keeps that longer, too. Raises FileStoreUnavailable, StorageUnavailable.
    """
    retired = 0
    actor = Actor(SYSTEM_ACTOR_ID, new_id())
    after: UUID | None = None
    while True:
        async with storage.transaction(company_id, actor) as store:
            await store.wait_for_lock(RETENTION_LOCK)
            gone, after = await _retire_page(store, after)
        for key in gone:
            await asyncio.to_thread(vault.delete, key)
        retired += len(gone)
        if after is None:
            return retired


async def _retire_page(store: Store, after: UUID | None) -> tuple[list[FileKey], UUID | None]:
    """Put a page of files on record as retired: where they lie, and where to go on."""
    company, holds = await store.companies.get(store.company_id), await standing_holds(store)
    today, zone = today_in(store.clock, company.time_zone), ZoneInfo(company.time_zone)
    page = await store.stored_files.list(
        StoredFileFilter(is_kept=True, retain_until=today - dt.timedelta(days=1)),
        limit=MAXIMUM_LIMIT,
        after=after,
    )
    due = [
        row
        for row in page.rows
        if kept_until(row.created_at.astimezone(zone).date(), years=company.retention_years) < today
        and not holds.keeps(row)
    ]
    rested_on = set(await store.file_figures.behind_records([row.id for row in due]) if due else ())
    due = [row for row in due if row.id not in rested_on]
    await store.stored_files.update_many(
        {row.id: row.version for row in due},
        {
            "deleted_at": [store.now] * len(due),
            "deletion": [FileDeletion.RETENTION] * len(due),
        },
    )
    return await _keys(store, due), page.next_after


async def _keys(store: Store, rows: Sequence[StoredFile]) -> list[FileKey]:
    return [await store.secrets.file_key_of(row.object_key, row.data_key_number) for row in rows]


async def _orphans(
    storage: IStorage, company_id: UUID, actor: Actor, old: Sequence[StoredObject]
) -> list[StoredObject]:
    """Those of some objects that no row names, or whose row has given them up."""
    if not old:
        return []
    async with storage.transaction(company_id, actor) as store:
        rows = await store.stored_files.all(
            StoredFileFilter(object_keys=[_object_key(each) for each in old], is_kept=True)
        )
    named = {row.object_key for row in rows}
    return [each for each in old if _object_key(each) not in named]


def _object_key(found: StoredObject) -> str:
    return found.name.rpartition("/")[2]


def _is_whole(vault: FileVault, key: FileKey, *, is_read: bool) -> bool:
    """Whether a file can be read: from its start, or to its end."""
    try:
        blocks: Iterator[bytes] = vault.read(key)
        while is_read and next(blocks, None) is not None:
            pass
    except FileDamaged:
        return False
    return True
