"""Whoever asks about compliance may ask for any day of the calendar, the first and the last too."""

import httpx
import pytest

from tests.builders.audits import requirement

pytestmark = pytest.mark.anyio

COMPLIANCE = "/api/v1/compliance"
DAYS = ("0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31")
MOMENTS = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01T00:00:00")


async def test_no_day_is_too_early_or_too_late(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/v1/openapi/openapi.json")).json()
    requirement_id = await requirement(client, "ANY-DAY")
    asked, failed = 0, []
    for template, operations in document["paths"].items():
        path = template.replace("{requirement_id}", requirement_id)
        if not path.startswith(COMPLIANCE) or "get" not in operations or "{" in path:
            continue
        for each in operations["get"].get("parameters", ()):
            kind = str(each["schema"])
            values = DAYS if "'date'" in kind else MOMENTS if "date-time" in kind else ()
            for value in values if each["in"] == "query" else ():
                answer = await client.get(path, params={each["name"]: value})
                asked += 1
                if answer.status_code not in {200, 400, 404}:
                    failed.append((path, each["name"], value, answer.status_code))
    assert failed == []
    assert asked > 20
