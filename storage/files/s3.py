"""Objects in a bucket of S3, or of what speaks its language."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore import BytesStream
    from obstore.store import S3Config

from storage.errors import FileStoreFull, FileStoreUnavailable
from storage.files.store import ObjectMissing, StoredObject

_PART_BYTES = 8 << 20
_PARTS_AT_ONCE = 2
_READ_BYTES = 1 << 18
_LISTED_AT_ONCE = 1000
_RETRIES = 3
_LONGEST_RETRYING = dt.timedelta(seconds=15)
_CONNECT_TIMEOUT = "5s"
_READ_TIMEOUT = "60s"
_FULL = re.compile(
    r"\b507 Insufficient Storage\b|InsufficientStorage|QuotaExceeded|StorageFull|EntityTooLarge"
)
"""How stores of this kind say that they take no more. The status counts with its words only: ids
and signatures in the same text hold any digits."""

_STATUS = re.compile(r"status code: (\d{3})\b")
_CODE = re.compile(r"<Code>([A-Za-z]{1,64})</Code>")


def says_full(answer: str) -> bool:
    """Whether a store's answer means that it takes no more."""
    return _FULL.search(answer) is not None


@dataclass(frozen=True)
class Bucket:
    """Where objects lie. Credentials come from the environment (AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY, AWS_REGION and the others of their kind)."""

    name: str
    prefix: str = ""
    endpoint: str | None = None
    """The address of a store that is not Amazon's."""


class S3FileStore:
    """See ``storage.files.store.FileStore``. Large objects go in parts, and none of them counts
    before the last has come."""

    def __init__(self, bucket: Bucket) -> None:
        is_plain = bucket.endpoint is not None and bucket.endpoint.startswith("http://")
        config: S3Config = {} if bucket.endpoint is None else {"endpoint": bucket.endpoint}
        self._store = S3Store(
            bucket.name,
            prefix=bucket.prefix or None,
            config=config,
            client_options={
                "allow_http": is_plain,
                "connect_timeout": _CONNECT_TIMEOUT,
                "read_timeout": _READ_TIMEOUT,
            },
            retry_config={"max_retries": _RETRIES, "retry_timeout": _LONGEST_RETRYING},
        )

    def put(self, name: str, content: Iterator[bytes]) -> None:
        source = _Source(content)
        try:
            with _said(name):
                obstore.put(
                    self._store,
                    name,
                    source,
                    chunk_size=_PART_BYTES,
                    max_concurrency=_PARTS_AT_ONCE,
                )
        finally:
            if source.failure is not None:
                raise source.failure

    def get(self, name: str) -> Iterator[bytes]:
        with _said(name):
            stream = obstore.get(self._store, name).stream(min_chunk_size=_READ_BYTES)
        return _pieces(name, stream)

    def delete(self, name: str) -> None:
        try:
            with _said(name):
                obstore.delete(self._store, name)
        except ObjectMissing:
            return

    def list(self, folder: str) -> Iterator[StoredObject]:
        with _said(folder):
            pages = obstore.list(self._store, folder, chunk_size=_LISTED_AT_ONCE)
        while True:
            with _said(folder):
                page = next(pages, None)
            if page is None:
                return
            for found in page:
                yield StoredObject(found["path"], found["size"], found["last_modified"])


class _Source:
    """Pieces on their way out; a fault among them is kept, to be raised as it was."""

    def __init__(self, content: Iterator[bytes]) -> None:
        self._content = content
        self.failure: BaseException | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._content
        except BaseException as failure:
            self.failure = failure
            raise


def _pieces(name: str, stream: "BytesStream") -> Iterator[bytes]:
    while True:
        with _said(name):
            piece = next(stream, None)
        if piece is None:
            return
        yield bytes(piece)


@contextmanager
def _said(name: str) -> Iterator[None]:
    """Say a fault in the store's words, none of which is an address or a credential."""
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectMissing(name) from error
    except (BaseError, OSError) as error:
        if says_full(str(error)):
            raise FileStoreFull from None
        raise FileStoreUnavailable(_words(error)) from None


def _words(error: Exception) -> str:
    """What kind of fault it is, with the status and the code of the store's answer to it."""
    found = [pattern.search(str(error)) for pattern in (_STATUS, _CODE)]
    return " ".join([type(error).__name__, *(each[1] for each in found if each is not None)])
