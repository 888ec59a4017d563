"""Whom there is something to bill for, by one statement that names the company."""

from uuid import UUID

from storage.postgres.bound import BoundTransaction

_OWING = """
SELECT DISTINCT patient_id
FROM claims
WHERE company_id = %(company_id)s
  AND patient_balance_cents > 0
  AND submitted_at IS NOT NULL
  AND patient_id > %(after)s
ORDER BY patient_id
LIMIT %(limit)s
"""
_FIRST = UUID(int=0)


class PostgresStatementFigures:
    """See ``storage.interface.StatementFigures``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def patients_owing(self, *, limit: int, after: UUID | None = None) -> list[UUID]:
        cursor = await self._store.execute(
            _OWING,
            {"company_id": self._store.company_id, "after": after or _FIRST, "limit": limit},
        )
        return [patient_id for (patient_id,) in await cursor.fetchall()]
