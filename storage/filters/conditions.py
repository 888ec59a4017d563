"""What a condition of a list is: one field, one column, one operator."""

from dataclasses import dataclass, field
from typing import Any


def where(*columns: str, operator: str = "=") -> Any:
    """A condition on one column (or on any of several), off while the field is None.

    Operators: ``=``, ``>=``, ``<=``, ``prefix`` (by starts_with, which is leakproof and so can use
    an index under row-level security), ``in`` (a list of values), ``null`` (True: is null),
    ``holds`` (a list of ids contains it: leakproof, but it reads the rows that the others leave).
    """
    return field(default=None, metadata={"columns": columns, "operator": operator})


def rule() -> Any:
    """A condition that is true or false by more than columns: the expression of its own name in
    ``storage.postgres.claim_rules``."""
    return field(default=None, metadata={"columns": (), "operator": "rule"})


def beyond() -> Any:
    """A condition on other rows: the expression of its own name in
    ``storage.postgres.approval_rules``, which compares with the value given."""
    return field(default=None, metadata={"columns": (), "operator": "beyond"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """The base of all conditions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFilter(Filter):
    """Every row of the company."""
