"""Appeals over HTTP."""

import hashlib

import httpx
import pytest
from litestar import Litestar

from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import PayerType
from storage.vocabulary.identity import Role
from tests.builders.appeals import a_pdf, locked_pdf
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.denials import denied
from tests.builders.people import browser, make_person, prove, sign_in

pytestmark = pytest.mark.anyio


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """Books with a claim that its payer has denied."""
    books = await Books.open(storage, vault, company)
    await denied(books)
    return books


@pytest.fixture
async def claim_url(books: Books) -> str:
    """A claim that its payer has denied."""
    return f"/api/v1/claims/{(await books.row()).id}"


async def draft(client: httpx.AsyncClient, claim_url: str, **content: object) -> httpx.Response:
    """An appeal about the claim."""
    claim = await client.get(claim_url)
    return await client.post(
        f"{claim_url}/appeals",
        json={"reason": "The authorization is on file.\n\nIt is enclosed."} | content,
        headers={"If-Match": claim.headers["ETag"]},
    )


def tagged(answer: httpx.Response) -> dict[str, str]:
    """The condition that nothing has changed since."""
    return {"If-Match": answer.headers["ETag"]}


async def test_an_appeal_is_drafted_rendered_approved_and_too_late_to_be_sent(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests, claim_url: str
) -> None:
    person = await make_person(storage, company, Role.RCM_MANAGER)
    async with browser(application) as client:
        await sign_in(client, person)
        kept = await client.post(
            "/api/v1/files?file_name=notes.pdf",
            content=a_pdf(),
            headers={"Content-Type": "application/octet-stream"},
        )
        drafted = await draft(client, claim_url, file_ids=[kept.json()["id"]])
        assert drafted.status_code == 201, drafted.text
        assert drafted.json()["level_name"] == "First-level provider appeal"
        url = drafted.headers["Location"]
        assert (await client.get(f"{url}/packet")).status_code == 404
        rendered = await client.post(f"{url}/packet", headers=tagged(drafted))
        assert rendered.status_code == 200, rendered.text
        assert rendered.json()["packet_page_count"] == 3
        content = (await client.get(f"{url}/packet")).content
        sha256 = hashlib.sha256(content).hexdigest()
        assert sha256 == rendered.json()["packet_sha256"]
        wanted = {"sha256": sha256}
        asked = await client.post(f"{url}/approve", json=wanted, headers=tagged(rendered))
        assert (asked.status_code, asked.json()["status"]) == (202, "draft")
        request = await client.get(asked.headers["Location"])
        assert request.json()["approval"]["kind"] == "appeal_packet"
        async with browser(application) as reader:
            other = await make_person(storage, company, Role.RCM_MANAGER)
            await sign_in(reader, other)
            await prove(reader, other)
            approved = await reader.post(f"{url}/approve", json=wanted, headers=tagged(rendered))
        assert (approved.status_code, approved.json()["status"]) == (200, "ready")
        fax = {"method": "fax", "reference": "Confirmation 88213"}
        refused = await client.post(f"{url}/submit", json=fax, headers=tagged(approved))
        assert refused.status_code == 409
        assert refused.json()["type"] == "/problems/deadline-passed"
        assert refused.json()["due_on"] == approved.json()["due_on"]
        asked = await client.post(
            f"{url}/late-submission",
            json={"reason": "The portal was down"},
            headers=tagged(approved),
        )
        assert asked.status_code == 202
        request = await client.get(asked.headers["Location"])
        assert request.json()["approval"]["kind"] == "late_appeal"
        (listed,) = (await client.get("/api/v1/appeals?status=ready")).json()["items"]
        assert listed == approved.json()
        (about,) = (await client.get(f"{url}/denials")).json()["items"]
        assert about["appeal_level"] == 1
        (attached,) = (await client.get(f"{url}/attachments")).json()["items"]
        assert attached["title"] == "notes.pdf"


async def test_a_key_cannot_approve(client: httpx.AsyncClient, claim_url: str) -> None:
    drafted = await draft(client, claim_url)
    url = drafted.headers["Location"]
    rendered = await client.post(f"{url}/packet", headers=tagged(drafted))
    answer = await client.post(
        f"{url}/approve",
        json={"sha256": rendered.json()["packet_sha256"]},
        headers=tagged(rendered),
    )
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/person-needed")


async def test_a_stale_appeal_gets_no_packet_and_leaves_no_file(
    client: httpx.AsyncClient, claim_url: str
) -> None:
    drafted = await draft(client, claim_url)
    url = drafted.headers["Location"]
    first = await client.post(f"{url}/packet", headers=tagged(drafted))
    stale = await client.post(f"{url}/packet", headers=tagged(drafted))
    blind = await client.post(f"{url}/packet")
    assert (first.status_code, stale.status_code, blind.status_code) == (200, 412, 428)


async def test_a_protected_file_is_named_in_the_answer(
    client: httpx.AsyncClient, claim_url: str
) -> None:
    kept = await client.post(
        "/api/v1/files?file_name=notes.pdf",
        content=locked_pdf(),
        headers={"Content-Type": "application/octet-stream"},
    )
    drafted = await draft(client, claim_url, file_ids=[kept.json()["id"]])
    answer = await client.post(f"{drafted.headers['Location']}/packet", headers=tagged(drafted))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/attachments/0"


async def test_a_stale_claim_is_not_appealed(client: httpx.AsyncClient, claim_url: str) -> None:
    appeal = {"reason": "Authorisation is on file."}
    blind = await client.post(f"{claim_url}/appeals", json=appeal)
    stale = await client.post(f"{claim_url}/appeals", json=appeal, headers={"If-Match": '"99"'})
    assert (blind.status_code, stale.status_code) == (428, 412)


async def test_another_company_cannot_see_or_move_an_appeal(
    client: httpx.AsyncClient, claim_url: str, other_company: CompanyForTests
) -> None:
    drafted = await draft(client, claim_url)
    theirs = other_company.headers | {"If-Match": '"1"'}
    url = drafted.headers["Location"]
    seen = await client.get(url, headers=theirs)
    moved = await client.post(f"{url}/packet", headers=theirs)
    assert (seen.status_code, moved.status_code) == (404, 404)
    assert (await client.get("/api/v1/appeals", headers=theirs)).json()["items"] == []


async def test_a_rule_that_a_person_confirms_moves_the_open_deadlines(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests, books: Books
) -> None:
    person = await make_person(storage, company, Role.RCM_MANAGER)
    payer = books.payers[0]
    async with browser(application) as client:
        await sign_in(client, person)
        levels = f"/api/v1/payers/{payer.id}/appeal-levels"
        (default,) = (await client.get(levels)).json()["items"]
        assert (default["days"], default["is_verified"], default["rule_id"]) == (90, False, None)
        rule = await client.post(
            "/api/v1/appeal-rules",
            json={
                "payer_id": str(payer.id),
                "level": 1,
                "name": "Provider dispute",
                "days": 120,
                "source": "Provider manual 2025, page 88",
                "effective_from": "2025-01-01",
            },
        )
        assert rule.status_code == 201, rule.text
        assert rule.json()["confirmed_by_person_id"] == str(person.id)
        (own,) = (await client.get(levels)).json()["items"]
        assert (own["days"], own["is_verified"]) == (120, True)
        (denial,) = await books.denials()
        assert (denial.due_on - denial.deadline_started_on).days == 120
        assert (denial.due_is_verified, denial.due_source) == (
            True,
            "Provider manual 2025, page 88",
        )
        ended = await client.patch(
            rule.headers["Location"], json={"effective_to": "2025-03-30"}, headers=tagged(rule)
        )
        assert ended.status_code == 200
        (denial,) = await books.denials()
        assert (denial.due_on - denial.deadline_started_on).days == 90
        gap = await client.post(
            "/api/v1/appeal-rules",
            json={
                "payer_id": str(payer.id),
                "level": 3,
                "name": "Third",
                "days": 30,
                "source": "Manual",
                "effective_from": "2025-01-01",
            },
        )
        assert gap.json()["errors"][0]["pointer"] == "/level"


async def test_the_levels_of_medicare_come_with_this_years_amounts(
    client: httpx.AsyncClient, books: Books
) -> None:
    payer = await books.payer("MED01", type=PayerType.MEDICARE)
    answer = await client.get(f"/api/v1/payers/{payer.id}/appeal-levels")
    items = answer.json()["items"]
    assert [each["level"] for each in items] == [1, 2, 3, 4, 5]
    assert [each["least_cents"] is None for each in items] == [True, True, False, True, False]
    assert [each["is_verified"] for each in items] == [True] * 5
    hearing = items[2]
    assert "405.1006(b)" in hearing["source"]
    assert "FR" in hearing["least_source"]
    assert hearing["least_is_verified"] is not None


async def test_denials_are_listed_and_read(
    client: httpx.AsyncClient, claim_url: str, other_company: CompanyForTests
) -> None:
    listed = (await client.get("/api/v1/denials?status=open&category=authorization")).json()
    (denial,) = listed["items"]
    assert denial["claim_id"] == claim_url.rpartition("/")[2]
    url = f"/api/v1/denials/{denial['id']}"
    read = (await client.get(url)).json()
    assert [each["code"] for each in read.pop("wording")] == ["197"]
    assert read == denial
    assert (await client.get(url, headers=other_company.headers)).status_code == 404
