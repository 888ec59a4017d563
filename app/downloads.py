"""Downloads: who gets a file is on record before its first byte leaves."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.response import Stream

from app.call import Call
from services.files.reading import ReadableFile
from storage.interface import Store

OCTETS = "application/octet-stream"


async def downloaded(call: Call, find: Callable[[Store], Awaitable[ReadableFile]]) -> Response[Any]:
    """The content of the file that ``find`` finds, byte for byte.

    Browsers save it and do not look into it. Raises what ``find`` raises, FileDamaged and
    FileStoreUnavailable; where the store goes away later, the connection breaks off.
    """
    found: list[ReadableFile] = []

    def noted(file: ReadableFile) -> Response[Any]:
        found.append(file)
        return Response(b"")

    await call.run(find, noted)
    file = found[-1]
    content = await asyncio.to_thread(call.platform.vault.read, file.key)
    return Stream(
        content,
        media_type=OCTETS,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.row.name, safe='')}",
            "Content-Length": str(file.row.byte_count),
        },
    )
