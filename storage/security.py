"""The second lock: row-level security and grants, made for every tenant table by one function."""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 -- fills the metadata
from storage.rows import AppendOnlyRow, DerivedRow, TenantRow

APP_ROLE = "wellkept_app"
WORKER_ROLE = "wellkept_worker"
BACKUP_ROLE = "wellkept_backup"

BOUND_COMPANY = "(SELECT nullif(current_setting('app.company_id', true), '')::uuid)"
"""The company of the running transaction. The sub-select is evaluated once a statement instead of
once a row; Citus refuses it and takes the same expression without (see ``bound_company``)."""

OPERATOR_ONLY_INSERT = frozenset({"companies"})
"""Tables in which the program's role creates nothing: companies are the operator's to create."""

WORKER_ONLY_INSERT = frozenset({"seals"})
"""Logs that only the worker appends to: requests cannot get in the way of the chain."""

OWNER_ONLY_INSERT = frozenset({"retirements"})
"""Logs that only maintenance appends to, which runs as the owner."""

WORKER_ONLY_UPDATE = frozenset({"data_keys"})
"""Tables that requests add to and only the worker changes, of which nothing is ever deleted: what
a data key has sealed would be lost with it."""


def bound_company(*, on_citus: bool) -> str:
    """The expression that policies compare ``company_id`` with."""
    return BOUND_COMPANY[len("(SELECT ") : -1] if on_citus else BOUND_COMPANY


def tenant_tables() -> Mapping[str, type[SQLModel]]:
    """Every tenant table by its name: mutable, append-only and derived."""
    return {
        str(mapper.local_table.name): mapper.class_
        for mapper in SQLModel._sa_registry.mappers  # noqa: SLF001 -- SQLModel names no other way
        if issubclass(mapper.class_, TenantRow | AppendOnlyRow | DerivedRow)
        and isinstance(mapper.local_table, sa.Table)
    }


def policy_statements(table: str, *, on_citus: bool = False) -> Iterator[str]:
    """Enable and force row-level security: a restrictive floor and the permissive policy."""
    condition = f"company_id = {bound_company(on_citus=on_citus)}"
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    yield (
        f"CREATE POLICY company_floor ON {table} AS RESTRICTIVE"
        f" USING ({condition}) WITH CHECK ({condition})"
    )
    yield (
        f"CREATE POLICY company_rows ON {table} AS PERMISSIVE"
        f" USING ({condition}) WITH CHECK ({condition})"
    )


def verbs_granted(table: str, row: type[SQLModel], role: str) -> frozenset[str]:
    """What a role of the program may do with a tenant table: never TRUNCATE, and with an
    append-only one read and append."""
    owner_adds = table in OWNER_ONLY_INSERT
    worker_adds = table in WORKER_ONLY_INSERT and role != WORKER_ROLE
    if owner_adds or worker_adds:
        return frozenset({"SELECT"})
    if table in OPERATOR_ONLY_INSERT:
        return frozenset({"SELECT", "UPDATE"})
    appended = frozenset({"SELECT", "INSERT"})
    if table in WORKER_ONLY_UPDATE:
        return appended | ({"UPDATE"} if role == WORKER_ROLE else frozenset())
    return appended if issubclass(row, AppendOnlyRow) else appended | {"UPDATE", "DELETE"}


def grant_statements(table: str, row: type[SQLModel]) -> Iterator[str]:
    """Give each role of the program what it may do with a table."""
    for role in (APP_ROLE, WORKER_ROLE):
        verbs = ", ".join(sorted(verbs_granted(table, row, role)))
        yield f"GRANT {verbs} ON {table} TO {role}"


def securing_statements() -> Iterator[str]:
    """Policies and grants of every tenant table, for the migration that creates them."""
    for name, row in sorted(tenant_tables().items()):
        yield from policy_statements(name)
        yield from grant_statements(name, row)
