"""A migration that says it expands takes nothing away and demands nothing of the program before
it: each is run on its own and looked at, so that the word is not only somebody's."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from storage import migrations
from storage.embedded import EmbeddedServer, provision
from tests.builders.tenant_rows import Connection
from tests.storage.test_migrations import DUMP

COLUMNS = """
SELECT c.relname, a.attname, a.attnotnull AND NOT a.atthasdef
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""
"""Each column, and whether a row has to be given a value for it."""

RULES = """
SELECT c.relname, k.conname,
       array(SELECT a.attname FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey))
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.connamespace = 'public'::regnamespace AND k.contype <> 'n'
UNION ALL
SELECT t.relname, c.relname,
       array(SELECT a.attname FROM pg_attribute a
             WHERE a.attrelid = t.oid AND a.attnum = ANY (i.indkey))
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relnamespace = 'public'::regnamespace AND i.indisunique
"""
"""Each constraint and unique index, with its columns."""


@dataclass(frozen=True)
class Schema:
    """What there is, and what it demands of rows."""

    things: frozenset[tuple[str, str]]
    demanded: frozenset[tuple[str, str]]
    columns: frozenset[tuple[str, str]]
    rules: dict[tuple[str, str], frozenset[str]]

    @property
    def tables(self) -> frozenset[str]:
        return frozenset(table for table, _ in self.columns)


def schema(owner_url: str) -> Schema:
    with psycopg.connect(owner_url) as connection:
        return schema_of(connection)


def schema_of(connection: Connection) -> Schema:
    things = {
        (kind, repr(row))
        for kind, query in DUMP.items()
        for row in connection.execute(query.encode())
    }
    columns = connection.execute(COLUMNS.encode()).fetchall()
    rules = connection.execute(RULES.encode()).fetchall()
    return Schema(
        frozenset(things),
        frozenset((str(table), str(name)) for table, name, is_demanded in columns if is_demanded),
        frozenset((str(table), str(name)) for table, name, _ in columns),
        {(str(table), str(name)): frozenset(of) for table, name, of in rules},
    )


def more_than_expands(before: Schema, after: Schema) -> Iterator[str]:
    """What a program that was written for ``before`` could stumble over in ``after``."""
    for kind, thing in sorted(before.things - after.things):
        yield f"{kind} lost {thing}"
    for table, column in sorted(after.demanded - before.columns):
        if table in before.tables:
            yield f"{table}.{column} demands a value"
    for (table, rule), columns in sorted(after.rules.items()):
        told_apart = columns - {"company_id"}
        is_new = table in before.tables and (table, rule) not in before.rules
        if is_new and "id" not in told_apart and {(table, c) for c in told_apart} & before.columns:
            yield f"{table} demands {rule}"


@pytest.fixture(scope="module")
def owner_url(server: EmbeddedServer) -> str:
    """A database of this module's own, with nothing in it."""
    return provision(server, "expanding").owner


def test_a_migration_that_expands_only_adds(owner_url: str) -> None:
    before = schema(owner_url)
    broken: dict[str, list[str]] = {}
    for revision, expands in migrations.steps():
        migrations.upgrade(owner_url, revision)
        after = schema(owner_url)
        if expands and (found := list(more_than_expands(before, after))):
            broken[revision] = found
        before = after
    assert broken == {}


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("ALTER TABLE payers ADD nickname text", []),
        ("ALTER TABLE payers ADD nickname text NOT NULL DEFAULT ''", []),
        ("ALTER TABLE payers ADD nickname text CHECK (nickname <> '')", []),
        ("CREATE INDEX ix_payers_name ON payers (company_id, name)", []),
        ("CREATE UNIQUE INDEX uq_payers_id_name ON payers (company_id, id, name)", []),
        ("CREATE TABLE notes (company_id uuid NOT NULL, words text NOT NULL UNIQUE)", []),
        ("ALTER TABLE payers ADD nickname text NOT NULL", ["payers.nickname demands a value"]),
        ("ALTER TABLE payers DROP COLUMN name", ["columns lost"]),
        ("ALTER TABLE payers ALTER timely_filing_limit_days TYPE bigint", ["columns lost"]),
        ("ALTER TABLE people ALTER role SET NOT NULL", ["columns lost"]),
        ("DROP INDEX ix_outbox_messages_event_id", ["columns lost", "indexes lost"]),
        ("ALTER TABLE payers ADD CONSTRAINT c CHECK (name <> '')", ["payers demands c"]),
        ("CREATE UNIQUE INDEX u ON payers (company_id, name)", ["payers demands u"]),
        ("REVOKE INSERT ON payers FROM wellkept_app", ["tables lost"]),
        ("DROP POLICY company_rows ON payers", ["policies lost"]),
        ("DROP FUNCTION master_keys_in_use()", ["functions lost"]),
    ],
)
def test_what_does_more_is_found(owner_url: str, statement: str, found: list[str]) -> None:
    migrations.upgrade(owner_url)
    before = schema(owner_url)
    with psycopg.connect(owner_url) as connection:
        connection.execute(statement.encode())
        after = schema_of(connection)
        connection.rollback()
    shown = list(more_than_expands(before, after))
    assert [each for each in found if not any(line.startswith(each) for line in shown)] == []
    assert bool(shown) == bool(found)
