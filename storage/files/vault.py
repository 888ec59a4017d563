"""The vault: what is written is hashed and sealed, what is read is whole or not there at all."""

import hashlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Protocol
from uuid import UUID

from storage.files.malware import MalwareScanner, NoScanner
from storage.files.sealing import FileDamaged, FileKey, opened, sealed
from storage.files.store import FileStore, ObjectMissing, StoredObject


class Content(Protocol):
    """Bytes that can be gone through more than once."""

    @property
    def byte_count(self) -> int:
        """How many there are."""

    @property
    def sha256(self) -> bytes:
        """Their hash."""

    def chunks(self) -> Iterator[bytes]:
        """They themselves, from the beginning."""


class FileVault:
    """Files of all companies in one store. Calls block: they belong in a thread."""

    def __init__(self, store: FileStore, scanner: MalwareScanner | None = None) -> None:
        self._store = store
        self._scanner = scanner or NoScanner()

    def write(self, key: FileKey, content: Content) -> None:
        """Keep a content durably under its key, once the scanner has looked through it.

        Raises MalwareFound, MalwareScannerUnavailable, FileDamaged where it changed since it was
        hashed, FileStoreFull, FileStoreUnavailable; nothing is left behind then.
        """
        self._scanner.scan(content.chunks())
        self._store.put(key.name, sealed(key, _checked(content)))

    def read(self, key: FileKey) -> Iterator[bytes]:
        """The content of a kept file, block by block.

        Raises FileDamaged and FileStoreUnavailable, before it returns where the file cannot be
        read from its start.
        """
        try:
            blocks = opened(key, self._store.get(key.name))
            return chain([next(blocks)], blocks)
        except ObjectMissing as error:
            raise FileDamaged from error

    @contextmanager
    def opened(self, key: FileKey) -> Iterator[Iterator[bytes]]:
        """The same for a reader who may leave before the end: nothing stays open then.

        Raises FileDamaged, FileStoreUnavailable.
        """
        stored: Iterator[bytes] = iter(())
        try:
            stored = self._store.get(key.name)
            blocks = opened(key, stored)
            yield chain([next(blocks)], blocks)
        except ObjectMissing as error:
            raise FileDamaged from error
        finally:
            if isinstance(stored, Generator):
                with suppress(ValueError):  # a thread is just reading: it closes when that is left
                    stored.close()

    def delete(self, key: FileKey) -> None:
        """Remove what is kept under a key. Raises FileStoreUnavailable."""
        self._store.delete(key.name)

    def objects(self, company_id: UUID) -> Iterator[StoredObject]:
        """Everything that lies in a company's folder. Raises FileStoreUnavailable."""
        return self._store.list(f"{company_id.hex}/")

    def delete_object(self, found: StoredObject) -> None:
        """Remove an object that no row names. Raises FileStoreUnavailable."""
        self._store.delete(found.name)


def _checked(content: Content) -> Iterator[bytes]:
    """The bytes, which must come to their hash before the last of them is stored."""
    digest = hashlib.sha256()
    for chunk in content.chunks():
        digest.update(chunk)
        yield chunk
    if digest.digest() != content.sha256:
        raise FileDamaged
