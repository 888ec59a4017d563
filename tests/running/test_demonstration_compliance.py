"""The demonstration's compliance is one that a newcomer can look around in."""

import json
from collections import Counter
from typing import Any

import httpx

from tests.running.program import Program


def test_there_are_requirements_in_several_states_and_an_audit_that_goes_on(
    demonstration: Program,
) -> None:
    """Of Riverbend: the contract of all routes is tried on the other company."""
    credentials = json.loads((demonstration.data_directory / "credentials.json").read_text())
    headers = {"Authorization": f"Bearer {credentials['riverbend']['keys']['everything']}"}
    base = f"{demonstration.url}/api/v1/compliance"
    with httpx.Client(base_url=base, headers=headers) as client:

        def listed(path: str) -> list[dict[str, Any]]:
            answer = client.get(path, params={"limit": 200})
            assert answer.status_code == 200, answer.text
            items: list[dict[str, Any]] = answer.json()["items"]
            return items

        states = Counter(each["standing"]["status"] for each in listed("/requirements"))
        assert {"compliant", "in_progress"} <= set(states), states
        (policy,) = listed("/policies")
        coverage = client.get(f"/policies/{policy['id']}/coverage").json()
        assert len(coverage["acknowledged_person_ids"]) == 2, coverage
        assert [each["status"] for each in listed("/audits")] == ["in_progress"]
        assert [each["status"] for each in listed("/risk-assessments")] == ["draft"]
