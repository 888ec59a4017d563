"""Print the statements that create the tables which no migration creates yet.

Run as ``.venv/bin/python alembic/draft.py``; the output becomes the ``.sql`` file of a migration,
which is frozen from then on.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from storage.security import grant_statements, policy_statements, tenant_tables

_VERSIONS = Path(__file__).parent / "versions"


def statements(wanted: set[str]) -> Iterator[str]:
    """Tables with their indexes, referenced ones first; then policies and grants."""
    dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]
    created = [table for table in SQLModel.metadata.sorted_tables if table.name in wanted]
    for table in created:
        yield str(CreateTable(table).compile(dialect=dialect)).strip()
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield str(CreateIndex(index).compile(dialect=dialect))
    for table in created:
        yield from policy_statements(table.name)
        yield from grant_statements(table.name, tenant_tables()[table.name])


def missing() -> set[str]:
    """Tenant tables that no migration creates."""
    scripts = "".join(path.read_text("utf-8") for path in _VERSIONS.glob("*.sql"))
    known = set(re.findall(r"^CREATE TABLE (\w+)", scripts, re.MULTILINE))
    return {table.name for table in _tables() if table.name not in known}


def _tables() -> Iterator[sa.Table]:
    names = tenant_tables()
    yield from (table for table in SQLModel.metadata.sorted_tables if table.name in names)


if __name__ == "__main__":
    for statement in statements(missing()):
        text = re.sub(r"^\t", "    ", statement, flags=re.MULTILINE)
        text = "\n".join(line.rstrip() for line in text.splitlines())
        sys.stdout.write(f"{text};\n\n")
