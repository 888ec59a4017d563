"""Rows as they stood at a time: what was changed of them since is taken back by the trail, which
has every change of a row with what it said before."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from storage.interface import Store
from storage.rows import TenantRow

Row = TypeVar("Row", bound=TenantRow)

_INSTANT = dt.timedelta(microseconds=1)


async def as_they_were(
    store: Store, rows: Sequence[Row], fields: Sequence[str], moment: dt.datetime
) -> list[Row]:
    """The rows with what these fields said at a time, and as they were made where that was later;
    other fields are as they are. One statement, and none where nothing was changed since."""
    since = [each for each in rows if each.updated_at > moment]
    if not since:
        return list(rows)
    entity = str(type(since[0]).__tablename__)
    earlier = await store.past_values.changed(entity, fields, since=moment + _INSTANT)
    return [_as_it_was(each, earlier.get(each.id, {})) for each in rows]


def _as_it_was(row: Row, earlier: Mapping[str, str | None]) -> Row:
    return row if not earlier else type(row).model_validate(row.model_dump() | dict(earlier))


async def gone_since(
    store: Store, entity: str, fields: Sequence[str], moment: dt.datetime
) -> Mapping[UUID, Mapping[str, str | None]]:
    """What these fields of the entity's rows said, as text, by the ids of the rows that were there
    at a time and were deleted since."""
    return await store.past_values.deleted(entity, fields, since=moment + _INSTANT)
