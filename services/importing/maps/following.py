"""Rows that follow a newer dump: the columns in which it differs are changed, and no others."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import SQLModel

from services.importing.declaration import Update, Values
from storage.interface import Store


def follows(row: type[SQLModel]) -> Update:
    """Changes columns of rows of one table."""

    async def update(store: Store, changes: Mapping[UUID, Values]) -> None:
        await follow(store, row, changes)

    return update


async def follow(store: Store, row: type[SQLModel], changes: Mapping[UUID, Values]) -> None:
    """Change columns of rows of one table, each in those that are given for it."""
    given = {row_id: values for row_id, values in changes.items() if values}
    if not given:
        return
    repository = getattr(store, str(row.__tablename__))
    rows = await repository.get_many(list(given))
    names = sorted({name for each in given.values() for name in each})
    await repository.update_many(
        {each.id: each.version for each in rows},
        {name: [given[each.id].get(name, getattr(each, name)) for each in rows] for name in names},
    )
