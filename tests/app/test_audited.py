"""An auditor from outside: what they are given access to, until it ends, and on record."""

import datetime as dt
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.identity import Role
from tests.builders.audits import action, evidence, finding, requirement, started_audit, stepped
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import Colleague, browser, colleagues, make_person, sign_in

pytestmark = pytest.mark.anyio

AUDITED = "/api/v1/audited"
NOON = dt.datetime(2026, 3, 2, 18, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
async def auditor(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[Colleague]:
    async with colleagues(application, storage, company, Role.EXTERNAL_AUDITOR) as (person,):
        yield person


async def opened(
    client: httpx.AsyncClient, audit: str, person: Colleague, ends_on: str = "2026-03-31"
) -> httpx.Response:
    """The answer to an access to an audit."""
    new = {"person_id": str(person.id), "reason": "By contract", "ends_on": ends_on}
    return await client.post(f"{audit}/accesses", json=new)


def seen(audit: str) -> str:
    """Where an auditor from outside finds the audit."""
    return f"{AUDITED}/{audit.rsplit('/', 1)[1]}"


async def test_an_auditor_sees_the_scope_of_their_audit_and_no_other(
    client: httpx.AsyncClient, auditor: Colleague
) -> None:
    inside, _ = await requirement(client, "IN"), await requirement(client, "OUT")
    audit = await started_audit(client, requirement_ids=[inside])
    other = await started_audit(client)
    served, named, nowhere = [await evidence(client) for _ in range(3)]
    await client.post(
        f"/api/v1/compliance/requirements/{inside}/evidence", json={"evidence_id": served}
    )
    found = (await finding(client, audit, evidence_ids=[named])).json()
    await finding(client, other, evidence_ids=[nowhere])
    assert (await opened(client, audit, auditor)).status_code == 201
    look = auditor.client

    async def listed(what: str) -> list[dict[str, dict[str, str]]]:
        return list((await look.get(f"{seen(audit)}/{what}")).json()["items"])

    assert [each["audit"]["id"] for each in (await look.get(AUDITED)).json()["items"]] == [
        audit.rsplit("/", 1)[1]
    ]
    assert (await look.get(seen(audit))).json()["requirement_ids"] == [inside]
    assert [each["requirement"]["id"] for each in await listed("requirements")] == [inside]
    assert [each["finding"]["id"] for each in await listed("findings")] == [found["id"]]
    assert {each["id"] for each in await listed("evidence")} == {served, named}
    assert await listed("corrective-actions") == await listed("attestations") == []
    assert (await look.get(seen(other))).status_code == 404
    assert (await look.get(audit)).status_code == 403


async def test_what_is_done_about_its_findings_is_seen(
    client: httpx.AsyncClient,
    auditor: Colleague,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    new_evidence = await evidence(client)
    who = await make_person(storage, company)
    url = await action(client, who.id)
    await stepped(client, url, "start", version=1)
    done = {"note": "Done.", "evidence_id": new_evidence}
    await stepped(client, url, "complete", done, version=2)
    planned = (await client.get(url)).json()
    audit = f"/api/v1/compliance/audits/{planned['action']['audit_id']}"
    await opened(client, audit, auditor)
    shown = (await auditor.client.get(f"{seen(audit)}/corrective-actions")).json()["items"]
    assert [each["progress"]["assignee_id"] for each in shown] == [str(who.id)]
    listed = (await auditor.client.get(f"{seen(audit)}/evidence")).json()["items"]
    assert [each["id"] for each in listed] == [new_evidence]


async def test_they_download_the_evidence_of_their_audit_only(
    client: httpx.AsyncClient, auditor: Colleague
) -> None:
    content = b"Who left, and when.\n"
    kept = []
    for name in ("in.txt", "out.txt"):
        file = await client.post(
            "/api/v1/files",
            params={"file_name": name},
            content=content,
            headers={"Content-Type": "application/octet-stream"},
        )
        assert file.status_code == 201, file.text
        kept.append(await evidence(client, fact=None, file_id=file.json()["id"]))
    audit = await started_audit(client)
    await finding(client, audit, evidence_ids=[kept[0]])
    await opened(client, audit, auditor)
    inside = await auditor.client.get(f"{seen(audit)}/evidence/{kept[0]}/content")
    assert (inside.status_code, inside.content) == (200, content)
    outside = await auditor.client.get(f"{seen(audit)}/evidence/{kept[1]}/content")
    assert outside.status_code == 404
    log = {"principal_id": str(auditor.id), "operation": "download_audited_evidence"}
    logged = (await client.get("/api/v1/access-log", params=log)).json()["items"]
    assert [(each["outcome"], each["record_id"]) for each in logged] == [
        (404, None),
        (200, kept[0]),
    ]


async def test_it_ends_with_its_last_day(
    client: httpx.AsyncClient, auditor: Colleague, clock: FixedClock
) -> None:
    audit = await started_audit(client)
    await opened(client, audit, auditor, ends_on="2026-03-02")
    end = dt.datetime(2026, 3, 3, 5, tzinfo=dt.UTC)  # midnight in New York
    clock.move(dt.timedelta(minutes=25))
    for _ in range(26):
        assert (await auditor.client.get(seen(audit))).status_code == 200
        clock.move(min(dt.timedelta(minutes=25), end - clock.now() - dt.timedelta(seconds=1)))
    assert clock.now() == end - dt.timedelta(seconds=1)
    clock.move(dt.timedelta(seconds=1))
    assert (await auditor.client.get(seen(audit))).status_code == 404
    assert (await auditor.client.get(AUDITED)).json()["items"] == []


async def test_it_is_revoked_at_once_and_prolonged_before(
    client: httpx.AsyncClient, auditor: Colleague
) -> None:
    audit = await started_audit(client)
    given = await opened(client, audit, auditor)
    assert (await opened(client, audit, auditor)).status_code == 409
    access = given.headers["Location"]
    later = {"ends_on": "2026-06-30"}
    prolonged = await client.patch(access, json=later, headers={"If-Match": '"1"'})
    assert prolonged.json()["ends_at"] == "2026-07-01T04:00:00Z"
    why = {"reason": "The contract has ended."}
    assert (await stepped(client, access, "revoke", why, version=2)).status_code == 200
    assert (await auditor.client.get(seen(audit))).status_code == 404
    assert (await stepped(client, access, "revoke", why, version=3)).status_code == 409
    refused = await client.patch(access, json=later, headers={"If-Match": '"3"'})
    assert refused.status_code == 409
    assert (await opened(client, audit, auditor)).status_code == 201
    assert len((await client.get(f"{audit}/accesses")).json()["items"]) == 2


async def test_it_is_given_to_external_auditors_for_a_year_at_most(
    client: httpx.AsyncClient,
    auditor: Colleague,
    application: Litestar,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    audit = await started_audit(client)
    async with colleagues(application, storage, company, Role.VIEWER) as (viewer,):
        refused = await opened(client, audit, viewer)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/person_id")
    for day in ("2026-03-01", "2027-03-04"):
        refused = await opened(client, audit, auditor, ends_on=day)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/ends_on")


async def test_everything_that_they_read_is_on_record(
    client: httpx.AsyncClient, auditor: Colleague
) -> None:
    audit = await started_audit(client)
    await opened(client, audit, auditor)
    reads = ("", "/findings", "/corrective-actions", "/requirements", "/attestations", "/evidence")
    for what in reads:
        assert (await auditor.client.get(f"{seen(audit)}{what}")).status_code == 200
    log = (await client.get("/api/v1/access-log", params={"principal_id": str(auditor.id)})).json()
    logged = [each for each in log["items"] if "audited" in each["operation"]]
    assert [each["operation"] for each in logged][::-1] == [
        "get_audited",
        "list_audited_findings",
        "list_audited_actions",
        "list_audited_requirements",
        "list_audited_attestations",
        "list_audited_evidence",
    ]
    assert {each["record_id"] for each in logged} == {audit.rsplit("/", 1)[1]}


async def test_who_comes_from_outside_needs_a_second_factor_before_they_see_anything(
    client: httpx.AsyncClient,
    application: Litestar,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    audit = await started_audit(client)
    person = await make_person(storage, company, Role.EXTERNAL_AUDITOR, is_enrolled=False)
    async with browser(application) as page:
        signed_in = await sign_in(page, person)
        assert signed_in.json()["who"]["must_enrol_second_factor"]
        await opened(client, audit, Colleague(page, person))
        for address in (AUDITED, seen(audit), f"{seen(audit)}/evidence"):
            refused = await page.get(address)
            assert (refused.status_code, refused.json()["type"]) == (
                403,
                "/problems/second-factor-due",
            )


async def test_nor_does_another_role_let_their_access_stand_without_one(
    client: httpx.AsyncClient,
    application: Litestar,
    storage: PostgresStorage,
    company: CompanyForTests,
) -> None:
    audit = await started_audit(client)
    person = await make_person(storage, company, Role.EXTERNAL_AUDITOR, is_enrolled=False)
    async with browser(application) as page:
        await sign_in(page, person)
        await opened(client, audit, Colleague(page, person))
        changed = await client.patch(
            f"/api/v1/people/{person.id}", json={"role": "auditor"}, headers=person.unchanged
        )
        assert changed.status_code == 200, changed.text
        assert (await page.get("/api/v1/payers")).status_code == 200
        for address in (AUDITED, seen(audit), f"{seen(audit)}/findings"):
            refused = await page.get(address)
            assert (refused.status_code, refused.json()["type"]) == (
                403,
                "/problems/second-factor-due",
            )
