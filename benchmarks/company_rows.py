"""A company with as many claims as wanted and what hangs on them, made by the database.

The company has one row in every table; of those that grow with its claims the row is repeated
under ids and numbers of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlmodel import SQLModel

from storage.rows import TransactionId
from tests.builders.companies import CompanyForTests
from tests.builders.tenant_rows import bind, fill_every_table

_MADE_ID = """
CREATE FUNCTION pg_temp.made_id(company text, kind text, n bigint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT left(company, 14) || '7' || substr(hash, 1, 3) || '-8' || substr(hash, 4, 3)
        || '-' || substr(hash, 7, 12)
    FROM (SELECT md5(company || kind || n) AS hash) AS hashed
$$"""
"""Ids of this company's own, of its month: a log keeps rows by the month of their id."""

_REPEATED = """
INSERT INTO {table} ({columns})
SELECT {values} FROM generate_series(1, {rows}) AS n,
LATERAL jsonb_populate_record(NULL::{table}, {row} || {changed}) AS made"""
_FIRST = "SELECT to_jsonb(entry) FROM {table} AS entry WHERE company_id = {company} LIMIT 1"


@dataclass(frozen=True)
class Repeated:
    """A table that grows with the claims: how many rows a claim has, and what differs in each."""

    table: str
    per_claim: int
    changed: str


_CLAIM = "((n + {per_claim} - 1) / {per_claim})"
TABLES = (
    Repeated("patients", 1, "'medical_record_number', 'bench-' || n"),
    Repeated(
        "claims",
        1,
        "'claim_number', 1000000 + n, 'patient_control_number', 'bench-' || n,"
        " 'patient_id', {patients}, 'replaces_id', null",
    ),
    Repeated(
        "claim_lines",
        3,
        "'line_number', n % 3 + 1, 'line_control_number', 'bench-' || n, 'claim_id', {claims}",
    ),
    Repeated("scrub_runs", 1, "'run_number', 1, 'claim_id', {claims}, 'patient_id', {patients}"),
    Repeated(
        "adjudications",
        1,
        "'claim_id', {claims}, 'patient_id', {patients}, 'reverses_id', null",
    ),
    Repeated("adjudication_lines", 3, "'adjudication_id', {adjudications}, 'claim_line_id', null"),
    Repeated("ledger_entries", 2, "'claim_id', {claims}, 'adjudication_id', {adjudications}"),
    Repeated("events", 1, "'entity_id', {claims}"),
    Repeated("audit_log", 5, "'entity_id', {claims}, 'patient_id', {patients}"),
    Repeated("api_log", 2, "'record_id', {claims}"),
)
"""Those that others name before the others, with their rows as life has them."""


def fill(owner_url: str, company: CompanyForTests, claims: int) -> int:
    """Give a company claims with their patients, lines, decisions, ledger and trail; how many rows
    it then has of these tables."""
    fill_every_table(owner_url, company.id)
    with psycopg.connect(owner_url) as owner:
        bind(owner, company.id)
        owner.execute(b"SET LOCAL statement_timeout = 0")
        owner.execute(_MADE_ID.encode())
        return sum(_repeat(owner, company, each, claims) for each in TABLES)


def _repeat(
    owner: psycopg.Connection, company: CompanyForTests, repeated: Repeated, claims: int
) -> int:
    table = SQLModel.metadata.tables[repeated.table]
    columns = [each.name for each in table.columns if not isinstance(each.type, TransactionId)]
    claim = _CLAIM.format(per_claim=repeated.per_claim)
    ids = {
        each.table: f"pg_temp.made_id('{company.id}', '{each.table}', {claim})" for each in TABLES
    }
    own = f"pg_temp.made_id('{company.id}', '{repeated.table}', n)"
    changed = f"jsonb_build_object('id', {own}, {repeated.changed.format(**ids)})"
    name = sql.Identifier(repeated.table)
    first = sql.SQL(_FIRST).format(table=name, company=sql.Literal(company.id))
    return owner.execute(
        sql.SQL(_REPEATED).format(
            table=name,
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join(sql.Identifier("made", each) for each in columns),
            rows=sql.Literal(claims * repeated.per_claim),
            row=sql.SQL("({})").format(first),
            changed=sql.SQL(changed),
        )
    ).rowcount
