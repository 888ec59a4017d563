"""Appeals: rows and plain operations."""

import datetime as dt

import pytest

from services.claims import appeals
from services.claims.appeals import AppealChanges, NewAppeal, NothingToAppeal
from services.refusals import IllegalTransition, InvalidInput
from storage.errors import VersionConflict
from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import ClaimAppeal
from storage.vocabulary.claims import AppealStatus
from tests.builders.books import Books
from tests.builders.claims import make_claim
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import Cas, Claim, Line

pytestmark = pytest.mark.anyio

NEW = NewAppeal(reason="Authorisation is on file.", supporting_documents=["authorisation.pdf"])
DENIED = Claim(lines=(Line(adjustments=(Cas("CO", "197", 10_000),)),))


@pytest.fixture
async def books(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Books:
    """Books with one claim, which its payer has denied."""
    books = await Books.open(storage, vault, company)
    await books.claim()
    await books.pay(DENIED)
    return books


async def _file(books: Books) -> ClaimAppeal:
    claim = await books.row()
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        return await appeals.file_appeal(store, claim.id, NEW, expected_version=claim.version)


async def _update(books: Books, appeal: ClaimAppeal, **changes: object) -> ClaimAppeal:
    async with books.storage.transaction(books.company.id, books.company.actor) as store:
        return await appeals.update_appeal(
            store,
            appeal.id,
            AppealChanges.model_validate(changes),
            expected_version=appeal.version,
        )


async def test_appeals_are_numbered_within_their_claim_which_counts_them(books: Books) -> None:
    numbers = [(await _file(books)).appeal_number for _ in range(2)]
    assert numbers == [1, 2]
    assert (await books.row()).appeal_count == 2


async def test_of_two_appeals_of_one_version_one_is_refused(books: Books) -> None:
    claim = await books.row()
    await _file(books)
    with pytest.raises(VersionConflict):
        async with books.storage.transaction(books.company.id, books.company.actor) as store:
            await appeals.file_appeal(store, claim.id, NEW, expected_version=claim.version)


async def test_without_a_decision_there_is_nothing_to_appeal(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    claim = (await make_claim(storage, company)).claim
    with pytest.raises(NothingToAppeal):
        async with storage.transaction(company.id, company.actor) as store:
            await appeals.file_appeal(store, claim.id, NEW, expected_version=claim.version)


async def test_an_appeal_is_pending_before_it_is_decided(books: Books) -> None:
    appeal = await _file(books)
    with pytest.raises(IllegalTransition) as refused:
        await _update(books, appeal, status="approved")
    assert refused.value.legal == ["pending"]
    pending = await _update(books, appeal, status="pending")
    assert pending.resolved_on is None
    approved = await _update(books, pending, status="approved", resolution_cents=9_800)
    assert approved.resolved_on is not None
    assert approved.resolution_cents == 9_800
    with pytest.raises(IllegalTransition):
        await _update(books, approved, status="denied")


@pytest.mark.parametrize(
    ("status", "changes", "pointer"),
    [
        ("pending", {"resolved_on": "2025-04-01"}, "/resolved_on"),
        ("pending", {"resolution_cents": 1}, "/resolution_cents"),
        ("denied", {"resolution_cents": 1}, "/resolution_cents"),
        ("denied", {"resolved_on": "2099-01-01"}, "/resolved_on"),
        ("denied", {"resolved_on": "2001-01-01"}, "/resolved_on"),
    ],
)
async def test_only_a_decision_has_a_day_and_only_an_approval_an_amount(
    books: Books, status: str, changes: dict[str, object], pointer: str
) -> None:
    appeal = await _file(books)
    if status == "denied":
        appeal = await _update(books, appeal, status=AppealStatus.PENDING)
    with pytest.raises(InvalidInput) as refused:
        await _update(books, appeal, status=status, **changes)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]


async def test_a_claim_is_not_appealed_before_the_service_or_tomorrow(books: Books) -> None:
    claim = await books.row()
    for day in (dt.date(2001, 1, 1), dt.date(2099, 1, 1)):
        with pytest.raises(InvalidInput):
            async with books.storage.transaction(books.company.id, books.company.actor) as store:
                await appeals.file_appeal(
                    store,
                    claim.id,
                    NEW.model_copy(update={"appealed_on": day}),
                    expected_version=claim.version,
                )
