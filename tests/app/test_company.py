"""One's own company over HTTP."""

import httpx
import pytest

from services.identity.scopes import Scope
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.tables.mailboxes import MailboxFields
from tests.builders.companies import CompanyForTests, make_key

pytestmark = pytest.mark.anyio

COMPANY = "/api/v1/company"
FIRST = {"If-Match": '"1"'}


async def test_a_company_is_shown_to_its_own(
    client: httpx.AsyncClient, company: CompanyForTests, other_company: CompanyForTests
) -> None:
    own = await client.get(COMPANY)
    theirs = await client.get(COMPANY, headers=other_company.headers)
    assert (own.json()["id"], own.json()["slug"]) == (str(company.id), company.slug)
    assert theirs.json()["slug"] == other_company.slug
    assert own.headers["ETag"] == '"1"'


async def test_its_zone_holidays_and_retention_can_be_changed(client: httpx.AsyncClient) -> None:
    changes = {
        "name": "Lakeside Clinic",
        "time_zone": "America/Chicago",
        "holiday_calendar": "US-IL",
        "retention_years": 10,
    }
    changed = await client.patch(COMPANY, json=changes, headers=FIRST)
    assert changed.status_code == 200
    assert changes.items() <= (await client.get(COMPANY)).json().items()
    none = await client.patch(COMPANY, json={"holiday_calendar": None}, headers={"If-Match": '"2"'})
    assert none.json()["holiday_calendar"] is None
    assert none.json()["retention_years"] == 10


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"time_zone": "localtime"}, "/time_zone"),
        ({"holiday_calendar": "XX"}, "/holiday_calendar"),
        ({"retention_years": 5}, "/retention_years"),
        ({"retention_years": 101}, "/retention_years"),
        ({"name": ""}, "/name"),
        ({"name": None}, "/name"),
        ({"slug": "another"}, "/slug"),
        ({"access_review_days": 6}, "/access_review_days"),
        ({"correction_cost_cents": -1}, "/correction_cost_cents"),
        ({"roots_email": "not an address"}, "/roots_email"),
        ({"roots_email": "a@b.example, c@d.example"}, "/roots_email"),
        ({"roots_mailbox_id": str(new_id())}, "/roots_mailbox_id"),
    ],
)
async def test_what_cannot_be_is_refused(
    client: httpx.AsyncClient, changes: dict[str, object], pointer: str
) -> None:
    answer = await client.patch(COMPANY, json=changes, headers=FIRST)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_where_its_roots_go_is_its_own_affair(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    company: CompanyForTests,
    other_company: CompanyForTests,
) -> None:
    ids = [await make_mailbox(storage, each) for each in (company, other_company)]
    wanted = {"roots_mailbox_id": ids[0], "roots_email": "Archive@example.org"}
    changed = await client.patch(COMPANY, json=wanted, headers=FIRST)
    assert (changed.json()["roots_mailbox_id"], changed.json()["roots_email"]) == (
        ids[0],
        "archive@example.org",
    )
    foreign = {"roots_mailbox_id": ids[1]}
    refused = await client.patch(COMPANY, json=foreign, headers={"If-Match": '"2"'})
    assert refused.status_code == 422
    off = {"roots_mailbox_id": None, "roots_email": None, "access_review_days": None}
    changed = await client.patch(COMPANY, json=off, headers={"If-Match": '"2"'})
    assert off.items() <= changed.json().items()


async def make_mailbox(storage: PostgresStorage, company: CompanyForTests) -> str:
    async with storage.transaction(company.id, company.actor) as store:
        mailbox = await store.mailboxes.create(
            MailboxFields(
                name="Archive",
                host="archive.example",
                port=22,
                host_key="ssh-ed25519 AAAA",
                host_key_fingerprint="SHA256:x",
                user_name="x",
                sealed_password=b"x",
                write_folder="/in",
            )
        )
    return str(mailbox.id)


async def test_retention_is_never_shortened(client: httpx.AsyncClient) -> None:
    await client.patch(COMPANY, json={"retention_years": 8}, headers=FIRST)
    shorter = await client.patch(COMPANY, json={"retention_years": 7}, headers={"If-Match": '"2"'})
    assert (shorter.status_code, shorter.json()["type"]) == (
        409,
        "/problems/retention-shortened",
    )
    assert (await client.get(COMPANY)).json()["retention_years"] == 8


async def test_a_change_needs_the_version_that_was_read(client: httpx.AsyncClient) -> None:
    blind = await client.patch(COMPANY, json={"name": "X"})
    stale = await client.patch(COMPANY, json={"name": "X"}, headers={"If-Match": '"9"'})
    assert [blind.status_code, stale.status_code] == [428, 412]


async def test_reading_the_company_does_not_allow_to_change_it(
    client: httpx.AsyncClient, storage: PostgresStorage, company: CompanyForTests
) -> None:
    key, _ = await make_key(storage, company.id, scopes=(Scope.COMPANY_READ,))
    reader = {"Authorization": f"Bearer {key}", **FIRST}
    key, _ = await make_key(storage, company.id, scopes=(Scope.PAYERS_READ,))
    stranger = {"Authorization": f"Bearer {key}"}
    assert (await client.get(COMPANY, headers=reader)).status_code == 200
    assert (await client.get(COMPANY, headers=stranger)).status_code == 403
    changed = await client.patch(COMPANY, json={"name": "X"}, headers=reader)
    assert changed.status_code == 403
