"""PgBouncer of Debian in transaction mode, as an operator puts it before PostgreSQL."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from storage.embedded import EmbeddedServer, Role, RoleAddresses
from storage.embedded.account import server_account
from tests.running.program import free_port

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
NOT_INSTALLED = "Debian's package pgbouncer is not installed here"

_POOLED = (Role.APP, Role.WORKER)
_CONFIGURATION = """
[databases]
* = host={socket_directory} port={server_port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 500
"""


def is_wanted() -> bool:
    """Whether this run's database is to be reached through the pooler."""
    return os.environ.get("WELLKEPT_TEST_POOLER") == "pgbouncer"


def meets(item: pytest.Item) -> bool:
    """Whether a test uses the database that is reached through it."""
    return "addresses" in getattr(item, "fixturenames", ())


@contextmanager
def pooled(
    server: EmbeddedServer, addresses: RoleAddresses, directory: Path, *, connections: int
) -> Iterator[RoleAddresses]:
    """The addresses with the program's and the worker's leading through a pooler, which has so
    many connections to the server for each of the two."""
    assert PGBOUNCER is not None, NOT_INSTALLED
    account = server_account(server.directory.cluster)
    socket_directory = server.directory.socket_directory()
    directory.mkdir()
    port = free_port()
    users, configuration = directory / "users.txt", directory / "pgbouncer.ini"
    passwords = {role.value: server.directory.credentials.password(role.value) for role in _POOLED}
    users.write_text("".join(f'"{name}" "{word}"\n' for name, word in passwords.items()))
    configuration.write_text(
        _CONFIGURATION.format(
            socket_directory=socket_directory,
            server_port=conninfo_to_dict(addresses.app)["port"],
            port=port,
            users=users,
            connections=connections,
        )
    )
    account.give(directory)
    with (directory.parent / "pgbouncer.log").open("ab") as log:
        process = subprocess.Popen(
            account.command(
                Path(PGBOUNCER), str(configuration), reach=(socket_directory, directory)
            ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    through = {
        role: f"postgresql://{role.value}:{passwords[role.value]}@127.0.0.1:{port}"
        f"/{addresses.database}"
        for role in _POOLED
    }
    try:
        _wait_until_it_answers(through[Role.APP])
        yield replace(addresses, app=through[Role.APP], worker=through[Role.WORKER])
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_it_answers(address: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(address, connect_timeout=5).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
