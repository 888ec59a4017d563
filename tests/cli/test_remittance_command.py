"""``wellkept remittance post``, run as an operator runs it."""

import asyncio
import base64
import io
import sys
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

from app.cli import main
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.filters import RemittanceFilter
from storage.postgres.transaction import PostgresStorage
from storage.tables.remittances import Remittance
from tests.builders.books import Balances, Books
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING, MASTER_KEY
from tests.builders.remittance_files import Claim, RemittanceFile, Transaction

FILE = RemittanceFile(
    transactions=[
        Transaction(claims=[Claim()], trace_number="TRACE-A"),
        Transaction(claims=[Claim(patient_control_number="PCN0002")], trace_number="TRACE-B"),
    ]
)
CONTENT = FILE.render()
Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome:
    """How the command ended, and what it printed."""

    code: int
    out: str
    err: str


@dataclass
class Place:
    """An installation with one company, and its command."""

    addresses: RoleAddresses
    data: Path
    inbox: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    slug: str = ""
    books: Books | None = None

    def run(self, *contents: bytes, company: str | None = None) -> Outcome:
        """Post files with these contents."""
        paths = []
        for at, content in enumerate(contents, start=1):
            paths.append(self.inbox / f"file{at}.835")
            paths[-1].write_bytes(content)
        arguments = [*map(str, paths), "--company", company or self.slug]
        self.monkeypatch.setattr(sys, "argv", ["wellkept", "remittance", "post", *arguments])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = self.capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    def ask(self, question: Callable[[Books], Awaitable[Result]]) -> Result:
        """Ask the company's books."""

        async def asked() -> Result:
            assert self.books is not None
            storage = PostgresStorage(self.addresses.app, keyring=KEYRING)
            await storage.open()
            try:
                self.books.storage = storage
                return await question(self.books)
            finally:
                await storage.close()

        return asyncio.run(asked())

    def remittances(self) -> list[Remittance]:
        async def question(books: Books) -> list[Remittance]:
            async with books.storage.transaction(books.company.id, books.company.actor) as store:
                return await store.remittances.all(RemittanceFilter())

        return self.ask(question)

    def balances(self, number: str) -> Balances:
        return self.ask(lambda books: books.balances(number))

    def kept_files(self) -> list[Path]:
        return [path for path in (self.data / "files").rglob("*") if path.is_file()]


@pytest.fixture
def place(
    addresses: RoleAddresses,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Place:
    """Two claims, PCN0001 and PCN0002, that the payer of ``FILE`` is to pay."""
    data, inbox = tmp_path / "data", tmp_path / "inbox"
    data.mkdir()
    inbox.mkdir()
    monkeypatch.setenv("WELLKEPT_DATABASE_URL", addresses.app)
    monkeypatch.setenv("WELLKEPT_DATA_DIRECTORY", str(data))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("WELLKEPT_MASTER_KEY", base64.b64encode(MASTER_KEY).decode())

    async def opened() -> Books:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            company = await make_company(addresses.owner, storage)
            books = await Books.open(storage, FileVault(LocalFileStore(data / "files")), company)
            await books.claim("PCN0001")
            await books.claim("PCN0002")
        finally:
            await storage.close()
        return books

    made = Place(addresses, data, inbox, monkeypatch, capsys)
    made.books = asyncio.run(opened())
    made.slug = made.books.company.slug
    return made


def test_a_file_is_posted_and_summed_up_in_a_table(place: Place) -> None:
    outcome = place.run(CONTENT)
    assert outcome.code == 0, outcome.err
    assert cells_of(outcome) == [
        ["file1.835", "TRACE-A", "posted", "80.00", "1", "1", "0"],
        ["file1.835", "TRACE-B", "posted", "80.00", "1", "1", "0"],
    ]
    assert place.balances("PCN0001") == Balances(8_000, 2_000, 0, 0)
    (remittance,) = place.remittances()
    assert (remittance.file_name, remittance.byte_count) == ("file1.835", len(CONTENT))


def test_a_file_that_comes_twice_is_posted_once(place: Place) -> None:
    first, second = place.run(CONTENT), place.run(CONTENT)
    assert (first.code, second.code) == (0, 0)
    assert second.out == first.out
    assert len(place.remittances()) == 1
    assert len(place.kept_files()) == 1
    assert place.balances("PCN0001").payments == 8_000
    place.ask(Books.assert_sound)


def cells_of(outcome: Outcome) -> list[list[str]]:
    """The table's rows of transactions."""
    rows = [line for line in outcome.out.splitlines() if "TRACE-" in line]
    return [[cell.strip() for cell in row.split("│")[1:-1]] for row in rows]


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("remittance.835", CONTENT)
    return packed.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"Dear payer", zipped(), bytes(range(256)), CONTENT[:-80], CONTENT[:200], CONTENT[:50]],
    ids=["empty", "text", "zip", "rubbish", "no SE", "in the header", "in the ISA"],
)
def test_what_is_no_whole_835_is_refused_with_where_and_leaves_nothing(
    place: Place, content: bytes
) -> None:
    outcome = place.run(content)
    assert outcome.code == 1
    assert "refused" in outcome.out
    assert "file1.835: At segment " in outcome.out
    assert "Nothing was posted." in outcome.out
    assert place.remittances() == []
    assert place.kept_files() == []
    assert place.balances("PCN0001") == Balances(0, 0, 0, 10_000)


def test_a_bad_file_keeps_no_good_one_back(place: Place) -> None:
    outcome = place.run(b"Dear payer", CONTENT)
    assert outcome.code == 1
    assert "file1.835: At segment 1" in outcome.out
    assert place.balances("PCN0002").payments == 8_000


def test_what_waits_for_a_person_shows_in_the_table_and_in_the_exit_code(place: Place) -> None:
    bad = replace(FILE.transactions[0], payment_cents=1)
    unknown = replace(FILE.transactions[1], claims=[Claim(patient_control_number="NOBODY")])
    outcome = place.run(RemittanceFile(transactions=[bad, unknown]).render())
    assert outcome.code == 1
    first, second = cells_of(outcome)
    assert first[2].startswith("unbalanced: claims and provider adjustments differ")
    assert second[2:] == ["posted", "80.00", "1", "0", "1"]


def test_an_unknown_company_is_refused_before_anything_is_read(place: Place) -> None:
    outcome = place.run(CONTENT, company="nobody-we-know")
    assert outcome.code == 2
    assert "nobody-we-know" in outcome.err
    assert place.kept_files() == []


def test_a_file_that_is_not_there_is_refused(place: Place) -> None:
    missing = str(place.inbox / "nothing.835")
    place.monkeypatch.setattr(
        sys, "argv", ["wellkept", "remittance", "post", missing, "--company", place.slug]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
