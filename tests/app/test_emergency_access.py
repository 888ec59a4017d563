"""Breaking the glass: it works, everybody who must know hears of it, and it ends."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import psycopg
import pytest
from litestar import Litestar
from psycopg import errors

from services.identity.authentication import EMERGENCY_SCOPES
from services.identity.scopes import Scope
from storage.embedded import RoleAddresses
from storage.filters import AccessFilter, OutboxFilter
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.tables.identity import CompanyRoleFields
from storage.trail.forms import CURRENT_FORM, FORMS
from storage.vocabulary.identity import Role
from tests.builders.claims import make_patient
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import PASSWORD, PersonForTests, browser, make_person, prove, sign_in
from tests.builders.tenant_rows import bind, insert

pytestmark = pytest.mark.anyio

URL = "/api/v1/emergency-accesses"
PATIENTS = "/api/v1/patients"
WHY = {"reason": "treatment", "explanation": "Unconscious in the emergency room, allergies needed"}
VERDICT = {"verdict": "justified", "note": "Matches the admission of that hour"}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@dataclass
class Ward:
    """A viewer who may not read patients, and those who watch over that."""

    viewer: httpx.AsyncClient
    officer: httpx.AsyncClient
    administrator: httpx.AsyncClient
    people: dict[Role, PersonForTests]


@pytest.fixture
async def ward(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[Ward]:
    await make_patient(storage, company)
    async with AsyncExitStack() as stack:
        clients, people = [], {}
        for role in (Role.VIEWER, Role.COMPLIANCE_OFFICER, Role.ADMINISTRATOR):
            client = await stack.enter_async_context(browser(application))
            people[role] = await make_person(storage, company, role)
            await sign_in(client, people[role])
            clients.append(client)
        yield Ward(*clients, people)


async def test_it_lets_somebody_read_at_once_and_only_read(ward: Ward) -> None:
    assert (await ward.viewer.get(PATIENTS)).status_code == 403
    taken = await ward.viewer.post(URL, json=WHY)
    assert taken.status_code == 201, taken.text
    assert len((await ward.viewer.get(PATIENTS)).json()["items"]) == 1
    assert (await ward.viewer.get("/api/v1/claims")).status_code == 200
    written = await ward.viewer.post(PATIENTS, json={"medical_record_number": "M-1"})
    assert written.status_code == 403
    assert (await ward.viewer.get("/api/v1/audit-log")).status_code == 403


async def test_what_was_read_is_marked_in_the_log_which_the_seals_cover(ward: Ward) -> None:
    await ward.viewer.get("/api/v1/payers")
    taken = (await ward.viewer.post(URL, json=WHY)).json()
    await ward.viewer.get(PATIENTS)
    found = await ward.officer.get(
        "/api/v1/access-log", params={"emergency_access_id": taken["id"]}
    )
    (entry,) = [each for each in found.json()["items"] if each["operation"] == "list_patients"]
    assert entry["emergency_access_id"] == taken["id"]
    assert entry["recorded_by"] == str(ward.people[Role.VIEWER].id)
    assert len(entry["patient_ids"]) == 1
    assert "emergency_access_id" in FORMS[CURRENT_FORM]["api_log"]


async def test_it_is_over_when_its_time_is_and_is_not_prolonged(
    ward: Ward, clock: FixedClock
) -> None:
    await ward.viewer.post(URL, json=WHY)
    again = await ward.viewer.post(URL, json=WHY)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/emergency-access-held")
    for _ in range(2):  # the session is used, so that it does not end for being idle
        clock.move(dt.timedelta(minutes=29, seconds=59))
        assert (await ward.viewer.get(PATIENTS)).status_code == 200
    clock.move(dt.timedelta(seconds=2))
    assert (await ward.viewer.get(PATIENTS)).status_code == 403
    unproven = await ward.viewer.post(URL, json=WHY)
    assert (unproven.status_code, unproven.json()["type"]) == (
        403,
        "/problems/reauthentication-needed",
    )
    await ward.viewer.put("/api/v1/sessions/current/proof", json={"password": PASSWORD})
    assert (await ward.viewer.post(URL, json=WHY)).status_code == 201


async def test_everybody_who_must_know_is_told_in_the_same_transaction(
    ward: Ward, storage: PostgresStorage, company: CompanyForTests
) -> None:
    await ward.viewer.post(URL, json=WHY)
    async with storage.transaction(company.id, company.actor) as store:
        letters = await store.outbox_messages.all(OutboxFilter())
    told = {ward.people[role].email for role in (Role.COMPLIANCE_OFFICER, Role.ADMINISTRATOR)}
    assert {each.recipient for each in letters if each.purpose == "emergency_access"} == told
    refused = await ward.viewer.post(URL, json=WHY)
    assert refused.status_code == 409
    async with storage.transaction(company.id, company.actor) as store:
        assert len(await store.outbox_messages.all(OutboxFilter())) == len(letters)


async def test_whoever_reviews_by_a_role_of_the_company_is_told_as_well(
    ward: Ward, storage: PostgresStorage, company: CompanyForTests
) -> None:
    guards = [await make_person(storage, company, Role.VIEWER) for _ in range(2)]
    scopes = (Scope.ACCESS_REVIEW, Scope.CLAIMS_READ)
    async with storage.transaction(company.id, company.actor) as store:
        for guard, scope in zip(guards, scopes, strict=True):
            fields = CompanyRoleFields(name=f"May {scope}", scopes=[scope.value])
            role = await store.company_roles.create(fields)
            changes = {"role": None, "role_id": role.id}
            await store.people.update(guard.id, changes, expected_version=guard.version)
    await ward.viewer.post(URL, json=WHY)
    async with storage.transaction(company.id, company.actor) as store:
        letters = await store.outbox_messages.all(OutboxFilter(purpose="emergency_access"))
    told = {ward.people[role].email for role in (Role.COMPLIANCE_OFFICER, Role.ADMINISTRATOR)}
    assert {each.recipient for each in letters} == told | {guards[0].email}


async def test_no_key_takes_it_and_none_is_made_with_it(
    client: httpx.AsyncClient,
    application: Litestar,
    storage: PostgresStorage,
    company: CompanyForTests,
    ward: Ward,
) -> None:
    refused = await client.post(URL, json=WHY)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/person-needed")
    role = {"name": "Key keeper", "scopes": ["keys:manage", "people:read"]}
    made = await ward.administrator.post("/api/v1/roles", json=role)
    assert made.status_code == 201, made.text
    keeper = await make_person(storage, company, Role.VIEWER, is_enrolled=True)
    async with storage.transaction(company.id, company.actor) as store:
        person = await store.people.get(keeper.id)
        await store.people.update(
            keeper.id,
            {"role": None, "role_id": made.json()["id"]},
            expected_version=person.version,
        )
    async with browser(application) as page:
        await sign_in(page, keeper)
        await prove(page, keeper)
        assert (await page.post(URL, json=WHY)).status_code == 201
        assert (await page.get(PATIENTS)).status_code == 200
        key = await page.post("/api/v1/keys", json={"name": "k", "scopes": ["patients:read"]})
        assert (key.status_code, key.json()["type"]) == (403, "/problems/privilege-too-high")


async def test_who_can_read_anyway_does_not_take_it(ward: Ward) -> None:
    await prove(ward.administrator, ward.people[Role.ADMINISTRATOR])
    refused = await ward.administrator.post(URL, json=WHY)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/emergency-not-needed")


async def test_it_wants_a_reason_of_the_list_and_an_explanation(ward: Ward) -> None:
    for body in ({}, {"reason": "treatment"}, {**WHY, "reason": "curiosity"}):
        assert (await ward.viewer.post(URL, json=body)).status_code == 422


async def test_a_company_sets_how_long_it_holds_or_does_without(ward: Ward) -> None:
    url, minutes = "/api/v1/company", "emergency_access_minutes"
    tag = (await ward.administrator.get(url)).headers["ETag"]
    for wrong in (0, 14, 241):
        answer = await ward.administrator.patch(
            url, json={minutes: wrong}, headers={"If-Match": tag}
        )
        assert answer.status_code == 422
    off = await ward.administrator.patch(url, json={minutes: None}, headers={"If-Match": tag})
    assert off.json()[minutes] is None
    refused = await ward.viewer.post(URL, json=WHY)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/emergency-access-off")
    tag = off.headers["ETag"]
    await ward.administrator.patch(url, json={minutes: 15}, headers={"If-Match": tag})
    taken = (await ward.viewer.post(URL, json=WHY)).json()
    begun, ends = (dt.datetime.fromisoformat(taken[at]) for at in ("created_at", "expires_at"))
    assert ends - begun == dt.timedelta(minutes=15)


async def test_somebody_else_reviews_it_once(ward: Ward) -> None:
    taken = await ward.viewer.post(URL, json=WHY)
    url, tag = taken.headers["Location"], {"If-Match": '"1"'}
    missing = await ward.viewer.post(f"{url}/review", json=VERDICT, headers=tag)
    assert missing.status_code == 403
    stale = await ward.officer.post(f"{url}/review", json=VERDICT, headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    reviewed = await ward.officer.post(f"{url}/review", json=VERDICT, headers=tag)
    assert (reviewed.status_code, reviewed.json()["reviewed_at"] is None) == (200, False)
    twice = await ward.administrator.post(
        f"{url}/review", json=VERDICT, headers={"If-Match": '"2"'}
    )
    assert (twice.status_code, twice.json()["legal"]) == (409, [])
    detail = (await ward.officer.get(url)).json()
    review = detail["review"]
    assert "company_id" not in detail["access"].keys() | review.keys()
    assert (review["verdict"], review["recorded_by"]) == (
        "justified",
        str(ward.people[Role.COMPLIANCE_OFFICER].id),
    )


async def test_nobody_reviews_their_own_and_the_keys_say_so_too(
    addresses: RoleAddresses, storage: PostgresStorage, company: CompanyForTests, ward: Ward
) -> None:
    taken = (await ward.viewer.post(URL, json=WHY)).json()
    viewer = ward.people[Role.VIEWER]
    async with storage.transaction(company.id, company.actor) as store:
        person = await store.people.get(viewer.id)
        reviewers = await store.company_roles.create(
            CompanyRoleFields(name="Reviewers", scopes=[Scope.ACCESS_REVIEW])
        )
        changes = {"role": None, "role_id": reviewers.id}
        await store.people.update(person.id, changes, expected_version=person.version)
    own = await ward.viewer.post(
        f"{URL}/{taken['id']}/review", json=VERDICT, headers={"If-Match": '"1"'}
    )
    assert (own.status_code, own.json()["type"]) == (403, "/problems/own-emergency")
    row = {
        "company_id": str(company.id),
        "id": str(new_id()),
        "recorded_at": taken["created_at"],
        "recorded_by": str(viewer.id),
        "access_id": taken["id"],
        "person_id": str(viewer.id),
        **VERDICT,
    }
    other = str(ward.people[Role.ADMINISTRATOR].id)
    with psycopg.connect(addresses.app) as connection:
        bind(connection, company.id)
        with pytest.raises(errors.CheckViolation), connection.transaction():
            insert(connection, "emergency_reviews", row)
        with pytest.raises(errors.ForeignKeyViolation), connection.transaction():
            insert(connection, "emergency_reviews", row | {"person_id": other})
        connection.rollback()


async def test_what_nobody_reviews_in_time_is_listed_as_overdue(
    application: Litestar, ward: Ward, clock: FixedClock
) -> None:
    taken = (await ward.viewer.post(URL, json=WHY)).json()

    async def overdue(client: httpx.AsyncClient) -> list[str]:
        found = await client.get(URL, params={"is_overdue": True})
        return [each["id"] for each in found.json()["items"]]

    assert await overdue(ward.officer) == []
    clock.move(dt.timedelta(days=3))
    officer = ward.people[Role.COMPLIANCE_OFFICER]
    async with browser(application) as later:
        await sign_in(later, officer)
        assert await overdue(later) == [taken["id"]]
        await later.post(f"{URL}/{taken['id']}/review", json=VERDICT, headers={"If-Match": '"1"'})
        assert await overdue(later) == []


async def test_the_trail_keeps_that_it_was_taken(
    ward: Ward, storage: PostgresStorage, company: CompanyForTests
) -> None:
    taken = (await ward.viewer.post(URL, json=WHY)).json()
    trail = await ward.officer.get("/api/v1/audit-log", params={"entity": "emergency_accesses"})
    (entry,) = trail.json()["items"]
    assert (entry["entity_id"], entry["after"]["reason"]) == (taken["id"], "treatment")
    async with storage.transaction(company.id, company.actor) as store:
        before = await store.api_log.all(AccessFilter(operation="list_patients"))
    assert before == []


async def test_emergencies_are_for_reading() -> None:
    assert all(scope.endswith(":read") for scope in EMERGENCY_SCOPES)
