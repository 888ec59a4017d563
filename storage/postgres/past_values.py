"""What rows said before, read from the trail of their changes. Each statement names the company in
every predicate."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from storage.identifiers import lowest_id_at
from storage.postgres.bound import BoundTransaction

_DRIFT = dt.timedelta(days=1)
"""How far an entry's id and its time may lie apart; ids choose the partitions that are read."""

_FIRST = dt.datetime(1970, 1, 2, tzinfo=dt.UTC)
"""No id is of an earlier time."""

_CHANGED = """
SELECT DISTINCT ON (entry.entity_id, field.name)
       entry.entity_id, field.name, entry.before ->> field.name
FROM audit_log AS entry
CROSS JOIN unnest(%(names)s::text[]) AS field(name)
WHERE entry.company_id = %(company_id)s
  AND entry.entity = %(entity)s
  AND entry.id >= %(lowest_id)s
  AND entry.recorded_at >= %(since)s
  AND entry.action = 'update'
  AND entry.before ? field.name
ORDER BY entry.entity_id, field.name, entry.id
"""

_DELETED = """
SELECT gone.entity_id,
       ARRAY(SELECT gone.before ->> field.name
             FROM unnest(%(names)s::text[]) WITH ORDINALITY AS field(name, place)
             ORDER BY field.place)
FROM audit_log AS gone
WHERE gone.company_id = %(company_id)s
  AND gone.entity = %(entity)s
  AND gone.id >= %(lowest_id)s
  AND gone.recorded_at >= %(since)s
  AND gone.action = 'delete'
  AND NOT EXISTS (
      SELECT FROM audit_log AS made
      WHERE made.company_id = %(company_id)s
        AND made.entity_id = gone.entity_id
        AND made.id >= %(lowest_id)s
        AND made.recorded_at >= %(since)s
        AND made.action = 'create'
  )
ORDER BY gone.entity_id
"""


class PostgresPastValues:
    """See ``storage.interface.PastValues``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def changed(
        self, entity: str, names: Sequence[str], *, since: dt.datetime
    ) -> Mapping[UUID, Mapping[str, str | None]]:
        cursor = await self._store.execute(_CHANGED, self._parameters(entity, names, since))
        found: defaultdict[UUID, dict[str, str | None]] = defaultdict(dict)
        for row_id, name, value in await cursor.fetchall():
            found[row_id][name] = value
        return found

    async def deleted(
        self, entity: str, names: Sequence[str], *, since: dt.datetime
    ) -> Mapping[UUID, Mapping[str, str | None]]:
        cursor = await self._store.execute(_DELETED, self._parameters(entity, names, since))
        return {
            row_id: dict(zip(names, values, strict=True))
            for row_id, values in await cursor.fetchall()
        }

    def _parameters(
        self, entity: str, names: Sequence[str], since: dt.datetime
    ) -> Mapping[str, object]:
        return {
            "company_id": self._store.company_id,
            "entity": entity,
            "names": list(names),
            "since": since,
            "lowest_id": lowest_id_at(max(since, _FIRST) - _DRIFT),
        }
