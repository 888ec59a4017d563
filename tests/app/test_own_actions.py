"""Whoever is given a corrective action does it, whatever their role lets them do beside it."""

import datetime as dt
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.audits import ACTION, FINDING, action, finding, started_audit, stepped
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import Colleague, colleagues

pytestmark = pytest.mark.anyio

OWN = "/api/v1/own-actions"
ACTIONS = "/api/v1/compliance/corrective-actions"
DONE = {"note": "All of them are disabled."}
SEEN = {"note": "I have looked at ten of them.", "check_due_on": "2026-06-30"}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC))


@pytest.fixture
async def people(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[list[Colleague]]:
    """A quality lead, somebody who sees little, and two compliance officers."""
    roles = (Role.QUALITY_LEAD, Role.VIEWER, Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_OFFICER)
    async with colleagues(application, storage, company, *roles) as found:
        yield found


def own(url: str) -> str:
    """The address of an action for whoever was given it."""
    return f"{OWN}/{url.rsplit('/', 1)[1]}"


async def test_a_quality_lead_does_what_they_were_given_and_somebody_else_verifies_it(
    people: list[Colleague],
) -> None:
    lead, _, planner, verifier = people
    url = await action(planner.client, lead.id)
    assert (await lead.client.get(url)).status_code == 403
    (listed,) = (await lead.client.get(OWN)).json()["items"]
    assert f"{ACTIONS}/{listed['action']['id']}" == url
    assert listed["state"]["is_overdue"] is False
    assert listed["finding"]["description"] == FINDING["description"]
    started = await stepped(lead.client, own(url), "start", version=1)
    assert (started.status_code, started.headers["ETag"]) == (200, '"2"')
    noted = await stepped(lead.client, own(url), "notes", {"note": "Two are left."}, version=2)
    assert noted.status_code == 201, noted.text
    done = await stepped(lead.client, own(url), "complete", DONE, version=3)
    assert done.json()["progress"]["status"] == "completed"
    assert (await stepped(lead.client, own(url), "complete", DONE, version=4)).status_code == 409
    assert (await stepped(lead.client, url, "verify", SEEN, version=4)).status_code == 403
    returned = {"note": "One is left."}
    back = await stepped(verifier.client, url, "return", returned, version=4)
    assert back.status_code == 200, back.text
    steps = (await lead.client.get(f"{own(url)}/steps")).json()["items"]
    assert [each["kind"] for each in steps] == [
        "planned",
        "started",
        "noted",
        "completed",
        "returned",
    ]
    assert steps[-1]["note"] == "One is left."
    assert (await lead.client.get(own(url))).headers["ETag"] == '"5"'


async def test_an_action_of_somebody_else_is_not_there(people: list[Colleague]) -> None:
    lead, viewer, planner, _ = people
    url = await action(planner.client, lead.id)
    handed = {"assignee_id": str(viewer.id), "reason": "They have time."}
    assert (await stepped(planner.client, url, "assign", handed, version=1)).status_code == 200
    for other in (lead, planner):
        assert (await other.client.get(OWN)).json()["items"] == []
        assert (await other.client.get(own(url))).status_code == 404
        assert (await other.client.get(f"{own(url)}/steps")).status_code == 404
        for step, body in (("start", None), ("notes", DONE), ("complete", DONE)):
            refused = await stepped(other.client, own(url), step, body, version=2)
            assert refused.status_code == 404, step
    assert (await stepped(viewer.client, own(url), "start", version=2)).status_code == 200
    stale = await stepped(viewer.client, own(url), "complete", DONE, version=2)
    assert stale.status_code == 412


async def test_their_list_is_narrowed_and_paged(people: list[Colleague]) -> None:
    lead, _, planner, _ = people
    urls = [await action(planner.client, lead.id) for _ in range(3)]
    await stepped(lead.client, own(urls[1]), "start", version=1)
    planned = await lead.client.get(OWN, params={"status": "planned", "limit": 1})
    (first,) = planned.json()["items"]
    rest = await lead.client.get(
        OWN, params={"status": "planned", "cursor": planned.json()["next_cursor"]}
    )
    found = [first, *rest.json()["items"]]
    assert [f"{ACTIONS}/{each['action']['id']}" for each in found] == [urls[0], urls[2]]


async def test_it_is_for_people(people: list[Colleague], client: httpx.AsyncClient) -> None:
    url = await action(people[2].client, people[0].id)
    assert (await client.get(OWN)).status_code == 403
    assert (await client.get(own(url))).status_code == 403


async def test_who_audits_from_outside_is_given_nothing_to_mend(
    people: list[Colleague],
    application: Litestar,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    found = await finding(people[2].client, await started_audit(people[2].client))
    async with colleagues(application, storage, company, Role.EXTERNAL_AUDITOR) as (outside,):
        refused = await people[2].client.post(
            f"{found.headers['Location']}/actions", json=ACTION | {"assignee_id": str(outside.id)}
        )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/assignee_id")
