"""Uploads: spooled with a size limit and a hash while they stream in, and never in the clear on
disk."""

import errno
import hashlib
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from app.call import Call
from services.refusals import Category, Refusal
from storage.errors import FileStoreFull

IN_MEMORY_BYTES = 2_000_000
READ_BYTES = 1 << 18
_KEY_BYTES = 32
_COUNTER_BYTES = 16


@dataclass
class UploadTooLarge(Refusal):
    """More bytes came than an upload may have."""

    category: ClassVar[Category] = Category.TOO_LARGE
    title: ClassVar[str] = "The file is too large"
    largest_bytes: int
    remedy: str = "send it in parts"

    @property
    def detail(self) -> str:
        return f"It may have {self.largest_bytes:,} bytes here: {self.remedy}"


@dataclass(frozen=True)
class Spooled:
    """An upload that has come in whole."""

    spool: "_Spool"
    byte_count: int
    sha256: bytes

    def chunks(self) -> Iterator[bytes]:
        """Its bytes from the beginning."""
        return self.spool.chunks()


class _Spool:
    """A temporary file under a key that is nowhere but here.

    A stream cipher serves: nobody else writes the file, and the hash of what was read is compared
    again before it is kept.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._cipher = Cipher(
            AES256(secrets.token_bytes(_KEY_BYTES)), CTR(secrets.token_bytes(_COUNTER_BYTES))
        )
        self._encryptor = self._cipher.encryptor()

    def write(self, chunk: bytes) -> None:
        """Raises FileStoreFull where the disk takes no more."""
        try:
            self._file.write(self._encryptor.update(chunk))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise FileStoreFull from error
            raise

    def chunks(self) -> Iterator[bytes]:
        decryptor = self._cipher.decryptor()
        self._file.seek(0)
        while chunk := self._file.read(READ_BYTES):
            yield decryptor.update(chunk)


@asynccontextmanager
async def spooled_body(call: Call, *, or_else: str = "send it in parts") -> AsyncIterator[Spooled]:
    """The request's body as a temporary file, gone on leaving. ``or_else`` says what to do with
    one that is too large.

    Raises UploadTooLarge, FileStoreFull.
    """
    largest = call.platform.settings.largest_upload_bytes
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        spool = _Spool(file)  # type: ignore[arg-type]
        digest, byte_count = hashlib.sha256(), 0
        async for chunk in call.stream():
            byte_count += len(chunk)
            if byte_count > largest:
                raise UploadTooLarge(largest, or_else)
            digest.update(chunk)
            spool.write(chunk)
        call.state["spooled_sha256"] = digest.digest()
        yield Spooled(spool, byte_count, digest.digest())
