"""From PostgreSQL's SQLSTATE and constraint name to storage errors.

Never from message text: under row-level security PostgreSQL hides the detail of a violation.
"""

import psycopg
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 -- fills the metadata
from storage.errors import (
    ConstraintRefused,
    DuplicateValue,
    ReferenceNotFound,
    StorageError,
    StorageUnavailable,
    TransactionConflict,
)


def _constraint_columns() -> dict[str, tuple[str, ...]]:
    columns: dict[str, tuple[str, ...]] = {}
    for table in SQLModel.metadata.tables.values():
        for item in (*table.constraints, *table.indexes):
            if isinstance(item, UniqueConstraint | ForeignKeyConstraint | Index):
                names = tuple(c.name for c in item.columns if c.name != "company_id")
                columns[str(item.name)] = names
            elif isinstance(item, CheckConstraint):
                columns[str(item.name)] = ()
    return columns


_COLUMNS = _constraint_columns()

COMPANY_CLOSED = "WK001"
"""What ``enter_company`` refuses a closed company with."""

_UNKEEPABLE = frozenset({None, "22003", "22008", "22021", "22P05"})
"""A value that no column of its type can hold: a number or date out of range, a NUL in a text
(which psycopg refuses before it sends it, so without a SQLSTATE)."""


def translate(error: psycopg.Error) -> StorageError | None:
    """The storage error that ``error`` stands for, or None if it is a defect of ours."""
    table = error.diag.table_name or ""
    constraint = error.diag.constraint_name or ""
    columns = _COLUMNS.get(constraint, ())
    match error:
        case psycopg.errors.UniqueViolation():
            return DuplicateValue(table, constraint, columns)
        case psycopg.errors.ForeignKeyViolation():
            return ReferenceNotFound(table, constraint, columns)
        case psycopg.errors.CheckViolation() | psycopg.errors.NotNullViolation():
            return ConstraintRefused(table, constraint or (error.diag.column_name or ""))
        case psycopg.errors.SerializationFailure() | psycopg.errors.DeadlockDetected():
            return TransactionConflict()
        case psycopg.errors.QueryCanceled() | psycopg.errors.LockNotAvailable():
            return StorageUnavailable(type(error).__name__)
        case psycopg.errors.InsufficientPrivilege() | psycopg.errors.SyntaxError():
            return None
        case psycopg.OperationalError() | psycopg.errors.IdleInTransactionSessionTimeout():
            return StorageUnavailable(type(error).__name__)
        case psycopg.DataError() if error.sqlstate in _UNKEEPABLE:
            return ConstraintRefused(table, "value_can_be_kept")
        case _:
            return None
