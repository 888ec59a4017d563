"""Remittances that do not say when they paid are of the company's day on which they came."""

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from services.claims.exceptions.exception_return import return_to_payer
from services.claims.exceptions.exceptions import match
from services.claims.refunds.credits import list_credits
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import LedgerKind
from tests.builders.books import Books
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.remittance_files import Cas, Claim, Line, RemittanceFile

pytestmark = pytest.mark.anyio

EVENING = dt.datetime(2026, 3, 3, 3, tzinfo=dt.UTC)
"""Ten o'clock in the evening of the 2nd of March for a company in New York."""
DAY = dt.date(2026, 3, 2)
DENIED = Line(charge_cents=4_000, adjustments=[Cas("CO", "197", 4_000)])


@pytest.fixture
async def books(
    addresses: RoleAddresses, vault: FileVault, company: CompanyForTests
) -> AsyncIterator[Books]:
    """Books with one payer, late in the evening."""
    storage = PostgresStorage(addresses.app, clock=FixedClock(EVENING), keyring=KEYRING)
    await storage.open()
    try:
        yield await Books.open(storage, vault, company)
    finally:
        await storage.close()


async def test_what_came_in_the_evening_is_booked_on_the_day_that_it_is_for_the_company(
    books: Books,
) -> None:
    await books.claim(charges=(10_000, 4_000))
    await books.post_file(undated(books, Claim(lines=[Line(), DENIED])))
    moved = [each for each in await books.ledger() if each.kind is not LedgerKind.CHARGE]
    assert len(moved) >= 3
    assert {each.effective_on for each in moved} == {DAY}
    assert [each.effective_on for each in await books.adjudications()] == [DAY]
    assert [each.denied_on for each in await books.denials()] == [DAY]
    assert (await books.row()).last_adjudicated_on == DAY


async def test_what_waited_is_booked_on_the_same_day_when_it_goes_back(books: Books) -> None:
    await books.post_file(undated(books, Claim(patient_control_number="NOBODYS")))
    (waiting,) = await books.exceptions()
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await return_to_payer(
            store, books.company.principal, waiting.id, "not ours", expected_version=1
        )
        (credit,) = (await list_credits(store, limit=50, after=None)).items
    moved = {each.kind: each.effective_on for each in await books.ledger()}
    assert moved[LedgerKind.RETURN] == DAY
    assert credit.since == DAY


async def test_what_waited_is_booked_on_the_same_day_when_its_claim_is_found(
    books: Books,
) -> None:
    claim_id = await books.claim()
    await books.post_file(undated(books, Claim(patient_control_number="MISTYPED")))
    (waiting,) = await books.exceptions()
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        await match(store, waiting.id, claim_id, expected_version=waiting.version)
    assert [each.effective_on for each in await books.adjudications()] == [DAY]


def undated(books: Books, *claims: Claim) -> bytes:
    """A file of one payment that does not say when it was made."""
    sent = books.transaction(*claims)
    dated = RemittanceFile(transactions=[sent]).render()
    undated = dated.replace(f"*{sent.payment_date:%Y%m%d}~".encode(), b"~", 1)
    assert undated != dated
    return undated
