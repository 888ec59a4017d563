"""What left the house, and keys that open nothing any more, go once they are past their
retention: a batch a transaction, so that a run that breaks off has done what it said.

A row that can change leaves its trail; rows that cannot (events, tries) are counted in a signed
record. What a hold is about stays, and so does what another row refers to: a file's message, for
the mailbox's file says for ever what was sent.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from sqlmodel import SQLModel

from storage.identifiers import lowest_id_at, moment_of
from storage.maintenance.deeds import RowsForgotten, RowsKept, RowsState
from storage.maintenance.deletion import delete_with_trail
from storage.maintenance.partition_upkeep import Owner
from storage.maintenance.references import unreferred
from storage.maintenance.retirement_records import Removed, put_on_record
from storage.maintenance.subjects import about_the_held
from storage.maintenance.terms import Terms, companies, terms_of
from storage.postgres.sql import table_of
from storage.retention import RETENTION_LOCK, past_since
from storage.rows import AppendOnlyRow
from storage.tables.identity import ApiKey
from storage.tables.notifications import Notification
from storage.tables.outbox import Event, OutboxMessage
from storage.trail.keys import Signer

ROWS_AT_ONCE = 5_000
_FIRST_IDS = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""No id names an earlier time."""


@dataclass(frozen=True)
class Retired:
    """Rows that retention removes one by one."""

    row: type[SQLModel]
    is_over: str
    """That a row, called ``entry``, was over before ``%(past)s``, in SQL."""
    is_held: str
    """That it is about what ``hold`` is on."""
    also: str = ""
    """What the condition needs to know beside the row: a join."""
    tries: str | None = None
    """The append-only table whose rows go along: theirs is ``message_id``."""

    @property
    def table(self) -> str:
        """The name of the table."""
        return table_of(self.row).name

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that lose rows."""
        return (self.table,) if self.tries is None else (self.table, self.tries)

    @property
    def source(self) -> str:
        """The rows of a company, as the statements read them."""
        return f"{self.table} AS entry {self.also}"

    @property
    def past(self) -> str:
        """That a row is past its retention, and nothing but a hold can keep it."""
        others = unreferred(self.table, "entry", but_by=frozenset(self.tables))
        return (
            "entry.company_id = %(company_id)s AND entry.id < %(youngest)s"
            f" AND {self.is_over} AND {others}"
        )


MESSAGES = Retired(
    OutboxMessage,
    is_over="entry.settled_at < %(past)s",
    is_held="hold.record_id IN (entry.id, entry.endpoint_id, entry.event_id)"
    f" OR {about_the_held('event')}",
    also="LEFT JOIN events AS event"
    " ON event.company_id = entry.company_id AND event.id = entry.event_id",
    tries="outbox_attempts",
)
EVENTS = Retired(
    Event,
    is_over="entry.recorded_at < %(past)s",
    is_held=f"hold.record_id = entry.id OR {about_the_held('entry')}",
)
NOTIFICATIONS = Retired(
    Notification,
    is_over="entry.created_at < %(past)s AND (entry.told_at IS NOT NULL OR entry.timing = 'off')",
    is_held=f"hold.record_id IN (entry.id, entry.person_id) OR {about_the_held('entry')}",
)
KEYS = Retired(
    ApiKey,
    is_over="least(entry.revoked_at, entry.expires_at) < %(past)s",
    is_held="hold.record_id = entry.id",
)
RETIRED = (MESSAGES, EVENTS, NOTIFICATIONS, KEYS)
"""In the order in which they go: a message before the event that it told of."""

_HOLD = """
legal_holds AS hold
WHERE hold.company_id = %(company_id)s AND hold.released_at IS NULL
  AND (hold.patient_id IS NULL AND hold.record_id IS NULL OR {is_held})
"""

_PICK = """
SELECT entry.id FROM {source}
WHERE {past} AND entry.id > %(after)s AND NOT EXISTS (SELECT FROM {hold})
ORDER BY entry.id LIMIT %(most)s
FOR UPDATE OF entry SKIP LOCKED
"""

_KEPT = """
SELECT held.id, count(*)
FROM {source} CROSS JOIN LATERAL (SELECT hold.id FROM {hold} ORDER BY hold.id LIMIT 1) AS held
WHERE {past}
GROUP BY held.id ORDER BY held.id
"""

_DELETE_TRIES = """
DELETE FROM {tries} WHERE company_id = %(company_id)s AND message_id = ANY (%(ids)s::uuid[])
RETURNING id
"""

_DELETE_UNCHANGING = """
DELETE FROM {table} WHERE company_id = %(company_id)s AND id = ANY (%(ids)s::uuid[])
RETURNING id
"""

_OLDEST = "SELECT id FROM {table} WHERE company_id = %s ORDER BY id LIMIT 1"


def retire_rows(owner: Owner, signer: Signer) -> list[RowsForgotten | RowsKept]:
    """Remove what is past its company's retention, and say what a hold keeps.

    Two at once do the work once: what the one has locked the other passes over. A rehearsal does
    it all and takes it back.
    """
    gone: dict[str, int] = {}
    kept: list[RowsKept] = []
    for terms in companies(owner):
        with _as_one(owner) as acting:
            for kind in RETIRED:
                for table, rows in _retire(acting, kind, terms, signer):
                    gone[table] = gone.get(table, 0) + rows
            kept += _kept(acting, terms)
    return [*(RowsForgotten(table, rows) for table, rows in gone.items() if rows), *kept]


def survey_rows(owner: Owner, signer: Signer) -> list[RowsState]:
    """How far these tables reach back, and what ``retire_rows`` would do now."""
    due = retire_rows(replace(owner, dry_run=True), signer)
    oldest: dict[str, list[UUID]] = {table: [] for kind in RETIRED for table in kind.tables}
    for terms in companies(owner):
        with owner.transaction():
            owner.bind(terms.company_id)
            for table, found in oldest.items():
                rows = owner.run(_OLDEST.format(table=table), terms.company_id).fetchall()
                found += [UUID(str(row_id)) for (row_id,) in rows]
    return [
        RowsState(
            table,
            moment_of(min(found)).date() if found else None,
            [deed for deed in due if deed.table == table],
        )
        for table, found in oldest.items()
    ]


@contextmanager
def _as_one(owner: Owner) -> Iterator[Owner]:
    """Batches that each commit; in a rehearsal all of them in one transaction that is taken back,
    so that each finds what those before it left."""
    if not owner.dry_run:
        yield owner
        return
    with owner.transaction():
        yield replace(owner, dry_run=False)


def _retire(owner: Owner, kind: Retired, terms: Terms, signer: Signer) -> Iterator[tuple[str, int]]:
    """Batch after batch of one kind and company: each table that lost rows, and how many."""
    after = UUID(int=0)
    while True:
        with owner.transaction():
            present = _terms_that_stay(owner, terms)
            parameters = _parameters(owner, present) | {"after": after, "most": ROWS_AT_ONCE}
            statement = _PICK.format(
                source=kind.source, past=kind.past, hold=_HOLD.format(is_held=kind.is_held)
            )
            rows = owner.connection.execute(statement.encode(), parameters).fetchall()
            ids = [UUID(str(row_id)) for (row_id,) in rows]
            if ids:
                yield from _remove(owner, kind, present, ids, signer)
        if len(ids) < ROWS_AT_ONCE:
            return
        after = ids[-1]


def _remove(
    owner: Owner, kind: Retired, terms: Terms, ids: list[UUID], signer: Signer
) -> Iterator[tuple[str, int]]:
    if kind.tries is not None:
        statement = _DELETE_TRIES.format(tries=kind.tries)
        yield kind.tries, _remove_unchanging(owner, kind.tries, statement, terms, ids, signer)
    if issubclass(kind.row, AppendOnlyRow):
        statement = _DELETE_UNCHANGING.format(table=kind.table)
        yield kind.table, _remove_unchanging(owner, kind.table, statement, terms, ids, signer)
    else:
        yield kind.table, delete_with_trail(owner, kind.row, terms.company_id, ids)


def _remove_unchanging(
    owner: Owner, table: str, statement: str, terms: Terms, ids: list[UUID], signer: Signer
) -> int:
    """Delete rows that cannot change and sign for how many; returns that."""
    parameters = {"company_id": terms.company_id, "ids": ids}
    found = owner.connection.execute(statement.encode(), parameters).fetchall()
    gone = sorted(UUID(str(row_id)) for (row_id,) in found)
    if gone:
        above = UUID(int=gone[-1].int + 1)
        policy = f"{terms.years} years, no legal hold"
        removed = Removed(table, gone[0], above, len(gone), policy)
        put_on_record(owner, terms.company_id, removed, signer)
    return len(gone)


def _kept(owner: Owner, terms: Terms) -> list[RowsKept]:
    """What is past a company's retention and kept by a hold alone."""
    with owner.transaction():
        owner.bind(terms.company_id)
        found = []
        for kind in RETIRED:
            statement = _KEPT.format(
                source=kind.source, past=kind.past, hold=_HOLD.format(is_held=kind.is_held)
            )
            rows = owner.connection.execute(statement.encode(), _parameters(owner, terms))
            found += [
                RowsKept(kind.table, terms.slug, int(str(count)), f"legal hold {hold_id} stands")
                for hold_id, count in rows.fetchall()
            ]
    return found


def _terms_that_stay(owner: Owner, known: Terms) -> Terms:
    """A company's terms, bound to it; until the transaction ends they stay and no hold comes."""
    name = f"{known.company_id}/{RETENTION_LOCK}"
    owner.run("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", name)
    present = terms_of(owner, known.company_id)
    assert present is not None, "companies are never removed"
    return present


def _parameters(owner: Owner, terms: Terms) -> dict[str, object]:
    past = past_since(owner.now, years=terms.years, zone=terms.zone)
    youngest = lowest_id_at(max(past, _FIRST_IDS))
    return {"company_id": terms.company_id, "past": past, "youngest": youngest}
