"""``wellkept maintain``: partitions ahead of time, rows past their retention, answers past use, and
statistics of what has changed.

Runs as the owner, which row-level security binds like everybody else: what concerns one company
is done bound to it, what concerns a whole partition between NO FORCE and FORCE in one transaction,
which nobody else ever sees.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from storage.clock import Clock, SystemClock
from storage.errors import StorageError
from storage.maintenance.deeds import Deed, LogState, RowsState
from storage.maintenance.leftovers import forget_answers, forget_sessions
from storage.maintenance.partition_upkeep import Owner, empty_default, make_ahead, months_of
from storage.maintenance.retirement import retire
from storage.maintenance.row_retirement import retire_rows, survey_rows
from storage.maintenance.statistics import BULK, renew_statistics
from storage.partitions import PARTITIONED
from storage.trail.keys import Signer

MAINTENANCE_LOCK = 0x6D61696E
"""The advisory lock of maintenance ("main")."""


class TableBusy(StorageError):
    """A table could not be had for ten seconds; nothing was lost, and a later run goes on."""

    def __str__(self) -> str:
        return "a table was in use for too long; what was done so far stands, run it again later"


def maintain(
    owner_url: str, signer: Signer, *, clock: Clock | None = None, dry_run: bool = False
) -> list[Deed]:
    """Do what is due, and say what was done or why it was not; may be repeated.

    Another one that runs is waited for. ``dry_run`` does it all and takes it back. Raises
    TableBusy, psycopg.OperationalError.
    """
    with _connected(owner_url) as connection:
        owner = Owner(connection, (clock or SystemClock()).now(), dry_run=dry_run)
        deeds: list[Deed] = []
        for table in PARTITIONED:
            deeds += make_ahead(owner, table)
            deeds += empty_default(owner, table)
        for table in PARTITIONED:
            deeds += retire(owner, table, signer)
        deeds += forget_answers(owner)
        deeds += forget_sessions(owner)
        deeds += retire_rows(owner, signer)
        renew_statistics(owner)
        return deeds


def keep_up_with_bulk(owner_url: str, *, bulk: int = BULK) -> None:
    """Renew the statistics of tables of which much has changed at once, so that whoever asks for
    it does not wait for the day's maintenance. Waits for nobody. Raises psycopg.OperationalError.
    """
    with psycopg.connect(owner_url, autocommit=True) as connection:
        owner = Owner(connection, SystemClock().now(), dry_run=False)
        renew_statistics(owner, at_least=bulk)


@dataclass(frozen=True)
class Survey:
    """How far everything reaches back that retention removes, and what is due."""

    logs: Sequence[LogState]
    tables: Sequence[RowsState]


def survey(owner_url: str, signer: Signer, *, clock: Clock | None = None) -> Survey:
    """How far back it all reaches, and what retirement would do now; nothing is changed.

    Raises TableBusy, psycopg.OperationalError.
    """
    with _connected(owner_url) as connection:
        owner = Owner(connection, (clock or SystemClock()).now(), dry_run=True)
        logs = [
            LogState(table, months_of(owner, table), retire(owner, table, signer))
            for table in PARTITIONED
        ]
        return Survey(logs, survey_rows(owner, signer))


@contextmanager
def _connected(owner_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [MAINTENANCE_LOCK])
        connection.execute("SET lock_timeout = '10s'")
        connection.execute("SET statement_timeout = '15min'")
        try:
            yield connection
        except psycopg.errors.LockNotAvailable as error:
            raise TableBusy from error
