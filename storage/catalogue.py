"""The house rules of the schema, read from PostgreSQL's own catalogue.

Every table of schema ``public`` keeps them, except those of ``EXEMPT``. A rule is a query that
finds what breaks it; all of them run as one statement, which any role may ask.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlmodel import SQLModel

from storage.catalogue_rules import QUERY
from storage.security import APP_ROLE, WORKER_ROLE, bound_company, tenant_tables, verbs_granted

EXEMPT: Mapping[str, str] = {
    "alembic_version": "says which migration the schema is at; no company's",
    "company_deletions": "says which companies are closed; outlives their rows",
    "company_directory": "says which company a slug names; only its owner and the worker read it",
    "procrastinate_jobs": "the queue, which belongs to its library; a job names its company itself",
    "procrastinate_events": "as procrastinate_jobs",
    "procrastinate_periodic_defers": "as procrastinate_jobs",
    "procrastinate_workers": "as procrastinate_jobs",
}
"""Tables that are not a company's, each with the reason."""

DEFINER_FUNCTIONS: Mapping[str, str] = {
    "close_company": "closes the bound company where two of its people want that",
    "company_of_slug": "maps one slug to one company, so that nobody can list companies",
    "deletions_idle_since": "says since when no deletion has got on, naming no company",
    "enter_company": "refuses a closed company, and tells of no other",
    "enqueue_job": "puts the bound company into a job, so that no job speaks for another",
    "master_keys_in_use": "counts data keys by the id of their master key, naming no company",
}
"""Functions that may run with their owner's rights, each with the reason."""

OPEN_VOCABULARIES: Mapping[str, str] = {
    "denials.next_action": "a sentence for people",
    "denials.owner_role": "words of the denial rules, which change without a migration",
    "remittance_anomalies.kind": "words of the 835 reader, shown and never decided by",
    "mips_benchmarks.metric_type": "as CMS's list has it",
    "mips_benchmarks.submission_method": "as CMS's list has it",
    "mips_exclusions.submission_method": "as CMS's list has it",
    "mips_listed_measures.metric_type": "as CMS's list has it",
    "remittance_transactions.payment_method": "BPR04 as the payer sent it",
    "stored_files.media_type": "an IANA name, of which services.files accepts some",
}
"""Columns that are named like states and hold free text, each with the reason."""

_QUEUE_VERBS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """What breaks which rule; ``subject`` is a table, role or function."""

    rule: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.rule} ({self.detail})"


def broken_rules(connection: psycopg.Connection[tuple[object, ...]]) -> list[BrokenRule]:
    """Everything in the connected database that breaks a house rule; empty when all is well."""
    found = connection.execute(QUERY, _expectations()).fetchall()
    return [BrokenRule(*map(str, row)) for row in found]


def _expectations() -> dict[str, list[str]]:
    grants = list(_expected_grants())
    checks = list(_expected_checks())
    vocabularies = list(_expected_vocabularies())
    return {
        "tables": sorted(tenant_tables()),
        "exempt": sorted(EXEMPT),
        "roles": [APP_ROLE, WORKER_ROLE],
        "definers": sorted(DEFINER_FUNCTIONS),
        "open_words": sorted(OPEN_VOCABULARIES),
        "conditions": [_bare(f"company_id = {bound_company(on_citus=c)}") for c in (False, True)],
        "grant_tables": [table for table, _, _ in grants],
        "grant_roles": [role for _, role, _ in grants],
        "grant_verbs": [verbs for _, _, verbs in grants],
        "check_tables": [table for table, _ in checks],
        "check_names": [name for _, name in checks],
        "choice_tables": [table for table, _, _ in vocabularies],
        "choice_columns": [column for _, column, _ in vocabularies],
        "choice_values": [values for _, _, values in vocabularies],
    }


def _bare(expression: str) -> str:
    """An expression without spaces and parentheses, as the query strips those of the policies."""
    return "".join(c for c in expression.lower() if c not in " ()")


def _expected_grants() -> Iterator[tuple[str, str, str]]:
    """Table, role, and the role's verbs in order, comma between."""
    for table, row in tenant_tables().items():
        for role in (APP_ROLE, WORKER_ROLE):
            yield table, role, _joined(verbs_granted(table, row, role))
    yield "company_directory", WORKER_ROLE, "SELECT"
    for role in (APP_ROLE, WORKER_ROLE):
        yield "alembic_version", role, "SELECT"
    for table in EXEMPT:
        if table.startswith("procrastinate_"):
            yield table, WORKER_ROLE, _joined(_QUEUE_VERBS)


def _expected_checks() -> Iterator[tuple[str, str]]:
    """Table and name, as the database has it, of every CHECK that the program declares."""
    names = PGDialect_psycopg().identifier_preparer  # type: ignore[no-untyped-call]
    for table in SQLModel.metadata.tables.values():
        for constraint in table.constraints:
            if isinstance(constraint, sa.CheckConstraint):
                yield table.name, str(names.format_constraint(constraint)).strip('"')


def _expected_vocabularies() -> Iterator[tuple[str, str, str]]:
    """Table, column, and the words that the column may hold in order, comma between."""
    for table in SQLModel.metadata.tables.values():
        for column in table.columns:
            vocabulary = column.info.get("vocabulary")
            if vocabulary is not None:
                yield table.name, column.name, _joined(frozenset(map(str, vocabulary)))


def _joined(words: frozenset[str]) -> str:
    return ",".join(sorted(words))
