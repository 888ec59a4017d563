"""What a company has in the logs. Each statement names the company in every predicate."""

from uuid import UUID

from storage.partitions import PARTITIONED
from storage.postgres.bound import BoundTransaction
from storage.retention import ROWS_HELD

_OLDEST = "SELECT id FROM {log} WHERE company_id = %(company_id)s ORDER BY id LIMIT 1"

_COUNT = """
SELECT count(*) FROM {log}
WHERE company_id = %(company_id)s AND id >= %(low)s AND id < %(high)s
"""

_HOLDS = """
SELECT hold.id
FROM legal_holds AS hold
WHERE hold.company_id = %(company_id)s AND hold.released_at IS NULL
  AND (
      hold.patient_id IS NULL AND hold.record_id IS NULL
      OR EXISTS (
          SELECT FROM {log} AS entry
          WHERE entry.company_id = %(company_id)s AND entry.id >= %(low)s AND entry.id < %(high)s
            AND ({rows})
      )
  )
ORDER BY hold.id
"""


class PostgresRetentionFigures:
    """See ``storage.interface.RetentionFigures``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def oldest(self, log: str) -> UUID | None:
        cursor = await self._store.execute(
            _OLDEST.format(log=_known(log)), {"company_id": self._store.company_id}
        )
        row = await cursor.fetchone()
        return None if row is None else row[0]

    async def count(self, log: str, *, low: UUID, high: UUID) -> int:
        cursor = await self._store.execute(
            _COUNT.format(log=_known(log)),
            {"company_id": self._store.company_id, "low": low, "high": high},
        )
        (count,) = await cursor.fetchone() or (0,)
        return int(count)

    async def holds(self, log: str, *, low: UUID, high: UUID) -> list[UUID]:
        cursor = await self._store.execute(
            _HOLDS.format(log=_known(log), rows=ROWS_HELD[log]),
            {"company_id": self._store.company_id, "low": low, "high": high},
        )
        return [hold_id for (hold_id,) in await cursor.fetchall()]


def _known(log: str) -> str:
    """The log's name, which stands in the statement. Raises ValueError for any other."""
    if log not in PARTITIONED:
        raise ValueError(log)
    return log
