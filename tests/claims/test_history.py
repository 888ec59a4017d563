"""The history of a claim."""

import datetime as dt

import pytest

from services.claims import lines, submission
from services.claims.claims import ClaimWithLines
from services.claims.history import HistoryEntry, claim_history
from storage.errors import RowNotFound
from storage.files import FileVault
from storage.postgres.transaction import PostgresStorage
from storage.tables.ledger import Adjudication, LedgerEntry
from storage.tables.trail import AuditEntry
from storage.vocabulary.claims import ClaimStatus
from storage.vocabulary.identity import AuditAction
from tests.builders.books import Books
from tests.builders.claims import make_claim, transmission
from tests.builders.companies import CompanyForTests
from tests.builders.remittance_files import Cas, Claim, Line

pytestmark = pytest.mark.anyio


async def _history(
    storage: PostgresStorage, company: CompanyForTests, on: ClaimWithLines, *, limit: int = 200
) -> list[HistoryEntry]:
    """The whole history, read page by page."""
    entries: list[HistoryEntry] = []
    after = None
    while True:
        async with storage.transaction(company.id, company.actor) as store:
            page = await claim_history(store, on.claim.id, limit=limit, after=after)
        entries += page.rows
        after = page.next_after
        if after is None:
            return entries


@pytest.fixture
async def on(
    storage: PostgresStorage, company: CompanyForTests, vault: FileVault
) -> ClaimWithLines:
    """A claim that lost a line, went out and was denied."""
    books = await Books.open(storage, vault, company)
    on = await make_claim(
        storage,
        company,
        payers=books.payers,
        charges_cents=(10_000, 500),
        service_date=storage.clock.now().date() - dt.timedelta(days=30),
        status=ClaimStatus.DRAFT,
    )
    async with storage.transaction(company.id, company.actor) as store:
        claim_id = on.claim.id
        await lines.remove_line(store, claim_id, on.lines[1].id, expected_version=1)
        await submission.make_ready(store, claim_id, expected_version=2)
        await submission.record_transmission(
            store, claim_id, transmission(store.now), expected_version=3
        )
    number = on.claim.patient_control_number
    denied = Line(adjustments=(Cas("CO", "197", 10_000),))
    await books.pay(Claim(patient_control_number=number, lines=(denied,)))
    return on


async def test_it_shows_all_that_happened_newest_first(
    storage: PostgresStorage, company: CompanyForTests, on: ClaimWithLines
) -> None:
    entries = await _history(storage, company, on)
    ids = [entry.id for entry in entries]
    assert ids == sorted(ids, reverse=True)
    changed = [(entry.entity, entry.action) for entry in entries if isinstance(entry, AuditEntry)]
    assert changed.count(("claim_lines", AuditAction.CREATE)) == 2
    assert ("claim_lines", AuditAction.DELETE) in changed
    assert ("denials", AuditAction.CREATE) in changed
    assert sum(isinstance(entry, Adjudication) for entry in entries) == 1
    assert [e.amount_cents for e in entries if isinstance(e, LedgerEntry)] == [10_000]


async def test_it_is_the_same_in_pages_of_any_size(
    storage: PostgresStorage, company: CompanyForTests, on: ClaimWithLines
) -> None:
    whole = [entry.id for entry in await _history(storage, company, on)]
    for limit in (1, 2, 3, 7):
        paged = [entry.id for entry in await _history(storage, company, on, limit=limit)]
        assert paged == whole


async def test_another_company_finds_no_history(
    storage: PostgresStorage, other_company: CompanyForTests, on: ClaimWithLines
) -> None:
    with pytest.raises(RowNotFound):
        await _history(storage, other_company, on)
