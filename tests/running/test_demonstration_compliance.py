"""The demonstration's compliance is one that a newcomer can look around in."""

import json
from collections import Counter
from typing import Any

import httpx

from tests.running.program import Program

Json = dict[str, Any]


def test_each_company_has_requirements_in_every_state_and_an_audit_that_goes_on(
    demonstration: Program,
) -> None:
    data = demonstration.data_directory
    companies = json.loads((data / "credentials.json").read_text())
    for company in companies.values():
        headers = {"Authorization": f"Bearer {company['keys']['everything']}"}
        base = f"{demonstration.url}/api/v1/compliance"
        with httpx.Client(base_url=base, headers=headers) as client:

            def listed(path: str, client: httpx.Client = client) -> list[Json]:
                answer = client.get(path, params={"limit": 200})
                assert answer.status_code == 200, answer.text
                items: list[Json] = answer.json()["items"]
                return items

            states = Counter(each["standing"]["status"] for each in listed("/requirements"))
            assert {"compliant", "in_progress"} <= set(states), states
            (policy,) = listed("/policies")
            coverage = client.get(f"/policies/{policy['id']}/coverage").json()
            assert len(coverage["acknowledged_person_ids"]) == 2, coverage
            assert [each["status"] for each in listed("/audits")] == ["in_progress"]
            assert [each["status"] for each in listed("/risk-assessments")] == ["draft"]
