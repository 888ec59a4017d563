"""Payers of a backed-up database, written and looked at past the product."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from storage.embedded import EmbeddedServer

DATABASE = "backed_up"
LONGEST_WAIT_SECONDS = 120
Superuser = psycopg.Connection[tuple[object, ...]]


def payers(superuser: Superuser) -> set[str]:
    return {str(name) for (name,) in superuser.execute("SELECT name FROM payers").fetchall()}


def register(superuser: Superuser, name: str) -> None:
    """One payer more, like the first."""
    columns = [
        str(column)
        for (column,) in superuser.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'payers'::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = ''"
        ).fetchall()
    ]
    values = {"id": "gen_random_uuid()", "name": "%(name)s", "payer_identifier": "%(name)s"}
    chosen = ", ".join(values.get(column, column) for column in columns)
    superuser.execute(
        f"INSERT INTO payers ({', '.join(columns)}) SELECT {chosen} FROM payers"  # noqa: S608
        " ORDER BY created_at LIMIT 1".encode(),
        {"name": name},
    )


@contextmanager
def busy(server: EmbeddedServer) -> Iterator[None]:
    """Writers that register payers for as long as this lasts."""
    ended = threading.Event()
    counted = itertools.count()

    def write() -> None:
        with server.connect_as_superuser(DATABASE) as superuser:
            while not ended.is_set():
                with superuser.transaction():
                    register(superuser, f"busy {next(counted)}")

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        yield
    finally:
        ended.set()
        for writer in writers:
            writer.join()


def look(server: EmbeddedServer) -> set[str]:
    with server.connect_as_superuser(DATABASE) as superuser:
        return payers(superuser)


def archived(superuser: Superuser) -> None:
    """Wait until all of the log so far is in the archive."""
    superuser.execute("SELECT pg_create_restore_point('so that there is something to archive')")
    (segment,) = superuser.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchall()[0]
    superuser.execute("SELECT pg_switch_wal()")
    asked = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"
    give_up_at = time.monotonic() + LONGEST_WAIT_SECONDS
    while superuser.execute(asked, [segment]).fetchall()[0][0] is not True:
        assert time.monotonic() < give_up_at, f"{segment} was not archived"
        superuser.execute("SELECT pg_sleep(0.05), pg_stat_clear_snapshot()")
