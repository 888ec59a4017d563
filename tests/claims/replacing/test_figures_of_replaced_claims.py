"""A claim and those that replace it count as one in figures, and a void claim not at all."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from services.claims.claims import ClaimWithLines
from services.claims.figures.checking import computed_anew
from services.claims.figures.periods import THE_BEGINNING, THE_END
from services.claims.replacing.drafting import correct_claim, void_at_payer
from services.claims.submission import submit_claims
from storage.figures import Ask, FigureScope, Total
from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Claim as ClaimRow
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.figures import Measure
from tests.builders.books import Books
from tests.builders.claims import transmission
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import Cas, Claim, Line

pytestmark = pytest.mark.anyio

DENIED = (Line(adjustments=(Cas("CO", "197", 10_000),)),)
ONE = Total(items=1, amount=10_000)
NONE = Total()


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    return await Books.open(storage, vault, company)


async def replaced(
    books: Books, claim_id: UUID, make: Callable[..., Awaitable[ClaimWithLines]]
) -> ClaimRow:
    """The claim that has gone out instead of another."""
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        held = await store.claims.get(claim_id)
        drafted = await make(store, claim_id, expected_version=held.version)
        ready = await store.claims.update(
            drafted.claim.id,
            {"status": ClaimStatus.READY_TO_SUBMIT, "payer_claim_number": "ICN0002"},
            expected_version=drafted.claim.version,
        )
        await submit_claims(store, [ready], transmission(store.now))
        return ready


async def counted(books: Books, *measures: Measure) -> list[Total]:
    """What measures come to, whenever, and as many rows behind them; sound by all that is kept."""
    asks = [Ask(measure=each, first=THE_BEGINNING, last=THE_END) for each in measures]
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        found = (await store.figures.totals(asks, FigureScope())).get("", [NONE] * len(asks))
        for ask, total in zip(asks, found, strict=True):
            page = await store.figures.rows(ask, FigureScope(), limit=50, after=None)
            assert len(page.rows) == total.items
            assert sum(row.amount for row in page.rows) == total.amount
    _, differences = await computed_anew(books.storage, books.company.id, books.company.actor)
    assert differences == []
    return list(found)


async def test_a_claim_and_its_correction_are_submitted_and_denied_once(books: Books) -> None:
    original = await books.claim(payer_claim_number="ICN0001")
    await books.pay(Claim(lines=DENIED))
    new = await replaced(books, original, correct_claim)
    await books.pay(
        Claim(lines=DENIED).reversed(), Claim(patient_control_number=new.patient_control_number)
    )
    assert await counted(
        books,
        Measure.SUBMITTED,
        Measure.DECIDED,
        Measure.INITIALLY_DENIED,
        Measure.FIRST_PASS,
        Measure.UNSETTLED,
        Measure.SETTLED_REVENUE,
        Measure.SETTLED_CASH,
    ) == [ONE, ONE, ONE, NONE, NONE, Total(items=1, amount=8_000), Total(items=1, amount=8_000)]


async def test_a_first_decision_about_the_correction_is_that_of_the_claim(books: Books) -> None:
    original = await books.claim(payer_claim_number="ICN0001")
    new = await replaced(books, original, correct_claim)
    await books.pay(Claim(patient_control_number=new.patient_control_number, lines=DENIED))
    assert await counted(
        books, Measure.SUBMITTED, Measure.DECIDED, Measure.INITIALLY_DENIED, Measure.UNSETTLED
    ) == [ONE, ONE, ONE, ONE]


async def test_what_is_open_is_aged_once(books: Books) -> None:
    original = await books.claim(payer_claim_number="ICN0001")
    await replaced(books, original, correct_claim)
    assert await counted(
        books, Measure.INSURANCE_BY_SERVICE, Measure.INSURANCE_BY_BILL, Measure.INSURANCE_CREDITS
    ) == [ONE, ONE, NONE]


async def test_a_claim_that_a_void_took_back_is_left_out_and_shown_as_voided(books: Books) -> None:
    original = await books.claim(payer_claim_number="ICN0001")
    corrected = await replaced(books, original, correct_claim)
    assert await counted(books, Measure.SUBMITTED, Measure.VOIDED) == [ONE, NONE]
    await replaced(books, corrected.id, void_at_payer)
    assert await counted(
        books, Measure.SUBMITTED, Measure.VOIDED, Measure.DECIDED, Measure.UNSETTLED
    ) == [NONE, ONE, NONE, NONE]
