"""Policies over HTTP: written, approved by somebody else, acknowledged by whom they concern."""

import asyncio
import datetime as dt
import hashlib
from collections.abc import AsyncIterator

import httpx
import psycopg
import pytest
from litestar import Litestar

from services.regulatory_compliance.policies.reminding import remind_of_policies
from storage.embedded import RoleAddresses
from storage.identifiers import SYSTEM_ACTOR_ID, new_id
from storage.interface import Actor
from storage.postgres.transaction import PostgresStorage
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import sign_in
from tests.builders.policies import OWN, POLICIES, TEXT, WHY, Office, decide, open_office, tagged

pytestmark = pytest.mark.anyio

VERSIONS = "/api/v1/compliance/policy-versions"
NOON = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def office(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[Office]:
    async with open_office(application, storage, company) as office:
        yield office


async def status(client: httpx.AsyncClient, version: str) -> str:
    return (await client.get(version)).json()["status"]


async def test_a_policy_comes_into_force_by_somebody_elses_approval(office: Office) -> None:
    policy = await office.policy()
    version = await office.draft(policy)
    assert await status(office.one, version) == "draft"
    request = await office.submitted(version)
    assert await status(office.one, version) == "under_review"
    own = await decide(office.one, request)
    assert (own.status_code, own.json()["type"]) == (403, "/problems/second-person-needed")
    assert (await decide(office.other, request)).status_code == 200
    detail = (await office.one.get(version)).json()
    assert detail["status"] == "in_force"
    assert (detail["version"]["major"], detail["version"]["minor"]) == (1, 0)
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    assert detail["text"]["content"] == TEXT
    assert {
        detail["version"]["content_hash"],
        detail["text"]["content_hash"],
        detail["approval"]["content_hash"],
    } == {digest}
    assert detail["approval"]["recorded_by"] == str(office.people[1].id)
    assert detail["approval"]["in_force_on"] == "2026-03-02"  # not before it was approved


async def test_a_policy_has_a_number_and_is_about_requirements(office: Office) -> None:
    requirement = await office.one.post(
        "/api/v1/compliance/requirements",
        json={
            "code": "POL-1",
            "program": "HIPAA",
            "name": "Have a sanction policy",
            "description": "Have one.",
            "category": "safeguards",
            "frequency": "ongoing",
        },
    )
    requirement_id = requirement.json()["id"]
    policy = await office.policy(requirement_ids=[requirement_id])
    assert (await office.one.get(policy)).json()["number"] == "POL-0001"
    (link,) = (await office.one.get(f"{policy}/requirements")).json()["items"]
    assert link["requirement_id"] == requirement_id
    again = {"requirement_id": requirement_id}
    assert (await office.one.post(f"{policy}/requirements", json=again)).status_code == 409
    removed = await office.one.delete(
        f"{policy}/requirements/{link['id']}", headers={"If-Match": '"1"'}
    )
    assert removed.status_code == 204
    unknown = {"requirement_id": str(new_id())}
    assert (await office.one.post(f"{policy}/requirements", json=unknown)).status_code == 422


async def test_what_is_under_review_or_approved_is_not_changed(office: Office) -> None:
    version = await office.draft(await office.policy())
    request = await office.submitted(version)
    for state in ("under_review", "approved"):
        tag = await tagged(office.one, version)
        change = await office.one.patch(version, json={"content": "x"}, headers=tag)
        discard = await office.one.delete(version, headers=tag)
        again = await office.one.post(f"{version}/submit", json=WHY, headers=tag)
        for refused in (change, discard, again):
            assert (refused.status_code, refused.json()["state"]) == (409, state)
        if state == "under_review":
            await decide(office.other, request)
    assert (await office.one.get(version)).json()["text"]["content"] == TEXT


async def test_a_refused_draft_can_be_mended_and_sent_again(office: Office) -> None:
    version = await office.draft(await office.policy())
    await decide(office.other, await office.submitted(version), "refuse")
    assert await status(office.one, version) == "draft"
    theirs = await office.other.patch(
        version, json={"content": "x"}, headers=await tagged(office.other, version)
    )
    assert (theirs.status_code, theirs.json()["type"]) == (403, "/problems/decided-before")
    changed = await office.one.patch(
        version,
        json={"content": "Whoever breaks a rule is told so in writing."},
        headers=await tagged(office.one, version),
    )
    assert changed.status_code == 200, changed.text
    assert (await decide(office.other, await office.submitted(version))).status_code == 200
    text = (await office.one.get(version)).json()["text"]["content"]
    assert text == "Whoever breaks a rule is told so in writing."


async def test_the_database_keeps_what_was_approved(
    office: Office, addresses: RoleAddresses, company: CompanyForTests
) -> None:
    version = await office.approved(await office.policy())
    version_id = version.rsplit("/", 1)[1]
    changes = (
        "UPDATE policy_versions SET content_hash = sha256('x')",
        "UPDATE policy_versions SET minor = 7",
        "UPDATE policy_versions SET effective_on = '2020-01-01'",
        "DELETE FROM policy_versions",
    )
    for statement in changes:
        with psycopg.connect(addresses.owner) as owner:
            owner.execute(f"SET LOCAL app.company_id = '{company.id}'".encode())
            with pytest.raises(psycopg.errors.ForeignKeyViolation):
                owner.execute(f"{statement} WHERE id = '{version_id}'".encode())
    for table in ("policy_texts", "policy_approvals", "policy_acknowledgements"):
        with psycopg.connect(addresses.app) as program:
            program.execute(f"SET LOCAL app.company_id = '{company.id}'".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                program.execute(f"DELETE FROM {table}".encode())  # noqa: S608


async def test_one_version_is_written_at_a_time(office: Office) -> None:
    policy = await office.policy()
    new = {"change": "minor", "content": TEXT, "effective_on": "2026-03-01"}
    answers = await asyncio.gather(
        *(each.post(f"{policy}/versions", json=new) for each in (office.one, office.other))
    )
    assert sorted(each.status_code for each in answers) == [201, 409]


async def test_two_who_change_a_draft_at_once_do_not_both_win(office: Office) -> None:
    version = await office.draft(await office.policy())
    answers = await asyncio.gather(
        *(
            each.patch(version, json={"content": "x"}, headers={"If-Match": '"1"'})
            for each in (office.one, office.other)
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 412]


async def test_the_next_version_supersedes_on_its_day(office: Office, clock: FixedClock) -> None:
    policy = await office.policy()
    first = await office.approved(policy)
    early = await office.one.post(
        f"{policy}/versions",
        json={"change": "minor", "content": TEXT, "effective_on": "2026-02-28"},
    )
    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (422, "/effective_on")
    second = await office.approved(policy, "minor", effective_on="2026-03-10")
    assert [await status(office.one, each) for each in (first, second)] == ["in_force", "approved"]
    clock.move(dt.timedelta(days=8))
    for person, client in zip(office.people, (office.one, office.other), strict=False):
        await sign_in(client, person)
    listed = (await office.one.get(f"{policy}/versions")).json()["items"]
    assert [
        (each["version"]["major"], each["version"]["minor"], each["status"]) for each in listed
    ] == [(1, 0, "superseded"), (1, 1, "in_force")]
    tag = await tagged(office.one, policy)
    archived = await office.one.post(f"{policy}/archive", json=WHY, headers=tag)
    assert archived.status_code == 200
    assert [await status(office.one, each) for each in (first, second)] == ["archived"] * 2
    new = {"change": "minor", "content": TEXT, "effective_on": "2026-04-01"}
    assert (await office.one.post(f"{policy}/versions", json=new)).status_code == 409


async def test_a_major_version_asks_again_and_a_minor_one_does_not(office: Office) -> None:
    policy = await office.policy()
    first = await office.approved(policy)
    (mine,) = (await office.biller.get(OWN)).json()["items"]
    assert (mine["title"], mine["is_acknowledged"], mine["due_on"]) == (
        "Sanctions",
        False,
        "2026-04-01",
    )
    assert (await office.acknowledge(office.biller, first)).status_code == 201
    assert (await office.acknowledge(office.biller, first)).status_code == 409
    await office.approved(policy, "minor")
    assert (await office.biller.get(OWN)).json()["items"][0]["is_acknowledged"]
    superseded = await office.acknowledge(office.one, first)
    assert (superseded.status_code, superseded.json()["type"]) == (409, "/problems/not-in-force")
    await office.approved(policy, "major")
    assert not (await office.biller.get(OWN)).json()["items"][0]["is_acknowledged"]
    covered = (await office.one.get(f"{policy}/coverage")).json()
    assert (covered["concerned"], covered["acknowledged_person_ids"]) == (3, [])
    kept = (await office.one.get(f"{policy}/acknowledgements")).json()["items"]
    assert [each["recorded_by"] for each in kept] == [str(office.people[2].id)]


async def test_a_policy_concerns_whom_it_lists(office: Office) -> None:
    policy = await office.policy(audience="listed", roles=["rcm_staff"])
    version = await office.approved(policy)
    assert (await office.one.get(OWN)).json()["items"] == []
    stranger = await office.one.get(f"{OWN}/{version.rsplit('/', 1)[1]}")
    assert stranger.status_code == 404
    assert len((await office.biller.get(OWN)).json()["items"]) == 1
    covered = (await office.one.get(f"{policy}/coverage")).json()
    assert covered["missing_person_ids"] == [str(office.people[2].id)]
    added = {"person_id": str(office.people[0].id)}
    assert (await office.one.post(f"{policy}/members", json=added)).status_code == 201
    assert (await office.acknowledge(office.one, version)).status_code == 201
    covered = (await office.one.get(f"{policy}/coverage")).json()
    assert covered["acknowledged_person_ids"] == [str(office.people[0].id)]


async def test_one_acknowledges_the_very_text(office: Office, client: httpx.AsyncClient) -> None:
    version = await office.approved(await office.policy())
    own = f"{OWN}/{version.rsplit('/', 1)[1]}/acknowledge"
    other_text = await office.biller.post(own, json={"content_sha256": "ab" * 32})
    assert (other_text.status_code, other_text.json()["type"]) == (
        409,
        "/problems/other-text-read",
    )
    by_key = await client.post(own, json={"content_sha256": "ab" * 32})
    assert (by_key.status_code, by_key.json()["type"]) == (403, "/problems/person-needed")


async def test_a_draft_is_nobodys_to_acknowledge(office: Office) -> None:
    version = await office.draft(await office.policy())
    assert (await office.biller.get(f"{OWN}/{version.rsplit('/', 1)[1]}")).status_code == 404
    assert (await office.biller.get(version)).status_code == 403


async def test_who_has_not_is_reminded_once_for_each_lead(
    office: Office, storage: PostgresStorage, company: CompanyForTests, clock: FixedClock
) -> None:
    version = await office.approved(await office.policy(acknowledge_days=7))
    await office.acknowledge(office.one, version)

    async def reminded() -> int:
        actor = Actor(SYSTEM_ACTOR_ID, new_id())
        async with storage.transaction(company.id, actor) as store:
            return await remind_of_policies(store)

    assert [await reminded(), await reminded()] == [1, 0]
    kinds = {}
    for client in (office.one, office.biller):
        listed = (await client.get("/api/v1/notifications")).json()["items"]
        kinds[client] = [each["kind"] for each in listed]
    assert "policy_acknowledgement_due" not in kinds[office.one]
    assert kinds[office.biller] == ["policy_acknowledgement_due"]
    clock.move(dt.timedelta(days=6))
    assert [await reminded(), await reminded()] == [1, 0]


async def test_reviews_are_due_from_the_approval_or_the_last_review(
    office: Office, clock: FixedClock
) -> None:
    policy = await office.policy()
    nothing = await office.one.post(f"{policy}/reviews", json={"outcome": "still_right"})
    assert (nothing.status_code, nothing.json()["type"]) == (409, "/problems/nothing-to-review")
    await office.approved(policy, effective_on="2020-02-29")  # in effect for long

    async def due(on: str, days_ahead: int) -> list[tuple[str, bool]]:
        found = await office.one.get(
            f"{POLICIES}/due-for-review", params={"on": on, "days_ahead": days_ahead}
        )
        return [(each["due_on"], each["is_overdue"]) for each in found.json()["items"]]

    assert await due("2027-02-01", 28) == []
    assert await due("2027-02-01", 29) == [("2027-03-02", False)]
    assert await due("2027-03-03", 0) == [("2027-03-02", True)]
    assert await due("2026-03-01", 3660) == []  # nobody had approved it yet
    clock.move(dt.timedelta(days=30))
    await sign_in(office.one, office.people[0])
    review = {"outcome": "needs_change", "note": "the phone number"}
    assert (await office.one.post(f"{policy}/reviews", json=review)).status_code == 201
    assert await due("2027-02-01", 60) == [("2027-03-02", False)]
    review = {"outcome": "still_right"}
    assert (await office.one.post(f"{policy}/reviews", json=review)).status_code == 201
    assert await due("2027-02-01", 60) == [("2027-04-01", False)]


async def test_what_changed_can_be_read(office: Office) -> None:
    policy = await office.policy()
    first = await office.approved(policy)
    second = await office.draft(policy, "minor", content=TEXT.replace("told so", "told so gently"))
    changes = await office.one.get(
        f"{second}/changes", params={"compared_to_id": first.rsplit("/", 1)[1]}
    )
    assert changes.status_code == 200, changes.text
    blocks = changes.json()["blocks"]
    assert [each["is_changed"] for each in blocks] == [False, True]
    assert blocks[1]["later_line"] == 3
    assert [(each["edit"], each["text"]) for each in blocks[1]["pieces"]] == [
        ("kept", "Whoever breaks a rule is told so"),
        ("added", " gently"),
        ("kept", ".\n"),
    ]
    elsewhere = await office.draft(await office.policy())
    refused = await office.one.get(
        f"{second}/changes", params={"compared_to_id": elsewhere.rsplit("/", 1)[1]}
    )
    assert refused.status_code == 400


async def test_a_draft_can_be_given_up(office: Office) -> None:
    policy = await office.policy()
    version = await office.draft(policy)
    gone = await office.one.delete(version, headers=await tagged(office.one, version))
    assert gone.status_code == 204
    assert (await office.one.get(version)).status_code == 404
    await office.draft(policy)


async def test_a_file_is_read_and_acknowledged_by_whom_it_concerns(office: Office) -> None:
    scan = b"Whoever breaks a rule is told so.\n"
    kept = await office.one.post(
        "/api/v1/files", content=scan, params={"file_name": "sanctions.txt"}
    )
    assert kept.status_code == 201, kept.text
    file_id = kept.json()["id"]
    policy = await office.policy()
    version = await office.approved(policy, content=None, file_id=file_id)
    own = f"{OWN}/{version.rsplit('/', 1)[1]}"
    read = (await office.biller.get(own)).json()
    assert (read["content"], read["file_id"]) == (None, file_id)
    assert read["content_sha256"] == hashlib.sha256(scan).hexdigest()
    assert (await office.biller.get(f"{own}/file")).content == scan
    assert (await office.acknowledge(office.biller, version)).status_code == 201
    second = await office.approved(policy, "minor")
    refused = await office.one.get(
        f"{second}/changes", params={"compared_to_id": version.rsplit("/", 1)[1]}
    )
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/files-not-compared")
    assert (await office.biller.get(f"{OWN}/{second.rsplit('/', 1)[1]}/file")).status_code == 404


async def test_an_approval_and_a_withdrawal_at_once_do_not_both_win(office: Office) -> None:
    version = await office.draft(await office.policy())
    request = await office.submitted(version)
    answers = await asyncio.gather(
        decide(office.other, request), decide(office.one, request, "withdraw")
    )
    done, refused = sorted(each.status_code for each in answers)
    assert (done, refused in (409, 412)) == (200, True)
    approved = answers[0].status_code == 200
    assert await status(office.one, version) == ("in_force" if approved else "draft")


async def test_one_acknowledges_once_also_at_once(office: Office) -> None:
    version = await office.approved(await office.policy())
    answers = await asyncio.gather(*(office.acknowledge(office.biller, version) for _ in range(2)))
    assert sorted(each.status_code for each in answers) == [201, 409]


async def test_a_text_is_a_text_or_a_file(office: Office) -> None:
    policy = await office.policy()
    for said in ({}, {"content": TEXT, "file_id": str(new_id())}):
        both = {"change": "major", "effective_on": "2026-03-01"} | said
        assert (await office.one.post(f"{policy}/versions", json=both)).status_code == 422
    absent = {"change": "major", "effective_on": "2026-03-01", "file_id": str(new_id())}
    refused = await office.one.post(f"{policy}/versions", json=absent)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/file_id")
