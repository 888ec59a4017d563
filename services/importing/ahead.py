"""Items that take a while to make, made off the event loop while the ones before are in use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TypeVar

Item = TypeVar("Item")


async def made_ahead(items: Iterator[Item]) -> AsyncIterator[Item]:
    """Each item in its turn; the next is being made meanwhile, and no more than that one."""
    ahead = asyncio.create_task(asyncio.to_thread(next, items, None))
    try:
        while (item := await ahead) is not None:
            ahead = asyncio.create_task(asyncio.to_thread(next, items, None))
            yield item
    finally:
        await asyncio.wait([ahead])
