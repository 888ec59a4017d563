"""Human numbers from the company's counters."""

import asyncio
import contextlib
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from storage.errors import StorageUnavailable
from storage.identifiers import new_id
from storage.postgres.bound import BoundTransaction

TAKE = """
INSERT INTO counters AS held (
    company_id, id, version, created_at, created_by, updated_at, updated_by, name, last_number
)
VALUES (
    %(company_id)s, %(id)s, 1, %(now)s, %(actor_id)s, %(now)s, %(actor_id)s, %(name)s, %(count)s
)
ON CONFLICT (company_id, name) DO UPDATE
SET last_number = held.last_number + excluded.last_number,
    version = held.version + 1,
    updated_at = excluded.updated_at,
    updated_by = excluded.updated_by
RETURNING last_number
"""

_LONGEST_WAIT_SECONDS = 1.0
"""How long the short transaction may take, its wait for a connection included. Whoever takes
numbers has a connection already: behind a pooler that has no other to give, all would wait."""


class Apart(Protocol):
    """Opens a short transaction beside one that is open, for the same company and actor.

    Raises StorageUnavailable.
    """

    def __call__(self, beside: BoundTransaction) -> AbstractAsyncContextManager[BoundTransaction]:
        """On a connection that only such transactions use."""


class PostgresNumbers:
    """See ``storage.interface.Numbers``.

    Numbers are taken in a transaction of their own, so that the counter is not held until the
    work that they are for is done, and work of one company does not queue for it. Where no second
    connection is to be had, they are taken in the transaction itself, which is as right and makes
    the next one wait. A short transaction's commit is on disk before that of the work,
    whose log record comes later.
    """

    def __init__(self, store: BoundTransaction, apart: Apart | None) -> None:
        self._store = store
        self._apart = apart

    async def take(self, name: str, count: int = 1) -> int:
        if self._apart is not None:
            with contextlib.suppress(TimeoutError, StorageUnavailable):
                async with (
                    asyncio.timeout(_LONGEST_WAIT_SECONDS),
                    self._apart(self._store) as short,
                ):
                    return await _taken(short, name, count)
        return await _taken(self._store, name, count)


async def _taken(store: BoundTransaction, name: str, count: int) -> int:
    cursor = await store.execute(
        TAKE,
        {
            "company_id": store.company_id,
            "id": new_id(),
            "now": store.now,
            "actor_id": store.actor.principal_id,
            "name": name,
            "count": count,
        },
    )
    (last,) = await cursor.fetchone() or (0,)
    return int(last) - count + 1
