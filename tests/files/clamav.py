"""A real ClamAV daemon that knows one thing, which the tests make up."""

import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

CLAMD = shutil.which("clamd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
MALWARE = b"This text stands for malware in the tests of Wellkept, and is quite harmless.\n"
SIGNATURE = "Wellkept.Test.UNOFFICIAL"
LARGEST_BYTES = 4 << 20
_START_SECONDS = 60


@dataclass
class Clamd:
    """Starts and stops it."""

    folder: Path
    port: int
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert CLAMD is not None
        (self.folder / "db").mkdir(parents=True, exist_ok=True)
        digest = md5(MALWARE, usedforsecurity=False).hexdigest()
        (self.folder / "db" / "test.hdb").write_text(f"{digest}:{len(MALWARE)}:Wellkept.Test\n")
        (self.folder / "clamd.conf").write_text(
            f"DatabaseDirectory {self.folder / 'db'}\n"
            f"TCPAddr 127.0.0.1\nTCPSocket {self.port}\n"
            f"LocalSocket {self.folder / 'clamd.ctl'}\n"
            f"StreamMaxLength {LARGEST_BYTES}\n"
            "Foreground yes\nOfficialDatabaseOnly no\n"
        )
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [CLAMD, "-c", str(self.folder / "clamd.conf")], stdout=log, stderr=log
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self.folder / "log").read_text())
            time.sleep(0.1)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(30)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"zPING\0")
                return connection.recv(16).startswith(b"PONG")
        except OSError:
            return False
