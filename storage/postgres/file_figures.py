"""Which rows refer to a file: asked of every foreign key that leads to ``stored_files``."""

from functools import cache
from uuid import UUID

from sqlmodel import SQLModel

from storage.postgres.bound import BoundTransaction


@cache
def referring_tables() -> str:
    """The statement: the name of each table that has a row which names the file."""
    parts = [
        f"SELECT '{table.name}' WHERE EXISTS (SELECT FROM {table.name}"  # noqa: S608 -- names of ours
        f" WHERE company_id = %(company_id)s AND {column} = %(file_id)s)"
        for table in SQLModel.metadata.sorted_tables
        for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name))
        if key.referred_table.name == "stored_files"
        for column in key.column_keys
        if column != "company_id"
    ]
    return " UNION ".join(parts) + " ORDER BY 1"


class PostgresFileFigures:
    """See ``storage.interface.FileFigures``."""

    def __init__(self, store: BoundTransaction) -> None:
        self._store = store

    async def referring(self, file_id: UUID) -> list[str]:
        parameters = {"company_id": self._store.company_id, "file_id": file_id}
        cursor = await self._store.execute(referring_tables(), parameters)
        return [str(name) for (name,) in await cursor.fetchall()]
