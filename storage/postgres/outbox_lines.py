"""Who is next in each line of the outbox."""

import datetime as dt
from uuid import UUID

from storage.postgres.bound import BoundTransaction
from storage.vocabulary.outbox import Channel

_NEXT_DUE = """
SELECT id
FROM outbox_messages
WHERE company_id = %(company_id)s
  AND destination = %(destination)s
  AND next_attempt_at <= %(now)s
  AND NOT EXISTS (
      SELECT FROM outbox_messages AS other
      WHERE other.company_id = %(company_id)s
        AND other.destination = %(destination)s
        AND other.status = 'delivering'
        AND other.next_attempt_at > %(now)s
  )
ORDER BY next_attempt_at, id
LIMIT 1
"""

_COUNT_DUE = """
SELECT count(*)
FROM outbox_messages
WHERE company_id = %(company_id)s
  AND destination = %(destination)s
  AND next_attempt_at <= %(now)s
"""

_OVERDUE = """
SELECT DISTINCT channel, destination
FROM outbox_messages
WHERE company_id = %(company_id)s
  AND next_attempt_at <= %(since)s
ORDER BY channel, destination
"""


class PostgresOutboxLines:
    """See ``storage.interface.OutboxLines``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def next_due(self, destination: str) -> UUID | None:
        cursor = await self._store.execute(_NEXT_DUE, self._line(destination))
        found: tuple[UUID] | None = await cursor.fetchone()
        return None if found is None else found[0]

    async def count_due(self, destination: str) -> int:
        cursor = await self._store.execute(_COUNT_DUE, self._line(destination))
        (count,) = await cursor.fetchone() or (0,)
        return int(count)

    async def overdue(self, *, since: dt.datetime) -> list[tuple[Channel, str]]:
        cursor = await self._store.execute(
            _OVERDUE, {"company_id": self._store.company_id, "since": since}
        )
        return [(Channel(channel), line) for channel, line in await cursor.fetchall()]

    def _line(self, destination: str) -> dict[str, object]:
        return {
            "company_id": self._store.company_id,
            "destination": destination,
            "now": self._store.now,
        }
