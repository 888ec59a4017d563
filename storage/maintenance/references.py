"""Rows that others refer to stay: asked of every foreign key that leads to their table."""

from collections.abc import Collection, Iterator
from functools import cache

import sqlalchemy as sa
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 -- a table that is not loaded refers to nothing


@cache
def unreferred(table: str, alias: str, *, but_by: Collection[str] = frozenset()) -> str:
    """The condition, in SQL, that no row refers to the row ``alias`` of a table.

    ``but_by`` are tables whose rows go along with it.
    """
    conditions = (
        f"NOT EXISTS (SELECT FROM {key.table.name} AS other WHERE {_meets(key, alias)})"
        for key in _keys_to(table)
        if key.table.name not in but_by
    )
    return " AND ".join(conditions) or "true"


def _keys_to(table: str) -> Iterator[sa.ForeignKeyConstraint]:
    for each in SQLModel.metadata.sorted_tables:
        for key in sorted(each.foreign_key_constraints, key=lambda key: str(key.name)):
            if key.referred_table.name == table:
                yield key


def _meets(key: sa.ForeignKeyConstraint, alias: str) -> str:
    pairs = ((element.parent.name, element.column.name) for element in key.elements)
    return " AND ".join(f"other.{ours} = {alias}.{theirs}" for ours, theirs in pairs)
