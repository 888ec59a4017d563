"""What lies where in the data directory."""

import os
import stat
import tempfile
from pathlib import Path

from storage.embedded.account import Account
from storage.embedded.credentials import Credentials, write_private
from storage.embedded.errors import DirectoryUnusable
from storage.embedded.locks import FileLock
from storage.embedded.settings import PORT

_SOCKET = f".s.PGSQL.{PORT}"
_SOCKET_PATH_BYTES = 103
"""The longest path of a Unix socket that every platform takes: macOS has 104 with the NUL."""

_SHORTEST_TEMPORARY = "/tmp"  # noqa: S108 - only ever the parent of a mkdtemp
_PRIVATE_DIRECTORY = stat.S_IFDIR | 0o700

_LOG_BYTES = 8 * 1024 * 1024
_TAIL_BYTES = 4096


class DataDirectory:
    """The paths of one embedded server. Only `cluster` and the socket belong to its account.

    `running` is held by the server itself and all its processes, `starting` by a program that
    starts or stops it, and `used` is shared by the programs that use it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.cluster = self.path / "cluster"
        self.unfinished_cluster = self.path / "cluster.new"
        self.initial_password = self.path / "initdb.password"
        self.host_based_authentication = self.path / "pg_hba.conf"
        self.log = self.path / "server.log"
        self.credentials = Credentials(self.path / "credentials.json")
        self.running = FileLock(self.path / "running.lock")
        self.starting = FileLock(self.path / "starting.lock")
        self.used = FileLock(self.path / "used.lock")
        self._socket_record = self.path / "socket_directory"

    def prepare(self) -> None:
        """Make the directory where it is missing: private, or passable when root lends it."""
        try:
            if not self.path.is_dir():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.mkdir(mode=0o700, exist_ok=True)
                if os.geteuid() == 0:
                    self.path.chmod(0o711)
            usable = os.access(self.path, os.R_OK | os.W_OK | os.X_OK)
        except OSError as error:
            raise DirectoryUnusable(
                directory=self.path, reason=str(error), remedy="choose a directory of your own"
            ) from error
        if not usable:
            raise DirectoryUnusable(
                directory=self.path,
                reason="this account may not write there",
                remedy="run as its owner or as root, or give it to your own account (chown -R)",
            )

    def socket_directory(self) -> Path:
        """The private directory of the socket; raises DirectoryUnusable before the first start."""
        try:
            owner, socket_directory = self._socket_record.read_text("utf-8").splitlines()
        except (FileNotFoundError, ValueError):
            owner, socket_directory = "", ""
        if owner != str(self.path):
            raise DirectoryUnusable(
                directory=self.path, reason="no server was started here", remedy="start it first"
            )
        return Path(socket_directory)

    def has_socket(self) -> bool:
        """Whether a server has made its socket in the recorded directory."""
        try:
            return (self.socket_directory() / _SOCKET).exists()
        except DirectoryUnusable:
            return False

    def make_socket_directory(self, account: Account) -> Path:
        """A directory for the socket that only the account may enter, and its path recorded.

        Below the data directory where that path is short enough for a socket, else below the
        system's directory for temporary files.
        """
        try:
            directory = self.socket_directory()
        except DirectoryUnusable:
            pass
        else:
            if _is_private(directory, account):
                return directory
        directory = self.path / "socket"
        if _is_short_enough(directory):
            directory.mkdir(mode=0o700, exist_ok=True)
        else:
            directory = _make_temporary_directory(self.path)
        account.give(directory)
        directory.chmod(0o700)
        write_private(self._socket_record, f"{self.path}\n{directory}\n")
        return directory

    def open_log(self) -> int:
        """A descriptor that appends to the log; a log grown large becomes the previous one."""
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_name(self.log.name + ".previous"))
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def log_tail(self, since: int = 0) -> str:
        """The last lines of the log, none that stands before byte `since`."""
        try:
            with self.log.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(since, size - _TAIL_BYTES))
                return file.read().decode("utf-8", "replace").strip()
        except FileNotFoundError:
            return ""


def _is_short_enough(directory: Path) -> bool:
    return len(os.fsencode(directory / _SOCKET)) <= _SOCKET_PATH_BYTES


def _is_private(directory: Path, account: Account) -> bool:
    try:
        status = directory.lstat()
    except OSError:
        return False
    is_closed = status.st_mode == _PRIVATE_DIRECTORY
    return is_closed and status.st_uid == account.uid and _is_short_enough(directory)


def _make_temporary_directory(data_directory: Path) -> Path:
    for parent in (tempfile.gettempdir(), _SHORTEST_TEMPORARY):
        try:
            directory = Path(tempfile.mkdtemp(prefix="wellkept-", dir=parent))
        except OSError:
            continue
        if _is_short_enough(directory):
            return directory
        directory.rmdir()
    raise DirectoryUnusable(
        directory=data_directory,
        reason="no directory with a path short enough for a socket can be made",
        remedy="choose a data directory with a shorter path",
    )
