"""A table's rows that go, a piece of bounded size a transaction, so that no statement and no lock
grows with the company, and a run that breaks off has lost one piece at most."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from psycopg import sql

from storage.archive.manifest import Connection
from storage.archive.selection import ArchivedTable
from storage.backup.contents import TableContents, contents_of_rows
from storage.deletion.closing import bound
from storage.deletion.holding import Held, company_tables, self_references
from storage.deletion.register import Deletion, Removed, note_removed
from storage.maintenance.partition_upkeep import Owner
from storage.maintenance.retirement_records import Removed as Retired
from storage.maintenance.retirement_records import put_on_record
from storage.trail.forms import SEALED_LOGS
from storage.trail.keys import Signer

ROWS_AT_ONCE = 5_000
_MANY_ROWS = 1_000
_NAMED_BY_FEW = 4
_ABOVE_ALL = UUID(int=(1 << 128) - 1)
_NEXT = """
SELECT id FROM {table} AS entry WHERE {going} AND entry.id < {before}
ORDER BY entry.id DESC LIMIT {most}"""
_WITH_CHILDREN = """
WITH RECURSIVE piece AS (
    SELECT id FROM unnest({ids}::uuid[]) AS id
    UNION
    SELECT child.id FROM piece
    JOIN {table} AS child ON child.company_id = {company} AND ({meets})
)
SELECT id FROM piece"""
_OF_THEM = "entry.company_id = {company} AND entry.id = ANY({ids})"
_FILES = """
SELECT count(*), coalesce(sum(byte_count), 0) FROM stored_files AS entry
WHERE deletion IS NULL AND {these}"""


@dataclass(frozen=True)
class Departure:
    """The rows of one closed company that nothing holds, on their way out."""

    connection: Connection
    deletion: Deletion
    held: Held
    signer: Signer
    now: dt.datetime
    require_running: Callable[[], None]
    rows_at_once: int = ROWS_AT_ONCE

    def remove(self, table: sa.Table) -> None:
        """Take the rows of a table that go, the youngest first. Every table whose rows name them
        was emptied before. Raises DeletionBrokenOff."""
        before, gone, most = _ABOVE_ALL, 0, self._most(table)
        while True:
            self.require_running()
            with bound(self.connection, self.deletion.company_id):
                picked = self._next(table, before, most)
                if picked:
                    gone += self._remove_piece(table, self._with_children(table, picked))
            if len(picked) < most:
                break
            before = picked[-1]
        if gone >= _MANY_ROWS:  # who looks for children of a parent would wade through them
            self.connection.execute(sql.SQL("VACUUM {}").format(sql.Identifier(table.name)))

    def _most(self, table: sa.Table) -> int:
        """Fewer of what many tables name: each of them is asked about every row."""
        named_by = sum(
            key.referred_table is table
            for each in company_tables()
            for key in each.foreign_key_constraints
        )
        return max(1, self.rows_at_once // (1 + named_by // _NAMED_BY_FEW))

    def _next(self, table: sa.Table, before: UUID, most: int) -> Sequence[UUID]:
        query = sql.SQL(_NEXT).format(
            table=sql.Identifier(table.name),
            going=self.held.going(table.name),
            before=sql.Literal(before),
            most=sql.Literal(most),
        )
        return self._ids(query)

    def _with_children(self, table: sa.Table, ids: Sequence[UUID]) -> Sequence[UUID]:
        """And the rows of the same table that name them, whatever their age: they go, too, or
        they would hold what they name."""
        own = self_references(table)
        if not own:
            return ids
        meets = sql.SQL(" OR ").join(
            sql.SQL("child.{} = piece.id").format(sql.Identifier(column)) for column in own
        )
        query = sql.SQL(_WITH_CHILDREN).format(
            table=sql.Identifier(table.name), meets=meets, **self._named(ids)
        )
        return self._ids(query)

    def _remove_piece(self, table: sa.Table, ids: Sequence[UUID]) -> int:
        these = sql.SQL(_OF_THEM).format(**self._named(ids))
        contents = self._contents(table, these)
        if self.held.has_trail and table.name in SEALED_LOGS:
            self._sign_for(table, ids)
        files, file_bytes = self._files(these) if table.name == "stored_files" else (0, 0)
        gone = self.connection.execute(
            sql.SQL("DELETE FROM {} AS entry WHERE {}").format(sql.Identifier(table.name), these)
        ).rowcount
        assert gone == contents.rows == len(ids), table.name
        part = Removed(contents, files, file_bytes)
        note_removed(self.connection, self.deletion, table.name, part, self.now)
        return gone

    def _contents(self, table: sa.Table, these: sql.Composed) -> TableContents:
        return contents_of_rows(
            self.connection,
            sql.SQL("SELECT {} FROM {} AS entry WHERE {}").format(
                sql.SQL(", ").join(map(sql.Identifier, ArchivedTable(table).carried)),
                sql.Identifier(table.name),
                these,
            ),
        )

    def _files(self, these: sql.Composed) -> tuple[int, int]:
        query = sql.SQL(_FILES).format(these=these)
        ((files, file_bytes),) = self.connection.execute(query).fetchall()
        return int(str(files)), int(str(file_bytes))

    def _sign_for(self, table: sa.Table, ids: Sequence[UUID]) -> None:
        """Sign for rows of a sealed log, so that the trail that stays does not miss them."""
        owner = Owner(self.connection, self.now, dry_run=False)
        above = UUID(int=max(ids).int + 1)
        gone = Retired(table.name, min(ids), above, len(ids), "the company was deleted")
        put_on_record(owner, self.deletion.company_id, gone, self.signer)

    def _named(self, ids: Sequence[UUID]) -> Mapping[str, sql.Composable]:
        return {
            "company": sql.Literal(self.deletion.company_id),
            "ids": sql.Literal(list(ids)),
        }

    def _ids(self, query: sql.Composed) -> Sequence[UUID]:
        return [UUID(str(row_id)) for (row_id,) in self.connection.execute(query).fetchall()]
