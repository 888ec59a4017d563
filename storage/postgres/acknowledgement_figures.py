"""Who has acknowledged versions of policies: one array for each version. Each statement names the
company in its predicate."""

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from storage.postgres.bound import BoundTransaction

_PEOPLE = """
SELECT acknowledgement.policy_version_id, array_agg(acknowledgement.recorded_by)
FROM policy_acknowledgements AS acknowledgement
WHERE acknowledgement.company_id = %(company_id)s
  AND acknowledgement.policy_version_id = ANY (%(policy_version_ids)s::uuid[])
  {conditions}
GROUP BY acknowledgement.policy_version_id
"""

_CONDITIONS: Mapping[str, str] = {
    "known_before": "AND acknowledgement.recorded_at < %(known_before)s",
    "person_id": "AND acknowledgement.recorded_by = %(person_id)s",
}


class PostgresAcknowledgementFigures:
    """See ``storage.interface.AcknowledgementFigures``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def people(
        self,
        policy_version_ids: Sequence[UUID],
        *,
        known_before: dt.datetime | None = None,
        person_id: UUID | None = None,
    ) -> Mapping[UUID, Sequence[UUID]]:
        asked = {"known_before": known_before, "person_id": person_id}
        given = {name: value for name, value in asked.items() if value is not None}
        cursor = await self._store.execute(
            _PEOPLE.format(conditions=" ".join(_CONDITIONS[name] for name in given)),
            {
                "company_id": self._store.company_id,
                "policy_version_ids": list(policy_version_ids),
                **given,
            },
        )
        return dict(await cursor.fetchall())
