"""Living with a finding until a day: asked for by one, agreed to by another, and then over."""

import datetime as dt
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from services.regulatory_compliance.auditing.reminding import remind_of_finding_acceptances
from storage.filters import NotificationFilter
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from storage.vocabulary.notifications import NotificationKind
from tests.builders.audits import finding, started_audit, stepped
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import Colleague, colleagues

pytestmark = pytest.mark.anyio

FINDINGS = "/api/v1/compliance/findings"
NOON = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)
WANTED = {"reason": "The vendor mends it in spring.", "accepted_until": "2026-03-31"}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def people(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[list[Colleague]]:
    """Who found it, who asks, and who decides."""
    async with colleagues(application, storage, company, *[Role.COMPLIANCE_OFFICER] * 3) as found:
        yield found


async def asked(people: list[Colleague], **changes: object) -> tuple[str, str]:
    """The address of a critical finding, and of the request to live with it."""
    finds, asks, _ = people
    audit = await started_audit(finds.client)
    url = (await finding(finds.client, audit, severity="critical", **changes)).headers["Location"]
    answer = await stepped(asks.client, url, "risk-acceptances", WANTED, version=1)
    assert answer.status_code == 202, answer.text
    return url, answer.headers["Location"]


async def standing(client: httpx.AsyncClient, url: str, on: str | None = None) -> str:
    params = {} if on is None else {"on": on}
    return str((await client.get(url, params=params)).json()["standing"])


async def test_a_risk_is_accepted_by_somebody_else_until_its_last_day(
    people: list[Colleague], client: httpx.AsyncClient
) -> None:
    finds, asks, decides = people
    url, request = await asked(people)
    for hand in (finds, asks):
        refused = await stepped(hand.client, request, "approve", {"note": "Yes."}, version=1)
        assert refused.status_code == 403
    assert await standing(client, url) == "open"
    approved = await stepped(decides.client, request, "approve", {"note": "Yes."}, version=1)
    assert approved.status_code == 200, approved.text
    days = ("2026-03-01", "2026-03-02", "2026-03-31", "2026-04-01")
    assert [await standing(client, url, day) for day in days] == [
        "open",
        "risk_accepted",
        "risk_accepted",
        "open",
    ]
    params = {"standing": "risk_accepted"}
    listed = (await client.get(FINDINGS, params=params)).json()["items"]
    assert [each["accepted_until"] for each in listed] == ["2026-03-31"]


async def test_an_accepted_risk_lets_an_audit_end_and_an_expired_one_does_not(
    people: list[Colleague], client: httpx.AsyncClient, clock: FixedClock
) -> None:
    url, request = await asked(people)
    audit_id = (await client.get(url)).json()["finding"]["audit_id"]
    audit = f"/api/v1/compliance/audits/{audit_id}"
    refused = await stepped(client, audit, "complete", version=3)
    assert refused.json()["type"] == "/problems/critical-findings-open"
    await stepped(people[2].client, request, "approve", {"note": "Yes."}, version=1)
    assert (await stepped(client, audit, "complete", version=3)).status_code == 200
    clock.move(dt.timedelta(days=30))
    refused = await stepped(client, audit, "pass", {"conclusion": "In order."}, version=4)
    assert refused.json()["type"] == "/problems/critical-findings-open"
    clock.move(-dt.timedelta(days=30))
    passed = await stepped(client, audit, "pass", {"conclusion": "In order."}, version=4)
    assert passed.status_code == 200, passed.text


async def test_what_was_agreed_to_covers_nothing_more_severe(
    people: list[Colleague], client: httpx.AsyncClient, clock: FixedClock
) -> None:
    finds, asks, decides = people
    audit = await started_audit(finds.client)
    url = (await finding(finds.client, audit, severity="minor")).headers["Location"]
    request = (await stepped(asks.client, url, "risk-acceptances", WANTED, version=1)).headers
    await stepped(decides.client, request["Location"], "approve", {"note": "Yes."}, version=1)
    clock.move(dt.timedelta(days=1))

    async def changed(severity: str, version: int) -> None:
        headers = {"If-Match": f'"{version}"'}
        answer = await client.patch(url, json={"severity": severity}, headers=headers)
        assert answer.status_code == 200, answer.text

    await changed("minor", 1)
    assert await standing(client, url) == "risk_accepted"
    await changed("critical", 2)
    assert await standing(client, url) == "open"
    assert await standing(client, url, "2026-03-02") == "risk_accepted"
    refused = await stepped(client, audit, "complete", version=3)
    assert refused.json()["type"] == "/problems/critical-findings-open"
    (step,) = (await client.get(f"{url}/steps")).json()["items"]
    assert (step["kind"], step["note"]) == ("raised", "minor before, critical now")


async def test_statistics_count_it_among_what_is_open_from_the_day_after(
    people: list[Colleague], client: httpx.AsyncClient, clock: FixedClock
) -> None:
    async def still_open() -> int:
        said = (
            await client.get("/api/v1/compliance/statistics", params={"first": "2026-01-01"})
        ).json()
        return int(said["audits"]["open_findings"])

    _, request = await asked(people)
    assert await still_open() == 1
    await stepped(people[2].client, request, "approve", {"note": "Yes."}, version=1)
    assert await still_open() == 0
    clock.move(dt.timedelta(days=30))
    assert await still_open() == 1


async def test_nobody_asks_for_a_day_that_is_over(people: list[Colleague]) -> None:
    finds = people[0].client
    url = (await finding(finds, await started_audit(finds))).headers["Location"]
    late = WANTED | {"accepted_until": "2026-03-01"}
    refused = await stepped(people[1].client, url, "risk-acceptances", late, version=1)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/accepted_until")


async def test_that_it_has_ended_is_told_once(
    people: list[Colleague],
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    clock: FixedClock,
) -> None:
    url, request = await asked(people)
    await stepped(people[2].client, request, "approve", {"note": "Yes."}, version=1)
    told = []
    for days in (0, 16, 13, 1, 1):
        clock.move(dt.timedelta(days=days))
        async with storage.transaction(company.id, Actor(SYSTEM_ACTOR_ID, new_id())) as store:
            told.append(await remind_of_finding_acceptances(store))
            found = await store.notifications.all(NotificationFilter())
    assert told == [0, 1, 0, 1, 0]
    assert await standing(client, url) == "open"
    notices = [each for each in found if each.kind is NotificationKind.FINDING_ACCEPTANCE_ENDS]
    everybody = {each.id for each in people}
    assert {each.person_id for each in notices} == everybody
    assert len(notices) == 2 * len(everybody)
