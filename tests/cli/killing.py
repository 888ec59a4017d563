"""Commands that are killed just when they come to write a table."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.programs import program

_TRIES = 4_000
_WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = %s::regclass)"


@contextmanager
def killed_at(connection: psycopg.Connection, table: str, *arguments: str) -> Iterator[None]:
    """A command of the program that waits to write a table while this lasts, and is then killed.

    The connection, which is in a transaction, keeps it from that.
    """
    connection.execute(f"LOCK TABLE {table} IN SHARE MODE".encode())
    with program(
        [str(Path(sys.executable).with_name("wellkept")), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as running:
        for _ in range(_TRIES):
            if connection.execute(_WAITS, [table]).fetchone() == (True,):
                break
            assert running.poll() is None, "it ended before it came to that table"
            time.sleep(0.05)
        else:
            pytest.fail(f"it never came to write {table}")
        yield
        os.killpg(running.pid, signal.SIGKILL)
