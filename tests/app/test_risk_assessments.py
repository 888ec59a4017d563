"""Risk assessments over HTTP: filled, approved by somebody else, accepted until a day, followed."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import psycopg
import pytest
from litestar import Litestar

from services.regulatory_compliance.due.reminding import remind_of_due_things
from storage.embedded import RoleAddresses
from storage.filters import NotificationFilter
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from storage.vocabulary.notifications import NotificationKind
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import PersonForTests, colleagues, prove, sign_in
from tests.builders.policies import decide, tagged

pytestmark = pytest.mark.anyio

ASSESSMENTS = "/api/v1/compliance/risk-assessments"
PARTS = "/api/v1/compliance/assessment-parts"
RISKS = "/api/v1/compliance/risks"
ITEMS = "/api/v1/compliance/mitigation-items"
NOON = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)
WHY = {"reason": "the committee has agreed"}
REMINDERS = {NotificationKind.MITIGATION_DUE, NotificationKind.RISK_ASSESSMENT_DUE}
DAYS = {"assessed_on": "2026-03-02", "next_due_on": "2027-03-02"}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


class Office:
    """Two compliance officers who have just proved who they are."""

    def __init__(self, people: list[PersonForTests], clients: list[httpx.AsyncClient]) -> None:
        self.people = people
        self.one, self.other = clients

    async def assessment(self, **changes: object) -> str:
        """A new assessment's address."""
        new = {"kind": "security", "title": "Our networks", "scope": "Both offices."} | DAYS
        answer = await self.one.post(ASSESSMENTS, json=new | changes)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def risk_of(self, **changes: object) -> dict[str, object]:
        """A risk that nothing is said of but its size."""
        return {
            "category": "technical",
            "description": "A laptop with records is stolen.",
            "likelihood": "likely",
            "impact": "catastrophic",
            "residual_likelihood": "unlikely",
            "residual_impact": "major",
            "treatment": "mitigate",
            "owner_person_id": str(self.people[0].id),
        } | changes

    async def risk(self, assessment: str, **changes: object) -> str:
        """A new risk's address."""
        answer = await self.one.post(f"{assessment}/risks", json=self.risk_of(**changes))
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    async def submitted(self, assessment: str) -> str:
        """The address of the request to approve a draft."""
        asked = await self.one.post(
            f"{assessment}/submit", json=WHY, headers=await tagged(self.one, assessment)
        )
        assert asked.status_code == 202, asked.text
        return asked.headers["Location"]

    async def approved(self, assessment: str) -> None:
        answer = await decide(self.other, await self.submitted(assessment))
        assert answer.status_code == 200, answer.text


@pytest.fixture
async def office(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[Office]:
    roles = [Role.COMPLIANCE_OFFICER] * 2
    async with colleagues(application, storage, company, *roles) as found:
        yield Office([each.person for each in found], [each.client for each in found])


async def detail(client: httpx.AsyncClient, url: str) -> dict[str, object]:
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_levels_follow_from_the_highest_risk(office: Office) -> None:
    assessment = await office.assessment()
    empty = await detail(office.one, assessment)
    assert (empty["inherent_level"], empty["overall_level"]) == (None, None)
    await office.risk(assessment)
    await office.risk(
        assessment,
        likelihood="possible",
        impact="major",
        residual_likelihood="possible",
        residual_impact="major",
    )
    whole = await detail(office.one, assessment)
    assert (whole["inherent_level"], whole["overall_level"], whole["risks"]) == (
        "critical",
        "high",
        2,
    )
    listed = (await detail(office.one, f"{assessment}/risks"))["items"]
    assert [
        (each["inherent_score"], each["residual_score"], each["residual_level"]) for each in listed
    ] == [(12, 12, "high"), (20, 8, "medium")]


async def test_what_is_no_likelihood_is_refused_by_its_name(office: Office) -> None:
    assessment = await office.assessment()
    for field in ("likelihood", "impact", "residual_likelihood", "residual_impact"):
        for value in ("probable", 3, "", None, "RARE"):
            refused = await office.one.post(
                f"{assessment}/risks", json=office.risk_of(**{field: value})
            )
            assert refused.status_code == 422
            assert [each["pointer"] for each in refused.json()["errors"]] == [f"/{field}"]
    more = office.risk_of(likelihood="rare", residual_likelihood="likely")
    refused = await office.one.post(f"{assessment}/risks", json=more)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (
        422,
        "/residual_likelihood",
    )
    assert (await detail(office.one, assessment))["risks"] == 0


async def test_the_matrix_shows_every_cell(office: Office) -> None:
    matrix = await detail(office.one, f"{ASSESSMENTS}/matrix")
    assert len(matrix["cells"]) == 25
    assert matrix["cells"][-1] == {
        "likelihood": "almost_certain",
        "impact": "catastrophic",
        "score": 25,
        "level": "critical",
    }


async def test_somebody_else_approves_and_nothing_of_it_changes_any_more(
    office: Office, addresses: RoleAddresses, company: CompanyForTests
) -> None:
    assessment = await office.assessment()
    early = await office.one.post(f"{assessment}/submit", json=WHY, headers={"If-Match": '"1"'})
    assert (early.status_code, early.json()["type"]) == (409, "/problems/nothing-assessed")
    assert (await office.one.get(f"{assessment}/record")).status_code == 409
    risk = await office.risk(assessment)
    control = {"state": "in_place", "description": "Disks are encrypted."}
    made = (await office.one.post(f"{risk}/controls", json=control)).json()
    request = await office.submitted(assessment)
    own = await decide(office.one, request)
    assert (own.status_code, own.json()["type"]) == (403, "/problems/second-person-needed")
    for state in ("submitted", "approved"):
        tag = {"If-Match": '"1"'}
        attempts = [
            await office.one.post(f"{assessment}/risks", json=office.risk_of()),
            await office.one.patch(risk, json={"impact": "minor"}, headers=tag),
            await office.one.delete(risk, headers=tag),
            await office.one.post(f"{risk}/controls", json=control),
            await office.one.delete(f"{risk}/controls/{made['id']}", headers=tag),
            await office.one.patch(
                assessment, json={"title": "x"}, headers=await tagged(office.one, assessment)
            ),
            await office.one.post(
                f"{assessment}/submit", json=WHY, headers=await tagged(office.one, assessment)
            ),
        ]
        assert {(each.status_code, each.json()["state"]) for each in attempts} == {(409, state)}
        if state == "submitted":
            assert (await decide(office.other, request)).status_code == 200
    row = (await detail(office.one, assessment))["assessment"]
    record = await detail(office.one, f"{assessment}/record")
    assert row["content_hash"] == record["content_hash"]
    assert record["content"]["overall_level"] == "medium"
    assert record["content"]["risks"][0]["residual_score"] == 8
    assert record["recorded_by"] == row["approved_by_person_id"] == str(office.people[1].id)
    with psycopg.connect(addresses.owner) as owner:
        owner.execute(f"SET LOCAL app.company_id = '{company.id}'".encode())
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            owner.execute(b"UPDATE risk_assessments SET content_hash = sha256('x')")
    with psycopg.connect(addresses.app) as program:
        program.execute(f"SET LOCAL app.company_id = '{company.id}'".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            program.execute(b"UPDATE assessment_records SET content_hash = sha256('x')")


async def test_whoever_added_a_risk_does_not_approve(office: Office) -> None:
    assessment = await office.assessment()
    answer = await office.other.post(f"{assessment}/risks", json=office.risk_of())
    assert answer.status_code == 201
    refused = await decide(office.other, await office.submitted(assessment))
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/second-person-needed")


async def test_a_refused_assessment_is_a_draft_again(office: Office) -> None:
    assessment = await office.assessment()
    risk = await office.risk(assessment)
    await decide(office.other, await office.submitted(assessment), "refuse")
    row = (await detail(office.one, assessment))["assessment"]
    assert (row["status"], row["content_hash"]) == ("draft", None)
    changed = await office.one.patch(
        risk, json={"residual_impact": "minor"}, headers=await tagged(office.one, risk)
    )
    assert changed.status_code == 200, changed.text
    await office.approved(assessment)


async def test_two_who_change_a_risk_at_once_do_not_both_win(office: Office) -> None:
    risk = await office.risk(await office.assessment())
    answers = await asyncio.gather(
        *(
            each.patch(risk, json={"impact": "major"}, headers={"If-Match": '"1"'})
            for each in (office.one, office.other)
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 412]


async def test_a_risk_is_removed_from_a_draft_once_it_is_bare(office: Office) -> None:
    assessment = await office.assessment()
    risk = await office.risk(assessment)
    control = {"state": "planned", "description": "Disks will be encrypted."}
    made = (await office.one.post(f"{risk}/controls", json=control)).json()
    refused = await office.one.delete(risk, headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/risk-not-bare")
    for url in (f"{risk}/controls/{made['id']}", risk):
        assert (await office.one.delete(url, headers={"If-Match": '"1"'})).status_code == 204
    assert (await detail(office.one, assessment))["risks"] == 0


async def test_a_hipaa_risk_analysis_says_something_of_all_nine_elements(office: Office) -> None:
    begun = await office.one.post(
        f"{ASSESSMENTS}/hipaa-risk-analysis", json={"assessed_on": "2024-02-29"}
    )
    assert begun.status_code == 201, begun.text
    assert begun.json()["next_due_on"] == "2025-02-28"
    assessment = begun.headers["Location"]
    parts = (await detail(office.one, f"{assessment}/parts"))["items"]
    elements = [each for each in parts if each["kind"] == "element"]
    asset, threat = (
        next(each for each in parts if each["kind"] == kind) for kind in ("asset", "threat")
    )
    assert len({each["element"] for each in elements}) == 9
    risk = await office.risk(assessment, asset_id=asset["id"], threat_id=threat["id"])
    swapped = office.risk_of(asset_id=threat["id"])
    refused = await office.one.post(f"{assessment}/risks", json=swapped)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/asset_id")
    gone = await office.one.delete(f"{PARTS}/{asset['id']}", headers={"If-Match": '"1"'})
    assert (gone.status_code, gone.json()["type"]) == (409, "/problems/part-still-named")
    element = await office.one.delete(f"{PARTS}/{elements[0]['id']}", headers={"If-Match": '"1"'})
    assert element.status_code == 422
    said = {"description": "Looked at on 1 March, see the minutes."}
    for each in elements[:-1]:
        answer = await office.one.patch(
            f"{PARTS}/{each['id']}", json=said, headers={"If-Match": '"1"'}
        )
        assert answer.status_code == 200, answer.text
    open_ = await office.one.post(
        f"{assessment}/submit", json=WHY, headers=await tagged(office.one, assessment)
    )
    assert (open_.status_code, open_.json()["elements"]) == (409, [elements[-1]["element"]])
    await office.one.patch(f"{PARTS}/{elements[-1]['id']}", json=said, headers={"If-Match": '"1"'})
    await office.approved(assessment)
    assert (await detail(office.one, risk))["risk"]["asset_id"] == asset["id"]


async def test_a_risk_is_accepted_by_somebody_else_until_a_day(
    office: Office, clock: FixedClock
) -> None:
    assessment = await office.assessment()
    risk = await office.risk(assessment, treatment="accept")
    wanted = {"reason": "the new laptops come in April", "expires_on": "2026-03-20"}
    early = await office.one.post(f"{risk}/acceptances", json=wanted)
    assert (early.status_code, early.json()["type"]) == (409, "/problems/assessment-not-in-force")
    await office.approved(assessment)
    for day in ("2026-03-02", "2030-01-01"):
        refused = await office.one.post(f"{risk}/acceptances", json=wanted | {"expires_on": day})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (
            422,
            "/expires_on",
        )
    asked = await office.one.post(f"{risk}/acceptances", json=wanted)
    assert asked.status_code == 202, asked.text
    assert (await office.other.post(f"{risk}/acceptances", json=wanted)).status_code == 409
    own = await decide(office.one, asked.headers["Location"])
    assert own.status_code == 403
    assert (await detail(office.one, risk))["accepted_until"] is None
    assert (await decide(office.other, asked.headers["Location"])).status_code == 200
    assert (await detail(office.one, risk))["accepted_until"] == "2026-03-20"
    for days, until in ((18, "2026-03-20"), (1, None)):
        clock.move(dt.timedelta(days=days))
        await sign_in(office.one, office.people[0])
        assert (await detail(office.one, risk))["accepted_until"] == until
    (kept,) = (await detail(office.one, f"{risk}/acceptances"))["items"]
    assert (kept["status"], kept["accepted_by_person_id"]) == (
        "accepted",
        str(office.people[1].id),
    )


async def test_nobody_accepts_a_risk_for_days_that_are_over(
    office: Office, clock: FixedClock
) -> None:
    assessment = await office.assessment()
    risk = await office.risk(assessment)
    await office.approved(assessment)
    wanted = {"reason": "until the laptops come", "expires_on": "2026-03-03"}
    request = (await office.one.post(f"{risk}/acceptances", json=wanted)).headers["Location"]
    clock.move(dt.timedelta(days=2))
    for person, client in zip(office.people, (office.one, office.other), strict=True):
        await sign_in(client, person)
        await prove(client, person)
    late = await decide(office.other, request)
    assert (late.status_code, late.json()["errors"][0]["pointer"]) == (422, "/expires_on")
    assert (await decide(office.other, request, "refuse")).status_code == 200
    (kept,) = (await detail(office.one, f"{risk}/acceptances"))["items"]
    assert kept["status"] == "not_accepted"


async def test_a_risk_of_an_assessment_that_was_superseded_is_accepted_no_more(
    office: Office,
) -> None:
    assessment = await office.assessment()
    risk = await office.risk(assessment)
    await office.approved(assessment)
    wanted = {"reason": "it costs too much", "expires_on": "2026-12-31"}
    request = (await office.one.post(f"{risk}/acceptances", json=wanted)).headers["Location"]
    following = await office.one.post(f"{assessment}/next", json=DAYS)
    await office.approved(following.headers["Location"])
    refused = await decide(office.other, request)
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "/problems/assessment-not-in-force",
    )
    assert (await detail(office.one, risk))["accepted_until"] is None


async def test_an_acceptance_that_was_refused_can_be_proposed_anew(office: Office) -> None:
    assessment = await office.assessment()
    risk = await office.risk(assessment)
    await office.approved(assessment)
    wanted = {"reason": "it costs too much", "expires_on": "2026-12-31"}
    for _ in range(2):
        asked = await office.one.post(f"{risk}/acceptances", json=wanted)
        assert asked.status_code == 202
        await decide(office.other, asked.headers["Location"], "refuse")
    kept = (await detail(office.one, f"{risk}/acceptances"))["items"]
    assert [each["status"] for each in kept] == ["not_accepted"] * 2
    assert (await detail(office.one, risk))["accepted_until"] is None


async def test_a_plan_has_owners_and_days_and_is_overdue_by_itself(
    office: Office, clock: FixedClock
) -> None:
    assessment = await office.assessment()
    risk = await office.risk(assessment)
    await office.approved(assessment)
    new = {
        "task": "Encrypt the disks.",
        "owner_person_id": str(office.people[0].id),
        "due_on": "2026-03-03",
    }
    item = (await office.one.post(f"{risk}/mitigation-items", json=new)).headers["Location"]
    assert not (await detail(office.one, item))["is_overdue"]
    clock.move(dt.timedelta(days=2))
    await sign_in(office.one, office.people[0])
    assert (await detail(office.one, item))["is_overdue"]
    (late,) = (await detail(office.one, f"{ITEMS}/overdue"))["items"]
    assert late["item"]["task"] == "Encrypt the disks."
    done = await office.one.patch(
        item, json={"status": "done"}, headers=await tagged(office.one, item)
    )
    assert (done.status_code, done.json()["done_on"]) == (200, "2026-03-04")
    again = await office.one.patch(
        item, json={"status": "done"}, headers=await tagged(office.one, item)
    )
    assert (again.status_code, again.json()["legal"]) == (409, ["in_progress"])
    assert (await detail(office.one, f"{ITEMS}/overdue"))["items"] == []


async def test_people_are_reminded_of_the_plan_and_of_the_next_assessment(
    office: Office, storage: PostgresStorage, company: CompanyForTests, clock: FixedClock
) -> None:
    async def told(on: str) -> set[tuple[NotificationKind, UUID]]:
        clock.set(dt.datetime.combine(dt.date.fromisoformat(on), clock.now().time(), dt.UTC))
        async with storage.transaction(company.id, company.actor) as store:
            before = {each.id for each in await store.notifications.all(NotificationFilter())}
            await remind_of_due_things(store)
            return {
                (each.kind, each.person_id)
                for each in await store.notifications.all(NotificationFilter())
                if each.id not in before and each.kind in REMINDERS
            }

    assessment = await office.assessment(next_due_on="2026-12-01")
    risk = await office.risk(assessment)
    await office.approved(assessment)
    one, other = (person.id for person in office.people)
    new = {"task": "Encrypt the disks.", "owner_person_id": str(one), "due_on": "2026-09-01"}
    await office.one.post(f"{risk}/mitigation-items", json=new)
    assert await told("2026-07-01") == set()
    assert await told("2026-09-01") == {(NotificationKind.MITIGATION_DUE, one)}
    assert await told("2026-09-01") == set()
    assert await told("2026-12-01") == {
        (NotificationKind.MITIGATION_DUE, one),
        (NotificationKind.RISK_ASSESSMENT_DUE, one),
        (NotificationKind.RISK_ASSESSMENT_DUE, other),
    }
    assert await told("2026-12-01") == set()


async def test_the_next_assessment_begins_with_the_last_one(office: Office) -> None:
    first = await office.assessment()
    following = {"assessed_on": "2027-03-02", "next_due_on": "2028-03-02"}
    early = await office.one.post(f"{first}/next", json=following)
    assert (early.status_code, early.json()["state"]) == (409, "draft")
    asset = await office.one.post(f"{first}/parts", json={"kind": "asset", "name": "Laptops"})
    risk = await office.risk(first, asset_id=asset.json()["id"])
    control = {"state": "in_place", "description": "Disks are encrypted."}
    await office.one.post(f"{risk}/controls", json=control)
    plan = {
        "task": "Lock the cupboard.",
        "owner_person_id": str(office.people[0].id),
        "due_on": "2026-12-31",
    }
    item = (await office.one.post(f"{risk}/mitigation-items", json=plan)).headers["Location"]
    await office.approved(first)
    begun = await asyncio.gather(
        *(office.one.post(f"{first}/next", json=following) for _ in range(2))
    )
    assert sorted(each.status_code for each in begun) == [201, 409]
    second = next(each.headers["Location"] for each in begun if each.status_code == 201)
    (copied,) = (await detail(office.one, f"{second}/risks"))["items"]
    (part,) = (await detail(office.one, f"{second}/parts"))["items"]
    assert copied["risk"]["asset_id"] == part["id"] != asset.json()["id"]
    new_risk = f"{RISKS}/{copied['risk']['id']}"
    (held,) = (await detail(office.one, f"{new_risk}/controls"))["items"]
    assert held["description"] == "Disks are encrypted."
    too_early = await office.one.post(
        f"{second}/submit", json=WHY, headers=await tagged(office.one, second)
    )
    assert (too_early.status_code, too_early.json()["assessed_on"]) == (409, "2027-03-02")
    today = {"assessed_on": "2026-03-02"}
    await office.one.patch(second, json=today, headers=await tagged(office.one, second))
    await office.approved(second)
    statuses = [
        (await detail(office.one, each))["assessment"]["status"] for each in (first, second)
    ]
    assert statuses == ["superseded", "approved"]
    assert (await detail(office.one, item))["item"]["status"] == "carried_over"
    moved = await office.one.patch(
        item, json={"status": "done"}, headers=await tagged(office.one, item)
    )
    assert moved.status_code == 409
    (left,) = (await detail(office.one, f"{ITEMS}?status=planned"))["items"]
    assert left["item"]["assessment_id"] == second.rsplit("/", 1)[1]
