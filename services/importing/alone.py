"""One import of a company at a time, from its first file to its last row.

The lock is held by a transaction beside those that do the work, so that it goes with the process,
however that ends: after a crash nobody has to wait, or to clear anything up.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from services.ending import end_all
from storage.interface import Actor, IStorage, Store

LOCK = "import"
_ASK_AGAIN_SECONDS = 1.0
_SIGN_OF_LIFE_SECONDS = 15.0
"""A transaction that is silent for a minute is ended by the server, and its lock with it."""

Result = TypeVar("Result")


async def alone(
    storage: IStorage,
    company_id: UUID,
    actor: Actor,
    work: Callable[[], Awaitable[Result]],
    *,
    waiting: Callable[[], None],
) -> Result:
    """Do some work while no other import of the company is at work; ``waiting`` is called as long
    as one is. Should the lock be lost, the work is broken off.

    Raises StorageUnavailable, and what the work raises.
    """
    async with storage.transaction(company_id, actor) as store:
        while not await store.try_lock(LOCK):
            waiting()
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
        held = asyncio.create_task(_held(store))
        done = asyncio.ensure_future(work())
        try:
            await asyncio.wait({held, done}, return_when=asyncio.FIRST_COMPLETED)
            if held.done():
                held.result()
            return await done
        finally:
            await end_all(held, done)


async def _held(store: Store) -> None:
    """Say now and then that the transaction is still needed, as long as its connection lives."""
    while True:
        await asyncio.sleep(_SIGN_OF_LIFE_SECONDS)
        await store.try_lock(LOCK)
