"""Partitions are there before their month, and rows of a clock that jumped get theirs."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg
from sqlmodel import SQLModel

from storage.maintenance.deeds import PartitionMade
from storage.partitions import MONTHS_AHEAD, bounds, month_start, partition_name
from storage.security import policy_statements

_FIRST_MONTH = dt.date(2000, 1, 1)
_LAST_MONTH = dt.date(2200, 1, 1)
"""Outside of these an id is no time: such rows stay in the default partition."""

_MONTH_OF_ID = (
    "date_trunc('month', to_timestamp("
    "('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint / 1000.0) AT TIME ZONE 'UTC'"
    ")::date"
)


@dataclass(frozen=True)
class Owner:
    """A connection of the owner, the time of this run, and whether it is only a rehearsal."""

    connection: psycopg.Connection[tuple[object, ...]]
    now: dt.datetime
    dry_run: bool

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nothing in a rehearsal."""
        with self.connection.transaction(force_rollback=self.dry_run):
            yield

    def run(self, statement: str, *parameters: object) -> psycopg.Cursor[tuple[object, ...]]:
        """Run a statement of ours."""
        return self.connection.execute(statement.encode(), parameters or None)

    def bind(self, company_id: UUID) -> None:
        """See and touch one company's rows until the transaction ends."""
        self.run(f"SET LOCAL app.company_id = '{company_id}'")


def make_ahead(owner: Owner, table: str) -> list[PartitionMade]:
    """Make the partitions of this month and of the next ones that are missing."""
    this_month = month_start(owner.now.date())
    wanted = [month_start(this_month, later) for later in range(MONTHS_AHEAD + 1)]
    known = months_of(owner, table)
    return [_make(owner, table, month) for month in wanted if month not in known]


def empty_default(owner: Owner, table: str) -> list[PartitionMade]:
    """Give every month that has rows in the default partition a partition of its own."""
    default = f"{table}_default"
    (size,) = owner.run("SELECT pg_relation_size(%s::regclass)", default).fetchone() or (0,)
    if not size:
        return []
    with owner.transaction():
        owner.run(f"ALTER TABLE {default} NO FORCE ROW LEVEL SECURITY")
        found = owner.run(
            f"SELECT DISTINCT {_MONTH_OF_ID} AS month FROM {default} ORDER BY month"  # noqa: S608
        ).fetchall()
        owner.run(f"ALTER TABLE {default} FORCE ROW LEVEL SECURITY")
    months = [month for (month,) in found if isinstance(month, dt.date)]
    known = months_of(owner, table)
    return [
        _make(owner, table, month)
        for month in months
        if _FIRST_MONTH <= month < _LAST_MONTH and month not in known
    ]


def months_of(owner: Owner, table: str) -> list[dt.date]:
    """The months that have a partition, oldest first."""
    names = owner.run(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", table
    ).fetchall()
    endings = (str(name).removeprefix(f"{table}_") for (name,) in names)
    dated = (ending.split("_") for ending in endings if ending != "default")
    return sorted(dt.date(int(year), int(month), 1) for year, month in dated)


def _make(owner: Owner, table: str, month: dt.date) -> PartitionMade:
    """Make a month's partition beside its table, fill it from the default one, attach it.

    Attaching lets writers of other months go on, which CREATE ... PARTITION OF would not.
    """
    name, default = partition_name(table, month), f"{table}_default"
    low, high = bounds(month)
    columns = ", ".join(SQLModel.metadata.tables[table].columns.keys())
    with owner.transaction():
        owner.run(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
        owner.run(f"ALTER TABLE {default} NO FORCE ROW LEVEL SECURITY")
        moved = owner.run(
            f"WITH moved AS (DELETE FROM {default} WHERE id >= '{low}' AND id < '{high}'"  # noqa: S608
            f" RETURNING {columns}) INSERT INTO {name} ({columns}) SELECT {columns} FROM moved"
        ).rowcount
        owner.run(f"ALTER TABLE {default} FORCE ROW LEVEL SECURITY")
        for statement in policy_statements(name):
            owner.run(statement)
        owner.run(
            f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{low}') TO ('{high}')"
        )
    return PartitionMade(table, month, moved)
