"""Rows on their way in: staged as JSON, then a table at a time into their places."""

import json
import secrets
from uuid import UUID

from psycopg import sql

from storage.archive.errors import ArchiveUnusable
from storage.archive.manifest import Connection
from storage.archive.selection import ArchivedTable, Treatment, archived_tables
from storage.secrets.data_key import DataKey

_STAGE = "CREATE TEMPORARY TABLE IF NOT EXISTS arriving (line json) ON COMMIT DROP"
_UNKNOWN_HASH = "sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"
_SECRET_BYTES = 32

_COMES_AS: dict[Treatment, str] = {
    Treatment.EMPTIED: "NULL",
    Treatment.UNKNOWN_HASH: _UNKNOWN_HASH,
    Treatment.UNKNOWN_SECRET: "CASE WHEN (line ->> {name})::boolean THEN ''::bytea END",
    Treatment.SEALED_ANEW: "CASE WHEN (line ->> {name})::boolean THEN ''::bytea END",
}
"""What stands in a column until it gets what it is to hold."""

_PLACED = {"object_key": "line ->> 'id'", "data_key_number": "1"}


class RowsIn:
    """The rows of the bound company, table after table."""

    def __init__(self, connection: Connection, data_key: DataKey) -> None:
        self._connection = connection
        self._data_key = data_key
        self._tables = {table.name: table for table in archived_tables()}
        self._order = list(self._tables)
        self._arriving: str | None = None
        connection.execute(_STAGE)

    def take(self, table: str, lines: bytes) -> None:
        """Some rows of a table; those of one table come one after the other, parents first.

        Raises ArchiveUnusable.
        """
        if table != self._arriving:
            self.finish()
            if table not in self._order:
                raise ArchiveUnusable(f"tables/{table} is not where it should be")
            del self._order[: self._order.index(table) + 1]
            self._arriving = table
        with self._connection.cursor().copy("COPY arriving (line) FROM STDIN") as copy:
            for line in lines.removesuffix(b"\n").split(b"\n"):
                copy.write_row([line.decode()])

    def finish(self) -> None:
        """Bring what is staged into its table."""
        if self._arriving is None:
            return
        table = self._tables[self._arriving]
        self._arriving = None
        columns = [each.name for each in table.table.columns]
        self._connection.execute(
            sql.SQL(
                "INSERT INTO {table} ({columns}) SELECT {values}"
                " FROM arriving, json_populate_record(NULL::{table}, {carried}) AS come"
            ).format(
                table=sql.Identifier(table.name),
                columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
                values=sql.SQL(", ").join(_value(table, column) for column in columns),
                carried=_carried(table),
            )
        )
        self._connection.execute("TRUNCATE arriving")

    def seal_anew(self, table: str, column: str, lines: bytes) -> None:
        """Seal what was opened for the archive. Raises ArchiveUnusable."""
        known = self._tables.get(table)
        if known is None or known.treatment(column) is not Treatment.SEALED_ANEW:
            raise ArchiveUnusable(f"opened/{table}.{column} has no place here")
        found = [json.loads(line) for line in lines.splitlines()]
        self._set(table, column, {UUID(row["id"]): bytes.fromhex(row["value"]) for row in found})

    def make_secrets(self) -> None:
        """Put a secret that nobody has where one was left out, so that it opens like any other."""
        for table in self._tables.values():
            for column, treatment in table.treated.items():
                if treatment is Treatment.UNKNOWN_SECRET:
                    self._set(table.name, column, self._without(table.name, column))

    def _without(self, table: str, column: str) -> dict[UUID, bytes]:
        query = sql.SQL("SELECT id FROM {} WHERE {} = ''").format(
            sql.Identifier(table), sql.Identifier(column)
        )
        found = self._connection.execute(query).fetchall()
        return {UUID(str(row_id)): secrets.token_bytes(_SECRET_BYTES) for (row_id,) in found}

    def _set(self, table: str, column: str, values: dict[UUID, bytes]) -> None:
        purpose = f"{table}.{column}"
        sealed = [self._data_key.seal(purpose, row_id, each) for row_id, each in values.items()]
        self._connection.execute(
            sql.SQL(
                "UPDATE {table} SET {column} = made.value"
                " FROM unnest(%s::uuid[], %s::bytea[]) AS made (id, value)"
                " WHERE {table}.id = made.id"
            ).format(table=sql.Identifier(table), column=sql.Identifier(column)),
            [list(values), sealed],
        )


def _value(table: ArchivedTable, column: str) -> sql.Composable:
    treatment = table.treatment(column)
    if treatment is None:
        return sql.SQL("come.{}").format(sql.Identifier(column))
    if treatment is Treatment.PLACED_ANEW:
        return sql.SQL(_PLACED[column])
    return sql.SQL(_COMES_AS[treatment]).format(name=sql.Literal(column))


def _carried(table: ArchivedTable) -> sql.Composable:
    """The line without the columns that only tell whether there was something."""
    if not table.treated:
        return sql.SQL("line")
    return sql.SQL("(line::jsonb - {}::text[])::json").format(sql.Literal(list(table.treated)))
