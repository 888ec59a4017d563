"""Monthly partitions of the logs, by the range of their UUIDv7 ids."""

import datetime as dt
from collections.abc import Iterator

from storage.identifiers import lowest_id_at
from storage.security import policy_statements

PARTITIONED = ("audit_log", "api_log")
MONTHS_AHEAD = 3


def month_start(day: dt.date, months_later: int = 0) -> dt.date:
    """The first day of the month that is ``months_later`` after the one of ``day``."""
    index = day.year * 12 + day.month - 1 + months_later
    return dt.date(index // 12, index % 12 + 1, 1)


def partition_name(table: str, month: dt.date) -> str:
    """``audit_log_2026_11``: the leaf that holds the rows made in a month (UTC)."""
    return f"{table}_{month:%Y_%m}"


def bounds(month: dt.date) -> tuple[str, str]:
    """The half-open range of ids of a month."""
    first, last = (
        dt.datetime.combine(month_start(month, step), dt.time(), dt.UTC) for step in (0, 1)
    )
    return str(lowest_id_at(first)), str(lowest_id_at(last))


def create_partition(table: str, month: dt.date) -> Iterator[str]:
    """Make the leaf of a month, with the parent's policies and no grants."""
    name = partition_name(table, month)
    low, high = bounds(month)
    yield f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ('{low}') TO ('{high}')"
    yield from policy_statements(name)


def create_default_partition(table: str) -> Iterator[str]:
    """Make the leaf for ids outside of every month made ahead: a clock that jumps loses nothing."""
    yield f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT"
    yield from policy_statements(f"{table}_default")
