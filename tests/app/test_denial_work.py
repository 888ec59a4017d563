"""Working denials over HTTP."""

import httpx
import pytest
from litestar import Litestar

from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from storage.tables.ledger import Denial
from storage.vocabulary.identity import Role
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.denials import denied
from tests.builders.people import browser, make_person, sign_in

pytestmark = pytest.mark.anyio

QUEUE = "/api/v1/denials/queue"


@pytest.fixture
async def denial(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Denial:
    """A claim of 100.00 that its payer has refused."""
    return await denied(await Books.open(storage, vault, company))


async def test_the_queue_shows_why_a_denial_stands_where_it_stands(
    client: httpx.AsyncClient, denial: Denial
) -> None:
    page = (await client.get(QUEUE)).json()
    (item,) = page["items"]
    assert (item["denial"]["id"], item["bucket"]) == (str(denial.id), "at_risk")
    assert item["days_left"] < 0
    value = item["value"]
    assert value["expected_cents"] == 5_000 - value["work_cost_cents"]
    assert "10000 x 5000 / 10000 = 5000" in value["formula"]
    assert page["next_cursor"] is None


async def test_a_cursor_of_another_list_is_refused(client: httpx.AsyncClient) -> None:
    for cursor in ("AAAA", "_" * 39, "not a cursor"):
        answer = await client.get(QUEUE, params={"cursor": cursor})
        assert answer.status_code == 400, answer.text


async def test_a_denial_is_taken_noted_resolved_and_reopened(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests, denial: Denial
) -> None:
    person = await make_person(storage, company, Role.RCM_STAFF)
    url = f"/api/v1/denials/{denial.id}"
    async with browser(application) as client:
        await sign_in(client, person)
        blind = await client.post(f"{url}/take")
        taken = await client.post(f"{url}/take", headers={"If-Match": '"1"'})
        assert (blind.status_code, taken.status_code) == (428, 200)
        assert taken.json()["assigned_person_id"] == str(person.id)
        mine = await client.get(QUEUE, params={"assigned_person_id": str(person.id)})
        assert len(mine.json()["items"]) == 1
        noted = await client.post(f"{url}/notes", json={"text": "Called.\nOn file."})
        assert noted.status_code == 201
        listed = (await client.get(f"{url}/notes")).json()["items"]
        assert [(each["text"], each["recorded_by"]) for each in listed] == [
            ("Called.\nOn file.", str(person.id))
        ]
        gone = await client.post(
            f"{url}/resolve",
            json={"resolution": "given_up", "note": "Too little"},
            headers={"If-Match": taken.headers["ETag"]},
        )
        assert (gone.status_code, gone.json()["status"]) == (200, "resolved")
        assert (await client.get(QUEUE)).json()["items"] == []
        (found,) = (await client.get("/api/v1/denials?status=resolved")).json()["items"]
        assert found["resolution_note"] == "Too little"
        back = await client.post(
            f"{url}/reopen",
            json={"reason": "They called back"},
            headers={"If-Match": gone.headers["ETag"]},
        )
        assert (back.json()["status"], back.json()["resolution"]) == ("open", None)
