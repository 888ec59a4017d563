"""Closing a company: from then on nobody enters it, and nobody is left inside when rows go."""

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import psycopg
from psycopg import sql

from storage.archive.manifest import Connection, revision_of
from storage.archive.selection import TREATMENTS, Treatment
from storage.deletion.errors import (
    AnotherAtWork,
    CompanyBusy,
    DeletionRefused,
    LegalHoldsStand,
)
from storage.deletion.register import Decision, close
from storage.maintenance import MAINTENANCE_LOCK
from storage.trail.operations import note_operation

LONGEST_WAIT = dt.timedelta(seconds=60)
"""For whoever was inside when the company was closed."""

_SETTINGS = (
    "SET lock_timeout = '10s'",
    "SET statement_timeout = 0",
    "SET timezone = 'UTC'",
    "SET datestyle = 'ISO'",
)
_LISTED = "SELECT company_id, closed_at FROM company_directory WHERE slug = %s"
_HOLDS = """
SELECT id FROM legal_holds WHERE company_id = %s AND released_at IS NULL ORDER BY id"""
_LOCK = "SELECT {verb}(hashtextextended('company/' || %s, 0))"
_FORGET_JOBS = """
DELETE FROM procrastinate_jobs WHERE args ->> 'company_id' = %s AND status <> 'doing'"""
_WIPED: dict[Treatment, str] = {
    Treatment.EMPTIED: "NULL",
    Treatment.UNKNOWN_HASH: "sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))",
    Treatment.UNKNOWN_SECRET: "CASE WHEN {column} IS NOT NULL THEN ''::bytea END",
}
"""What stands for good where something opened the company or what it used."""


@contextmanager
def as_owner(owner_url: str, *, waits: bool = True) -> Iterator[Connection]:
    """A connection of the owner's, on its own: maintenance and other deletions are waited for.

    Raises AnotherAtWork where nobody ``waits``.
    """
    with psycopg.connect(owner_url, autocommit=True) as connection:
        lock = [MAINTENANCE_LOCK]
        if waits:
            connection.execute(b"SELECT pg_advisory_lock(%s)", lock)
        elif connection.execute(b"SELECT pg_try_advisory_lock(%s)", lock).fetchone() != (True,):
            raise AnotherAtWork
        for setting in _SETTINGS:
            connection.execute(setting.encode())
        revision_of(connection)
        yield connection


@contextmanager
def reading_as_owner(owner_url: str) -> Iterator[Connection]:
    """A connection of the owner's for looking on, also while a deletion is under way."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        revision_of(connection)
        yield connection


@contextmanager
def bound(connection: Connection, company_id: UUID) -> Iterator[None]:
    """A transaction of one company's."""
    with connection.transaction():
        connection.execute(f"SET LOCAL app.company_id = '{company_id}'".encode())
        yield


def open_company(connection: Connection, slug: str) -> UUID:
    """The open company of a slug. Raises DeletionRefused."""
    row = connection.execute(_LISTED.encode(), [slug]).fetchone()
    if row is None:
        raise DeletionRefused(f"no company has the slug {slug!r}")
    if row[1] is not None:
        raise DeletionRefused(f"{slug} is closed already (`wellkept company deletions`)")
    return UUID(str(row[0]))


def standing_holds(connection: Connection, company_id: UUID) -> Sequence[UUID]:
    """The legal holds that stand, of the company that the transaction is bound to."""
    return [UUID(str(hold)) for (hold,) in connection.execute(_HOLDS.encode(), [company_id])]


def close_company(
    connection: Connection, slug: str, name: str, decision: Decision, now: dt.datetime
) -> UUID:
    """Close a company, which the operator has named by slug and name; that it was is the last
    row of its log. Raises DeletionRefused, LegalHoldsStand."""
    company_id = open_company(connection, slug)
    with bound(connection, company_id):
        ((known,),) = connection.execute(b"SELECT name FROM companies FOR UPDATE").fetchall()
        if name != known:
            raise DeletionRefused(f"the name of {slug} is another one than {name!r}")
        if holds := standing_holds(connection, company_id):
            raise LegalHoldsStand(holds)
        note_operation(connection, company_id, "delete_company", now)
        close(connection, company_id, decision, now)
    return company_id


def wait_until_empty(
    connection: Connection, company_id: UUID, require_running: Callable[[], None]
) -> None:
    """Wait for the transactions that had entered before it was closed. Raises CompanyBusy."""
    give_up_at = time.monotonic() + LONGEST_WAIT.seconds
    while not _locked(connection, "pg_try_advisory_lock", company_id):
        if time.monotonic() > give_up_at:
            raise CompanyBusy(LONGEST_WAIT)
        require_running()
        time.sleep(0.1)
    _locked(connection, "pg_advisory_unlock", company_id)


def _locked(connection: Connection, verb: str, company_id: UUID) -> bool:
    query = _LOCK.format(verb=verb).encode()
    return connection.execute(query, [str(company_id)]).fetchone() == (True,)


def forget_jobs(connection: Connection, company_id: UUID) -> None:
    """Take the company's jobs out of the queue; one that runs finds the door shut."""
    connection.execute(_FORGET_JOBS.encode(), [str(company_id)])


def wipe_secrets(connection: Connection) -> None:
    """Leave nothing that signs anybody in or opens anything, in rows that are held, too; the
    transaction is bound to the company."""
    by_table: dict[str, list[sql.Composed]] = {}
    for name, treatment in TREATMENTS.items():
        table, _, column = name.partition(".")
        if treatment in _WIPED:
            own = sql.Identifier(column)
            value = sql.SQL(_WIPED[treatment]).format(column=own)
            by_table.setdefault(table, []).append(sql.SQL("{} = {}").format(own, value))
    for table, settings in by_table.items():
        connection.execute(
            sql.SQL("UPDATE {} SET {}").format(sql.Identifier(table), sql.SQL(", ").join(settings))
        )
