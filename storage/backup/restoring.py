"""Bringing a backup back, as far as the log reaches, and proving that it came back whole."""

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from psycopg import sql

from storage.backup.contents import contents_of, differences
from storage.backup.description import Backup
from storage.backup.errors import ContentsDiffer, RestoreRefused
from storage.backup.wholeness import check_files
from storage.embedded.archive import restore_command
from storage.embedded.credentials import write_private
from storage.embedded.directory import DataDirectory
from storage.embedded.errors import ServerDied
from storage.embedded.server import EmbeddedServer

_NOT_REACHED = "recovery ended before configured recovery target was reached"


@contextmanager
def restored(
    backup: Backup,
    directory: Path,
    *,
    until: dt.datetime | None = None,
    wal: Path | None = None,
    binaries: Path | None = None,
) -> Iterator[EmbeddedServer]:
    """A running server on a new data directory with what the backup holds.

    It is recovered to the backup's restore point, or to `until` with what the folder `wal` of
    archived segments holds. In the first case every table is compared with what it held then.
    Raises BackupUnusable, RestoreRefused, ContentsDiffer, EmbeddedServerError.
    """
    server = EmbeddedServer(directory, binaries=binaries)
    check_files(backup.directory, backup.cluster, backup.wal)
    _place(backup, server.directory)
    wanted = _target(backup, until, wal)
    _write_target(server.directory.cluster, wanted)
    try:
        server.start()
    except ServerDied as error:
        if _NOT_REACHED in error.tail:
            reason = "the log ends before the moment that was asked for"
            remedy = "name an earlier one, or a folder of archived log that reaches further"
            raise RestoreRefused(reason, remedy) from error
        raise
    try:
        with server.connect_as_superuser() as superuser:
            for name in wanted:
                superuser.execute(sql.SQL("ALTER SYSTEM RESET {}").format(sql.Identifier(name)))
        if until is None:
            _compare(backup, server)
        yield server
    finally:
        server.leave()


def _place(backup: Backup, directory: DataDirectory) -> None:
    if directory.cluster.exists():
        raise RestoreRefused(
            f"{directory.cluster} holds a database already",
            "move that away, or name another data directory",
        )
    directory.prepare()
    shutil.rmtree(directory.unfinished_cluster, ignore_errors=True)
    shutil.copytree(backup.cluster, directory.unfinished_cluster)
    write_private(directory.credentials.path, backup.credentials.read_text("utf-8"))
    directory.unfinished_cluster.rename(directory.cluster)


def _target(backup: Backup, until: dt.datetime | None, wal: Path | None) -> Mapping[str, str]:
    wanted = {
        "recovery_target_action": "promote",
        "restore_command": "false" if wal is None else restore_command(wal),
    }
    if until is None:
        wanted["recovery_target_name"] = backup.restore_point
    else:
        wanted["recovery_target_time"] = until.isoformat()
    return wanted


def _write_target(cluster: Path, wanted: Mapping[str, str]) -> None:
    with (cluster / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
        for name, value in wanted.items():
            file.write("{} = '{}'\n".format(name, value.replace("'", "''")))
    (cluster / "recovery.signal").touch(mode=0o600)


def _compare(backup: Backup, server: EmbeddedServer) -> None:
    with server.connect_as_superuser(backup.database) as superuser:
        tables = differences(backup.contents, contents_of(superuser))
    if tables:
        raise ContentsDiffer(tables)
