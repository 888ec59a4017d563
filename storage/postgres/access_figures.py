"""When people last did anything, computed by the database."""

from storage.figures import LastUse
from storage.postgres.bound import BoundTransaction

_LAST_USES = """
SELECT person_id, max(created_at), max(last_seen_at)
FROM person_sessions
WHERE company_id = %(company_id)s
GROUP BY person_id
"""


class PostgresAccessFigures:
    """See ``storage.interface.AccessFigures``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def last_uses(self) -> list[LastUse]:
        cursor = await self._store.execute(_LAST_USES, {"company_id": self._store.company_id})
        return [LastUse(*row) for row in await cursor.fetchall()]
