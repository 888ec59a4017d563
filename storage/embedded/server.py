"""A PostgreSQL server of our own on one data directory."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from storage.embedded.account import Account, server_account
from storage.embedded.archive import archive_command, make_archive
from storage.embedded.cluster import make_cluster, reap, spawn
from storage.embedded.credentials import write_private
from storage.embedded.directory import DataDirectory
from storage.embedded.errors import DirectoryUnusable, NotOurServer, ServerDied
from storage.embedded.installation import Installation
from storage.embedded.postmaster import Postmaster
from storage.embedded.settings import (
    HOST_BASED_AUTHENTICATION,
    PORT,
    SUPERUSER,
    kept_settings,
)

StopMode = Literal["smart", "fast", "immediate"]

_STOP_SIGNALS = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}
_MAINTENANCE_DATABASE = "postgres"
_FIRST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 0.5
_REPORT_EVERY_SECONDS = 5.0
_CONNECT_SECONDS = 30


class EmbeddedServer:
    """Starts, finds, stops and kills the server of a data directory.

    Several programs may use one server; each that started it or found it has a share in it.
    As a context manager it starts on entry, and the last one to leave stops it.

    `binaries` is the directory with `initdb` and `postgres`, None for those of the wheel.
    `progress` is told of waits in lines for people. `unsafe_fast` turns fsync off: for tests.
    `wal_archive` is a folder that gets the write-ahead log, for recovery to a point in time.
    """

    def __init__(
        self,
        data_directory: Path,
        *,
        binaries: Path | None = None,
        progress: Callable[[str], None] | None = None,
        unsafe_fast: bool = False,
        wal_archive: Path | None = None,
    ) -> None:
        self.directory = DataDirectory(data_directory)
        self._installation = Installation.of_wheel() if binaries is None else Installation(binaries)
        self._postmaster = Postmaster(self.directory.cluster)
        self._progress = progress
        self._unsafe_fast = unsafe_fast
        self._wal_archive = wal_archive
        self._share: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()

    @property
    def is_running(self) -> bool:
        """Whether any process of the server lives; it may still be recovering."""
        reap()
        return self.directory.running.is_held() or self._postmaster.pid is not None

    @property
    def has_died(self) -> bool:
        """Whether its first process is gone, of which all others are; some may still be ending."""
        reap()
        return self._postmaster.pid is None

    def start(self) -> None:
        """Have the server answer: make its files, start it, or take the one that runs already.

        Waits without bound for crash recovery while the server lives. Raises an
        EmbeddedServerError that names the fault and, where there is one, the remedy.
        """
        self._installation.program("initdb")
        self._installation.program("postgres")
        self.directory.prepare()
        with self._alone():
            if self._share is None:
                self._share = self.directory.used.share()
            try:
                if not self._await_answer():
                    self._launch()
            except BaseException:
                self._give_back_share()
                raise

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server for everyone and wait until it has ended."""
        if not self.directory.path.exists():
            return
        with self._alone():
            self._stop(mode)

    def leave(self) -> None:
        """Give back this program's share, and stop the server if nobody else has one."""
        with self._alone():
            self._give_back_share()
            if not self.directory.used.is_shared():
                self._stop("fast")

    def kill(self) -> None:
        """End every process of the server at once with SIGKILL: for tests of survival."""
        with self._alone():
            self._end(self._postmaster.kill_all, "the killed server ends")

    def url(self, role: str, database: str) -> str:
        """The address of a database for a role, its password included."""
        user, password = quote(role, safe=""), quote(self._password(role), safe="")
        host = quote(str(self.directory.socket_directory()), safe="")
        return f"postgresql://{user}:{password}@/{quote(database, safe='')}?host={host}&port={PORT}"

    def conninfo(self, role: str, database: str) -> str:
        """The same as a connection string of keywords and values."""
        return make_conninfo(
            host=str(self.directory.socket_directory()),
            port=PORT,
            user=role,
            password=self._password(role),
            dbname=database,
        )

    def connect_as_superuser(
        self, database: str = _MAINTENANCE_DATABASE
    ) -> psycopg.Connection[tuple[object, ...]]:
        """A connection that may do anything, each statement its own transaction."""
        return psycopg.connect(
            self.conninfo(SUPERUSER, database),
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
        )

    def program(self, name: str) -> Path:
        """One of PostgreSQL's programs, of the version that serves. Raises BinariesNotFound."""
        return self._installation.program(name)

    def client_environment(self) -> dict[str, str]:
        """The variables by which PostgreSQL's client programs reach it as the superuser."""
        return {
            "PGHOST": str(self.directory.socket_directory()),
            "PGPORT": str(PORT),
            "PGUSER": SUPERUSER,
            "PGPASSWORD": self._password(SUPERUSER),
        }

    def _password(self, role: str) -> str:
        return self.directory.credentials.password(role)

    def _alone(self) -> AbstractContextManager[int]:
        return self.directory.starting.alone(self._waits("another program starts or stops it"))

    def _launch(self) -> None:
        running = self.directory.running.acquire()
        try:
            log_start = self._spawn(running)
        finally:
            os.close(running)
        try:
            is_up = self._await_answer()
        except BaseException:
            self._stop("fast")
            raise
        if not is_up:
            raise ServerDied(
                program="postgres",
                log=self.directory.log,
                tail=self.directory.log_tail(log_start),
            )

    def _spawn(self, running: int) -> int:
        """Start the server on files made ready for it; the length of its log before."""
        directory = self.directory
        account = server_account(directory.cluster)
        make_cluster(directory, self._installation, account, running=running)
        write_private(directory.host_based_authentication, HOST_BASED_AUTHENTICATION, mode=0o644)
        socket_directory = directory.make_socket_directory(account)
        self._postmaster.forget_if_reused()
        for left_behind in socket_directory.glob(".s.PGSQL.*"):
            left_behind.unlink(missing_ok=True)
        os.close(directory.open_log())
        log_start = directory.log.stat().st_size
        settings = kept_settings(
            socket_directory=socket_directory,
            host_based_authentication=directory.host_based_authentication,
            unsafe_fast=self._unsafe_fast,
            archive_command=self._archive_command(account),
        )
        spawn(directory, self._installation, account, settings, running=running)
        return log_start

    def _archive_command(self, account: Account) -> str | None:
        if self._wal_archive is None:
            return None
        make_archive(self._wal_archive, account)
        return archive_command(self._wal_archive)

    def _await_answer(self) -> bool:
        """Wait until the server answers and is ours; False when none lives."""
        for _ in _pauses(self._waits("it is starting")):
            if not self.is_running:
                return False
            if self._postmaster.status == "ready" and self._answers():
                self._verify()
                return True
        return False

    def _answers(self) -> bool:
        pid = self._postmaster.pid
        is_ready = self._postmaster.status == "ready"  # asked after its id: of the same server
        if pid is not None and is_ready and not self.directory.has_socket():
            raise DirectoryUnusable(
                directory=self.directory.path,
                reason=f"process {pid} serves it, but not at the private socket",
                remedy=f"stop that process (kill -INT {pid}) and start again",
            )
        conninfo = self.conninfo(SUPERUSER, _MAINTENANCE_DATABASE).encode()
        return PGconn.ping(conninfo) == Ping.OK

    def _verify(self) -> None:
        try:
            with self.connect_as_superuser() as connection:
                row = connection.execute("SELECT current_setting('data_directory')").fetchone()
        except psycopg.OperationalError as error:
            raise NotOurServer(directory=self.directory.path, reason=str(error)) from error
        served = Path(str(row[0])) if row else None
        if served is None or not served.exists() or not served.samefile(self.directory.cluster):
            raise NotOurServer(directory=self.directory.path, reason=f"it serves {served}")

    def _stop(self, mode: StopMode) -> None:
        self._end(lambda: self._postmaster.signal(_STOP_SIGNALS[mode]), "it is stopping")

    def _end(self, signal_once: Callable[[], bool], doing: str) -> None:
        """Signal the server as soon as it can be signalled, and wait until it has ended."""
        is_signalled = False
        for _ in _pauses(self._waits(doing)):
            is_signalled = is_signalled or signal_once()
            if not self.is_running:
                break
        self._give_back_share()

    def _give_back_share(self) -> None:
        if self._share is not None:
            os.close(self._share)
            self._share = None

    def _waits(self, doing: str) -> Callable[[float], None]:
        """What to call while waiting: tells of it now and then, with the log's last line."""
        next_report = _REPORT_EVERY_SECONDS

        def report(waited_seconds: float) -> None:
            nonlocal next_report
            if self._progress is None or waited_seconds < next_report:
                return
            next_report += _REPORT_EVERY_SECONDS
            last_line = self.directory.log_tail().rpartition("\n")[2]
            self._progress(f"PostgreSQL: {doing}, {waited_seconds:.0f} s so far: {last_line}")

        return report


def _pauses(waits: Callable[[float], None]) -> Iterator[None]:
    """Turns of a loop that waits: at once, then after pauses that grow."""
    begun, pause = time.monotonic(), _FIRST_PAUSE_SECONDS
    while True:
        yield
        waits(time.monotonic() - begun)
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
