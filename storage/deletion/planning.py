"""What a deletion would do today, said before anybody has to decide; nothing is changed."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg import sql

from storage.archive.manifest import Connection
from storage.clock import Clock, SystemClock
from storage.deletion.closing import as_owner, bound, open_company, standing_holds
from storage.deletion.holding import Held, company_tables


@dataclass(frozen=True)
class PlannedTable:
    """A table that the company has rows in: how many go, how many are held, up to when and why."""

    name: str
    going: int
    held: int
    held_until: dt.date | None
    reasons: Sequence[str]


@dataclass(frozen=True)
class Plan:
    """What would become of a company."""

    name: str
    holds: Sequence[UUID]
    """Legal holds that stand: nothing is deleted before they are released."""
    tables: Sequence[PlannedTable]


def plan(owner_url: str, slug: str, *, is_handed_over: bool, clock: Clock | None = None) -> Plan:
    """What would go and what would stay. Raises DeletionRefused, psycopg.OperationalError."""
    now = (clock or SystemClock()).now()
    with as_owner(owner_url) as connection:
        company_id = open_company(connection, slug)
        with bound(connection, company_id):
            ((name, years),) = connection.execute(
                b"SELECT name, retention_years FROM companies"
            ).fetchall()
            tables = tables_of_company(
                connection,
                company_id,
                years=int(str(years)),
                is_handed_over=is_handed_over,
                now=now,
            )
            return Plan(str(name), standing_holds(connection, company_id), tables)


def tables_of_company(
    connection: Connection,
    company_id: UUID,
    *,
    years: int,
    is_handed_over: bool,
    now: dt.datetime,
) -> Sequence[PlannedTable]:
    """The tables that the bound company has rows in."""
    held = Held.found(connection, company_id, years=years, is_handed_over=is_handed_over, now=now)
    stays = held.summary()
    found = []
    for table in company_tables():
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name))
        ((rows,),) = connection.execute(query).fetchall()
        kept = stays.get(table.name)
        if not rows:
            continue
        found.append(
            PlannedTable(
                table.name,
                going=int(str(rows)) - (0 if kept is None else kept.rows),
                held=0 if kept is None else kept.rows,
                held_until=None if kept is None else kept.until,
                reasons=() if kept is None else kept.reasons,
            )
        )
    return found
