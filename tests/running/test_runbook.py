"""The runbook holds: its commands work, and what it, the alerts and the dashboard name exists."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from app.metrics import Metrics
from app.settings import Settings
from services.claims.clearing.silence_totals import SilenceTotal
from storage.backup.folder import BackupFolder
from storage.embedded import EmbeddedServer, Role
from storage.postgres.backlog import Backlog
from storage.postgres.deletions import NEW, DeletionFigures
from storage.postgres.log_archive import LogArchive
from storage.postgres.transaction import PostgresStorage
from storage.trail.root_folder import RootFolder
from storage.vocabulary.clearing import SilenceKind
from tests.running.program import ROOT, Program, environment

OPERATIONS = ROOT / "docs" / "operations"
RUNBOOK = (OPERATIONS / "runbook.md").read_text("utf-8")
ALERTS = yaml.safe_load((OPERATIONS / "alerts.yml").read_text("utf-8"))
DASHBOARD = json.loads((OPERATIONS / "dashboard.json").read_text("utf-8"))
COMMANDS = re.findall(r"^```sh\n(.*?)^```", RUNBOOK, re.DOTALL | re.MULTILINE)


def anchors(text: str) -> set[str]:
    """What a heading is reached by, as Markdown's renderers make it."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def known_metrics() -> set[str]:
    """Every name that a process shows, once something of each kind has happened."""
    metrics = Metrics()
    metrics.observe("an_operation", 200, 0.1)
    metrics.observe_job("a_job", "done", 0.1)
    metrics.watch_pool("a pool", PostgresStorage("postgresql://nowhere/nothing"))
    metrics.watch_roots(RootFolder(Path("nowhere")))
    metrics.note_backlog(Backlog(*[0] * len(fields(Backlog))))
    metrics.watch_backups(BackupFolder(Path("nowhere")))
    metrics.note_log_archive(LogArchive(failing=False, waiting_segments=0, late_seconds=0))
    metrics.note_deletions({NEW: DeletionFigures(0, 0.0)})
    metrics.note_silences(dict.fromkeys(SilenceKind, SilenceTotal(0, 0, 0.0)))
    return {sample.name for family in metrics.registry.collect() for sample in family.samples}


def named_metrics(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:wellkept|process)_[a-z_]+", expression))


def alert_rules() -> list[dict[str, Any]]:
    return [rule for group in ALERTS["groups"] for rule in group["rules"]]


def expressions() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield target["expr"]
    for rule in alert_rules():
        yield rule["expr"]


def test_every_figure_that_dashboard_and_alerts_ask_for_is_shown() -> None:
    asked = {name for each in expressions() for name in named_metrics(each)}
    assert asked - known_metrics() == set()
    assert all(named_metrics(each) for each in expressions())


def test_every_figure_of_the_product_stands_on_the_dashboard_or_in_an_alert() -> None:
    parts = re.compile(r"_(bucket|sum|count|created|total)$")
    own = {name for name in known_metrics() if name.startswith("wellkept_")}
    asked = {name for each in expressions() for name in named_metrics(each)}
    assert {parts.sub("", n) for n in own} - {parts.sub("", n) for n in asked} == set()


def test_every_alert_leads_to_a_section_of_the_runbook() -> None:
    known = anchors(RUNBOOK)
    for rule in alert_rules():
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (ROOT / page).is_file()
        assert anchor in known, rule["alert"]


def test_every_link_of_the_runbook_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", RUNBOOK):
        page, _, anchor = target.partition("#")
        text = RUNBOOK if not page else (OPERATIONS / page).resolve().read_text("utf-8")
        assert not anchor or anchor in anchors(text), target


def test_every_setting_that_the_runbook_names_exists() -> None:
    known = {f"WELLKEPT_{name.upper()}" for name in (field.name for field in fields(Settings))}
    assert set(re.findall(r"WELLKEPT_[A-Z_]+[A-Z]", RUNBOOK)) <= known


@pytest.fixture
def failed_job(demonstration: Program) -> Iterator[int]:
    """A job that the worker gave up on; nobody knows how to do it, so it stays where it is."""
    server = EmbeddedServer(demonstration.data_directory / "postgresql")
    with psycopg.connect(server.url(Role.WORKER, "wellkept"), autocommit=True) as worker:
        row = worker.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status)"
            " VALUES ('not the worker''s', 'given_up', 'failed') RETURNING id"
        ).fetchone()
        assert row is not None
        yield int(str(row[0]))
        worker.execute("DELETE FROM procrastinate_jobs WHERE id = %s", row)


@pytest.mark.parametrize("commands", COMMANDS, ids=lambda text: text.partition("\n")[0])
def test_the_commands_of_the_runbook_work(
    demonstration: Program, failed_job: int, commands: str
) -> None:
    settings = {"data_directory": demonstration.data_directory, "port": demonstration.port}
    programs = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=ROOT,
        env=environment(**settings)
        | {
            "BASE": demonstration.url,
            "JOB": str(failed_job),
            "PATH": f"{programs}:{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
