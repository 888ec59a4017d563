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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import errors, sql

from storage.backup.contents import Contents, contents_of, tables_of
from storage.backup.description import FILE_LIST, Backup
from storage.backup.errors import BackupFailed, NoQuietMoment
from storage.backup.folder import UNFINISHED, finished
from storage.backup.programs import refusal_of
from storage.backup.wholeness import hash_of, listed_files
from storage.embedded.credentials import sync_directory, write_private
from storage.embedded.server import EmbeddedServer

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
        _write_list(
            unfinished / FILE_LIST,
            _copy_files(files, unfinished / "files", earlier[-1] if earlier else None),
        )
        beside = {each: hash_of(unfinished / each) for each in ("credentials.json", FILE_LIST)}
        Backup(unfinished, database, now, point, contents, wal, beside).write()
        unfinished.rename(target / name)
        sync_directory(target)
    except OSError as error:
        raise BackupFailed("copying", f"{error.filename or target}: {error.strerror}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Backup.read(target / name)


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


def _copy_files(files: Path | None, target: Path, earlier: Path | None) -> dict[str, str]:
    """Kept files never change under their name, so an earlier backup's copy of one is this one's
    too, if it is still what it was. The hash of each."""
    hashes: dict[str, str] = {}
    if files is None or not files.is_dir():
        return hashes
    known = {} if earlier is None else listed_files(earlier / FILE_LIST)
    for path in sorted(files.rglob("*")):
        if not path.is_file() or path.name.endswith(".part"):
            continue
        within = path.relative_to(files)
        name = within.as_posix()
        (target / within).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if earlier is not None and _is_whole(earlier / "files" / within, known.get(name)):
            os.link(earlier / "files" / within, target / within)
            hashes[name] = known[name]
            continue
        try:
            shutil.copy2(path, target / within)
        except FileNotFoundError:  # past its retention and removed meanwhile
            continue
        hashes[name] = hash_of(target / within)
    return hashes


def _is_whole(copy: Path, digest: str | None) -> bool:
    return digest is not None and copy.is_file() and hash_of(copy) == digest


def _write_list(path: Path, hashes: Mapping[str, str]) -> None:
    write_private(path, "".join(f"{digest}  {name}\n" for name, digest in hashes.items()))


def _run(server: EmbeddedServer, program: str, *arguments: str) -> None:
    said = refusal_of(server.program(program), *arguments, connection=server.client_environment())
    if said is not None:
        raise BackupFailed(program, _reason(said))


def _reason(said: str) -> str:
    """The line that says what went wrong; what the program tidied up comes after it."""
    lines = said.splitlines()
    return next((line for line in lines if "error:" in line), lines[-1])
