"""835 files over HTTP."""

import asyncio
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from app.api import remittances as controller
from app.server import Routes
from app.settings import Settings
from services.identity.scopes import Scope
from storage.files import FileVault
from storage.filters import AccessFilter
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from tests.builders.books import Balances, Books
from tests.builders.companies import CompanyForTests, make_key
from tests.builders.remittance_files import Claim, Line, RemittanceFile, Transaction

pytestmark = pytest.mark.anyio

URL = "/api/v1/remittances"
TRANSACTIONS = "/api/v1/remittance-transactions"
FILE = RemittanceFile(
    transactions=[
        Transaction(claims=[Claim()], trace_number="A", payer_identifier="99999"),
        Transaction(claims=[Claim(patient_control_number="PCN0002")], trace_number="B"),
    ]
)
CONTENT = FILE.render()


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """Books with one payer and two claims."""
    books = await Books.open(storage, vault, company)
    await books.claim("PCN0001")
    await books.claim("PCN0002")
    return books


def kept_files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


async def test_a_small_file_is_posted_before_the_answer(
    client: httpx.AsyncClient, books: Books
) -> None:
    posted = await client.post(URL, content=CONTENT, params={"file_name": "march.835"})
    assert posted.status_code == 201, posted.text
    remittance = posted.json()["remittance"]
    assert (remittance["status"], remittance["file_name"]) == ("processed", "march.835")
    assert (remittance["transaction_count"], remittance["claim_count"]) == (2, 2)
    assert [each["status"] for each in posted.json()["transactions"]] == ["posted", "posted"]
    assert [each["posted_count"] for each in posted.json()["transactions"]] == [1, 1]
    assert await books.balances("PCN0001") == Balances(8_000, 2_000, 0, 0)
    followed = await client.get(posted.headers["Location"])
    assert followed.json() == posted.json()
    assert followed.headers["ETag"] == posted.headers["ETag"]


async def test_the_same_bytes_again_are_the_same_remittance(
    client: httpx.AsyncClient, books: Books
) -> None:
    first = await client.post(URL, content=CONTENT)
    again = await client.post(URL, content=CONTENT)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len((await client.get(URL)).json()["items"]) == 1
    assert len(await books.adjudications()) == 2


async def test_five_uploads_at_once_post_once(client: httpx.AsyncClient, books: Books) -> None:
    answers = await asyncio.gather(*(client.post(URL, content=CONTENT) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(await books.adjudications()) == 2
    await books.assert_sound()


async def test_a_large_file_is_accepted_and_posted_behind_the_answer(
    client: httpx.AsyncClient, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controller, "POSTED_AT_ONCE_CLAIMS", 1)
    accepted = await client.post(URL, content=CONTENT)
    assert accepted.status_code == 202
    assert accepted.json()["remittance"]["status"] == "received"
    assert (await books.balances("PCN0001")).payments == 0
    await books.resume(accepted_id(accepted))
    followed = await client.get(accepted.headers["Location"])
    assert followed.json()["remittance"]["status"] == "processed"
    assert (await books.balances("PCN0001")).payments == 8_000
    again = await client.post(URL, content=CONTENT)
    assert (again.status_code, again.json()) == (200, followed.json())


async def test_an_idempotency_key_replays_the_remittance_and_refuses_another_file(
    client: httpx.AsyncClient, books: Books
) -> None:
    key = {"Idempotency-Key": "one"}
    first = await client.post(URL, content=CONTENT, headers=key)
    again = await client.post(URL, content=CONTENT, headers=key)
    other = await client.post(URL, content=CONTENT.replace(b"EXAMPLE CLINIC", b"C"), headers=key)
    assert first.status_code == 201
    assert again.headers["Location"] == first.headers["Location"]
    assert again.json() == first.json()
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert len(await books.adjudications()) == 2


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("remittance.835", CONTENT)
    return packed.getvalue()


LAST_SE = CONTENT.rindex(b"SE*")
CUTS = sorted(
    {*range(1, LAST_SE, 97), 3, 105, 106, CONTENT.index(b"CLP") + 5, LAST_SE, LAST_SE + 4}
)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n \n",
        b"Dear payer",
        bytes(range(256)) * 40,
        zipped(),
        CONTENT.replace(b"ST*835", b"ST*837"),
        *(CONTENT[:at] for at in CUTS),
    ],
    ids=["empty", "blank", "text", "rubbish", "zip", "837", *(f"cut at {at}" for at in CUTS)],
)
async def test_what_is_no_whole_835_is_refused_and_leaves_nothing(
    client: httpx.AsyncClient, books: Books, tmp_path: Path, content: bytes
) -> None:
    refused = await client.post(URL, content=content)
    assert refused.status_code == 422, refused.text
    problem = refused.json()
    assert problem["type"] == "/problems/unreadable-remittance"
    assert problem["segment"] >= 1
    assert problem["reason"]
    assert problem["detail"].endswith("Nothing was posted.")
    assert (await client.get(URL)).json()["items"] == []
    assert (await client.get(TRANSACTIONS)).json()["items"] == []
    assert kept_files(tmp_path) == []
    assert await books.balances("PCN0001") == Balances(0, 0, 0, 10_000)


async def test_a_file_with_one_bad_transaction_posts_the_good_ones_and_says_so(
    client: httpx.AsyncClient, books: Books
) -> None:
    bad = replace(FILE.transactions[0], payment_cents=7_999)
    file = RemittanceFile(transactions=[bad, FILE.transactions[1]])
    posted = await client.post(URL, content=file.render())
    assert posted.status_code == 201
    first, second = posted.json()["transactions"]
    assert (first["status"], first["difference_cents"]) == ("unbalanced", 1)
    assert "1 cents" in first["status_reason"]
    assert second["status"] == "posted"
    assert (await books.balances("PCN0001")).payments == 0
    assert (await books.balances("PCN0002")).payments == 8_000
    waiting = await client.get(TRANSACTIONS, params={"status": "unbalanced"})
    assert [each["id"] for each in waiting.json()["items"]] == [first["id"]]


async def test_an_unreadable_payment_says_so_and_posts_the_rest(
    client: httpx.AsyncClient, books: Books
) -> None:
    content = CONTENT.replace(b"BPR*I*80*", b"BPR*I*8O*", 1)
    posted = await client.post(URL, content=content)
    first, second = posted.json()["transactions"]
    assert (first["status"], second["status"]) == ("in_review", "posted")
    assert first["status_reason"] == "the amount of the payment cannot be read"
    anomalies = await client.get(posted.headers["Location"] + "/anomalies")
    (anomaly,) = anomalies.json()["items"]
    assert (anomaly["kind"], anomaly["transaction_ordinal"]) == ("malformed_amount", 1)
    assert (await books.balances("PCN0001")).payments == 0


async def test_an_upload_over_the_limit_is_refused_and_leaves_nothing(
    routes: Routes,
    storage: PostgresStorage,
    vault: FileVault,
    company: CompanyForTests,
    tmp_path: Path,
) -> None:
    small = routes.serving(Settings(largest_upload_bytes=len(CONTENT) - 1), storage, vault)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=small),
        base_url="http://wellkept.test",
        headers=company.headers,
    ) as client:
        refused = await client.post(URL, content=CONTENT)
        assert refused.status_code == 413
        assert refused.json()["largest_bytes"] == len(CONTENT) - 1
        assert (await client.get(URL)).json()["items"] == []
    assert kept_files(tmp_path) == []


@pytest.mark.parametrize("name", ["", "n" * 256, "a\x00b"])
async def test_a_file_name_that_cannot_be_kept_is_refused(
    client: httpx.AsyncClient, name: str
) -> None:
    refused = await client.post(URL, content=CONTENT, params={"file_name": name})
    assert refused.status_code in (400, 422), refused.text
    assert (await client.get(URL)).json()["items"] == []


async def test_a_stranger_is_not_told_what_is_wrong_with_a_file(
    application: Litestar, storage: PostgresStorage, company: CompanyForTests, tmp_path: Path
) -> None:
    reader, _ = await make_key(storage, company.id, scopes=(Scope.REMITTANCES_READ,))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application), base_url="http://wellkept.test"
    ) as nobody:
        assert (await nobody.post(URL, content=CONTENT)).status_code == 401
        assert (await nobody.post(URL, content=b"")).status_code == 401
        headers = {"Authorization": f"Bearer {reader}"}
        assert (await nobody.post(URL, content=b"", headers=headers)).status_code == 403
    assert kept_files(tmp_path) == []


async def test_the_file_comes_back_byte_for_byte_and_who_took_it_is_on_record(
    client: httpx.AsyncClient, books: Books
) -> None:
    location = (await client.post(URL, content=CONTENT)).headers["Location"]
    downloaded = await client.get(location + "/file")
    assert downloaded.status_code == 200
    assert downloaded.content == CONTENT
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        (access,) = await store.api_log.all(AccessFilter(operation="download_remittance"))
    assert access.patient_ids == [books.patient.id]


@pytest.mark.usefixtures("books")
async def test_another_company_finds_none_of_it(
    client: httpx.AsyncClient, other_company: CompanyForTests
) -> None:
    posted = await client.post(URL, content=CONTENT)
    theirs = other_company.headers
    transaction = f"{TRANSACTIONS}/{posted.json()['transactions'][0]['id']}"
    nowhere = new_id()
    for ours, absent in (
        (posted.headers["Location"], f"{URL}/{nowhere}"),
        (posted.headers["Location"] + "/file", f"{URL}/{nowhere}/file"),
        (posted.headers["Location"] + "/anomalies", f"{URL}/{nowhere}/anomalies"),
        (transaction, f"{TRANSACTIONS}/{nowhere}"),
    ):
        foreign, missing = (
            await client.get(ours, headers=theirs),
            await client.get(absent, headers=theirs),
        )
        assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content)
        assert foreign.status_code == 404
    for url in (URL, TRANSACTIONS):
        assert (await client.get(url, headers=theirs)).json()["items"] == []
    same = await client.post(URL, content=CONTENT, headers=theirs)
    assert same.status_code == 201
    assert [each["status"] for each in same.json()["transactions"]] == ["posted", "posted"]
    assert same.headers["Location"] != posted.headers["Location"]


@pytest.mark.usefixtures("books")
async def test_a_transaction_in_review_is_accepted_or_dismissed_with_its_version(
    client: httpx.AsyncClient,
) -> None:
    await client.post(URL, content=CONTENT)
    other = replace(FILE.transactions[0], claims=[Claim(lines=[Line(charge_cents=2_000)])])
    later = await client.post(URL, content=RemittanceFile(transactions=[other]).render())
    (waiting,) = later.json()["transactions"]
    assert waiting["status"] == "in_review"
    url = f"{TRANSACTIONS}/{waiting['id']}"
    why = {"reason": "it came twice"}
    version = {"If-Match": (await client.get(url)).headers["ETag"]}
    blind = await client.post(url + "/dismiss", json=why)
    stale = await client.post(url + "/dismiss", json=why, headers={"If-Match": '"99"'})
    empty = await client.post(url + "/dismiss", json={"reason": ""}, headers=version)
    assert [blind.status_code, stale.status_code, empty.status_code] == [428, 412, 422]
    dismissed = await client.post(url + "/dismiss", json=why, headers=version)
    assert (dismissed.status_code, dismissed.json()["status"]) == (200, "dismissed")
    after = {"If-Match": dismissed.headers["ETag"]}
    refused = await client.post(url + "/accept", json=why, headers=after)
    assert (refused.status_code, refused.json()["legal"]) == (409, [])


async def test_an_accepted_transaction_posts_behind_the_answer(
    client: httpx.AsyncClient, books: Books
) -> None:
    await client.post(URL, content=CONTENT)
    await books.claim("PCN0003")
    third = Claim(patient_control_number="PCN0003", lines=[Line(adjustments=())])
    other = replace(FILE.transactions[0], claims=[third])
    later = await client.post(URL, content=RemittanceFile(transactions=[other]).render())
    (waiting,) = later.json()["transactions"]
    accepted = await client.post(
        f"{TRANSACTIONS}/{waiting['id']}/accept",
        json={"reason": "another payment"},
        headers={"If-Match": f'"{waiting["version"]}"'},
    )
    assert (accepted.status_code, accepted.json()["status"]) == (202, "received")
    following = await client.get(later.headers["Location"])
    assert following.json()["remittance"]["status"] == "posting"
    await books.resume(accepted_id(later))
    followed = await client.get(later.headers["Location"])
    assert followed.json()["remittance"]["status"] == "processed"
    assert (await books.balances("PCN0003")).payments == 10_000


def accepted_id(answer: httpx.Response) -> UUID:
    return UUID(answer.json()["remittance"]["id"])
