"""What a running program tells of itself: while it serves, and while it only works."""

import time
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from storage.embedded import RoleAddresses
from tests.running.program import Program


def figures(client: httpx.Client) -> dict[str, float]:
    """Each figure by its name, summed over its labels. The address of a request is ours."""
    answer = client.get("/metrics").raise_for_status()
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_process_shows_pools_jobs_backlog_and_itself(
    durable: RoleAddresses, tmp_path: Path, command: str
) -> None:
    program = Program(
        tmp_path / "data",
        database_url=durable.app,
        worker_url=durable.worker,
        drain_seconds=0,
    )
    if command == "work":
        program.settings["metrics_port"] = program.port
    program.start(command)
    try:
        with httpx.Client(base_url=program.url) as client:
            shown = figures(client)
            for name in ("wellkept_ready", "wellkept_build_info"):
                assert shown[name] == 1
            assert shown["wellkept_pool_connections_limit"] >= 10
            assert shown["process_resident_memory_bytes"] > 0
            assert "wellkept_jobs_waiting" in _until_shown(client, "wellkept_jobs_waiting")
            text = client.get("/metrics").text
        assert "company" not in text.replace("company_", "")
    finally:
        assert program.stop() == 0


def _until_shown(client: httpx.Client, name: str) -> dict[str, float]:
    deadline = time.monotonic() + 30
    while True:
        shown = figures(client)
        if name in shown or time.monotonic() > deadline:
            return shown
        time.sleep(0.05)
