"""What a store of objects is: a local folder and S3 keep the same promises."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class StoredObject:
    """One object by its name, as a list shows it."""

    name: str
    byte_count: int
    stored_at: dt.datetime


class ObjectMissing(Exception):
    """No object has the name."""


class FileStore(Protocol):
    """Objects under names like ``company/ab/abcdef``. Calls block: they belong in a thread.

    Every method raises FileStoreUnavailable where the store does not answer as it should.
    """

    def put(self, name: str, content: Iterator[bytes]) -> None:
        """Store an object durably: all of it or, whatever happens, nothing under its name.

        What ``content`` raises goes through; it must not itself ask the store. Raises
        FileStoreFull.
        """

    def get(self, name: str) -> Iterator[bytes]:
        """An object's bytes, in pieces of any length. Raises ObjectMissing before the first."""

    def delete(self, name: str) -> None:
        """Remove an object; one that is not there is removed already."""

    def list(self, folder: str) -> Iterator[StoredObject]:
        """Every object below a folder, and what writers that were killed have left there."""
