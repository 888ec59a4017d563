"""How the program starts, refuses to start, and stops."""

import asyncio
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.cli.failures import ExitCode
from app.keys import KeyMissing, installation_key
from app.settings import Settings, SettingsError
from storage.embedded import EmbeddedServer, RoleAddresses, provision
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING
from tests.running.program import ROOT, Program, environment, free_port, wellkept
from tests.servers import chosen_server, migrated_database, start_test_server


def refused(tmp_path: Path, **settings: object) -> tuple[int, str]:
    """The exit code and the line of a ``serve`` that does not start."""
    done = wellkept("serve", settings={"data_directory": tmp_path / "data", **settings})
    assert "Traceback" not in done.stderr
    line = done.stderr.strip().rpartition("\n")[2]
    assert line.startswith("wellkept: ")
    return done.returncode, line


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, line = refused(tmp_path, port=port)
    assert (code, str(port) in line) == (ExitCode.PORT_IN_USE, True)


@pytest.mark.parametrize(
    ("passed", "what"),
    [
        ("exec 3</dev/null; export LISTEN_FDS=1;", "is no socket"),
        ("export LISTEN_FDS=2;", "2 passed"),
        ("", "none passed"),
    ],
)
def test_a_passed_socket_that_cannot_be_listened_at_is_refused(
    tmp_path: Path, passed: str, what: str
) -> None:
    command = f"export LISTEN_PID=$$; {passed} exec {sys.executable} -m app.cli serve"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=environment(data_directory=tmp_path / "data"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, what in done.stderr) == (ExitCode.PORT_IN_USE, True)
    assert "Traceback" not in done.stderr


def test_a_data_directory_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    code, line = refused(tmp_path, port=1)
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


def test_a_database_that_cannot_be_reached_is_said_in_one_line(tmp_path: Path) -> None:
    url = "postgresql://wellkept_app@127.0.0.1:1/wellkept"
    code, line = refused(tmp_path, database_url=url, port=free_port())
    assert (code, "cannot be reached" in line) == (ExitCode.DATABASE_UNREACHABLE, True)


@pytest.fixture(scope="module")
def durable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server as the program demands it; the one of other tests forgets at a power cut."""
    server = start_test_server(chosen_server(), tmp_path_factory.mktemp("durable"))
    yield server
    server.stop()


def test_a_schema_that_is_behind_is_said_with_the_remedy(
    durable: EmbeddedServer, tmp_path: Path
) -> None:
    addresses = provision(durable, "unmigrated")
    code, line = refused(tmp_path, database_url=addresses.app, port=free_port())
    assert (code, "wellkept migrate" in line) == (ExitCode.SCHEMA_BEHIND, True)


def test_a_server_that_could_lose_acknowledged_work_is_refused(
    addresses: RoleAddresses, tmp_path: Path
) -> None:
    code, line = refused(tmp_path, database_url=addresses.app, port=free_port())
    assert (code, "fsync is off" in line) == (ExitCode.DATABASE_UNSAFE, True)


def test_a_role_that_row_level_security_does_not_bind_is_refused(
    server: EmbeddedServer, addresses: RoleAddresses, tmp_path: Path
) -> None:
    url = server.url("postgres", addresses.database)
    code, line = refused(tmp_path, database_url=url, port=free_port())
    assert (code, "row-level security" in line) == (ExitCode.DATABASE_UNSAFE, True)


def test_a_master_key_that_does_not_open_what_is_there_is_refused(
    durable: EmbeddedServer, tmp_path: Path
) -> None:
    addresses = migrated_database(durable, "sealed")
    asyncio.run(_seal_something(addresses))
    code, line = refused(tmp_path, database_url=addresses.app, port=free_port())
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
    durable: EmbeddedServer, tmp_path: Path
) -> None:
    addresses = migrated_database(durable, "serving")
    program = Program(tmp_path / "data", database_url=addresses.app)
    program.start("serve")
    assert program.is_ready()
    assert program.stop() == 0


def test_a_request_under_way_is_answered_before_the_program_stops(
    durable: EmbeddedServer, tmp_path: Path
) -> None:
    addresses = migrated_database(durable, "wellkept")
    program = Program(
        tmp_path / "data",
        database_url=addresses.app,
        worker_url=addresses.worker,
        owner_url=addresses.owner,
    )
    program.start("serve")
    body = b'{"company": "nobody", "email": "a@b.example", "password": "x"}'
    answered: list[int] = []
    begun = threading.Event()

    def slowly() -> None:
        with socket.create_connection(("127.0.0.1", program.port)) as connection:
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
    program.signal(signal.SIGTERM)
    request.join()
    assert (answered, program.ended()) == ([401], 0)
    with pytest.raises(httpx.ConnectError):
        httpx.get(program.url)
