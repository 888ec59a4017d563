"""The program as an operator runs it: a process of its own with a data directory of its own."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 300
"""Only what never starts takes longer, however much else the machine has to do."""


def free_port() -> int:
    """A port that nobody listened at a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**settings: object) -> dict[str, str]:
    """This process's environment with exactly these WELLKEPT_ settings."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith("WELLKEPT_")}
    return kept | {f"WELLKEPT_{name.upper()}": str(value) for name, value in settings.items()}


def wellkept(
    *arguments: str,
    settings: Mapping[str, object],
    timeout_seconds: float = 60,
    root: Path = ROOT,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=root,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
    )


class Program:
    """``wellkept run`` or ``wellkept serve`` in the background."""

    def __init__(self, data_directory: Path, **settings: object) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_directory = data_directory
        self.log = data_directory.with_name(f"{data_directory.name}.log")
        self.settings = {"port": self.port, "data_directory": data_directory, **settings}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: str = "run") -> None:
        """Start it and wait until it is ready; what does not come so far is ended."""
        self._spawn([sys.executable, "-m", "app.cli", command], ROOT)
        try:
            self.wait_until_ready()
        except BaseException:
            self.leave_nothing()
            raise

    def start_at(self, listener: socket.socket, root: Path = ROOT) -> None:
        """Start ``serve`` at a socket that it is passed, as systemd does it, and wait until it
        says that it serves. ``root`` is where its code is."""
        said = self._said()
        passed = (
            f"exec 3<&{listener.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1;"
            f" exec {sys.executable} -m app.cli serve"
        )
        self._spawn(["bash", "-c", passed], root, listener.fileno())
        deadline = time.monotonic() + _START_SECONDS
        while self._said() == said:
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(self.log.read_text())
            time.sleep(0.05)

    def _said(self) -> int:
        return self.log.read_text().count("serving at") if self.log.exists() else 0

    def _spawn(self, command: list[str], root: Path, *passed: int) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=root,
                env=environment(**self.settings),
                stdout=log,
                stderr=log,
                pass_fds=passed,
            )

    def wait_until_ready(self) -> None:
        """Wait until it answers that it can work."""
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(self.log.read_text())
            time.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def ended(self) -> int:
        """Wait for its end; the exit code. It gives requests and then the job at hand half a
        minute each."""
        assert self._process is not None
        return self._process.wait(120)

    def stop(self) -> int:
        """Stop it as an operator does; the exit code."""
        self.signal(signal.SIGTERM)
        return self.ended()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.signal(signal.SIGKILL)
        self.ended()

    def leave_nothing(self) -> None:
        """End it if a test that failed has left it running."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def is_ready(self) -> bool:
        """Whether it answers that it can work; asked in the cheapest way, for it is asked often."""
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            asking.request("GET", "/health/ready")
            return asking.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asking.close()
