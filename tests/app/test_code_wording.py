"""Reasons and remarks are shown in the words that the company has loaded, else in ours."""

import datetime as dt
from typing import Any

import httpx
import pytest

from services.claims.appealing import packet
from services.claims.scrubbing.code_tables import NewCodeTable, load_code_table, read_code_file
from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.codes import CodeKind
from tests.builders.appeals import Desk
from tests.builders.books import Books
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import Cas, Claim, Line

pytestmark = pytest.mark.anyio

DENIED = Claim(lines=(Line(adjustments=(Cas("CO", "197", 10_000),), remark_codes=("N999",)),))
THEIRS = "The words of the licensed list"


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    books = await Books.open(storage, vault, company)
    await books.claim()
    await books.pay(DENIED)
    return books


async def load(books: Books, kind: CodeKind, code: str) -> None:
    new = NewCodeTable(
        kind=kind,
        edition="2025",
        source="X12, licence 7",
        effective_from=dt.date(2025, 1, 1),
        file_name="codes.csv",
    )
    file = read_code_file(lambda: [f"code,label\n{code},{THEIRS}\n".encode()])
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await load_code_table(store, new, file)


async def shown(client: httpx.AsyncClient, books: Books) -> list[list[dict[str, Any]]]:
    """The wording at the denial, in the queue and at the decision."""
    (denial,) = await books.denials()
    detail = await client.get(f"/api/v1/denials/{denial.id}")
    assert detail.headers["ETag"] == f'"{denial.version}"'
    queue = await client.get("/api/v1/denials/queue")
    decisions = await client.get(f"/api/v1/claims/{denial.claim_id}/adjudications")
    return [
        detail.json()["wording"],
        queue.json()["items"][0]["wording"],
        decisions.json()["items"][0]["wording"],
    ]


async def test_without_a_table_there_is_our_label_or_the_bare_code(
    books: Books, client: httpx.AsyncClient
) -> None:
    for reason, remark in await shown(client, books):
        assert (reason["code"], reason["source"]) == ("197", "ours")
        assert reason["text"] != ""
        assert remark == {"kind": "remarks", "code": "N999", "text": "", "source": "none"}


async def test_what_the_company_has_loaded_is_shown_everywhere(
    books: Books, client: httpx.AsyncClient
) -> None:
    await load(books, CodeKind.ADJUSTMENT_REASONS, "197")
    await load(books, CodeKind.REMARKS, "N999")
    for wording in await shown(client, books):
        assert [(each["text"], each["source"]) for each in wording] == [(THEIRS, "loaded")] * 2


async def test_the_letter_of_an_appeal_says_it_in_the_loaded_words(books: Books) -> None:
    await load(books, CodeKind.ADJUSTMENT_REASONS, "197")
    desk = await Desk.open(books)
    appeal = await desk.draft()
    async with desk.transaction() as store:
        content = await packet.content_of(store, appeal.id, expected_version=appeal.version)
    (service,) = content.facts.services
    assert service.reason == f"CO-197 {THEIRS} (remarks N999)"
