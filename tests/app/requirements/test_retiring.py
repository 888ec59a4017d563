"""Retired requirements over HTTP: kept, and attested until their last day."""

import datetime as dt

import httpx
import pytest

from tests.app.requirements.steps import REQUIREMENTS, STATEMENT, attested, made, status
from tests.builders.clocks import FixedClock

pytestmark = pytest.mark.anyio


async def test_what_is_retired_is_kept_as_it_was(officer: httpx.AsyncClient) -> None:
    requirement = await made(officer)
    retired = await officer.post(
        f"{requirement}/retire", json={"on": "2026-03-02"}, headers={"If-Match": '"1"'}
    )
    assert retired.status_code == 200
    assert (await officer.get(REQUIREMENTS)).json()["items"] == []
    assert await status(officer, requirement, "2026-03-01") == "in_progress"
    assert (await officer.post(f"{requirement}/attestations", json=STATEMENT)).status_code == 409


async def test_what_is_adopted_and_retired_on_one_day_can_be_read(
    officer: httpx.AsyncClient, clock: FixedClock
) -> None:
    requirement = await made(officer)
    before = clock.now() - dt.timedelta(hours=1)
    await officer.post(
        f"{requirement}/retire", json={"on": "2026-03-02"}, headers={"If-Match": '"1"'}
    )
    read = await officer.get(requirement)
    assert (read.status_code, read.headers["ETag"]) == (200, '"2"')
    assert read.json()["requirement"]["retired_on"] == "2026-03-02"
    assert read.json()["standing"] is None
    unknown = await officer.get(requirement, params={"known_at": before.isoformat()})
    assert unknown.status_code == 404, "nobody knew of it then"


async def test_nothing_is_retired_from_days_that_are_over(officer: httpx.AsyncClient) -> None:
    requirement = await made(officer, first_due_on="2026-02-01")
    headers = {"If-Match": '"1"'}
    refused = await officer.post(
        f"{requirement}/retire", json={"on": "2026-03-01"}, headers=headers
    )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/on")
    assert await status(officer, requirement, "2026-03-01") == "non_compliant"


async def test_what_is_to_be_retired_is_attested_until_then(officer: httpx.AsyncClient) -> None:
    requirement = await made(officer)
    retired = await officer.post(
        f"{requirement}/retire", json={"on": "2026-04-01"}, headers={"If-Match": '"1"'}
    )
    assert retired.status_code == 200
    await attested(officer, requirement)
    assert await status(officer, requirement) == "compliant"
    again = await officer.post(
        f"{requirement}/retire", json={"on": "2026-03-02"}, headers={"If-Match": '"2"'}
    )
    assert again.status_code == 200
    assert (await officer.post(f"{requirement}/attestations", json=STATEMENT)).status_code == 409
