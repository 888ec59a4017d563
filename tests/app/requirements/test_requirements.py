"""Requirements over HTTP: what is asked, by versions, and where each stands on a day."""

import asyncio
import datetime as dt

import httpx
import pytest

from tests.app.requirements.steps import (
    PACKS,
    POLICY_REVIEW,
    REQUIREMENTS,
    attested,
    made,
    standing,
    status,
)
from tests.builders.clocks import FixedClock

pytestmark = pytest.mark.anyio


async def test_a_status_follows_from_what_was_attested(officer: httpx.AsyncClient) -> None:
    requirement = await made(officer)
    assert await standing(officer, requirement) == {
        "status": "in_progress",
        "reason": "not_yet_due",
        "period_number": 1,
        "due_on": "2026-06-30",
        "covered_until": None,
    }
    await attested(officer, requirement, valid_until="2027-02-28")
    assert await standing(officer, requirement) == {
        "status": "compliant",
        "reason": "attested",
        "period_number": 2,
        "due_on": "2027-06-30",
        "covered_until": "2027-02-28",
    }
    assert await status(officer, requirement, "2027-03-01") == "non_compliant"


async def test_it_can_be_asked_for_as_it_was_known_before(
    officer: httpx.AsyncClient, clock: FixedClock
) -> None:
    requirement = await made(officer)
    before = clock.now().isoformat()
    clock.move(dt.timedelta(minutes=1))
    await attested(officer, requirement)
    now = await standing(officer, requirement)
    then = await standing(officer, requirement, known_at=before)
    assert (now["status"], then["status"]) == ("compliant", "in_progress")


async def test_nobody_types_a_status_in(officer: httpx.AsyncClient) -> None:
    refused = await officer.post(REQUIREMENTS, json=POLICY_REVIEW | {"status": "compliant"})
    assert refused.status_code == 422


async def test_lists_are_by_code_and_by_where_things_stand(officer: httpx.AsyncClient) -> None:
    for code in ("C", "A", "B"):
        await made(officer, code=code)
    late = await made(officer, code="D", first_due_on="2026-01-31")
    listed = (await officer.get(REQUIREMENTS, params={"status": "in_progress"})).json()
    assert [each["requirement"]["code"] for each in listed["items"]] == ["A", "B", "C"]
    overdue = (await officer.get(REQUIREMENTS, params={"is_overdue": True})).json()
    assert [each["requirement"]["id"] for each in overdue["items"]] == [late.rsplit("/", 1)[1]]
    page = (await officer.get(REQUIREMENTS, params={"limit": 3})).json()
    rest = (await officer.get(REQUIREMENTS, params={"cursor": page["next_cursor"]})).json()
    assert [each["requirement"]["code"] for each in rest["items"]] == ["D"]
    assert rest["next_cursor"] is None


async def test_a_code_is_taken_once(officer: httpx.AsyncClient) -> None:
    await made(officer)
    assert (await officer.post(REQUIREMENTS, json=POLICY_REVIEW)).status_code == 409


async def test_what_is_due_has_a_first_day_and_what_is_ongoing_has_none(
    officer: httpx.AsyncClient,
) -> None:
    for changes in ({"first_due_on": None}, {"frequency": "ongoing"}):
        refused = await officer.post(REQUIREMENTS, json=POLICY_REVIEW | changes)
        assert refused.status_code == 422
        assert "unless the frequency is ongoing" in refused.text


async def test_a_change_of_what_is_required_is_a_version_with_a_reason(
    officer: httpx.AsyncClient,
) -> None:
    requirement = await made(officer)
    await attested(officer, requirement)
    change = {"description": "Review it twice."}
    refused = await officer.patch(requirement, json=change, headers={"If-Match": '"1"'})
    assert refused.status_code == 422
    for number, is_material in ((1, False), (2, True)):
        change = {
            "description": f"Review it {number} times.",
            "reason": "the rule changed",
            "is_material": is_material,
        }
        changed = await officer.patch(requirement, json=change, headers={"If-Match": f'"{number}"'})
        assert changed.status_code == 200, changed.text
        expected = "in_progress" if is_material else "compliant"
        assert await status(officer, requirement) == expected
    versions = (await officer.get(f"{requirement}/versions")).json()["items"]
    assert [(each["number"], each["material_number"]) for each in versions] == [
        (1, 1),
        (2, 1),
        (3, 3),
    ]
    assert len({each["content_hash"] for each in versions}) == 3


async def test_two_who_change_a_requirement_at_once_do_not_both_win(
    officers: list[httpx.AsyncClient],
) -> None:
    requirement = await made(officers[0])
    answers = await asyncio.gather(
        *(
            each.patch(
                requirement,
                json={"description": "Changed.", "reason": "at once"},
                headers={"If-Match": '"1"'},
            )
            for each in officers
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 412]


async def test_that_it_does_not_apply_takes_a_reason_and_somebody_else(
    officers: list[httpx.AsyncClient],
) -> None:
    one, other = officers
    requirement = await made(one)
    asked = await one.post(
        f"{requirement}/not-applicable",
        json={"reason": "we run no clearinghouse"},
        headers={"If-Match": '"1"'},
    )
    assert asked.status_code == 202, asked.text
    assert await status(one, requirement) == "in_progress"
    verdict = {"json": {"note": "true"}, "headers": {"If-Match": '"1"'}}
    own = await one.post(f"{asked.headers['Location']}/approve", **verdict)
    assert own.status_code == 403
    approved = await other.post(f"{asked.headers['Location']}/approve", **verdict)
    assert approved.status_code == 200, approved.text
    assert await status(one, requirement, "2026-12-31") == "not_applicable"
    (decision,) = (await one.get(f"{requirement}/decisions")).json()["items"]
    assert decision["rationale"] == "we run no clearinghouse"
    assert decision["approval_id"] == asked.headers["Location"].rsplit("/", 1)[1]
    back = await one.post(f"{requirement}/applicable", json={"reason": "now we do"})
    assert back.status_code == 201
    assert await status(one, requirement) == "in_progress"


async def test_only_an_addressable_specification_leaves_a_choice(
    officer: httpx.AsyncClient,
) -> None:
    choice = {"kind": "alternative", "rationale": "A locked cabinet does the same."}
    addressable = await made(officer)
    assert (await officer.post(f"{addressable}/decisions", json=choice)).status_code == 201
    required = await made(officer, code="POL-2", specification="required")
    refused = await officer.post(f"{required}/decisions", json=choice)
    assert refused.status_code == 409
    bare = await officer.post(f"{addressable}/decisions", json={"kind": "not_reasonable"})
    assert bare.status_code == 422


async def test_a_pack_is_adopted_once_and_keeps_what_is_there(officer: httpx.AsyncClient) -> None:
    packs = {each["id"]: each for each in (await officer.get(PACKS)).json()["items"]}
    rule = packs["hipaa-security"]["requirements"]
    await made(officer, code=rule[0]["code"])
    choice = {"pack": "hipaa-security"}
    adopted = (await officer.post(f"{PACKS}/adopt", json=choice)).json()["items"]
    assert {each["code"] for each in adopted} == {each["code"] for each in rule[1:]}
    assert (await officer.post(f"{PACKS}/adopt", json=choice)).json()["items"] == []
    overdue = (await officer.get(REQUIREMENTS, params={"is_overdue": True})).json()
    assert overdue["items"] == []
    unknown = await officer.post(f"{PACKS}/adopt", json={"pack": "unheard-of"})
    assert unknown.status_code == 422
    assert "hipaa-security 2026.1" in unknown.json()["known"]
