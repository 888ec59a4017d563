"""Human numbers from the company's counters."""

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


class PostgresNumbers:
    """See ``storage.interface.Numbers``. The counter's row is held until the transaction ends."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def take(self, name: str, count: int = 1) -> int:
        cursor = await self._store.execute(
            TAKE,
            {
                "company_id": self._store.company_id,
                "id": new_id(),
                "now": self._store.now,
                "actor_id": self._store.actor.principal_id,
                "name": name,
                "count": count,
            },
        )
        (last,) = await cursor.fetchone() or (0,)
        return int(last) - count + 1
