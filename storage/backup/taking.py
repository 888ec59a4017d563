"""Taking a backup of the embedded server while it works.

PostgreSQL's own programs copy the files and the log; what is added is one moment that the copy and
the running database have in common. For that moment every table is locked against writers as long
as it takes to set a restore point and to open a snapshot; then they go on, and the snapshot is
read at leisure. Whoever recovers the copy to that point must find exactly those rows.
"""

import datetime as dt
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import errors, sql

from storage.backup.contents import Contents, contents_of, tables_of
from storage.backup.description import Backup
from storage.backup.errors import BackupFailed, NoQuietMoment
from storage.backup.programs import refusal_of
from storage.backup.wholeness import hash_of
from storage.embedded.credentials import sync_directory
from storage.embedded.server import EmbeddedServer

UNFINISHED = ".unfinished"
"""Ends the name of a backup that was broken off."""

_SLOT = "wellkept_backup"
_TRIES = 60
_PAUSE_SECONDS = 1.0
_LONGEST_LOCK = "700ms"
"""For all tables together; shorter than the second after which a writer that waits for us would
look for a deadlock and could be the one to give way."""

Connection = psycopg.Connection[tuple[object, ...]]


def take_backup(
    server: EmbeddedServer, database: str, target: Path, *, files: Path | None, now: dt.datetime
) -> Backup:
    """A whole backup in a new directory below `target`, named by the time; or none.

    `files` is the folder of kept files, copied after the database so that no row is without its
    object; what an earlier backup beside this one has already is linked, not copied.
    Raises BackupFailed, NoQuietMoment.
    """
    name = f"{now:%Y%m%dT%H%M%SZ}"
    unfinished = target / f"{name}{UNFINISHED}"
    earlier = [each for each in finished(target) if (each / "files").is_dir()]
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished.mkdir(mode=0o700)
        with _slot(server):
            _copy_cluster(server, unfinished / "cluster")
            point, position, contents = _common_moment(server, database, name)
            wal = _copy_log(server, unfinished, position)
        shutil.copy2(server.directory.credentials.path, unfinished / "credentials.json")
        if files is not None and files.is_dir():
            _copy_files(files, unfinished / "files", earlier[-1] / "files" if earlier else None)
        Backup(unfinished, database, now, point, contents, wal).write()
        unfinished.rename(target / name)
        sync_directory(target)
    except OSError as error:
        raise BackupFailed("copying", f"{error.filename or target}: {error.strerror}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Backup.read(target / name)


def finished(target: Path) -> list[Path]:
    """The whole backups below a directory, the latest last."""
    if not target.is_dir():
        return []
    return sorted(each for each in target.iterdir() if (each / "backup.json").is_file())


@contextmanager
def _slot(server: EmbeddedServer) -> Iterator[None]:
    """Have the server keep its log from now on, until it was copied."""
    with server.connect_as_superuser() as connection:
        _drop_slot(connection)
        connection.execute("SELECT pg_create_physical_replication_slot(%s, true)", [_SLOT])
        try:
            yield
        finally:
            _drop_slot(connection)


def _drop_slot(connection: Connection) -> None:
    connection.execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
        " WHERE slot_name = %s AND NOT active",
        [_SLOT],
    )


def _copy_cluster(server: EmbeddedServer, target: Path) -> None:
    _run(
        server,
        "pg_basebackup",
        f"--pgdata={target}",
        "--wal-method=stream",
        "--checkpoint=fast",
        "--manifest-checksums=SHA256",
        "--no-password",
    )


def _copy_log(server: EmbeddedServer, unfinished: Path, position: str) -> dict[str, str]:
    """The log up to a position, laid beside the cluster; the hash of each segment."""
    received = unfinished / "log"
    received.mkdir(mode=0o700)
    with server.connect_as_superuser() as connection:
        connection.execute("SELECT pg_switch_wal()")  # it is read until something comes after
    _run(
        server,
        "pg_receivewal",
        f"--directory={received}",
        f"--slot={_SLOT}",
        f"--endpos={position}",
        "--no-loop",
        "--no-password",
    )
    hashes: dict[str, str] = {}
    for segment in sorted(received.iterdir()):
        name = segment.name.removesuffix(".partial")
        hashes[name] = hash_of(segment)
        segment.rename(unfinished / "cluster" / "pg_wal" / name)
    received.rmdir()
    return hashes


def _common_moment(server: EmbeddedServer, database: str, name: str) -> tuple[str, str, Contents]:
    """The restore point that was set, its end in the log, and what the database held there."""
    point = f"wellkept {name}"
    with (
        server.connect_as_superuser(database) as locks,
        server.connect_as_superuser(database) as reads,
    ):
        position = _set_point(locks, reads, point)
        try:
            contents = contents_of(reads)
        finally:
            reads.rollback()
    return point, position, contents


def _set_point(locks: Connection, reads: Connection, point: str) -> str:
    tables = sql.SQL(", ").join(sql.Identifier("public", each) for each in tables_of(locks))
    for _ in range(_TRIES):
        try:
            with locks.transaction():
                locks.execute(f"SET LOCAL statement_timeout = '{_LONGEST_LOCK}'".encode())
                locks.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(tables))
                reads.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                reads.execute("SELECT 1")
                found = locks.execute(
                    "SELECT pg_create_restore_point(%s)::text", [point]
                ).fetchall()
                return str(found[0][0])
        except (errors.QueryCanceled, errors.LockNotAvailable):
            time.sleep(_PAUSE_SECONDS)
    raise NoQuietMoment(_TRIES)


def _copy_files(files: Path, target: Path, earlier: Path | None) -> None:
    """Kept files never change under their name, so an earlier copy of one is this one's too."""
    for path in sorted(files.rglob("*")):
        if not path.is_file() or path.name.endswith(".part"):
            continue
        within = path.relative_to(files)
        (target / within).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = None if earlier is None else earlier / within
        try:
            size = path.stat().st_size
            if known is not None and known.is_file() and known.stat().st_size == size:
                os.link(known, target / within)
            else:
                shutil.copy2(path, target / within)
        except FileNotFoundError:  # past its retention and removed meanwhile
            continue


def _run(server: EmbeddedServer, program: str, *arguments: str) -> None:
    said = refusal_of(server.program(program), *arguments, connection=server.client_environment())
    if said is not None:
        raise BackupFailed(program, said.rpartition("\n")[2])
