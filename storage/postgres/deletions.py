"""Whether companies that are closed get deleted, for whoever watches it; never which ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from storage.postgres.transaction import PostgresStorage

_IDLE = "SELECT is_new, companies, since FROM deletions_idle_since()"

NEW = "new"
"""Closed, and no run was through yet: the worker goes on every ten minutes."""
HELD = "held"
"""What retention holds goes when its time has come: the worker looks once a day."""


@dataclass(frozen=True)
class DeletionFigures:
    """Companies at one stage of their deletion, and for how long one of them has not got on."""

    under_way: int
    idle_seconds: float


async def measure_deletions(storage: PostgresStorage) -> Mapping[str, DeletionFigures]:
    """By stage. Storage is open as the worker.

    Raises StorageUnavailable, psycopg.Error.
    """
    async with storage.pool.connection() as connection:
        cursor = await connection.execute(_IDLE)
        rows = await cursor.fetchall()
    found = dict.fromkeys((NEW, HELD), DeletionFigures(0, 0.0))
    now = storage.clock.now()
    for is_new, companies, since in rows:
        idle_seconds = (now - since).total_seconds()
        found[NEW if is_new else HELD] = DeletionFigures(companies, max(idle_seconds, 0.0))
    return found
