"""A pack of a past day says how things stood on it, whatever was changed or removed since."""

import datetime as dt
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.regulatory_compliance.audit_pack.verification import verify_pack
from tests.builders.audits import ACTION, evidence, finding, requirement, started_audit, stepped
from tests.builders.people import PersonForTests
from tests.compliance_reports.deeds import ComeBack

pytestmark = pytest.mark.anyio

PACK = "/api/v1/compliance/audit-pack"
POLICIES = "/api/v1/compliance/policies"
THEN = {"program": "HIPAA", "on": "2026-03-31"}


@pytest.fixture
async def pack(
    officer: httpx.AsyncClient, people: list[PersonForTests], come_back: ComeBack, tmp_path: Path
) -> dict[str, Any]:
    """What the pack of 31 March says that is made in April, after everything was changed."""
    asked = await requirement(officer, "A")
    shown = await evidence(officer)
    address = f"/api/v1/compliance/requirements/{asked}"
    link = await officer.post(f"{address}/evidence", json={"evidence_id": shown})
    about = {"title": "Sanctions", "category": "safeguards", "program": "HIPAA"}
    beside = {"owner_person_id": str(people[0].id), "requirement_ids": []}
    policy = (await officer.post(POLICIES, json=about | beside)).headers["Location"]
    to_come = await started_audit(
        officer, start=False, scheduled_on="2026-03-30", requirement_ids=[asked]
    )
    found = (await finding(officer, await started_audit(officer))).headers["Location"]
    planned = await officer.post(
        f"{found}/actions", json=ACTION | {"assignee_id": str(people[1].id)}
    )
    await come_back(dt.datetime(2026, 4, 2, 18, tzinfo=dt.UTC))
    tagged = {"If-Match": '"1"'}
    changes = [
        officer.delete(f"{address}/evidence/{link.json()['id']}", headers=tagged),
        officer.patch(policy, json={"title": "Work", "program": "OSHA"}, headers=tagged),
        officer.patch(to_come, json={"scheduled_on": "2026-04-20"}, headers=tagged),
        officer.delete(f"{to_come}/requirements/{asked}", headers={"If-Match": '"2"'}),
        officer.patch(found, json={"severity": "critical"}, headers={"If-Match": '"2"'}),
        stepped(officer, str(planned.headers["Location"]), "start", version=1),
    ]
    for change in changes:
        answer = await change
        assert answer.is_success, answer.text
    answer = await officer.get(PACK, params=THEN)
    path = tmp_path / "pack.zip"
    path.write_bytes(answer.content)
    verdict = verify_pack(path)
    assert verdict.is_sound, verdict.misfits
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        said: dict[str, Any] = {
            name: json.loads(file.read(name)) for name in file.namelist() if name.endswith(".json")
        }
        trail = [json.loads(line) for line in file.read("trail.jsonl").splitlines()]
    return said | {"trail": trail, "asked": asked, "shown": shown, "policy": policy}


def audits_of(pack: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the pack, the one to come first."""
    found = [said for name, said in pack.items() if name.startswith("audits/")]
    return sorted(found, key=lambda each: str(each["audit"]["number"]))


async def test_audits_findings_and_actions_are_as_they_were(pack: dict[str, Any]) -> None:
    to_come, begun = audits_of(pack)
    assert to_come["audit"]["scheduled_on"] == "2026-04-20"
    then = to_come["on_the_day"]
    assert (then["status"], then["scheduled_on"]) == ("scheduled", "2026-03-30")
    assert then["requirement_ids"] == [pack["asked"]]
    assert to_come["requirements"] == []
    assert begun["findings"][0]["severity"] == "critical"
    (found,) = begun["on_the_day"]["findings"]
    assert (found["severity"], found["standing"]) == ("major", "open")
    (action,) = begun["on_the_day"]["actions"]
    assert action["status"] == "planned"
    assert [each["status"] for each in begun["action_steps"]] == ["planned", "in_progress"]


async def test_a_policy_that_is_of_another_program_since_is_there(pack: dict[str, Any]) -> None:
    said = pack[f"policies/{pack['policy'].rsplit('/', 1)[1]}.json"]
    assert (said["policy"]["title"], said["policy"]["program"]) == ("Work", "OSHA")
    assert (said["on_the_day"]["title"], said["on_the_day"]["program"]) == ("Sanctions", "HIPAA")


async def test_evidence_that_serves_no_more_is_there(pack: dict[str, Any]) -> None:
    assert pack["shown"] in [each["id"] for each in pack["evidence.json"]]


async def test_the_trail_has_every_change(pack: dict[str, Any]) -> None:
    changed = {
        (each["entity"], each["action"])
        for each in pack["trail"]
        if each["recorded_at"].startswith("2026-04-02")
    }
    assert changed >= {
        ("evidence_links", "delete"),
        ("policies", "update"),
        ("regulatory_audits", "update"),
        ("audited_requirements", "delete"),
        ("audit_findings", "update"),
        ("action_progress", "update"),
    }
