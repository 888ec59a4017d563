"""What a database holds, in so few words that two of them can be compared."""

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql

_TABLES = """
    SELECT relname::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    ORDER BY relname"""

_DIGEST = """
    SELECT count(*), coalesce(sum(('x' || left(hash, 16))::bit(64)::bigint::numeric), 0)::text
        || '/' || coalesce(sum(('x' || right(hash, 16))::bit(64)::bigint::numeric), 0)::text
    FROM (SELECT md5(each::text) AS hash FROM ({rows}) AS each) AS hashed"""
"""Sums of both halves of each row's hash, so that the order in which rows lie does not matter."""


@dataclass(frozen=True)
class TableContents:
    """How many rows a table has, and what they add up to: equal for the same rows alone."""

    rows: int
    digest: str


Contents = Mapping[str, TableContents]
"""By table; a partitioned one is one table."""


def contents_of(connection: psycopg.Connection[tuple[object, ...]]) -> Contents:
    """Every row of every table, as the connection's transaction sees them.

    For a role that row-level security does not bind. Reads the whole database once.
    """
    for setting in ("timezone = 'UTC'", "datestyle = 'ISO'", "statement_timeout = 0"):
        connection.execute(f"SET {setting}".encode())
    found: dict[str, TableContents] = {}
    for table in tables_of(connection):
        rows = sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))
        found[table] = contents_of_rows(connection, rows)
    return found


def contents_of_rows(
    connection: psycopg.Connection[tuple[object, ...]], rows: sql.Composed
) -> TableContents:
    """What the rows of a query add up to, in the form of the session's settings."""
    count, digest = connection.execute(sql.SQL(_DIGEST).format(rows=rows)).fetchall()[0]
    return TableContents(int(str(count)), str(digest))


def tables_of(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """The names of the product's tables."""
    return [str(name) for (name,) in connection.execute(_TABLES.encode()).fetchall()]


def differences(wanted: Contents, found: Contents) -> list[str]:
    """The tables that do not hold the same, each with its numbers of rows."""
    return [
        f"{table}: {_told(wanted.get(table))}, now {_told(found.get(table))}"
        for table in sorted(wanted.keys() | found.keys())
        if wanted.get(table) != found.get(table)
    ]


def _told(contents: TableContents | None) -> str:
    return "not there" if contents is None else f"{contents.rows} rows ({contents.digest[:12]})"
