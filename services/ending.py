"""Tasks that last as long as something else does, and how they are brought to an end."""

import asyncio
from typing import Any

_AGAIN_AFTER_SECONDS = 0.5


async def end_all(*tasks: asyncio.Future[Any]) -> None:
    """Cancel tasks until each has ended, whatever they end with.

    One cancellation may not be enough: a wait with a time limit that is over in the same turn of
    the loop swallows it (``asyncio.wait_for`` before Python 3.12, which the connection pool uses),
    and the task goes on as if nobody had asked. Only for tasks that may stop anywhere.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_AGAIN_AFTER_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
