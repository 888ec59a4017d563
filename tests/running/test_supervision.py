"""The embedded server dies while the program runs: it is started again, and nothing is lost."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from storage.embedded import EmbeddedServer
from tests.running.program import Program
from tests.servers import postmaster_pid


@pytest.fixture
def client(demonstration: Program) -> Iterator[httpx.Client]:
    credentials = json.loads((demonstration.data_directory / "credentials.json").read_text())
    key = credentials["lakeshore"]["keys"]["everything"]
    with httpx.Client(
        base_url=f"{demonstration.url}/api/v1",
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    ) as client:
        yield client


def add_payer(client: httpx.Client, name: str) -> httpx.Response:
    return client.post(
        "/payers",
        json={"name": name, "payer_identifier": name, "type": "other"},
        headers={"Idempotency-Key": name},
    )


def test_a_database_that_is_killed_is_back_by_itself_with_all_that_was_acknowledged(
    demonstration: Program, client: httpx.Client
) -> None:
    database = EmbeddedServer(demonstration.data_directory / "postgresql")
    for killed in range(2):
        before = add_payer(client, f"before-death-{killed}")
        assert before.status_code == 201
        died = postmaster_pid(database)
        os.kill(died, signal.SIGKILL)
        _wait_until(lambda died=died: not database.has_died and postmaster_pid(database) != died)
        demonstration.wait_until_ready()
        assert client.get(f"/payers/{before.json()['id']}").json() == before.json()
        assert add_payer(client, f"after-death-{killed}").status_code == 201
        times = killed + 1
        _wait_until(lambda times=times: told(demonstration, "recovered") == times)
        assert told(demonstration, "died") == times


def told(program: Program, what: str) -> int:
    """How often the log says this of the database."""
    return program.log.read_text().count(f"database {what}")


def test_what_keeps_it_from_starting_is_tried_again_until_it_is_mended(
    demonstration: Program, client: httpx.Client
) -> None:
    database = EmbeddedServer(demonstration.data_directory / "postgresql")
    control = database.directory.cluster / "global" / "pg_control"
    away = control.with_name("pg_control.away")
    os.kill(postmaster_pid(database), signal.SIGSTOP)
    control.rename(away)
    os.kill(postmaster_pid(database), signal.SIGKILL)
    try:
        _wait_until(lambda: "database not started" in demonstration.log.read_text())
        assert not demonstration.is_ready()
        refused = add_payer(client, "meanwhile")
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) > 0
    finally:
        away.rename(control)
    demonstration.wait_until_ready()
    assert add_payer(client, "meanwhile").status_code == 201


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
