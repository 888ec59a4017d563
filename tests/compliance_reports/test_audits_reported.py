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
from tests.builders.companies import CompanyForTests
from tests.builders.people import PersonForTests
from tests.compliance_reports.deeds import ComeBack, made
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


async def test_what_is_changed_later_changes_nothing_of_a_past_period(
    officer: httpx.AsyncClient, audit: str, come_back: ComeBack
) -> None:
    assert audit
    planned = await started_audit(officer, start=False, scheduled_on="2026-03-30")

    async def march() -> list[object]:
        params = {"last": "2026-03-31"}
        figures = (await officer.get("/api/v1/compliance/statistics", params=params)).json()
        said: list[object] = [figures["audits"]]
        for known_at in (None, "2026-04-30T00:00:00Z"):
            draft = await officer.post(
                "/api/v1/compliance/report-drafts", json=FIRST_QUARTER | {"known_at": known_at}
            )
            report = (await officer.get(f"{draft.headers['Location']}/preview")).json()
            said += [report["audits"], report["findings"]]
        found = await officer.get("/api/v1/compliance/findings", params={"on": "2026-03-31"})
        worst = await officer.get(
            "/api/v1/compliance/findings", params={"on": "2026-03-31", "severity": "critical"}
        )
        rows = [found.json()["items"], worst.json()["items"]]
        return [*said, [[(e["finding"]["severity"], e["standing"]) for e in row] for row in rows]]

    await come_back(IN_APRIL - dt.timedelta(days=1))
    before = await march()
    assert before[0]["scheduled"] == 1
    await come_back(IN_APRIL)
    for each in (await officer.get("/api/v1/compliance/findings")).json()["items"]:
        changed = await officer.patch(
            f"/api/v1/compliance/findings/{each['finding']['id']}",
            json={"severity": "minor", "description": "Fewer accounts than we thought."},
            headers={"If-Match": f'"{each["finding"]["version"]}"'},
        )
        assert changed.status_code == 200, changed.text
    moved = await officer.patch(
        planned, json={"scheduled_on": "2026-04-20"}, headers={"If-Match": '"1"'}
    )
    assert moved.status_code == 200, moved.text
    assert await march() == before
    april = await officer.get("/api/v1/compliance/statistics", params={"last": "2026-04-30"})
    figures = april.json()["audits"]
    assert (figures["scheduled"], figures["critical_findings"]) == (1, 0)


async def test_a_retirement_that_nobody_knew_of_counts_for_nothing(
    officer: httpx.AsyncClient, come_back: ComeBack
) -> None:
    requirement = await made(officer)
    await come_back(dt.datetime(2026, 3, 20, 18, tzinfo=dt.UTC))
    retired = await officer.post(
        f"{requirement}/retire", json={"on": "2026-03-25"}, headers={"If-Match": '"1"'}
    )
    assert retired.status_code == 200, retired.text
    await come_back(IN_APRIL)
    counted = []
    for known_at in (None, "2026-03-15T12:00:00Z"):
        draft = await officer.post(
            "/api/v1/compliance/report-drafts", json=FIRST_QUARTER | {"known_at": known_at}
        )
        said = (await officer.get(f"{draft.headers['Location']}/preview")).json()
        counted.append(len(said["requirements"]))
    assert counted == [0, 1]


async def test_holidays_that_the_company_keeps_since_move_no_due_date_of_a_past_day(
    officer: httpx.AsyncClient,
    client: httpx.AsyncClient,
    company: CompanyForTests,
    come_back: ComeBack,
) -> None:
    requirement = await made(officer, first_due_on="2026-01-01", business_day_rule="following")
    as_of = {"on": "2026-01-15", "known_at": "2026-03-15T12:00:00Z"}
    before = (await officer.get(requirement, params=as_of)).json()["standing"]
    await come_back(IN_APRIL)
    headers = {"Authorization": f"Bearer {company.key}"}
    settings = await client.get("/api/v1/company", headers=headers)
    kept = await client.patch(
        "/api/v1/company",
        json={"holiday_calendar": "US"},
        headers=headers | {"If-Match": settings.headers["ETag"]},
    )
    assert kept.status_code == 200, kept.text
    assert (await officer.get(requirement, params=as_of)).json()["standing"] == before
    now = (await officer.get(requirement, params={"on": "2026-01-15"})).json()["standing"]
    assert (before["due_on"], now["due_on"]) == ("2026-01-01", "2026-01-02")


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
