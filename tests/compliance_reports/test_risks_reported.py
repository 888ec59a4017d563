"""Risk assessments in figures, packs and calendars: what somebody has approved of them."""

import datetime as dt
import io
import json
import zipfile
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from services.regulatory_compliance.audit_pack.verification import verify_pack
from tests.builders.people import PersonForTests
from tests.compliance_reports.test_calendar_feed import events, made_feed

pytestmark = pytest.mark.anyio

ASSESSMENTS = "/api/v1/compliance/risk-assessments"
ASSESSMENT = {
    "kind": "security",
    "title": "Our networks",
    "scope": "Both offices.",
    "assessed_on": "2026-03-02",
    "next_due_on": "2027-03-02",
}
RISK = {
    "category": "technical",
    "description": "A laptop with records is stolen.",
    "likelihood": "likely",
    "impact": "catastrophic",
    "residual_likelihood": "unlikely",
    "residual_impact": "major",
    "treatment": "mitigate",
}


@pytest.fixture
async def assessment(officers: list[httpx.AsyncClient], people: list[PersonForTests]) -> str:
    """An assessment with one risk, which somebody else has approved."""
    one, other = officers
    address = str((await one.post(ASSESSMENTS, json=ASSESSMENT)).headers["Location"])
    risk = await one.post(f"{address}/risks", json=RISK | {"owner_person_id": str(people[0].id)})
    assert risk.status_code == 201, risk.text
    tag = (await one.get(address)).headers["ETag"]
    asked = await one.post(
        f"{address}/submit", json={"reason": "it is whole"}, headers={"If-Match": tag}
    )
    assert asked.status_code == 202, asked.text
    decided = await other.post(
        f"{asked.headers['Location']}/approve",
        json={"note": "I have read it"},
        headers={"If-Match": '"1"'},
    )
    assert decided.status_code == 200, decided.text
    return address


async def test_statistics_count_approved_assessments_by_what_is_left(
    officer: httpx.AsyncClient, assessment: str
) -> None:
    assert assessment
    await officer.post(ASSESSMENTS, json=ASSESSMENT)
    said = (await officer.get("/api/v1/compliance/statistics")).json()["risk_assessments"]
    assert said == {"total": 1, "levels": {"low": 0, "medium": 1, "high": 0, "critical": 0}}


async def test_a_pack_has_what_was_approved_and_tells_what_was_not(
    officer: httpx.AsyncClient, assessment: str, tmp_path: Path
) -> None:
    answer = await officer.get("/api/v1/compliance/audit-pack", params={"program": "HIPAA"})
    path = tmp_path / "pack.zip"
    path.write_bytes(answer.content)
    assert verify_pack(path).is_sound, verify_pack(path).misfits
    name = f"risk-assessments/{assessment.rsplit('/', 1)[1]}.json"
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(answer.content)) as old, zipfile.ZipFile(held, "w") as new:
        for each in old.namelist():
            content = old.read(each)
            if each == name:
                said = json.loads(content)
                said["record"]["content"]["risks"][0]["description"] = "Nothing was stolen."
                content = json.dumps(said).encode()
            new.writestr(each, content)
    path.write_bytes(held.getvalue())
    problems = [each.problem for each in verify_pack(path).misfits if each.path == name]
    assert "is not what was approved" in problems


async def test_a_calendar_shows_when_risks_are_assessed_again(
    application: Litestar, officer: httpx.AsyncClient, assessment: str
) -> None:
    assert assessment
    address, _ = await made_feed(officer)
    found = await events(application, address)
    assert {name: each["dtstart"].dt for name, each in found.items()} == {
        "Assess risks again: Our networks": dt.date(2027, 3, 2)
    }
