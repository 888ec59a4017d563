"""Bringing a backup back, as far as the log reaches, and proving that it came back whole."""

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from psycopg import sql

from storage.backup.contents import contents_of, differences
from storage.backup.description import Backup
from storage.backup.errors import ContentsDiffer, RestoreFailed, RestoreRefused
from storage.backup.wholeness import check_files
from storage.embedded.archive import restore_command
from storage.embedded.credentials import sync_directory, write_private
from storage.embedded.directory import DataDirectory
from storage.embedded.errors import ServerDied
from storage.embedded.server import EmbeddedServer

RESTORING = ".restoring"
"""Ends the name of the directory in which a backup is brought back until it came through."""

_BY_NAME = "recovery_target_name"
_NOT_REACHED = "recovery ended before configured recovery target was reached"
_DISK_FULL = "No space left on device"


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
    All of that happens in a directory beside; only what came through gets the place that was
    asked for, so that no program ever starts on half of a database.
    Raises BackupUnusable, RestoreRefused, RestoreFailed, ContentsDiffer, EmbeddedServerError.
    """
    place = DataDirectory(directory)
    _refuse_taken(place)
    check_files(backup)
    beside = place.path.with_name(f"{place.path.name}{RESTORING}")
    _clear(beside)
    try:
        _recover(backup, EmbeddedServer(beside, binaries=binaries), _target(backup, until, wal))
        _move(DataDirectory(beside), place)
    except (OSError, shutil.Error) as error:
        raise RestoreFailed(place.path, first_reason(error)) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    with EmbeddedServer(directory, binaries=binaries) as server:
        yield server


def _recover(backup: Backup, server: EmbeddedServer, wanted: Mapping[str, str]) -> None:
    """Have the server come to the wanted moment, compared where that can be, and stopped."""
    _copy(backup, server.directory)
    _write_target(server.directory.cluster, wanted)
    try:
        server.start()
    except ServerDied as error:
        raise _refusal(error) from error
    try:
        with server.connect_as_superuser() as superuser:
            for name in wanted:
                superuser.execute(sql.SQL("ALTER SYSTEM RESET {}").format(sql.Identifier(name)))
        if _BY_NAME in wanted:
            _compare(backup, server)
    finally:
        server.stop()


def _refusal(error: ServerDied) -> Exception:
    """What became of a recovery, by the server's last lines."""
    if _NOT_REACHED in error.tail:
        reason = "the log ends, or is damaged, before the moment that was asked for"
        remedy = "name an earlier one, or a folder of archived log that reaches further"
        return RestoreRefused(reason, remedy)
    if _DISK_FULL in error.tail:
        return RestoreFailed(error.log.parent, _DISK_FULL)
    return error


def _refuse_taken(directory: DataDirectory) -> None:
    if directory.cluster.exists():
        raise RestoreRefused(
            f"{directory.cluster} holds a database already",
            "move that away, or name another data directory",
        )


def _clear(beside: Path) -> None:
    """Away with what a restore left that was killed. Raises RestoreRefused where it still works."""
    if not beside.exists():
        return
    left = EmbeddedServer(beside)
    if left.directory.used.is_shared():
        raise RestoreRefused(f"{beside} is in use by another restore", "wait until that has ended")
    left.stop("immediate")
    shutil.rmtree(beside)


def _copy(backup: Backup, directory: DataDirectory) -> None:
    directory.prepare()
    shutil.copytree(backup.cluster, directory.cluster)
    write_private(directory.credentials.path, backup.credentials.read_text("utf-8"))


def _move(source: DataDirectory, place: DataDirectory) -> None:
    """Give a stopped server's files the place that was asked for; the cluster itself last."""
    place.prepare()
    _refuse_taken(place)
    source.credentials.path.replace(place.credentials.path)
    source.cluster.rename(place.cluster)
    sync_directory(place.path)


def first_reason(error: OSError) -> str:
    """Of one error, or of the many that copying a folder gathers."""
    reasons = error.args[0] if isinstance(error, shutil.Error) else None
    if isinstance(reasons, list) and reasons:
        return str(reasons[0][-1])
    return f"{error.filename or ''}: {error.strerror}".removeprefix(": ")


def _target(backup: Backup, until: dt.datetime | None, wal: Path | None) -> Mapping[str, str]:
    wanted = {
        "recovery_target_action": "promote",
        "hot_standby": "off",  # it answers when it has come to the moment, not on its way
        "restore_command": "false" if wal is None else restore_command(wal),
    }
    if until is None:
        wanted[_BY_NAME] = backup.restore_point
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
