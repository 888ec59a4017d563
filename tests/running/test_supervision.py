"""The embedded server dies while the program runs: it is started again, and nothing is lost."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

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
        name = f"before-death-{killed}"
        before = add_payer(client, name)
        assert before.status_code == 201
        died = postmaster_pid(database)
        os.kill(died, signal.SIGKILL)
        refused = _asked_until_it_works(client, f"after-{killed}")
        for answer in refused:
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
        demonstration.wait_until_ready()
        assert postmaster_pid(database) != died
        found = client.get(f"/payers/{before.json()['id']}")
        assert found.json() == before.json()
    log = demonstration.log.read_text()
    assert log.count("database died") == log.count("database recovered") == 2


def _asked_until_it_works(client: httpx.Client, name: str) -> list[httpx.Response]:
    """The refusals before a request was done; it is the same request every time."""
    refused = []
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        answer = add_payer(client, name)
        if answer.status_code == 201:
            return refused
        refused.append(answer)
    raise AssertionError(refused)


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
        _wait_for(demonstration.log, "database not started")
        assert not demonstration.is_ready()
    finally:
        away.rename(control)
    demonstration.wait_until_ready()
    assert add_payer(client, "after the mending").status_code == 201


def _wait_for(log: Path, line: str) -> None:
    deadline = time.monotonic() + 60
    while line not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
