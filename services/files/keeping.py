"""Keeping a file: its content is written first, its row is committed with the work it belongs to.

A content without a row is nobody's: whatever happens in between leaves at most an object that the
orphan sweep removes, and never a row without its content::

    async with written(storage, vault, company_id, actor, new, content) as file:
        async with storage.transaction(company_id, actor) as store:
            kept = await file.record(store)

What is small and at hand is kept in one call, ``keep``.
"""

import asyncio
import datetime as dt
import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from storage.clock import today_in
from storage.files import FileKey, FileVault
from storage.files.vault import Content
from storage.identifiers import new_id
from storage.interface import Actor, IStorage, Store
from storage.retention import kept_until
from storage.tables.files import StoredFile, StoredFileFields
from storage.vocabulary.files import FilePurpose

RETAINED = frozenset(
    {
        FilePurpose.ROOTS,
        FilePurpose.REMITTANCE,
        FilePurpose.CLAIM_FILE,
        FilePurpose.ACKNOWLEDGEMENT,
        FilePurpose.IMPORT,
        FilePurpose.STATEMENT_RUN,
    }
)
"""What is a record of its own, whether or not it is about one patient."""


@dataclass(frozen=True, kw_only=True)
class NewFile:
    """What is known of a file besides its content."""

    purpose: FilePurpose
    name: str
    media_type: str
    patient_id: UUID | None = None


@dataclass(frozen=True)
class Bytes:
    """A content that is at hand."""

    content: bytes

    @property
    def byte_count(self) -> int:
        return len(self.content)

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.content).digest()

    def chunks(self) -> Iterator[bytes]:
        yield self.content


@dataclass
class WrittenFile:
    """A file whose content lies in the store, to be put on record."""

    id: UUID
    new: NewFile
    byte_count: int
    sha256: bytes
    key: FileKey
    is_recorded: bool = False

    async def record(self, store: Store) -> StoredFile:
        """Its row, committed with the rest of the transaction; may be done again when that is.

        Raises ReferenceNotFound for a patient whom the company does not have.
        """
        await record_many(store, [self])
        return await store.stored_files.get(self.id)


async def record_many(store: Store, files: Sequence[WrittenFile]) -> None:
    """The rows of files, as ``record``, in one statement. They are alike in whether they are about
    a patient."""
    until = await _retained_until(store, files[0].new) if files else None
    for file in files:
        file.is_recorded = True
    await store.stored_files.create_many(
        [
            StoredFileFields(
                purpose=file.new.purpose,
                name=file.new.name,
                media_type=file.new.media_type,
                byte_count=file.byte_count,
                sha256=file.sha256,
                object_key=file.key.object_key,
                data_key_number=file.key.data_key_number,
                patient_id=file.new.patient_id,
                retain_until=until,
            )
            for file in files
        ],
        ids=[file.id for file in files],
    )


@asynccontextmanager
async def written(
    storage: IStorage,
    vault: FileVault,
    company_id: UUID,
    actor: Actor,
    new: NewFile,
    content: Content,
) -> AsyncIterator[WrittenFile]:
    """A file whose content has been written, to be put on record inside.

    No transaction is open while it is written. What was not put on record is removed on leaving;
    where it was and the transaction failed, nobody knows what became of it, and the orphan sweep
    decides. Raises FileStoreFull, FileStoreUnavailable, FileDamaged.
    """
    file_id = new_id()
    async with storage.transaction(company_id, actor) as store:
        key = await store.secrets.file_key(file_id)
    await asyncio.to_thread(vault.write, key, content)
    file = WrittenFile(file_id, new, content.byte_count, content.sha256, key)
    try:
        yield file
    finally:
        if not file.is_recorded:
            await asyncio.to_thread(vault.delete, key)


async def keep(store: Store, vault: FileVault, new: NewFile, content: bytes) -> StoredFile:
    """Keep what is small and at hand, in the transaction of the work it belongs to.

    Raises FileStoreFull, FileStoreUnavailable, ReferenceNotFound.
    """
    return await (await write_now(store, vault, new, content)).record(store)


async def write_now(store: Store, vault: FileVault, new: NewFile, content: bytes) -> WrittenFile:
    """Write what is small and at hand within a transaction that puts it on record.

    Raises FileStoreFull, FileStoreUnavailable.
    """
    file_id = new_id()
    key = await store.secrets.file_key(file_id)
    held = Bytes(content)
    await asyncio.to_thread(vault.write, key, held)
    return WrittenFile(file_id, new, held.byte_count, held.sha256, key)


async def _retained_until(store: Store, new: NewFile) -> dt.date | None:
    """The day until which a record must stay: what is about a patient, or is a record itself."""
    if new.patient_id is None and new.purpose not in RETAINED:
        return None
    company = await store.companies.get(store.company_id)
    return kept_until(today_in(store.clock, company.time_zone), years=company.retention_years)
