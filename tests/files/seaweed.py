"""A real server that speaks S3: SeaweedFS, in a directory and at ports of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

BUCKET = "wellkept"
ACCESS_KEY, SECRET_KEY = "tests", "a secret of the tests"
_START_SECONDS = 60


@dataclass
class Seaweed:
    """Starts and stops it; what it keeps stays."""

    folder: Path
    ports: list[int] = field(default_factory=list)
    volumes: int = 20
    volume_megabytes: int = 64
    _process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.folder.mkdir(exist_ok=True)
        self.ports = self.ports or _free_ports(8)
        s3, s3_grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc = self.ports
        identity = {
            "name": "tests",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
        config = self.folder / "s3.json"
        config.write_text(json.dumps({"identities": [identity]}))
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(Path(sys.executable).with_name("weed")),
                    f"-logdir={self.folder}",
                    "server",
                    f"-dir={self.folder}",
                    "-ip=127.0.0.1",
                    f"-master.port={master}",
                    f"-master.port.grpc={master_grpc}",
                    f"-master.volumeSizeLimitMB={self.volume_megabytes}",
                    f"-volume.port={volume}",
                    f"-volume.port.grpc={volume_grpc}",
                    f"-volume.max={self.volumes}",
                    "-filer",
                    f"-filer.port={filer}",
                    f"-filer.port.grpc={filer_grpc}",
                    f"-filer.localSocket={self.folder / 'filer.sock'}",
                    "-s3",
                    f"-s3.port={s3}",
                    f"-s3.port.grpc={s3_grpc}",
                    "-s3.port.iceberg=0",
                    "-s3.port.lance=0",
                    f"-s3.config={config}",
                    f"-s3.localSocket={self.folder / 's3.sock'}",
                ],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait()

    def stop(self) -> None:
        """End it at once, as a machine that goes away does."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)
            self._process = None

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self.folder / "log").read_text()[-4000:])
            time.sleep(0.1)

    def _answers(self) -> bool:
        """Whether an object can be put into the bucket, which is made if need be."""
        filer = f"http://127.0.0.1:{self.ports[6]}/buckets/{BUCKET}/.started"
        try:
            written = httpx.put(filer, content=b"x", timeout=5)
            answered = httpx.get(self.endpoint, timeout=5)
        except httpx.TransportError:
            return False
        return written.is_success and answered.status_code < 500


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
