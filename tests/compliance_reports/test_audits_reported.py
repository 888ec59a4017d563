"""Audits, what they found and what is done about it, in figures, reports, packs and calendars."""

import datetime as dt
import io
import json
import zipfile
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from services.regulatory_compliance.audit_pack.verification import verify_pack
from tests.builders.audits import ACTION, finding, started_audit, stepped
from tests.builders.people import PersonForTests
from tests.compliance_reports.deeds import ComeBack
from tests.compliance_reports.test_calendar_feed import events, made_feed

pytestmark = pytest.mark.anyio

FIRST_QUARTER = {
    "title": "First quarter",
    "program": "HIPAA",
    "period_from": "2026-01-01",
    "period_to": "2026-03-31",
}
IN_APRIL = dt.datetime(2026, 4, 2, 18, tzinfo=dt.UTC)
BY_THE_END_OF_MARCH = {
    "total": 1,
    "scheduled": 0,
    "in_progress": 1,
    "completed": 0,
    "passed": 0,
    "failed": 0,
    "findings": 2,
    "critical_findings": 1,
    "open_findings": 2,
    "actions": {"total": 1, "completed": 0, "overdue": 1},
}


@pytest.fixture
async def audit(officer: httpx.AsyncClient, people: list[PersonForTests]) -> str:
    """An audit that has found two things in March; about the worse one something is planned."""
    address = await started_audit(officer)
    first = await finding(officer, address, severity="critical")
    await finding(officer, address)
    planned = await officer.post(
        f"{first.headers['Location']}/actions",
        json=ACTION | {"assignee_id": str(people[1].id), "due_on": "2026-03-20"},
    )
    assert planned.status_code == 201, planned.text
    return address


async def test_statistics_and_reports_count_what_was_known_then(
    officer: httpx.AsyncClient, audit: str, come_back: ComeBack
) -> None:
    await come_back(IN_APRIL)
    version = int((await officer.get(audit)).headers["ETag"].strip('"'))
    done = await stepped(officer, audit, "complete", version=version)
    assert done.status_code == 200, done.text
    march = (
        await officer.get("/api/v1/compliance/statistics", params={"last": "2026-03-31"})
    ).json()
    assert march["audits"] == BY_THE_END_OF_MARCH
    draft = await officer.post("/api/v1/compliance/report-drafts", json=FIRST_QUARTER)
    said = (await officer.get(f"{draft.headers['Location']}/preview")).json()
    assert said["audits"] == BY_THE_END_OF_MARCH
    assert sorted((each["severity"], each["status"]) for each in said["findings"]) == [
        ("critical", "open"),
        ("major", "open"),
    ]
    april = (await officer.get("/api/v1/compliance/statistics")).json()
    assert april["audits"]["completed"] == 1, "completed, whether or not it was passed"
    earlier = (
        await officer.get(
            "/api/v1/compliance/statistics", params={"first": "2026-02-01", "last": "2026-02-28"}
        )
    ).json()
    assert earlier["audits"]["total"] == 0


async def test_an_audit_pack_has_the_audits_with_every_step(
    officer: httpx.AsyncClient, audit: str, tmp_path: Path
) -> None:
    answer = await officer.get("/api/v1/compliance/audit-pack", params={"program": "HIPAA"})
    path = tmp_path / "pack.zip"
    path.write_bytes(answer.content)
    verdict = verify_pack(path)
    assert verdict.is_sound, verdict.misfits
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        said = json.loads(file.read(f"audits/{audit.rsplit('/', 1)[1]}.json"))
    assert [each["severity"] for each in said["findings"]] == ["critical", "major"]
    assert [each["kind"] for each in said["action_steps"]] == ["planned"]


async def test_a_calendar_shows_what_is_to_be_done_about_findings(
    application: Litestar, officer: httpx.AsyncClient, audit: str
) -> None:
    assert audit
    address, _ = await made_feed(officer)
    (event,) = (await events(application, address)).values()
    assert event["dtstart"].dt == dt.date(2026, 3, 20)
    assert "corrective action" in str(event["summary"])
