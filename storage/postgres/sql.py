"""SQL text of statements that are written in SQLAlchemy Core on the tables.

Every statement names the company in each table's predicate; row-level security is the second lock.
"""

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlmodel import SQLModel

_DIALECT = PGDialect_psycopg(paramstyle="pyformat")  # type: ignore[no-untyped-call]

Row = type[SQLModel]


def table_of(row: Row) -> sa.Table:
    """The table of a row class."""
    table = row.__table__  # type: ignore[attr-defined]
    assert isinstance(table, sa.Table)
    return table


def compiled(statement: sa.ClauseElement) -> str:
    """The SQL text of a statement, with ``%(name)s`` parameters."""
    return str(statement.compile(dialect=_DIALECT))


def json_text(value: object) -> str:
    """JSON text of a document column's value."""
    return msgspec.json.encode(value).decode()


def of_company(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """The predicate that every table of a statement has: the transaction's company."""
    return table.c.company_id == sa.bindparam("company_id", type_=sa.Uuid)
