"""Whatever comes in whichever order, a claim and what replaces it are in the books once."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.files.local import LocalFileStore
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Claim as ClaimRow
from storage.vocabulary.billing import ClaimFrequency
from storage.vocabulary.claims import AdjudicationStatus, ClaimStatus
from tests.builders.books import Books
from tests.builders.companies import make_company
from tests.builders.keys import KEYRING
from tests.builders.remittance_files import Cas, Claim, Line
from tests.claims.replacing.test_replacing import Replacing

CHARGE = 10_000
ON_ITS_WAY = (ClaimStatus.SUBMITTED, ClaimStatus.ACCEPTED)
STEPS = ("pay original", "take back", "take back by new number", "send", "return", "pay new")


def decision(paid_cents: int) -> Claim:
    """A payment, the rest by contract."""
    return Claim(
        lines=[Line(charge_cents=CHARGE, adjustments=[Cas("CO", "45", CHARGE - paid_cents)])]
    )


class Told:
    """The steps of one life of a claim and its replacement; one that makes no sense is left out."""

    def __init__(self, replacing: Replacing, decided: Claim) -> None:
        self._replacing = replacing
        self._decided = decided

    async def go(self, step: str) -> None:
        original, new = await self._replacing.rows()
        of_new = replace(self._decided, patient_control_number=new.patient_control_number)
        match step:
            case "pay original" if not is_decided(original):
                await self._replacing.books.pay(self._decided)
            case "take back":
                await self._replacing.books.pay(self._decided.reversed())
            case "take back by new number" if not is_decided(new):
                await self._replacing.books.pay(of_new.reversed())
            case "send" if new.status is ClaimStatus.DRAFT:
                await self._replacing.submit()
            case "return" if new.status in ON_ITS_WAY and not was_decided(new):
                await self._replacing.reject()
            case "pay new" if not is_decided(new):
                await self._replacing.books.pay(of_new)
            case _:
                pass


def was_decided(claim: ClaimRow) -> bool:
    return claim.adjudication_status is not AdjudicationStatus.NOT_ADJUDICATED


def is_decided(claim: ClaimRow) -> bool:
    return was_decided(claim) and claim.adjudication_status is not AdjudicationStatus.REVERSED


async def assert_booked_once(replacing: Replacing, frequency: ClaimFrequency) -> None:
    """One charge less all that was paid and written off under either number."""
    await replacing.books.assert_sound()
    original, new = await replacing.rows()
    carries = new.status in ON_ITS_WAY
    assert original.is_replaced is carries
    asked = 0 if carries and frequency is ClaimFrequency.VOID else CHARGE
    received = sum(each.payment_cents + each.write_off_cents for each in (original, new))
    left = sum(
        each.insurance_balance_cents + each.patient_balance_cents for each in (original, new)
    )
    assert left == asked - received
    if carries:
        assert original.insurance_credit_since is None


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.sampled_from(STEPS), max_size=7),
    st.sampled_from([ClaimFrequency.CORRECTED, ClaimFrequency.VOID]),
    st.sampled_from([0, 1, 8_000, CHARGE]),
)
def test_a_claim_and_what_replaces_it_are_in_the_books_once(
    addresses: RoleAddresses,
    tmp_path: Path,
    steps: Sequence[str],
    frequency: ClaimFrequency,
    paid_cents: int,
) -> None:
    async def run() -> None:
        storage = PostgresStorage(addresses.app, keyring=KEYRING)
        await storage.open()
        try:
            company = await make_company(addresses.owner, storage)
            vault = FileVault(LocalFileStore(tmp_path))
            books = await Books.open(storage, vault, company)
            replacing = Replacing(books, await books.claim(payer_claim_number="ICN0001"))
            await replacing.draft(frequency)
            told = Told(replacing, decision(paid_cents))
            for step in steps:
                await told.go(step)
                await assert_booked_once(replacing, frequency)
        finally:
            await storage.close()

    asyncio.run(run())
