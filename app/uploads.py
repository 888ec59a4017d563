"""Uploads: spooled with a size limit and a hash while they stream in."""

import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

from app.call import Call
from services.refusals import Category, Refusal

IN_MEMORY_BYTES = 2_000_000
READ_BYTES = 1 << 18


@dataclass
class UploadTooLarge(Refusal):
    """More bytes came than an upload may have."""

    category: ClassVar[Category] = Category.TOO_LARGE
    title: ClassVar[str] = "The file is too large"
    largest_bytes: int


@dataclass(frozen=True)
class Spooled:
    """An upload that has come in whole."""

    file: BinaryIO
    byte_count: int
    sha256: bytes

    def chunks(self) -> Iterator[bytes]:
        """Its bytes from the beginning."""
        self.file.seek(0)
        while chunk := self.file.read(READ_BYTES):
            yield chunk


@asynccontextmanager
async def spooled_body(call: Call) -> AsyncIterator[Spooled]:
    """The request's body as a temporary file, gone on leaving. Raises UploadTooLarge."""
    largest = call.platform.settings.largest_upload_bytes
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        digest, byte_count = hashlib.sha256(), 0
        async for chunk in call.stream():
            byte_count += len(chunk)
            if byte_count > largest:
                raise UploadTooLarge(largest)
            digest.update(chunk)
            file.write(chunk)
        call.state["spooled_sha256"] = digest.digest()
        yield Spooled(file, byte_count, digest.digest())  # type: ignore[arg-type]
