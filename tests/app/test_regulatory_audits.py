"""Audits over HTTP: from the day they are scheduled to how they end."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.audits import evidence, finding, requirement, started_audit, stepped
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import Colleague, colleagues

pytestmark = pytest.mark.anyio

NOON = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)
CRITICAL_OPEN = "/problems/critical-findings-open"
WHY = {"conclusion": "Everything that we looked at is in order."}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def officers(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[list[Colleague]]:
    """Two compliance officers who have just proved who they are."""
    async with colleagues(application, storage, company, *[Role.COMPLIANCE_OFFICER] * 2) as people:
        yield people


@pytest.fixture
def officer(officers: list[Colleague]) -> httpx.AsyncClient:
    return officers[0].client


async def version_of(client: httpx.AsyncClient, audit: str) -> int:
    return int((await client.get(audit)).json()["audit"]["version"])


async def move(
    client: httpx.AsyncClient, audit: str, move: str, body: object = None
) -> httpx.Response:
    headers = {"If-Match": f'"{await version_of(client, audit)}"'}
    return await client.post(f"{audit}/{move}", json=body, headers=headers)


async def test_nothing_is_found_on_a_day_to_come(officer: httpx.AsyncClient) -> None:
    audit = await started_audit(officer)
    refused = await finding(officer, audit, identified_on="2026-03-03")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/identified_on")
    assert (await finding(officer, audit, identified_on="2026-03-02")).status_code == 201


async def test_an_audit_goes_from_its_day_to_its_end_and_each_moment_is_stamped_once(
    officer: httpx.AsyncClient, clock: FixedClock
) -> None:
    audit = await started_audit(officer)
    clock.move(dt.timedelta(minutes=10))
    completed = (await move(officer, audit, "complete")).json()
    clock.move(dt.timedelta(minutes=10))
    passed = (await move(officer, audit, "pass", WHY)).json()
    assert [completed["status"], passed["status"]] == ["completed", "passed"]
    assert passed["started_at"] == completed["started_at"] < completed["completed_at"]
    assert completed["completed_at"] == passed["completed_at"] < passed["concluded_at"]
    for back in ("start", "complete", "fail", "pass"):
        body = WHY if back in ("pass", "fail") else None
        refused = await move(officer, audit, back, body)
        assert (refused.status_code, refused.json()["legal"]) == (409, [])


async def test_a_scheduled_audit_finds_nothing_and_does_not_end(
    officer: httpx.AsyncClient,
) -> None:
    audit = await started_audit(officer, start=False)
    for wanted, body in (("complete", None), ("pass", WHY), ("fail", WHY)):
        refused = await move(officer, audit, wanted, body)
        assert (refused.status_code, refused.json()["legal"]) == (409, ["in_progress"])
    refused = await finding(officer, audit)
    assert refused.status_code == 409


async def test_numbers_have_no_gaps_and_do_not_collide(officers: list[Colleague]) -> None:
    first, second = (each.client for each in officers)
    audit = await started_audit(first)
    made = await asyncio.gather(*(finding(who, audit) for who in (first, second) * 3))
    number = (await first.get(audit)).json()["audit"]["number"]
    assert sorted(each.json()["number"] for each in made) == [f"{number}-F{n}" for n in range(1, 7)]
    assert number.startswith("AUD-")


async def test_the_rating_is_that_of_the_worst_finding(officer: httpx.AsyncClient) -> None:
    audit = await started_audit(officer)
    ratings = [(await officer.get(audit)).json()["risk_rating"]]
    for severity in ("minor", "moderate", "major", "minor", "critical"):
        await finding(officer, audit, severity=severity)
        ratings.append((await officer.get(audit)).json()["risk_rating"])
    assert ratings == ["low", "low", "medium", "high", "high", "critical"]


async def test_what_is_closed_counts_for_the_rating_and_not_for_what_is_left_of_it(
    officer: httpx.AsyncClient,
) -> None:
    audit = await started_audit(officer)
    url = (await finding(officer, audit, severity="critical", root_cause="Haste")).headers[
        "Location"
    ]
    await finding(officer, audit, severity="moderate")
    closing = {"evidence_id": await evidence(officer), "note": "I have seen it."}
    closed = await officer.post(f"{url}/close", json=closing, headers={"If-Match": '"1"'})
    assert closed.status_code == 200, closed.text
    shown = (await officer.get(audit)).json()
    assert (shown["risk_rating"], shown["residual_risk_rating"]) == ("critical", "medium")


async def test_a_critical_finding_keeps_an_audit_from_being_completed_unanswered_and_from_passing(
    officers: list[Colleague],
) -> None:
    officer = officers[0].client
    audit = await started_audit(officer)
    critical = (await finding(officer, audit, severity="critical")).json()
    refused = await move(officer, audit, "complete")
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "/problems/critical-findings-open",
    )
    assert refused.json()["findings"] == [critical["number"]]
    planned = await officer.post(
        f"/api/v1/compliance/findings/{critical['id']}/actions",
        json={"description": "Mend it", "assignee_id": str(officers[1].id), "due_on": "2026-04-01"},
    )
    assert planned.status_code == 201, planned.text
    assert (await move(officer, audit, "complete")).status_code == 200
    refused = await move(officer, audit, "pass", WHY)
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "/problems/critical-findings-open",
    )
    assert (await move(officer, audit, "fail", WHY)).json()["status"] == "failed"


async def test_a_finding_is_about_what_is_in_the_scope_or_says_why_not(
    officer: httpx.AsyncClient,
) -> None:
    inside, outside = await requirement(officer, "IN"), await requirement(officer, "OUT")
    audit = await started_audit(officer, requirement_ids=[inside])
    reason = "It was seen on the way."
    tried = [
        await finding(officer, audit, requirement_id=requirement_id, out_of_scope_reason=why)
        for requirement_id, why in (
            (inside, None),
            (inside, reason),
            (outside, None),
            (outside, reason),
            (None, reason),
        )
    ]
    assert [each.status_code for each in tried] == [201, 422, 422, 201, 422]


async def test_the_scope_grows_until_the_audit_is_over_and_shrinks_until_it_begins(
    officer: httpx.AsyncClient,
) -> None:
    one, other = await requirement(officer, "ONE"), await requirement(officer, "OTHER")
    audit = await started_audit(officer, start=False, requirement_ids=[one])
    scope = f"{audit}/requirements"
    assert (await officer.post(scope, json={"requirement_id": other})).status_code == 201
    assert (await officer.post(scope, json={"requirement_id": other})).status_code == 409
    left_out = await officer.delete(f"{scope}/{one}", headers={"If-Match": '"1"'})
    assert left_out.status_code == 204
    assert (await officer.get(audit)).json()["requirement_ids"] == [other]
    await move(officer, audit, "start")
    assert (await officer.post(scope, json={"requirement_id": one})).status_code == 201
    refused = await officer.delete(f"{scope}/{one}", headers={"If-Match": '"2"'})
    assert refused.status_code == 409
    await move(officer, audit, "complete")
    third = await requirement(officer, "THIRD")
    assert (await officer.post(scope, json={"requirement_id": third})).status_code == 409


async def test_recommendations_are_kept_in_their_order(officer: httpx.AsyncClient) -> None:
    audit = await started_audit(officer)
    for text in ("Train people.", "Review access quarterly."):
        added = await officer.post(f"{audit}/recommendations", json={"text": text})
        assert added.status_code == 201, added.text
    kept = (await officer.get(audit)).json()["recommendations"]
    assert [(each["ordinal"], each["text"]) for each in kept] == [
        (1, "Train people."),
        (2, "Review access quarterly."),
    ]


async def test_a_finding_is_closed_with_its_cause_known_and_evidence(
    officer: httpx.AsyncClient,
) -> None:
    audit = await started_audit(officer)
    url = (await finding(officer, audit)).headers["Location"]
    shown = await evidence(officer)
    closing = {"evidence_id": shown, "note": "I have seen it."}
    refused = await stepped(officer, url, "close", closing, version=1)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/root-cause-missing")
    cause = {"root_cause": "Nobody tells us who leaves."}
    await officer.patch(url, json=cause, headers={"If-Match": '"1"'})
    absent = "01a1fd87-34ee-71ca-b850-10bcf0bfc799"
    refused = await stepped(officer, url, "close", closing | {"evidence_id": absent}, version=2)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/evidence_id")
    closed = (await stepped(officer, url, "close", closing, version=2)).json()
    assert (closed["status"], closed["closing_evidence_id"]) == ("closed", shown)
    refused = await officer.patch(url, json=cause, headers={"If-Match": '"3"'})
    assert refused.status_code == 409
    reopened = await stepped(officer, url, "reopen", {"reason": "It came again."}, version=3)
    assert (reopened.json()["status"], reopened.json()["closing_evidence_id"]) == ("open", None)


async def test_of_two_who_end_an_audit_at_once_one_does(officers: list[Colleague]) -> None:
    audit = await started_audit(officers[0].client)
    await move(officers[0].client, audit, "complete")
    version = await version_of(officers[0].client, audit)
    answers = await asyncio.gather(
        *(
            stepped(who.client, audit, verdict, WHY, version=version)
            for who, verdict in zip(officers, ("pass", "fail"), strict=True)
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 412]


async def test_evidence_of_a_finding_is_shown_with_it(officer: httpx.AsyncClient) -> None:
    audit = await started_audit(officer)
    first, second = await evidence(officer), await evidence(officer)
    url = (await finding(officer, audit, evidence_ids=[first])).headers["Location"]
    added = await officer.post(f"{url}/evidence", json={"evidence_id": second})
    assert added.status_code == 201, added.text
    shown = (await officer.get(f"{url}/evidence")).json()["items"]
    assert [each["id"] for each in shown] == [first, second]
