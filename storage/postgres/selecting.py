"""The statements that read a repository's rows, compiled once a shape."""

import dataclasses
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from storage.filters import Filter
from storage.postgres.approval_rules import APPROVAL_RULES
from storage.postgres.claim_rules import CLAIM_RULES
from storage.postgres.sql import Row, compiled, of_company, table_of


@cache
def select_one(row: Row, *, locking: bool = False) -> str:
    """One row by id; ``locking`` holds it until the transaction ends."""
    table = table_of(row)
    statement = sa.select(*table.columns).where(
        of_company(table), table.c.id == sa.bindparam("id", type_=sa.Uuid)
    )
    return compiled(statement.with_for_update() if locking else statement)


@cache
def select_by_ids(row: Row) -> str:
    """Rows by an array of ids, in ascending order of id."""
    table = table_of(row)
    wanted = sa.bindparam("ids", type_=pg.ARRAY(sa.Uuid))
    return compiled(
        sa.select(*table.columns)
        .where(of_company(table), table.c.id == sa.any_(wanted))
        .order_by(table.c.id)
    )


def conditions_given(conditions: Filter) -> tuple[str, ...]:
    """The names of the conditions that are on: with the filter's class, a statement's shape."""
    return tuple(
        name for name in conditions.__dataclass_fields__ if getattr(conditions, name) is not None
    )


def predicates(
    table: sa.Table, kind: type[Filter], names: tuple[str, ...]
) -> list[sa.ColumnElement[bool]]:
    """The conditions of a filter that are on, as expressions over its table."""
    by_name = {f.name: f for f in dataclasses.fields(kind)}
    return [_condition(table, name, by_name[name].metadata) for name in names]


def _condition(table: sa.Table, name: str, metadata: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    operator = metadata["operator"]
    if operator == "rule":
        return CLAIM_RULES[name] == sa.bindparam(f"where_{name}", type_=sa.Boolean)
    if operator == "beyond":
        return APPROVAL_RULES[name]
    return sa.or_(*(_predicate(table.c[column], operator, name) for column in metadata["columns"]))


def _predicate(column: "sa.Column[Any]", operator: str, name: str) -> sa.ColumnElement[bool]:
    value = sa.bindparam(f"where_{name}", type_=column.type)
    match operator:
        case "=":
            return column == value
        case ">=":
            return column >= value
        case "<=":
            return column <= value
        case "prefix":
            return sa.func.starts_with(column, sa.bindparam(f"where_{name}", type_=sa.Text))
        case "in":
            return column == sa.any_(sa.bindparam(f"where_{name}", type_=pg.ARRAY(column.type)))
        case "holds":
            return sa.bindparam(f"where_{name}", type_=sa.Uuid) == sa.any_(column)
        case "null":
            return column.is_(None) == sa.bindparam(f"where_{name}", type_=sa.Boolean)
        case _:
            raise ValueError(operator)


def _shown(table: sa.Table, columns: tuple[str, ...] | None) -> Iterable["sa.Column[Any]"]:
    return table.columns if columns is None else [table.c[name] for name in columns]


@cache
def select_page(
    row: Row,
    kind: type[Filter],
    names: tuple[str, ...],
    *,
    continued: bool,
    columns: tuple[str, ...] | None = None,
) -> str:
    """A page, newest first, after an id where ``continued``; of some ``columns`` where named."""
    table = table_of(row)
    statement = sa.select(*_shown(table, columns)).where(
        of_company(table), *predicates(table, kind, names)
    )
    if continued:
        statement = statement.where(table.c.id < sa.bindparam("after", type_=sa.Uuid))
    return compiled(
        statement.order_by(table.c.id.desc()).limit(sa.bindparam("row_limit", type_=sa.Integer))
    )


@cache
def select_all(
    row: Row,
    kind: type[Filter],
    names: tuple[str, ...],
    *,
    locking: bool = False,
    columns: tuple[str, ...] | None = None,
) -> str:
    """Every row under the conditions, oldest first; ``locking`` holds them; of some ``columns``
    where named."""
    table = table_of(row)
    statement = (
        sa.select(*_shown(table, columns))
        .where(of_company(table), *predicates(table, kind, names))
        .order_by(table.c.id)
    )
    return compiled(statement.with_for_update() if locking else statement)


@cache
def count_all(row: Row, kind: type[Filter], names: tuple[str, ...]) -> str:
    """How many rows are under the conditions."""
    table = table_of(row)
    return compiled(
        sa.select(sa.func.count())
        .select_from(table)
        .where(of_company(table), *predicates(table, kind, names))
    )
