"""Objects as files below one folder of this machine."""

import datetime as dt
import errno
import io
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from storage.errors import FileStoreFull, FileStoreUnavailable
from storage.files.store import ObjectMissing, StoredObject

_READ_BYTES = 1 << 18
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class LocalFileStore:
    """See ``storage.files.store.FileStore``. Only the program's account may look into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, content: Iterator[bytes]) -> None:
        path = self._folder / name
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        with _said():
            self._make_folders(path.parent)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                for piece in content:
                    with _said():
                        _write_all(file.fileno(), piece)
                with _said():
                    os.fsync(file.fileno())
            with _said():
                part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        with _said():
            self._make_names_durable(path.parent)

    def get(self, name: str) -> Iterator[bytes]:
        try:
            with _said():
                file = (self._folder / name).open("rb")
        except FileNotFoundError as error:
            raise ObjectMissing(name) from error
        return _pieces(file.detach())

    def delete(self, name: str) -> None:
        with _said():
            (self._folder / name).unlink(missing_ok=True)

    def list(self, folder: str) -> Iterator[StoredObject]:
        for path in sorted((self._folder / folder).rglob("*")):
            try:
                found = path.stat()
            except FileNotFoundError:  # it was removed meanwhile
                continue
            if path.is_file():
                stored_at = dt.datetime.fromtimestamp(found.st_mtime, dt.UTC)
                yield StoredObject(str(path.relative_to(self._folder)), found.st_size, stored_at)

    def _make_folders(self, folder: Path) -> None:
        for each in (self._folder, *reversed(self._between(folder)), folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _make_names_durable(self, folder: Path) -> None:
        """Have the directories that lead to a file on disk as well."""
        for each in (folder, *self._between(folder), self._folder):
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _between(self, folder: Path) -> Sequence[Path]:
        """The directories between the store's own and an object's, the inner ones first."""
        return [each for each in folder.parents if self._folder in each.parents]


@contextmanager
def _said() -> Iterator[None]:
    """Say a fault of the file system in the store's words; that a file is missing goes through."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise FileStoreFull from error
        raise FileStoreUnavailable(error.strerror or type(error).__name__) from error


def _write_all(descriptor: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _pieces(file: io.RawIOBase) -> Iterator[bytes]:
    with file:
        while True:
            with _said():
                piece = file.read(_READ_BYTES)
            if not piece:
                return
            yield piece
