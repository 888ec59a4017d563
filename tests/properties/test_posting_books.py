"""Whatever payers send, in whatever order, the books end where the facts say, to the cent."""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.filters import ClaimFilter
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import LedgerAccount, TransactionStatus
from tests.builders.books import Balances, Books, accounts, balances_of
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING
from tests.builders.remittance_files import Claim, Plb, RemittanceFile, Transaction
from tests.builders.stories import Story, stories

PAYERS = 3
Item = TypeVar("Item")


class Sending:
    """All that is sent about some stories, dealt out over transactions and files by chance."""

    def __init__(self, books: Books, told: Sequence[Story], chance: Random, size: int) -> None:
        claims: dict[int, list[Claim]] = {payer: [] for payer in range(PAYERS)}
        for story in told:
            for sent in story.sent:
                claims[sent.payer].append(sent.claim)
        self.transactions = [
            self._transaction(books, payer, part, chance)
            for payer, of_payer in claims.items()
            for part in _dealt(of_payer, chance, size)
        ]
        chance.shuffle(self.transactions)
        self.files = [
            RemittanceFile(transactions=part).render()
            for part in _dealt(self.transactions, chance, 3)
        ]

    @staticmethod
    def _transaction(
        books: Books, payer: int, claims: Sequence[Claim], chance: Random
    ) -> Transaction:
        plb = [Plb("WO", chance.randint(-900, 900), "REF")] if chance.random() < 0.3 else []
        day = dt.date(2025, 4, 1) + dt.timedelta(days=chance.randint(0, 60))
        return books.transaction(*claims, payer=books.payers[payer], plb=plb, payment_date=day)

    @property
    def deposits(self) -> int:
        return sum(each.payment for each in self.transactions)

    @property
    def taken_from_deposits(self) -> int:
        return sum(plb.cents for each in self.transactions for plb in each.provider_adjustments)


def _dealt(items: Sequence[Item], chance: Random, most: int) -> list[list[Item]]:
    """The items in a chance order, in parts of 1 to ``most``."""
    left = list(items)
    chance.shuffle(left)
    parts = []
    while left:
        size = chance.randint(1, most)
        parts.append(left[:size])
        left = left[size:]
    return parts


async def opened(
    addresses: RoleAddresses, storage: PostgresStorage, folder: Path, told: Sequence[Story]
) -> Books:
    """A new company that has sent out the claims of these stories."""
    company = await make_company(addresses.owner, storage)
    books = await Books.open(storage, FileVault(LocalFileStore(folder)), company, payers=PAYERS)
    rows = [
        (
            books.claim_fields(
                story.number,
                charge_cents=sum(story.charges),
                payers=books.payers[: story.payer_count],
            ),
            story.charges,
        )
        for story in told
    ]
    for at in range(0, len(rows), 1_000):
        await books.claims(rows[at : at + 1_000])
    return books


async def assert_as_told(books: Books, told: Sequence[Story], sending: Sending) -> None:
    """Every figure of the books is the one that the facts lead to."""
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        claims = {
            each.patient_control_number: each for each in await store.claims.all(ClaimFilter())
        }
    found = {number: balances_of(claim) for number, claim in claims.items()}
    wanted = {story.number: story.balances for story in told}
    differing = {
        number: (found[number], wanted[number])
        for number in wanted
        if found[number] != wanted[number]
    }
    assert differing == {}
    await books.assert_sound()
    moved = accounts(await books.ledger())
    total = Balances(*(sum(column) for column in zip(*wanted.values(), strict=True)))
    assert moved == Counter(
        {
            LedgerAccount.CASH_EXPECTED: sending.deposits,
            LedgerAccount.DEPOSIT_CLEARING: 0,
            LedgerAccount.INSURANCE_RECEIVABLE: total.insurance,
            LedgerAccount.PATIENT_RECEIVABLE: total.patient,
            LedgerAccount.REVENUE: -sum(sum(story.charges) for story in told),
            LedgerAccount.WRITE_OFF: total.write_offs,
            LedgerAccount.PROVIDER_ADJUSTMENT: sending.taken_from_deposits,
            LedgerAccount.UNAPPLIED_CASH: -sum(story.unapplied for story in told),
        }
    )


async def post_all(books: Books, files: Sequence[bytes]) -> None:
    for content in files:
        for posted in await books.post_file(content):
            assert posted.status is TransactionStatus.POSTED


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 6))
def test_the_same_files_in_any_order_or_at_once_end_in_the_books_that_the_facts_lead_to(
    addresses: RoleAddresses, tmp_path: Path, seed: int, count: int, size: int
) -> None:
    async def run() -> None:
        chance = Random(seed)
        told = list(stories(chance, count))
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            first = await opened(addresses, storage, tmp_path, told)
            second = await opened(addresses, storage, tmp_path, told)
            third = await opened(addresses, storage, tmp_path, told)
            sending = Sending(first, told, chance, size)
            await post_all(first, sending.files)
            await post_all(second, chance.sample(sending.files, len(sending.files)))
            await asyncio.gather(*(post_all(third, [content]) for content in sending.files))
            again = chance.choice(sending.files) if sending.files else b""
            if again:
                await first.post_file(again)
            for books in (first, second, third):
                await assert_as_told(books, told, sending)
        finally:
            await storage.close()

    asyncio.run(run())


def test_ten_thousand_claims_of_several_companies_end_in_the_books_that_the_facts_lead_to(
    addresses: RoleAddresses, tmp_path: Path
) -> None:
    async def one(storage: PostgresStorage, seed: int) -> int:
        chance = Random(seed)
        told = list(stories(chance, 2_500))
        books = await opened(addresses, storage, tmp_path, told)
        sending = Sending(books, told, chance, 1_500)
        await post_all(books, sending.files)
        await assert_as_told(books, told, sending)
        return sum(len(story.sent) for story in told)

    async def run() -> None:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            sent = await asyncio.gather(*(one(storage, seed) for seed in range(4)))
            assert sum(sent) > 15_000
        finally:
            await storage.close()

    asyncio.run(run())
