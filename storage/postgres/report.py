"""What the database's own statistics say: what is slow, what is unused, what holds things up.

Nothing here reads a row of a company. Texts of statements are shown with every constant taken out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import LiteralString

import psycopg

Connection = psycopg.Connection[tuple[object, ...]]

_CONNECT_SECONDS = 5
_STATEMENT_LENGTH = 300
_CONSTANTS = re.compile(r"'(?:[^']|'')*'|(?<![$\w.])\d+(?:\.\d+)?(?!\w)")


@dataclass(frozen=True)
class Section:
    """One question and its answer; ``missing`` says what keeps it from being complete."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    missing: Sequence[str] = field(default_factory=list)


def database_report(owner_url: str) -> list[Section]:
    """Ask everything, as the owner. Raises psycopg.Error where the database does not answer."""
    with psycopg.connect(
        owner_url, connect_timeout=_CONNECT_SECONDS, autocommit=True, prepare_threshold=None
    ) as connection:
        connection.execute("SET default_transaction_read_only = on")
        connection.execute("SET statement_timeout = '30s'")
        rights = _missing_rights(connection)
        return [
            _slowest_statements(connection, rights),
            _asked(connection, "Oldest transactions", _TRANSACTIONS, rights),
            *(_asked(connection, title, question) for title, question in _TABLES.items()),
        ]


def without_constants(statement: str) -> str:
    """A statement as one short line in which every text and number is a question mark."""
    line = _CONSTANTS.sub("?", " ".join(statement.split()))
    return line if len(line) <= _STATEMENT_LENGTH else line[: _STATEMENT_LENGTH - 1] + "…"


def _missing_rights(connection: Connection) -> list[str]:
    row = connection.execute(
        "SELECT pg_has_role('pg_read_all_stats', 'USAGE'), current_user"
    ).fetchone()
    has_right, role = row or (False, "")
    if has_right:
        return []
    return [f"only {role}'s own are shown; as a superuser: GRANT pg_read_all_stats TO {role}"]


def _slowest_statements(connection: Connection, rights: list[str]) -> Section:
    title = "Slowest statements, all runs together"
    columns = ("total ms", "runs", "mean ms", "rows", "statement")
    found = connection.execute(
        "SELECT extnamespace::regnamespace::text FROM pg_extension"
        " WHERE extname = 'pg_stat_statements'"
    ).fetchone()
    if found is None:
        return Section(title, columns, [], [_how_to_install(connection)])
    question = _STATEMENTS.replace("{schema}", str(found[0]))
    try:
        rows = connection.execute(question.encode()).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        return Section(title, columns, [], [f"{_role(connection)} may not use schema {found[0]}"])
    except psycopg.errors.ObjectNotInPrerequisiteState:
        return Section(title, columns, [], [_HOW_TO_INSTALL])
    shown = [(*map(str, row[:-1]), without_constants(str(row[-1]))) for row in rows]
    return Section(title, columns, shown, rights)


def _how_to_install(connection: Connection) -> str:
    known = connection.execute(
        "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_stat_statements'"
    ).fetchone()
    return _NOT_SHIPPED if known is None else _HOW_TO_INSTALL


def _role(connection: Connection) -> str:
    return connection.info.user


def _asked(
    connection: Connection, title: str, question: LiteralString, missing: Sequence[str] = ()
) -> Section:
    cursor = connection.execute(question)
    columns = [column.name for column in cursor.description or ()]
    rows = [["" if value is None else str(value) for value in row] for row in cursor.fetchall()]
    return Section(title, columns, rows, missing)


_NOT_SHIPPED = "this PostgreSQL comes without pg_stat_statements, as the embedded one does"
_HOW_TO_INSTALL = (
    "pg_stat_statements is not loaded: shared_preload_libraries = 'pg_stat_statements' and"
    " pg_stat_statements.track_utility = off in postgresql.conf, a restart, and in this database"
    " CREATE EXTENSION pg_stat_statements"
)

_STATEMENTS = r"""
SELECT round(total_exec_time)::bigint, calls, round(mean_exec_time::numeric, 2), rows, query
FROM {schema}.pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND query ~* '^\s*(select|insert|update|delete|merge|with)\y'
ORDER BY total_exec_time DESC, queryid LIMIT 20
"""
"""Utility statements are left out: before PostgreSQL 16 their text holds what was given to them."""

_TRANSACTIONS: LiteralString = """
SELECT pid, usename AS role, state, date_trunc('second', now() - xact_start)::text AS open_for,
       coalesce(wait_event_type, '') AS waits_for
FROM pg_stat_activity
WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
ORDER BY xact_start LIMIT 10
"""

_TABLES: dict[str, LiteralString] = {
    "Indexes that nothing has used since the statistics began": """
WITH used AS (
    SELECT coalesce(pg_partition_root(s.indexrelid)::oid, s.indexrelid) AS index,
           sum(s.idx_scan) AS scans, sum(pg_relation_size(s.indexrelid)) AS bytes
    FROM pg_stat_user_indexes s GROUP BY 1
)
SELECT i.indexrelid::regclass::text AS index, i.indrelid::regclass::text AS table,
       pg_size_pretty(used.bytes) AS size,
       coalesce(d.stats_reset::date::text, 'the beginning') AS since
FROM used JOIN pg_index i ON i.indexrelid = used.index
CROSS JOIN (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()) AS d
WHERE used.scans = 0 AND NOT i.indisunique
ORDER BY used.bytes DESC, 1 LIMIT 50
""",
    "Indexes that are the same as another": """
SELECT b.indexrelid::regclass::text AS index, a.indexrelid::regclass::text AS same_as,
       a.indrelid::regclass::text AS table,
       pg_size_pretty(pg_relation_size(b.indexrelid)) AS size
FROM pg_index a
JOIN pg_index b ON b.indrelid = a.indrelid AND b.indexrelid <> a.indexrelid
    AND b.indkey::text = a.indkey::text AND b.indclass::text = a.indclass::text
    AND b.indcollation::text = a.indcollation::text AND b.indoption::text = a.indoption::text
    AND coalesce(b.indpred::text, '') = coalesce(a.indpred::text, '')
    AND coalesce(b.indexprs::text, '') = coalesce(a.indexprs::text, '')
JOIN pg_class c ON c.oid = a.indrelid AND c.relnamespace = 'public'::regnamespace
WHERE NOT b.indisunique AND (a.indisunique OR a.indexrelid < b.indexrelid)
ORDER BY pg_relation_size(b.indexrelid) DESC, 1 LIMIT 50
""",
    "Tables that want vacuum": """
SELECT s.relid::regclass::text AS table, s.n_dead_tup AS dead_rows, s.n_live_tup AS live_rows,
       coalesce(date_trunc('second', greatest(s.last_vacuum, s.last_autovacuum))::text, 'never')
           AS last_vacuum,
       round(100.0 * age(c.relfrozenxid) / current_setting('autovacuum_freeze_max_age')::bigint)
           AS freeze_pct
FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
WHERE s.n_dead_tup > current_setting('autovacuum_vacuum_threshold')::bigint
          + current_setting('autovacuum_vacuum_scale_factor')::float * s.n_live_tup
   OR age(c.relfrozenxid) > 0.8 * current_setting('autovacuum_freeze_max_age')::bigint
ORDER BY s.n_dead_tup DESC, 1 LIMIT 50
""",
    "Large tables that are read from end to end": """
SELECT relid::regclass::text AS table, pg_size_pretty(pg_relation_size(relid)) AS size,
       seq_scan AS times, seq_tup_read / greatest(seq_scan, 1) AS rows_each, idx_scan AS by_index
FROM pg_stat_user_tables
WHERE seq_scan > 0 AND pg_relation_size(relid) > 8 * 1024 * 1024
ORDER BY seq_tup_read DESC, 1 LIMIT 20
""",
}
