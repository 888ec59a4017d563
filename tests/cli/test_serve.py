"""How the program starts, refuses to start, and stops."""

import asyncio
import logging
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import structlog

from app.cli.exit_codes import ExitCode
from app.keys import KeyMissing, installation_key
from app.listener import UnfitListener, listener
from app.settings import Settings, SettingsError
from storage.embedded import EmbeddedServer, RoleAddresses, provision
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING
from tests.cli.conftest import Run
from tests.running import program
from tests.running.program import ROOT, Program, environment, free_port
from tests.servers import migrated_database

Refused = Callable[..., tuple[int, str]]
"""Serves with settings, and does not start; the exit code and the last line."""


@pytest.fixture
def refused(wellkept: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Refused]:
    """A ``serve`` that does not start, in this process, which afterwards logs as it did before."""
    for name in [name for name in os.environ if name.startswith("WELLKEPT_")]:
        monkeypatch.delenv(name)

    def serve(**settings: object) -> tuple[int, str]:
        for name, value in {"data_directory": tmp_path / "data", **settings}.items():
            monkeypatch.setenv(f"WELLKEPT_{name.upper()}", str(value))
        code, printed = wellkept("serve")
        line = printed.strip().rpartition("\n")[2]
        assert line.startswith("wellkept: ")
        return code, line

    lines, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield serve
    structlog.configure(**lines)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_port_that_is_taken_is_named(refused: Refused) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, line = refused(port=port)
    assert (code, str(port) in line) == (ExitCode.PORT_IN_USE, True)


def test_a_passed_socket_that_is_none_is_refused(tmp_path: Path) -> None:
    passed = "exec 3</dev/null; export LISTEN_FDS=1 LISTEN_PID=$$;"
    done = subprocess.run(
        ["bash", "-c", f"{passed} exec {sys.executable} -m app.cli serve"],
        cwd=ROOT,
        env=environment(data_directory=tmp_path / "data"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "is no socket" in done.stderr) == (ExitCode.PORT_IN_USE, True)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("count", "what"), [("2", "2 passed"), ("", "none passed")])
def test_any_number_of_passed_sockets_but_one_is_refused(count: str, what: str) -> None:
    passed = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": count}
    with pytest.raises(UnfitListener, match=what), listener(Settings(), passed):
        pass


def test_a_data_directory_that_is_none_is_named(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    code, line = refused(port=free_port())
    assert (code, str(tmp_path / "data") in line) == (ExitCode.DATA_DIRECTORY, True)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"port": "many"}, "WELLKEPT_PORT"),
        ({"prot": 80}, "WELLKEPT_PROT"),
        ({"log_format": "xml"}, "text, json"),
        ({"rate_per_address": "often"}, "6000/minute"),
        ({"trusted_proxies": "10.0.0.1/8"}, "WELLKEPT_TRUSTED_PROXIES"),
        ({"trusted_proxies": "the balancer"}, "WELLKEPT_TRUSTED_PROXIES"),
        ({"drain_seconds": 3600}, "at most 600"),
        ({"metrics_token": "short"}, "at least 20 characters"),
        ({"metrics_port": 65536}, "WELLKEPT_METRICS_PORT"),
        ({"master_key": "short"}, "WELLKEPT_MASTER_KEY"),
        ({"owner_url": "postgresql://db/wellkept"}, "WELLKEPT_DATABASE_URL"),
        ({"database_url": "mysql://db/wellkept"}, "postgresql://"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(settings: dict[str, str], what: str) -> None:
    environment = {f"WELLKEPT_{name.upper()}": str(value) for name, value in settings.items()}
    with pytest.raises(SettingsError, match=what):
        _read(environment)


def _read(environment: dict[str, str]) -> None:
    key = Settings.from_environment(environment).master_key
    installation_key(key, variable="WELLKEPT_MASTER_KEY", path=Path("none"), protects=None)


def test_a_database_that_cannot_be_reached_is_said_in_one_line(refused: Refused) -> None:
    url = "postgresql://wellkept_app@127.0.0.1:1/wellkept"
    code, line = refused(database_url=url, port=free_port())
    assert (code, "cannot be reached" in line) == (ExitCode.DATABASE_UNREACHABLE, True)


def test_a_schema_that_is_behind_is_said_with_the_remedy(
    durable_server: EmbeddedServer, tmp_path: Path
) -> None:
    addresses = provision(durable_server, "unmigrated")
    done = program.wellkept(
        "serve",
        settings={
            "data_directory": tmp_path / "data",
            "database_url": addresses.app,
            "port": free_port(),
        },
    )
    assert (done.returncode, "Traceback" in done.stderr) == (ExitCode.SCHEMA_BEHIND, False)
    line = done.stderr.strip().rpartition("\n")[2]
    assert (line.startswith("wellkept: "), "wellkept migrate" in line) == (True, True)


def test_a_server_that_could_lose_acknowledged_work_is_refused(
    refused: Refused, addresses: RoleAddresses
) -> None:
    code, line = refused(database_url=addresses.app, port=free_port())
    assert (code, "fsync is off" in line) == (ExitCode.DATABASE_UNSAFE, True)


def test_a_role_that_row_level_security_does_not_bind_is_refused(
    refused: Refused, server: EmbeddedServer, addresses: RoleAddresses
) -> None:
    url = server.url("postgres", addresses.database)
    code, line = refused(database_url=url, port=free_port())
    assert (code, "row-level security" in line) == (ExitCode.DATABASE_UNSAFE, True)


def test_a_master_key_that_does_not_open_what_is_there_is_refused(
    refused: Refused, durable_server: EmbeddedServer
) -> None:
    addresses = migrated_database(durable_server, "sealed")
    asyncio.run(_seal_something(addresses))
    code, line = refused(database_url=addresses.app, port=free_port())
    assert (code, "restore keys/master.key from the backup" in line) == (ExitCode.SETTINGS, True)
    assert KEYRING.current.id in line


async def _seal_something(addresses: RoleAddresses) -> None:
    storage = PostgresStorage(addresses.app, keyring=KEYRING)
    await storage.open()
    company = await make_company(addresses.owner, storage)
    async with storage.transaction(company.id, company.actor) as store:
        await store.secrets.seal("mailboxes.sealed_password", new_id(), b"hunter2")
    await storage.close()


def test_keys_are_made_once_kept_private_and_never_replaced_where_files_need_them(
    tmp_path: Path,
) -> None:
    path, files = tmp_path / "keys" / "master.key", tmp_path / "files"
    first = installation_key(None, variable="WELLKEPT_MASTER_KEY", path=path, protects=files)
    again = installation_key(None, variable="WELLKEPT_MASTER_KEY", path=path, protects=files)
    assert (first, len(first)) == (again, 32)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.unlink()
    (files / "a-company").mkdir(parents=True)
    with pytest.raises(KeyMissing, match="restore it from the backup"):
        installation_key(None, variable="WELLKEPT_MASTER_KEY", path=path, protects=files)


def test_a_host_that_only_serves_needs_no_other_address(
    durable_server: EmbeddedServer, tmp_path: Path
) -> None:
    addresses = migrated_database(durable_server, "serving")
    served = Program(tmp_path / "data", database_url=addresses.app)
    served.start("serve")
    assert served.is_ready()
    assert served.stop() == 0


def test_a_request_under_way_is_answered_before_the_program_stops(
    durable_server: EmbeddedServer, tmp_path: Path
) -> None:
    addresses = migrated_database(durable_server, "interrupted")
    served = Program(
        tmp_path / "data",
        database_url=addresses.app,
        worker_url=addresses.worker,
        owner_url=addresses.owner,
    )
    served.start("serve")
    body = b'{"company": "nobody", "email": "a@b.example", "password": "x"}'
    answered: list[int] = []
    begun = threading.Event()

    def slowly() -> None:
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            connection.sendall(
                b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body)
            )
            connection.sendall(body[:10])
            begun.set()
            time.sleep(1)
            connection.sendall(body[10:])
            answered.append(int(connection.recv(4096).split(b" ")[1]))

    request = threading.Thread(target=slowly)
    request.start()
    begun.wait()
    time.sleep(0.3)
    served.signal(signal.SIGTERM)
    request.join()
    assert (answered, served.ended()) == ([401], 0)
    with pytest.raises(httpx.ConnectError):
        httpx.get(served.url)
