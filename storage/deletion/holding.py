"""What of a company outlives it, and for how long: decided row by row, never by a list that a new
table could be missing from.

Every row is a record of the company and held for its retention, unless it is named here as the
machinery's or the company has taken its records with it. The operator's own duty is held either
way. Whatever a held row names by a foreign key is held with it.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from psycopg import sql
from sqlmodel import SQLModel

from storage.archive.manifest import Connection
from storage.archive.selection import TREATMENTS, Treatment
from storage.retention import kept_until, past_since
from storage.rows import AppendOnlyRow, DerivedRow
from storage.security import tenant_tables

TRAIL = ("audit_log", "api_log", "seals", "retirements", "principals")
"""Held or gone as one: a chain with a part missing proves nothing. Its term runs from the newest
row of the logs, which is from the day when the company was closed."""

TRAIL_REASON = "the audit trail: 45 CFR 164.312(b), 164.316(b)(2)(i)"

DUTIES: Mapping[str, str] = {
    "accountings": "what patients were told: 45 CFR 164.528(d)",
    "disclosures": "disclosures to be accounted for: 45 CFR 164.528(a)(3)",
}
"""Rows that the operator keeps whoever has the records, each from its own last change."""

MACHINERY: Mapping[str, str] = {
    "calendar_feeds": "secret links",
    "code_tables": "public lists",
    "codes": "public lists",
    "counters": "the next numbers",
    "data_keys": "keys: held while they open something that is held",
    "fees": "public lists",
    "figure_checks": "figures held against themselves",
    "figure_inputs": "figures",
    "mips_benchmarks": "public lists",
    "mips_exclusions": "public lists",
    "mips_listed_measures": "public lists",
    "mips_lists": "public lists",
    "notification_digests": "what people were told",
    "notification_preferences": "what people want to be told",
    "notifications": "what people were told",
    "one_time_tokens": "secret links",
    "person_sessions": "browsers that were signed in",
    "procedure_pairs": "public lists",
    "quiet_hours": "when people want to be told nothing",
    "reminders": "what people were reminded of",
    "second_factors": "secrets of people's devices",
    "stored_answers": "answers to repeated requests",
    "unit_limits": "public lists",
}
"""Tables whose rows are held only where a held row names them; so are all that are derived."""

OPENS_WHAT_IS_HELD = "opens what is held"
SAYS_WHOSE = "says whose the held rows are"

_BEGIN = """
CREATE TEMPORARY TABLE IF NOT EXISTS held (
    place text, id uuid, moment timestamptz NOT NULL, reason text NOT NULL, PRIMARY KEY (place, id)
)"""
_ZONE = "SELECT time_zone FROM companies WHERE company_id = %s"
_NEWEST_OF_LOGS = """
SELECT max(recorded_at) FROM (
    SELECT recorded_at FROM audit_log WHERE company_id = %(company_id)s
    UNION ALL SELECT recorded_at FROM api_log WHERE company_id = %(company_id)s
) AS logs"""
_OWN = """
INSERT INTO held
SELECT {place}, id, {moment}, {reason} FROM {table}
WHERE company_id = {company} AND {moment} >= {past}
ON CONFLICT (place, id) DO UPDATE
SET moment = greatest(held.moment, excluded.moment), reason = excluded.reason"""
_PARENTS = """
INSERT INTO held
SELECT {parent_name}, parent.id, max(held.moment), {reason}
FROM held
JOIN {child} AS child ON child.company_id = {company} AND child.id = held.id
JOIN {parent} AS parent ON {meets}
WHERE held.place = {child_name}
GROUP BY parent.id
ON CONFLICT (place, id) DO UPDATE SET moment = greatest(held.moment, excluded.moment)"""
_OWN_PARENTS = """
WITH RECURSIVE upwards AS (
    SELECT id, moment FROM held WHERE place = {parent_name}
    UNION
    SELECT parent.id, upwards.moment
    FROM upwards
    JOIN {child} AS child ON child.company_id = {company} AND child.id = upwards.id
    JOIN {parent} AS parent ON {meets}
)
INSERT INTO held SELECT {parent_name}, id, max(moment), {reason} FROM upwards GROUP BY id
ON CONFLICT (place, id) DO UPDATE SET moment = greatest(held.moment, excluded.moment)"""
_SEALS_SOMETHING = """
SELECT max(held.moment) FROM held JOIN {table} AS entry
    ON entry.company_id = {company} AND entry.id = held.id
WHERE held.place = {place} AND entry.{column} IS NOT NULL AND {kept}"""
_NEWEST = "SELECT max(moment) FROM held"
_SUMMARY = """
SELECT place, count(*), max(moment), array_agg(DISTINCT reason) FROM held GROUP BY place"""


@dataclass(frozen=True)
class HeldRows:
    """What of a table is held: up to which day of the company's, and why."""

    rows: int
    until: dt.date
    reasons: Sequence[str]


class Held:
    """The rows of the bound company that stay: whole tables, and rows of others by their ids in a
    table of this session."""

    def __init__(
        self, connection: Connection, company_id: UUID, *, years: int, zone: ZoneInfo
    ) -> None:
        self._connection = connection
        self._company_id = company_id
        self._years = years
        self._zone = zone
        self._whole: dict[str, tuple[dt.datetime, str]] = {}

    @classmethod
    def found(
        cls,
        connection: Connection,
        company_id: UUID,
        *,
        years: int,
        is_handed_over: bool,
        now: dt.datetime,
        require_running: Callable[[], None] = lambda: None,
    ) -> "Held":
        """Decide anew, in a transaction that is bound to the company. Raises DeletionBrokenOff."""
        connection.execute(_BEGIN.encode())
        connection.execute(b"TRUNCATE held")
        zone = _zone_of(connection, company_id)
        held = cls(connection, company_id, years=years, zone=zone)
        past = past_since(now, years=years, zone=zone)
        newest = held._newest(_NEWEST_OF_LOGS)
        if newest is not None and newest >= past:
            held._whole = dict.fromkeys(TRAIL, (newest, TRAIL_REASON))
        records = f"the company's records: its retention of {years} years"
        for table in reversed(list(company_tables())):
            require_running()
            reason = _own_reason(table, None if is_handed_over else records)
            if reason is not None:
                held._run(_OWN, table, moment=_moment(table), reason=reason, past=sql.Literal(past))
            held._hold_named_by(table)
        held._hold_what_all_need()
        return held

    @property
    def has_trail(self) -> bool:
        """Whether the trail stays, so that what goes has to be on record in it."""
        return TRAIL[0] in self._whole

    @property
    def has_company(self) -> bool:
        """Whether anything stays at all."""
        return "companies" in self._whole

    def going(self, table: str) -> sql.Composed:
        """The condition that a row of a table, called ``entry``, does not stay."""
        if table in self._whole:
            return sql.SQL("false").format()
        return sql.SQL(
            "entry.company_id = {company} AND NOT EXISTS ("
            "SELECT FROM held WHERE held.place = {place} AND held.id = entry.id)"
        ).format(company=sql.Literal(self._company_id), place=sql.Literal(table))

    def summary(self) -> Mapping[str, HeldRows]:
        """What stays, by table."""
        found = {
            str(place): HeldRows(int(str(rows)), self._until(moment), sorted(reasons))
            for place, rows, moment, reasons in self._connection.execute(
                _SUMMARY.encode()
            ).fetchall()
            if isinstance(moment, dt.datetime) and isinstance(reasons, list)
        }
        for table, (moment, reason) in self._whole.items():
            ((rows,),) = self._connection.execute(
                sql.SQL("SELECT count(*) FROM {} WHERE company_id = %s").format(
                    sql.Identifier(table)
                ),
                [self._company_id],
            ).fetchall()
            found.pop(table, None)
            if rows:
                found[table] = HeldRows(int(str(rows)), self._until(moment), [reason])
        return found

    def _until(self, moment: dt.datetime) -> dt.date:
        return kept_until(moment.astimezone(self._zone).date(), years=self._years)

    def _hold_named_by(self, child: sa.Table) -> None:
        keys = sorted(child.foreign_key_constraints, key=lambda key: str(key.name))
        own = [key for key in keys if key.referred_table is child]
        for _ in own:  # each may lead to rows that the others lead on from
            for key in own:
                self._hold_parents(_OWN_PARENTS, key)
        for key in keys:
            if key.referred_table is not child:
                self._hold_parents(_PARENTS, key)

    def _hold_parents(self, statement: str, key: sa.ForeignKeyConstraint) -> None:
        child, parent = str(key.table.name), str(key.referred_table.name)
        meets = sql.SQL(" AND ").join(
            sql.SQL("parent.{} = child.{}").format(
                sql.Identifier(element.column.name), sql.Identifier(element.parent.name)
            )
            for element in key.elements
        )
        self._connection.execute(
            sql.SQL(statement).format(
                child=sql.Identifier(child),
                parent=sql.Identifier(parent),
                child_name=sql.Literal(child),
                parent_name=sql.Literal(parent),
                meets=meets,
                company=sql.Literal(self._company_id),
                reason=sql.Literal(f"named by held rows of {child}"),
            )
        )

    def _hold_what_all_need(self) -> None:
        """The keys of what is sealed, and the company's own row, are held as long as that is."""
        sealed = [each for each in map(self._newest_sealed, _sealed_columns()) if each is not None]
        if sealed:
            self._whole["data_keys"] = (max(sealed), OPENS_WHAT_IS_HELD)
        newest = [moment for moment, _ in self._whole.values()]
        if (of_rows := self._newest(_NEWEST)) is not None:
            newest.append(of_rows)
        if newest:
            self._whole["companies"] = (max(newest), SAYS_WHOSE)

    def _newest_sealed(self, place: tuple[str, str]) -> dt.datetime | None:
        table, column = place
        kept = "entry.deletion IS NULL" if table == "stored_files" else "true"
        statement = sql.SQL(_SEALS_SOMETHING).format(
            table=sql.Identifier(table),
            column=sql.Identifier(column),
            place=sql.Literal(table),
            company=sql.Literal(self._company_id),
            kept=sql.SQL(kept),
        )
        return self._newest(statement)

    def _newest(self, statement: str | sql.Composed) -> dt.datetime | None:
        query = statement.encode() if isinstance(statement, str) else statement
        ((newest,),) = self._connection.execute(query, {"company_id": self._company_id}).fetchall()
        assert newest is None or isinstance(newest, dt.datetime)
        return newest

    def _run(
        self,
        statement: str,
        table: sa.Table,
        *,
        moment: sql.Composable,
        reason: str,
        past: sql.Composable,
    ) -> None:
        self._connection.execute(
            sql.SQL(statement).format(
                place=sql.Literal(table.name),
                table=sql.Identifier(table.name),
                moment=moment,
                reason=sql.Literal(reason),
                past=past,
                company=sql.Literal(self._company_id),
            )
        )


def _zone_of(connection: Connection, company_id: UUID) -> ZoneInfo:
    """The company's zone; once its row is gone nothing is held that a day could be told of."""
    row = connection.execute(_ZONE.encode(), [company_id]).fetchone()
    return ZoneInfo("UTC" if row is None else str(row[0]))


def company_tables() -> Iterator[sa.Table]:
    """Every tenant table, those that others' rows name before the others."""
    wanted = tenant_tables()
    return (table for table in SQLModel.metadata.sorted_tables if table.name in wanted)


def self_references(table: sa.Table) -> Sequence[str]:
    """The columns by which rows of a table name others of the same table."""
    return sorted(
        element.parent.name
        for key in table.foreign_key_constraints
        if key.referred_table is table
        for element in key.elements
        if element.column.name == "id"
    )


def _own_reason(table: sa.Table, records: str | None) -> str | None:
    """Why rows of a table are held by themselves, None where they are not."""
    if table.name in TRAIL or table.name in MACHINERY or table.name == "companies":
        return None
    if issubclass(tenant_tables()[table.name], DerivedRow):
        return None
    return DUTIES.get(table.name, records)


def _moment(table: sa.Table) -> sql.Composable:
    """The column that says when a row was last in effect."""
    is_final = issubclass(tenant_tables()[table.name], AppendOnlyRow)
    return sql.Identifier("recorded_at" if is_final else "updated_at")


def _sealed_columns() -> Iterator[tuple[str, str]]:
    """Tables and columns of what a data key opens and is no means of entry."""
    yield "stored_files", "object_key"
    for name, treatment in TREATMENTS.items():
        if treatment is Treatment.SEALED_ANEW:
            table, _, column = name.partition(".")
            yield table, column
