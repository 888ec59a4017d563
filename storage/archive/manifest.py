"""The first member of an archive: whose it is, what it was written by, and what is in it."""

import datetime as dt
from importlib.metadata import version
from uuid import UUID

import psycopg
from psycopg import sql
from pydantic import BaseModel, ValidationError

from storage.archive.errors import ArchiveUnusable, SchemaUnfit
from storage.archive.selection import ArchivedTable
from storage.backup.contents import TableContents, contents_of_rows
from storage.migrations import expected_revision

MANIFEST = "manifest.json"
FORM = 1

_TYPES = """
    SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""

Connection = psycopg.Connection[tuple[object, ...]]


class TableInArchive(BaseModel):
    """A table: its columns with their types, what of them is left out, its rows and what they
    add up to over the columns that come back as they were."""

    name: str
    columns: dict[str, str]
    left_out: dict[str, str]
    rows: int
    digest: str

    @property
    def contents(self) -> TableContents:
        """What has to be there again."""
        return TableContents(self.rows, self.digest)


class Manifest(BaseModel):
    """What an archive says of itself."""

    form: int = FORM
    program: str
    revision: str
    company_id: UUID
    slug: str
    exported_at: dt.datetime
    tables: list[TableInArchive]
    tables_left_out: dict[str, str]
    file_count: int
    file_bytes: int
    jobs_left_out: int = 0
    """Jobs that were still to be done."""

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(each.rows for each in self.tables)


def read_manifest(content: bytes) -> Manifest:
    """What is written there. Raises ArchiveUnusable."""
    try:
        found = Manifest.model_validate_json(content)
    except ValidationError as error:
        raise ArchiveUnusable(f"{MANIFEST} cannot be read") from error
    if found.form != FORM:
        raise ArchiveUnusable(f"its form {found.form} is not known here")
    return found


def program_version() -> str:
    """Of the program that runs."""
    return version("wellkept")


def revision_of(connection: Connection) -> str:
    """Where the schema is: where the program is. Raises SchemaUnfit."""
    expected = expected_revision()
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.errors.UndefinedTable as error:
        raise SchemaUnfit("none", expected) from error
    found = "none" if row is None else str(row[0])
    if found != expected:
        raise SchemaUnfit(found, expected)
    return found


def described(connection: Connection, table: ArchivedTable) -> TableInArchive:
    """A table of the bound company as it is now; reads its rows once."""
    rows = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(map(sql.Identifier, table.carried)), sql.Identifier(table.name)
    )
    found = contents_of_rows(connection, rows)
    types = connection.execute(_TYPES, [table.name]).fetchall()
    return TableInArchive(
        name=table.name,
        columns={str(name): str(kind) for name, kind in types},
        left_out={name: treatment.value for name, treatment in table.treated.items()},
        rows=found.rows,
        digest=found.digest,
    )
