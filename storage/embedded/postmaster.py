"""The server's first process, as its own file postmaster.pid and the system tell of it."""

import os
import signal
import subprocess
from pathlib import Path

_PID_LINE, _STATUS_LINE = 0, 7


class Postmaster:
    """Reads and signals the process that postmaster.pid names, never another one."""

    def __init__(self, cluster: Path) -> None:
        self._cluster = cluster
        self._file = cluster / "postmaster.pid"

    @property
    def pid(self) -> int | None:
        """The process id, if that process lives and is the server of this cluster."""
        try:
            pid = int(self._line(_PID_LINE))
        except ValueError:
            return None
        command = _command_line(pid)
        is_ours = "postgres" in command and str(self._cluster) in command
        return pid if pid > 1 and is_ours else None

    @property
    def status(self) -> str:
        """What the server says of itself: starting, ready, stopping; empty when it says nothing."""
        return self._line(_STATUS_LINE)

    def forget(self) -> None:
        """Remove the file that a server which died left behind."""
        self._file.unlink(missing_ok=True)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it lives."""
        pid = self.pid
        if pid is not None:
            _send(pid, number)

    def kill_all(self) -> None:
        """SIGKILL to it and to every process of its own, as a machine that fails does."""
        pid = self.pid
        if pid is None:
            return
        _send(pid, signal.SIGSTOP)
        children = _children(pid)
        for process in (pid, *children):
            _send(process, signal.SIGKILL)

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


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    return _processes("-p", str(pid), "-o", "command=").strip()


def _children(pid: int) -> list[int]:
    if not Path("/proc/self").exists():
        rows = (line.split() for line in _processes("-A", "-o", "pid=,ppid=").splitlines())
        return [int(child) for child, parent in rows if int(parent) == pid]
    children = []
    for entry in Path("/proc").iterdir():
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
    return subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False).stdout
