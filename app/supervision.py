"""Keeps the embedded server running for as long as the program needs it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog

from services.ending import end_all
from storage.embedded import EmbeddedServer, EmbeddedServerError

log = structlog.get_logger("wellkept.database")

_LOOK_EVERY_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0


@contextlib.asynccontextmanager
async def supervised(server: EmbeddedServer | None) -> AsyncIterator[None]:
    """Start the server again whenever it dies while this lasts; None is somebody else's to mind.

    Until it has recovered, requests are refused with 503 and jobs wait.
    """
    if server is None:
        yield
        return
    watching = asyncio.create_task(_watch(server))
    try:
        yield
    finally:
        await end_all(watching)


async def _watch(server: EmbeddedServer) -> None:
    pause = _LOOK_EVERY_SECONDS
    while True:
        await asyncio.sleep(pause)
        if not server.has_died:
            pause = _LOOK_EVERY_SECONDS
            continue
        log.error("database died", doing="starting it again")
        try:
            await asyncio.to_thread(server.start)
        except (EmbeddedServerError, OSError) as error:
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            log.error(  # noqa: TRY400 -- which error it is and where, without its text
                "database not started", exc_info=error, next_try_in_seconds=pause
            )
        else:
            log.warning("database recovered")
