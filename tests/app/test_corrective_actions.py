"""Corrective actions over HTTP: done by one, verified by another, checked for their effect."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import httpx
import psycopg
import pytest
from litestar import Litestar
from psycopg import errors

from storage.embedded import RoleAddresses
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.audits import ACTION, action, evidence, finding, started_audit, stepped
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import Colleague, colleagues
from tests.builders.tenant_rows import Connection, bind, insert

pytestmark = pytest.mark.anyio

ACTIONS = "/api/v1/compliance/corrective-actions"
NOON = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)
DONE = {"note": "All of them are disabled."}
SEEN = {"note": "I have looked at ten of them.", "check_due_on": "2026-06-30"}
SECOND_PERSON = (403, "/problems/second-person-needed")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def people(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[list[Colleague]]:
    """A planner, a worker, another worker and a verifier."""
    async with colleagues(application, storage, company, *[Role.COMPLIANCE_OFFICER] * 4) as found:
        yield found


@pytest.fixture
def program(addresses: RoleAddresses, company: CompanyForTests) -> Iterator[Connection]:
    """The program's role, bound to the company, in plain SQL."""
    with psycopg.connect(addresses.app) as connection:
        bind(connection, company.id)
        yield connection
        connection.rollback()


def kind_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json().get("type"))


async def completed(planner: Colleague, worker: Colleague) -> str:
    """The address of an action that its assignee has completed; its version is 3."""
    url = await action(planner.client, worker.id)
    assert (await stepped(worker.client, url, "start", version=1)).status_code == 200
    done = await stepped(worker.client, url, "complete", DONE, version=2)
    assert done.status_code == 200, done.text
    return url


async def verified(planner: Colleague, worker: Colleague, verifier: Colleague) -> str:
    """The address of one that was verified as well; its version is 4."""
    url = await completed(planner, worker)
    seen = await stepped(verifier.client, url, "verify", SEEN, version=3)
    assert seen.status_code == 200, seen.text
    return url


async def test_an_action_is_done_by_one_and_verified_and_checked_by_another(
    people: list[Colleague],
) -> None:
    planner, worker, _, verifier = people
    url = await verified(planner, worker, verifier)
    body = {"effect": "effective", "note": "Nobody who left has an account."}
    checked = (await stepped(verifier.client, url, "check-effect", body, version=4)).json()
    progress = checked["progress"]
    assert (progress["status"], progress["verified_by"]) == ("effective", str(verifier.id))
    steps = (await planner.client.get(f"{url}/steps")).json()["items"]
    assert [(each["kind"], each["person_id"]) for each in steps] == [
        ("planned", str(planner.id)),
        ("started", str(worker.id)),
        ("completed", str(worker.id)),
        ("verified", str(verifier.id)),
        ("found_effective", str(verifier.id)),
    ]


async def test_whoever_planned_it_was_assigned_to_it_or_worked_on_it_does_not_verify_it(
    people: list[Colleague],
) -> None:
    planner, worker, noter, verifier = people
    url = await completed(planner, worker)
    await stepped(noter.client, url, "notes", {"note": "I have helped."}, version=3)
    for hand in (planner, worker, noter):
        refused = await stepped(hand.client, url, "verify", SEEN, version=4)
        assert kind_of(refused) == SECOND_PERSON
        refused = await stepped(hand.client, url, "return", {"note": "No."}, version=4)
        assert kind_of(refused) == SECOND_PERSON
    assert (await stepped(verifier.client, url, "verify", SEEN, version=4)).status_code == 200


async def test_nor_does_whoever_had_it_before_somebody_else(people: list[Colleague]) -> None:
    planner, before, after, verifier = people
    url = await action(planner.client, before.id)
    handed = {"assignee_id": str(after.id), "reason": "They know the system."}
    assert (await stepped(planner.client, url, "assign", handed, version=1)).status_code == 200
    await stepped(after.client, url, "start", version=2)
    await stepped(after.client, url, "complete", DONE, version=3)
    refused = await stepped(before.client, url, "verify", SEEN, version=4)
    assert kind_of(refused) == SECOND_PERSON
    assert (await stepped(verifier.client, url, "verify", SEEN, version=4)).status_code == 200
    for hand in (planner, before, after):
        body = {"effect": "effective", "note": "It works."}
        refused = await stepped(hand.client, url, "check-effect", body, version=5)
        assert kind_of(refused) == SECOND_PERSON


async def test_whoever_verified_it_does_not_come_to_work_on_it(people: list[Colleague]) -> None:
    planner, worker, _, verifier = people
    url = await completed(planner, worker)
    returned = await stepped(verifier.client, url, "return", {"note": "Two are left."}, version=3)
    assert returned.json()["progress"]["completed_at"] is None
    decided_before = (403, "/problems/decided-before")
    refused = await stepped(verifier.client, url, "complete", DONE, version=4)
    assert kind_of(refused) == decided_before
    handed = {"assignee_id": str(verifier.id), "reason": "They know what is left."}
    refused = await stepped(planner.client, url, "assign", handed, version=4)
    assert kind_of(refused) == decided_before


async def test_what_a_key_did_was_done_by_whoever_made_it(
    people: list[Colleague],
    application: Litestar,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    _, worker, _, verifier = people
    async with colleagues(application, storage, company, Role.ADMINISTRATOR) as (maker,):
        made = await maker.client.post(
            "/api/v1/keys",
            json={"name": "The planner's script", "scopes": ["audits:write", "audits:manage"]},
        )
        assert made.status_code == 201, made.text
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=application),
            base_url="http://wellkept.test",
            headers={"Authorization": f"Bearer {made.json()['secret']}"},
        ) as key:
            url = await action(key, worker.id)
        await stepped(worker.client, url, "start", version=1)
        await stepped(worker.client, url, "complete", DONE, version=2)
        refused = await stepped(maker.client, url, "verify", SEEN, version=3)
        assert kind_of(refused) == SECOND_PERSON
    assert (await stepped(verifier.client, url, "verify", SEEN, version=3)).status_code == 200


async def test_a_key_does_not_verify(people: list[Colleague], client: httpx.AsyncClient) -> None:
    url = await completed(people[0], people[1])
    refused = await stepped(client, url, "verify", SEEN, version=3)
    assert kind_of(refused) == (403, "/problems/person-needed")


async def test_nobody_verifies_without_having_just_proved_who_they_are(
    people: list[Colleague], clock: FixedClock
) -> None:
    url = await completed(people[0], people[1])
    clock.move(dt.timedelta(minutes=6))
    refused = await stepped(people[3].client, url, "verify", SEEN, version=3)
    assert kind_of(refused) == (403, "/problems/reauthentication-needed")


@pytest.mark.parametrize("by", ["planner", "worker before", "worker"])
async def test_past_the_service_the_keys_of_the_database_refuse_a_verifier_with_a_hand_in_it(
    people: list[Colleague], company: CompanyForTests, program: Connection, by: str
) -> None:
    planner, before, after, _ = people
    url = await action(planner.client, before.id)
    handed = {"assignee_id": str(after.id), "reason": "They know the system."}
    await stepped(planner.client, url, "assign", handed, version=1)
    await stepped(after.client, url, "start", version=2)
    await stepped(after.client, url, "complete", DONE, version=3)
    person = {"planner": planner, "worker before": before, "worker": after}[by]
    action_id = UUID(url.rsplit("/", 1)[1])
    row = {
        "company_id": str(company.id),
        "id": str(new_id()),
        "recorded_at": NOON.isoformat(),
        "recorded_by": str(person.id),
        "action_id": str(action_id),
        "person_id": str(person.id),
        "role": "verifier",
    }
    with pytest.raises(errors.UniqueViolation), program.transaction():
        insert(program, "action_participants", row)
    step = row | {
        "number": 5,
        "kind": "verified",
        "status": "verified",
        "assignee_id": str(after.id),
        "assignee_role": "involved",
        "due_on": "2026-03-31",
        "taken_on": "2026-03-02",
    }
    with pytest.raises(errors.ForeignKeyViolation) as refused, program.transaction():
        insert(program, "action_steps", step)
    assert refused.value.diag.constraint_name == "fk_action_steps_person_id"
    with pytest.raises(errors.CheckViolation), program.transaction():
        insert(program, "action_steps", step | {"role": "involved"})
    set_verified = (
        b"UPDATE action_progress SET status = 'verified', verified_at = now(),"
        b" check_due_on = '2026-06-30', verified_by = %s WHERE action_id = %s"
    )
    with pytest.raises((errors.ForeignKeyViolation, errors.CheckViolation)) as either:
        program.execute(set_verified, [person.id, action_id])
    assert either.value.diag.constraint_name in (
        "fk_action_progress_verified_by",
        "ck_action_progress_nobody_verifies_what_they_made",
    )


async def test_nor_does_it_let_a_verifier_come_to_work_on_it(
    people: list[Colleague], program: Connection
) -> None:
    planner, worker, _, verifier = people
    url = await verified(planner, worker, verifier)
    hand_over = b"UPDATE action_progress SET assignee_id = %s WHERE action_id = %s"
    with pytest.raises(errors.ForeignKeyViolation) as refused, program.transaction():
        program.execute(hand_over, [verifier.id, url.rsplit("/", 1)[1]])
    assert refused.value.diag.constraint_name == "fk_action_progress_assignee_id"
    change = b"UPDATE action_participants SET role = 'involved' WHERE person_id = %s"
    with pytest.raises(errors.InsufficientPrivilege):
        program.execute(change, [verifier.id])


async def test_one_and_the_same_person_is_not_assigned_and_verifying_at_once(
    people: list[Colleague],
) -> None:
    planner, worker, _, both = people
    url = await completed(planner, worker)
    await stepped(worker.client, url, "notes", {"note": "See for yourself."}, version=3)
    returned = await stepped(people[2].client, url, "return", {"note": "Not yet."}, version=4)
    assert returned.status_code == 200, returned.text
    handed = {"assignee_id": str(both.id), "reason": "They are free."}
    answers = await asyncio.gather(
        stepped(planner.client, url, "assign", handed, version=5),
        stepped(worker.client, url, "complete", DONE, version=5),
    )
    assert sorted(each.status_code for each in answers) == [200, 412]


@pytest.mark.parametrize("times", [2, 4])
async def test_of_those_who_verify_at_once_one_does(people: list[Colleague], times: int) -> None:
    planner, worker, *verifiers = people
    url = await completed(planner, worker)
    tries = (verifiers * times)[:times]
    answers = await asyncio.gather(
        *(stepped(who.client, url, "verify", SEEN, version=3) for who in tries)
    )
    assert sorted(each.status_code for each in answers) == [200] + [412] * (times - 1)


async def test_illegal_steps_name_the_legal_ones(people: list[Colleague]) -> None:
    planner, worker, _, verifier = people
    url = await action(planner.client, worker.id)
    effect = {"effect": "effective", "note": "It works."}
    due = {"due_on": "2026-05-01", "reason": "Again."}
    for who, step, body in (
        (worker, "complete", DONE),
        (verifier, "verify", SEEN),
        (verifier, "return", {"note": "No."}),
        (verifier, "check-effect", effect),
        (worker, "reopen", due),
    ):
        refused = await stepped(who.client, url, step, body, version=1)
        assert (refused.status_code, refused.json()["legal"]) == (409, ["in_progress"]), step


async def test_overdue_is_derived_as_of_any_day(
    people: list[Colleague], client: httpx.AsyncClient, clock: FixedClock
) -> None:
    url = await action(client, people[1].id, due_on="2026-03-10")
    clock.move(dt.timedelta(days=14))
    await stepped(client, url, "start", version=1)
    clock.move(dt.timedelta(days=1))
    await stepped(client, url, "complete", DONE, version=2)
    days = ("2026-03-10", "2026-03-11", "2026-03-16", "2026-03-17", "2026-04-30")
    shown = [(await client.get(url, params={"on": day})).json()["state"] for day in days]
    assert [each["is_overdue"] for each in shown] == [False, True, True, False, False]
    assert [each["status"] for each in shown][:3] == ["planned", "planned", "in_progress"]
    assert (await client.get(url, params={"on": "2026-03-01"})).status_code == 404
    late = {"is_overdue": True, "on": "2026-03-12"}
    listed = (await client.get(ACTIONS, params=late)).json()["items"]
    assert [each["action"]["id"] for each in listed] == [url.rsplit("/", 1)[1]]
    assert (await client.get(ACTIONS, params={"is_overdue": True})).json()["items"] == []


async def test_another_due_day_does_not_change_what_was_overdue_before(
    people: list[Colleague], client: httpx.AsyncClient, clock: FixedClock
) -> None:
    url = await action(client, people[1].id, due_on="2026-03-10")
    clock.move(dt.timedelta(days=20))
    later = {"due_on": "2026-04-30", "reason": "The vendor is late."}
    assert (await stepped(client, url, "reschedule", later, version=1)).status_code == 200
    for day, is_overdue in (("2026-03-15", True), ("2026-03-22", False), ("2026-05-01", True)):
        state = (await client.get(url, params={"on": day})).json()["state"]
        assert state["is_overdue"] is is_overdue, day


async def test_what_had_no_effect_is_taken_up_again_and_keeps_its_history(
    people: list[Colleague],
) -> None:
    planner, worker, _, verifier = people
    url = await verified(planner, worker, verifier)
    body = {"effect": "not_effective", "note": "It came again."}
    await stepped(verifier.client, url, "check-effect", body, version=4)
    again = {"due_on": "2026-07-31", "reason": "We do it by script now."}
    reopened = (await stepped(worker.client, url, "reopen", again, version=5)).json()["progress"]
    assert reopened["status"] == "in_progress"
    assert {reopened[each] for each in ("completed_at", "verified_by", "checked_by")} == {None}
    steps = (await planner.client.get(f"{url}/steps")).json()["items"]
    assert [each["kind"] for each in steps][-3:] == ["verified", "found_not_effective", "reopened"]
    await stepped(worker.client, url, "complete", DONE, version=6)
    assert kind_of(await stepped(worker.client, url, "verify", SEEN, version=7)) == SECOND_PERSON
    assert (await stepped(verifier.client, url, "verify", SEEN, version=7)).status_code == 200


async def test_or_another_is_taken_instead_once(people: list[Colleague]) -> None:
    planner, worker, _, verifier = people
    url = await verified(planner, worker, verifier)
    shown = (await planner.client.get(url)).json()["action"]
    actions = f"/api/v1/compliance/findings/{shown['finding_id']}/actions"
    new = ACTION | {"assignee_id": str(worker.id), "follows_id": shown["id"]}
    assert (await planner.client.post(actions, json=new)).status_code == 422
    body = {"effect": "not_effective", "note": "It came again."}
    await stepped(verifier.client, url, "check-effect", body, version=4)
    followed = await planner.client.post(actions, json=new)
    assert followed.status_code == 201, followed.text
    assert followed.json()["action"]["number"].endswith("-F1-A2")
    again = await planner.client.post(actions, json=new)
    assert kind_of(again) == (409, "/problems/action-followed")
    due = {"due_on": "2026-07-31", "reason": "After all."}
    refused = await stepped(worker.client, url, "reopen", due, version=5)
    assert kind_of(refused) == (409, "/problems/action-followed")


async def test_a_finding_is_not_closed_before_its_actions_are_found_effective(
    people: list[Colleague],
) -> None:
    planner, worker, _, verifier = people
    url = await verified(planner, worker, verifier)
    shown = (await planner.client.get(url)).json()["action"]
    found = f"/api/v1/compliance/findings/{shown['finding_id']}"
    version = (await planner.client.get(found)).json()["finding"]["version"]
    cause = {"root_cause": "Nobody tells us who leaves."}
    headers = {"If-Match": f'"{version}"'}
    assert (await planner.client.patch(found, json=cause, headers=headers)).status_code == 200
    closing = {"evidence_id": await evidence(planner.client), "note": "I have seen it."}
    refused = await stepped(planner.client, found, "close", closing, version=version + 1)
    assert kind_of(refused) == (409, "/problems/actions-unfinished")
    assert refused.json()["actions"] == [shown["number"]]
    body = {"effect": "effective", "note": "It works."}
    await stepped(verifier.client, url, "check-effect", body, version=4)
    closed = await stepped(planner.client, found, "close", closing, version=version + 1)
    assert closed.status_code == 200, closed.text
    refused = await planner.client.post(
        f"{found}/actions", json=ACTION | {"assignee_id": str(worker.id)}
    )
    assert refused.status_code == 409


async def test_an_action_is_given_to_somebody_who_is_there(people: list[Colleague]) -> None:
    planner = people[0].client
    found = await finding(planner, await started_audit(planner))
    refused = await planner.post(
        f"{found.headers['Location']}/actions", json=ACTION | {"assignee_id": str(new_id())}
    )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/assignee_id")


async def test_lists_are_by_who_has_it_and_where_it_is(people: list[Colleague]) -> None:
    planner, worker, other, _ = people
    urls = [await action(planner.client, who.id) for who in (worker, other, worker)]
    await stepped(worker.client, urls[2], "start", version=1)

    async def listed(**params: object) -> list[str]:
        answer = await planner.client.get(ACTIONS, params=params)  # type: ignore[arg-type]
        return [f"{ACTIONS}/{each['action']['id']}" for each in answer.json()["items"]]

    assert await listed(assignee_id=str(worker.id)) == [urls[0], urls[2]]
    assert await listed(status="planned") == urls[:2]
    first = (await planner.client.get(ACTIONS, params={"limit": 2})).json()
    assert await listed(cursor=first["next_cursor"]) == urls[2:]
