"""The queue of exceptions over HTTP: the ways out, and who may take them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import httpx
import pytest
from litestar import Litestar

from storage.files import FileVault
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.tables.remittances import RemittanceException
from storage.vocabulary.claims import ClaimStatus, ExceptionKind, LedgerAccount, LedgerKind
from storage.vocabulary.identity import Role
from tests.builders.books import Balances, Books
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.people import browser, colleagues, make_person, sign_in
from tests.builders.remittance_files import Cas, Claim, Line

pytestmark = pytest.mark.anyio

URL = "/api/v1/remittance-exceptions"
WHY = {"reason": "the payer told us so on the phone"}
OFF_BY_A_CENT = Claim(lines=[Line(paid_cents=8_001)], paid_cents=8_001)
MOVES = {
    "match": {"claim_id": str(new_id())},
    "reject": WHY,
    "return": WHY,
    "request-release": WHY,
    "approve-release": None,
    "refuse-release": WHY,
}


@pytest.fixture
def clock() -> FixedClock:
    """It stands still, so that no code goes out of date while it is typed."""
    return FixedClock()


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """Books with one payer and one claim."""
    books = await Books.open(storage, vault, company)
    await books.claim()
    return books


@dataclass
class Desk:
    """Two managers and a clerk, signed in."""

    asks: httpx.AsyncClient
    decides: httpx.AsyncClient
    clerk: httpx.AsyncClient


@pytest.fixture
async def desk(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests
) -> AsyncIterator[Desk]:
    roles = (Role.RCM_MANAGER, Role.RCM_MANAGER, Role.RCM_STAFF)
    async with colleagues(application, storage, company, *roles) as found:
        yield Desk(*(each.client for each in found))


async def queued(books: Books, claim: Claim = OFF_BY_A_CENT) -> RemittanceException:
    """A claim that waits."""
    await books.pay(claim)
    (exception,) = await books.exceptions()
    return exception


async def move(
    client: httpx.AsyncClient,
    exception: RemittanceException,
    name: str,
    body: object = None,
    *,
    version: int | None = None,
) -> httpx.Response:
    """Take one of the ways out, with the version that was read last unless one is given."""
    url = f"{URL}/{exception.id}"
    if version is None:
        version = (await client.get(url)).json().get("version", 1)
    headers = {"If-Match": f'"{version}"'}
    if body is None:
        return await client.post(f"{url}/{name}", headers=headers)
    return await client.post(f"{url}/{name}", json=body, headers=headers)


async def test_the_queue_shows_what_waits_and_everything_the_payer_said(
    client: httpx.AsyncClient, books: Books
) -> None:
    exception = await queued(books)
    await books.pay(Claim(patient_control_number="NOBODY"))
    listed = (await client.get(URL, params={"status": "open", "kind": "unbalanced"})).json()
    (row,) = listed["items"]
    assert (row["id"], row["difference_cents"]) == (str(exception.id), -1)
    assert (row["charge_cents"], row["paid_cents"]) == (10_000, 8_001)
    detail = (await client.get(f"{URL}/{exception.id}")).json()
    assert detail["content"]["lines"][0]["paid_cents"] == 8_001
    by_number = await client.get(URL, params={"patient_control_number": "NOBODY"})
    assert [each["kind"] for each in by_number.json()["items"]] == ["unmatched"]


async def test_candidates_have_the_charge_and_the_day_and_are_never_posted_by_themselves(
    client: httpx.AsyncClient, books: Books
) -> None:
    await books.claim("PCN0002", charges=(9_999,))
    exception = await queued(books, Claim(patient_control_number="NOBODY"))
    found = await client.get(f"{URL}/{exception.id}/candidates")
    assert [each["patient_control_number"] for each in found.json()["items"]] == ["PCN0001"]
    assert await books.balances() == Balances(0, 0, 0, 10_000)


async def test_a_match_posts_to_the_claim_that_was_chosen(
    client: httpx.AsyncClient, books: Books
) -> None:
    exception = await queued(books, Claim(patient_control_number="NOBODY"))
    claim = await books.row()
    matched = await move(client, exception, "match", {"claim_id": str(claim.id)})
    assert matched.status_code == 200, matched.text
    assert (matched.json()["status"], matched.json()["claim_id"]) == ("posted", str(claim.id))
    assert await books.balances() == Balances(8_000, 2_000, 0, 0)
    assert await books.unapplied_cash() == 0
    (decision,) = await books.adjudications()
    assert decision.exception_id == exception.id
    await books.assert_sound()


async def test_a_match_that_the_claim_cannot_take_leaves_everything_as_it_was(
    client: httpx.AsyncClient, books: Books
) -> None:
    draft = await books.claim("PCN0002", status=ClaimStatus.DRAFT)
    exception = await queued(books, Claim(patient_control_number="NOBODY"))
    refused = await move(client, exception, "match", {"claim_id": str(draft)})
    assert (refused.status_code, refused.json()["kind"]) == (409, "claim_not_submitted")
    (still,) = await books.exceptions()
    assert (still.version, still.claim_id, still.kind) == (
        exception.version,
        None,
        ExceptionKind.UNMATCHED,
    )
    assert await books.unapplied_cash() == 8_000


async def test_a_match_with_a_claim_that_does_not_exist_says_which_field_is_wrong(
    client: httpx.AsyncClient, books: Books
) -> None:
    exception = await queued(books, Claim(patient_control_number="NOBODY"))
    refused = await move(client, exception, "match", {"claim_id": str(new_id())})
    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/claim_id"]


async def test_a_person_may_match_a_reversal_whose_adjustments_differ(
    client: httpx.AsyncClient, books: Books
) -> None:
    await books.pay(Claim())
    sloppy = Claim(status_code="22", lines=[], charge_cents=-10_000, paid_cents=-8_000)
    exception = await queued(books, _balanced(sloppy))
    claim = await books.row()
    matched = await move(client, exception, "match", {"claim_id": str(claim.id)})
    assert matched.status_code == 200, matched.text
    assert await books.balances() == Balances(0, 0, 0, 10_000)
    await books.assert_sound()


async def test_a_rejection_closes_it_and_its_money_stays_unapplied(
    client: httpx.AsyncClient, books: Books
) -> None:
    exception = await queued(books)
    rejected = await move(client, exception, "reject", WHY)
    assert (rejected.status_code, rejected.json()["status"]) == (200, "rejected")
    assert rejected.json()["resolution_note"] == WHY["reason"]
    assert await books.unapplied_cash() == 8_001
    await books.assert_sound()


async def test_a_return_owes_the_money_back_to_the_payer(
    client: httpx.AsyncClient, books: Books
) -> None:
    exception = await queued(books)
    returned = await move(client, exception, "return", WHY)
    assert (returned.status_code, returned.json()["status"]) == (200, "returned")
    entry = (await books.ledger())[-1]
    assert (entry.kind, entry.amount_cents) == (LedgerKind.RETURN, 8_001)
    assert entry.exception_id == exception.id
    assert await books.unapplied_cash() == 0
    assert await books.account(LedgerAccount.REFUND_PAYABLE) == -8_001
    await books.assert_sound()


async def test_a_release_as_received_takes_two_people(desk: Desk, books: Books) -> None:
    exception = await queued(books)
    asked = await move(desk.asks, exception, "request-release", WHY)
    assert (asked.status_code, asked.json()["status"]) == (200, "release_requested")
    own = await move(desk.asks, exception, "approve-release")
    assert (own.status_code, own.json()["type"]) == (403, "/problems/second-person-needed")
    assert (await books.balances()).payments == 0
    approved = await move(desk.decides, exception, "approve-release")
    assert approved.status_code == 200, approved.text
    assert (approved.json()["status"], approved.json()["is_released"]) == ("posted", True)
    assert approved.json()["release_reason"] == WHY["reason"]
    assert await books.balances() == Balances(8_001, 2_000, 0, -1)
    assert await books.unapplied_cash() == 0
    await books.assert_sound()


async def test_a_key_is_no_person_and_releases_nothing(
    client: httpx.AsyncClient, desk: Desk, books: Books
) -> None:
    exception = await queued(books)
    asked = await move(client, exception, "request-release", WHY)
    assert (asked.status_code, asked.json()["type"]) == (403, "/problems/person-needed")
    await move(desk.asks, exception, "request-release", WHY)
    for name in ("approve-release", "refuse-release"):
        refused = await move(client, exception, name, MOVES[name])
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/person-needed")
    assert (await books.balances()).payments == 0


async def test_whoever_worked_it_before_cannot_approve_it_later(desk: Desk, books: Books) -> None:
    exception = await queued(books)
    await move(desk.decides, exception, "request-release", WHY)
    refused = await move(desk.asks, exception, "refuse-release", WHY)
    assert (refused.status_code, refused.json()["status"]) == (200, "open")
    await move(desk.clerk, exception, "request-release", WHY)
    answer = await move(desk.decides, exception, "approve-release")
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/second-person-needed")
    assert (await books.balances()).payments == 0


async def test_whoever_refused_a_release_may_grant_the_next_one_and_work_on_none(
    desk: Desk, books: Books
) -> None:
    exception = await queued(books)
    await move(desk.clerk, exception, "request-release", WHY)
    await move(desk.asks, exception, "refuse-release", WHY)
    for name in ("match", "reject", "return", "request-release"):
        body = {"claim_id": str((await books.row()).id)} if name == "match" else WHY
        worked = await move(desk.asks, exception, name, body)
        assert (worked.status_code, worked.json()["type"]) == (403, "/problems/decided-before")
    await move(desk.clerk, exception, "request-release", WHY)
    granted = await move(desk.asks, exception, "approve-release")
    assert granted.status_code == 200, granted.text


async def test_a_clerk_may_ask_for_a_release_and_not_grant_it(desk: Desk, books: Books) -> None:
    exception = await queued(books)
    await move(desk.asks, exception, "request-release", WHY)
    refused = await move(desk.clerk, exception, "approve-release")
    assert (refused.status_code, refused.json()["scope"]) == (403, "remittances:release")


async def test_only_what_does_not_add_up_can_be_released(desk: Desk, books: Books) -> None:
    exception = await queued(books, Claim(patient_control_number="NOBODY"))
    refused = await move(desk.asks, exception, "request-release", WHY)
    assert (refused.status_code, refused.json()["kind"]) == (409, "unmatched")


async def test_what_was_closed_allows_no_further_move(
    client: httpx.AsyncClient, desk: Desk, books: Books
) -> None:
    exception = await queued(books)
    await move(client, exception, "return", WHY)
    for name, body in MOVES.items():
        refused = await move(desk.decides, exception, name, body)
        assert (refused.status_code, refused.json()["legal"]) == (409, []), name
        assert refused.json()["state"] == "returned"


async def test_what_was_rejected_can_still_be_returned_to_the_payer(
    client: httpx.AsyncClient, books: Books
) -> None:
    exception = await queued(books)
    rejected = await move(client, exception, "reject", WHY)
    url = f"{URL}/{exception.id}/return"
    tag = {"If-Match": rejected.headers["ETag"]}
    returned = await client.post(url, json=WHY, headers=tag)
    assert (returned.status_code, returned.json()["status"]) == (200, "returned")
    assert await books.unapplied_cash() == 0


@pytest.mark.parametrize("name", ["match", "reject", "return", "request-release"])
async def test_while_a_release_is_asked_for_it_is_only_granted_or_refused(
    desk: Desk, books: Books, name: str
) -> None:
    exception = await queued(books)
    await move(desk.asks, exception, "request-release", WHY)
    refused = await move(desk.decides, exception, name, MOVES[name])
    assert refused.status_code == 409
    assert refused.json()["legal"] == ["open", "posted"]


async def test_every_move_needs_the_version_that_was_read(desk: Desk, books: Books) -> None:
    exception = await queued(books)
    for name, body in MOVES.items():
        url = f"{URL}/{exception.id}/{name}"
        blind = await (desk.asks.post(url) if body is None else desk.asks.post(url, json=body))
        assert blind.status_code == 428, name
    for name in ("reject", "return", "request-release"):
        stale = await move(desk.asks, exception, name, MOVES[name], version=99)
        assert stale.status_code == 412, name
    (still,) = await books.exceptions()
    assert still.version == exception.version


async def test_another_company_finds_nothing_to_move(
    application: Litestar, storage: PostgresStorage, other_company: CompanyForTests, books: Books
) -> None:
    exception = await queued(books)
    async with browser(application) as stranger:
        await sign_in(stranger, await make_person(storage, other_company, Role.ADMINISTRATOR))
        for name, body in MOVES.items():
            answers = []
            for target in (exception.id, new_id()):
                url = f"{URL}/{target}/{name}"
                headers = {"If-Match": '"1"'}
                answers.append(
                    await (
                        stranger.post(url, headers=headers)
                        if body is None
                        else stranger.post(url, json=body, headers=headers)
                    )
                )
            foreign, absent = answers
            assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content)
            assert foreign.status_code == 404, name
        assert (await stranger.get(f"{URL}/{exception.id}")).status_code == 404
        assert (await stranger.get(f"{URL}/{exception.id}/candidates")).status_code == 404
        assert (await stranger.get(URL)).json()["items"] == []


async def test_a_claim_of_another_company_is_no_match(
    client: httpx.AsyncClient,
    storage: PostgresStorage,
    vault: FileVault,
    other_company: CompanyForTests,
    books: Books,
) -> None:
    others = await Books.open(storage, vault, other_company)
    theirs = await others.claim("PCN0009")
    exception = await queued(books, Claim(patient_control_number="PCN0009"))
    assert exception.kind is ExceptionKind.UNMATCHED
    foreign = await move(client, exception, "match", {"claim_id": str(theirs)})
    absent = await move(client, exception, "match", {"claim_id": str(new_id())})
    assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content)
    assert (await others.balances("PCN0009")).payments == 0


async def test_two_people_who_take_one_way_out_at_once_take_it_once(
    client: httpx.AsyncClient, books: Books
) -> None:
    exception = await queued(books)
    answers = await asyncio.gather(
        *(move(client, exception, "return", WHY, version=exception.version) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await books.account(LedgerAccount.REFUND_PAYABLE) == -8_001


def _balanced(claim: Claim) -> Claim:
    """The claim with one adjustment that makes it add up."""
    return replace(claim, adjustments=[Cas("OA", "A2", claim.charge - claim.paid)])
