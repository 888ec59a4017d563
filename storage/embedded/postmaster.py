"""The server's first process, as its own file postmaster.pid and the system tell of it."""

import os
import signal
import subprocess
from pathlib import Path

_PID_LINE, _STATUS_LINE = 0, 7
_PROC = Path("/proc")


class Postmaster:
    """Reads and signals the process that postmaster.pid names, never another one."""

    def __init__(self, cluster: Path) -> None:
        self._cluster = cluster
        self._file = cluster / "postmaster.pid"

    @property
    def pid(self) -> int | None:
        """The process id, if that process lives and is the server of this cluster."""
        pid = self._written_pid()
        return pid if pid is not None and _serves(pid, self._cluster) else None

    @property
    def status(self) -> str:
        """What the server says of itself: starting, ready, stopping; empty when it says nothing."""
        return self._line(_STATUS_LINE)

    def forget_if_reused(self) -> None:
        """Remove a file whose process died and left its id to a process of another kind.

        PostgreSQL finds out by itself that an id is of no process, and then also checks that
        nothing else uses the files; only an id that lives again makes it refuse to start.
        """
        pid = self._written_pid()
        if pid is not None and _lives(pid) and not _serves(pid, self._cluster):
            self._file.unlink(missing_ok=True)

    def signal(self, number: signal.Signals) -> bool:
        """Send it a signal; whether it lives to get one."""
        pid = self.pid
        if pid is None:
            return False
        _send(pid, number)
        return True

    def kill_all(self) -> bool:
        """SIGKILL to it and to all its processes, as if the machine failed; whether it lived."""
        pid = self.pid
        if pid is None:
            return False
        _send(pid, signal.SIGSTOP)
        for process in (*_children(pid), pid):
            _send(process, signal.SIGKILL)
        return True

    def _written_pid(self) -> int | None:
        try:
            pid = int(self._line(_PID_LINE))
        except ValueError:
            return None
        return pid if pid > 1 else None

    def _line(self, number: int) -> str:
        try:
            return self._file.read_text("utf-8").splitlines()[number].strip()
        except (OSError, IndexError):
            return ""


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _serves(pid: int, cluster: Path) -> bool:
    """Whether this is a postgres on the cluster, by its arguments or where it works."""
    if not (_PROC / "self").exists():
        command = _processes("-p", str(pid), "-o", "command=")
        return "postgres" in command and str(cluster) in command
    process = _PROC / str(pid)
    try:
        arguments = os.fsdecode((process / "cmdline").read_bytes()).split("\0")
        if Path(arguments[0]).name != "postgres":
            return False
        return str(cluster) in arguments or (process / "cwd").samefile(cluster)
    except OSError:
        return False


def _children(pid: int) -> list[int]:
    if not (_PROC / "self").exists():
        rows = (line.split() for line in _processes("-A", "-o", "pid=,ppid=").splitlines())
        return [int(child) for child, parent in rows if int(parent) == pid]
    children = []
    for entry in _PROC.iterdir():
        try:
            if entry.name.isdigit() and _parent(entry) == pid:
                children.append(int(entry.name))
        except OSError:
            continue
    return children


def _parent(entry: Path) -> int:
    after_name = (entry / "stat").read_text(errors="replace").rpartition(")")[2]
    return int(after_name.split()[1])


def _processes(*arguments: str) -> str:
    """What ps says, on systems without /proc."""
    command = ["/bin/ps", *arguments]
    # Fixed words and a number, no shell.
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout
