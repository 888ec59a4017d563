"""Corrected and void claims: the charge is in the books once, whatever the payer answers."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from uuid import UUID

import httpx
import pytest

from services.claims.drafts import NewAcknowledgement
from services.claims.exceptions.exceptions import match
from services.claims.outgoing import outgoing_claims
from services.claims.replacing.drafting import (
    ClaimNotTakenIn,
    ClaimReplaced,
    PayerNumberUnknown,
    VoidNotReplaceable,
    correct_claim,
    void_at_payer,
)
from services.claims.submission import record_acknowledgement, submit_claims, void
from services.claims.x12.claim_file_check import check_claim_file
from storage.files import FileVault
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Claim as ClaimRow
from storage.vocabulary.billing import ClaimFrequency
from storage.vocabulary.claims import (
    AcknowledgementOutcome,
    AdjudicationStatus,
    ClaimStatus,
    ExceptionKind,
)
from tests.builders.books import Balances, Books, balances_of
from tests.builders.claims import transmission
from tests.builders.companies import CompanyForTests
from tests.builders.parties import make_known
from tests.builders.remittance_files import Claim
from tests.claims.x12.claims_to_write import bytes_of, segments_of

pytestmark = pytest.mark.anyio

NOTHING = Balances(0, 0, 0, 0)
OPEN = Balances(0, 0, 0, 10_000)
PAID = Balances(8_000, 2_000, 0, 0)
PAID_AND_REPLACED = Balances(8_000, 2_000, 0, -10_000)
"""What the payer paid under the original's number, until it takes it back."""


@dataclass
class Replacing:
    """Books with a claim that the payer took in, and what replaces it."""

    books: Books
    original_id: UUID
    new_id: UUID | None = None

    async def draft(self, frequency: ClaimFrequency = ClaimFrequency.CORRECTED) -> ClaimRow:
        """A claim to go out instead of the original."""
        make = void_at_payer if frequency is ClaimFrequency.VOID else correct_claim
        async with self.transaction() as store:
            held = await store.claims.get(self.original_id)
            made = await make(store, held.id, expected_version=held.version)
        self.new_id = made.claim.id
        return made.claim

    async def submit(self) -> None:
        """Send the new claim out."""
        async with self.transaction() as store:
            new = await self._new(store)
            await store.claims.update(
                new.id, {"status": ClaimStatus.READY_TO_SUBMIT}, expected_version=new.version
            )
            await submit_claims(store, [await self._new(store)], transmission(store.now))

    async def reject(self) -> None:
        """The new claim comes back."""
        answer = NewAcknowledgement(
            outcome=AcknowledgementOutcome.REJECTED, reference="999", reason="was not readable"
        )
        async with self.transaction() as store:
            new = await self._new(store)
            await record_acknowledgement(store, new.id, answer, expected_version=new.version)

    async def give_up(self) -> None:
        """The new claim is voided here; the payer never hears of it."""
        async with self.transaction() as store:
            new = await self._new(store)
            await void(store, new.id, "sent by mistake", expected_version=new.version)

    async def pay_original(self) -> None:
        await self.books.pay(Claim())

    async def take_back(self, number: str = "PCN0001") -> None:
        await self.books.pay(replace(Claim().reversed(), patient_control_number=number))

    async def rows(self) -> tuple[ClaimRow, ClaimRow]:
        """Original and new claim."""
        async with self.transaction() as store:
            return await store.claims.get(self.original_id), await self._new(store)

    async def balances(self) -> tuple[Balances, Balances]:
        """Of both, having checked that the books are sound."""
        await self.books.assert_sound()
        original, new = await self.rows()
        return balances_of(original), balances_of(new)

    async def _new(self, store: Store) -> ClaimRow:
        assert self.new_id is not None
        return await store.claims.get(self.new_id)

    def transaction(self) -> AbstractAsyncContextManager[Store]:
        return self.books.storage.transaction(self.books.company.id, self.books.company.actor)


@pytest.fixture
async def replacing(
    storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> Replacing:
    books = await Books.open(storage, vault, company)
    return Replacing(books, await books.claim(payer_claim_number="ICN0001"))


async def test_a_corrected_claim_is_a_draft_of_its_own_that_names_what_it_replaces(
    replacing: Replacing,
) -> None:
    new = await replacing.draft()
    original, _ = await replacing.rows()
    assert (new.frequency, new.replaces_id) == (ClaimFrequency.CORRECTED, original.id)
    assert (new.status, new.payer_claim_number) == (ClaimStatus.DRAFT, None)
    assert new.total_charge_cents == original.total_charge_cents
    assert new.patient_control_number != original.patient_control_number
    assert await replacing.balances() == (OPEN, NOTHING)


async def test_once_it_is_submitted_the_corrected_claim_carries_the_charge(
    replacing: Replacing,
) -> None:
    await replacing.draft()
    await replacing.submit()
    assert await replacing.balances() == (NOTHING, OPEN)


async def test_what_was_paid_on_the_original_is_no_credit_and_goes_with_its_reversal(
    replacing: Replacing,
) -> None:
    await replacing.pay_original()
    await replacing.draft()
    await replacing.submit()
    assert await replacing.balances() == (PAID_AND_REPLACED, OPEN)
    original, new = await replacing.rows()
    assert original.insurance_credit_since is None
    await replacing.take_back()
    assert await replacing.balances() == (NOTHING, OPEN)
    await replacing.books.pay(Claim(patient_control_number=new.patient_control_number))
    assert await replacing.balances() == (NOTHING, PAID)
    original, new = await replacing.rows()
    assert original.adjudication_status is AdjudicationStatus.REVERSED
    assert new.adjudication_status is AdjudicationStatus.PAID


async def test_a_reversal_under_the_new_number_finds_the_original(replacing: Replacing) -> None:
    await replacing.pay_original()
    await replacing.draft()
    await replacing.submit()
    _, new = await replacing.rows()
    await replacing.take_back(new.patient_control_number)
    assert await replacing.balances() == (NOTHING, OPEN)
    assert await replacing.books.exceptions() == []


async def test_a_first_decision_about_the_original_that_crossed_the_correction_is_posted_to_it(
    replacing: Replacing,
) -> None:
    await replacing.draft()
    await replacing.submit()
    await replacing.pay_original()
    assert await replacing.balances() == (PAID_AND_REPLACED, OPEN)
    assert await replacing.books.exceptions() == []


async def test_a_decision_under_the_old_number_after_its_reversal_waits_and_is_matched_by_hand(
    replacing: Replacing,
) -> None:
    await replacing.pay_original()
    await replacing.draft()
    await replacing.submit()
    await replacing.take_back()
    await replacing.books.pay(replace(Claim(), payer_claim_number="ICN0002"))
    (waiting,) = await replacing.books.exceptions()
    assert waiting.kind is ExceptionKind.AMBIGUOUS
    assert await replacing.balances() == (NOTHING, OPEN)
    company = replacing.books.company
    async with replacing.books.storage.transaction(company.id, company.actor) as store:
        assert replacing.new_id is not None
        await match(store, waiting.id, replacing.new_id, expected_version=waiting.version)
    assert await replacing.balances() == (NOTHING, PAID)


@pytest.mark.parametrize("paid", [False, True])
@pytest.mark.parametrize("way_back", ["reject", "give_up"])
async def test_a_corrected_claim_that_comes_back_gives_the_charge_back(
    replacing: Replacing, way_back: str, paid: bool
) -> None:
    if paid:
        await replacing.pay_original()
    before = await replacing.books.balances()
    await replacing.draft()
    await replacing.submit()
    await (replacing.reject() if way_back == "reject" else replacing.give_up())
    assert await replacing.balances() == (before, NOTHING)
    original, _ = await replacing.rows()
    assert not original.is_replaced
    if way_back == "reject":
        async with replacing.transaction() as store:
            _, new = await replacing.rows()
            await store.claims.update(
                new.id, {"status": ClaimStatus.DRAFT}, expected_version=new.version
            )
        await replacing.submit()
        assert (await replacing.balances())[1] == OPEN


async def test_a_void_claim_takes_the_charge_away_and_the_reversal_the_money(
    replacing: Replacing,
) -> None:
    await replacing.pay_original()
    await replacing.draft(ClaimFrequency.VOID)
    await replacing.submit()
    assert await replacing.balances() == (PAID_AND_REPLACED, NOTHING)
    await replacing.take_back()
    assert await replacing.balances() == (NOTHING, NOTHING)


async def test_a_decision_about_a_void_claim_waits(replacing: Replacing) -> None:
    new = await replacing.draft(ClaimFrequency.VOID)
    await replacing.submit()
    await replacing.books.pay(Claim(patient_control_number=new.patient_control_number))
    (waiting,) = await replacing.books.exceptions()
    assert waiting.kind is ExceptionKind.AMBIGUOUS


async def test_what_the_payer_does_not_have_cannot_be_replaced(
    storage: PostgresStorage, vault: FileVault, company: CompanyForTests
) -> None:
    books = await Books.open(storage, vault, company)
    draft = Replacing(books, await books.claim("D", status=ClaimStatus.DRAFT))
    with pytest.raises(ClaimNotTakenIn):
        await draft.draft()
    nameless = Replacing(books, await books.claim("N"))
    with pytest.raises(PayerNumberUnknown):
        await nameless.draft()


async def test_a_claim_is_replaced_once_unless_that_was_given_up(replacing: Replacing) -> None:
    await replacing.draft()
    with pytest.raises(ClaimReplaced) as refused:
        await replacing.draft()
    assert refused.value.replaced_by == replacing.new_id
    await replacing.give_up()
    await replacing.draft(ClaimFrequency.VOID)
    await replacing.submit()
    assert replacing.new_id is not None
    with pytest.raises(VoidNotReplaceable):
        await Replacing(replacing.books, replacing.new_id).draft()


@pytest.mark.parametrize(
    ("frequency", "code"), [(ClaimFrequency.CORRECTED, "7"), (ClaimFrequency.VOID, "8")]
)
async def test_it_goes_out_with_the_number_that_the_payer_gave_last(
    replacing: Replacing, frequency: ClaimFrequency, code: str
) -> None:
    await make_known(replacing.books)
    await replacing.books.pay(replace(Claim(), payer_claim_number="ICN0009"))
    new = await replacing.draft(frequency)
    async with replacing.transaction() as store:
        (made,) = await outgoing_claims(store, [new])
    assert made.faults == ()
    assert made.model is not None
    content = bytes_of(made.model)
    assert check_claim_file([content]) == []
    segments = segments_of(content)
    assert "REF*F8*ICN0009" in segments
    assert any(each.startswith("CLM*") and f"*11:B:{code}*" in each for each in segments)


async def test_over_http_a_correction_needs_the_original_as_it_was_seen(
    client: httpx.AsyncClient, replacing: Replacing
) -> None:
    where = f"/api/v1/claims/{replacing.original_id}"
    etag = (await client.get(where)).headers["ETag"]
    assert (await client.post(f"{where}/corrections")).status_code == 428
    stale = await client.post(f"{where}/corrections", headers={"If-Match": '"99"'})
    assert stale.status_code == 412
    made = await client.post(f"{where}/corrections", headers={"If-Match": etag})
    assert made.status_code == 201, made.text
    assert made.json()["replaces_id"] == str(replacing.original_id)
    assert made.headers["Location"] == f"/api/v1/claims/{made.json()['id']}"
    again = await client.post(f"{where}/payer-voids", headers={"If-Match": etag})
    assert again.status_code == 409
    assert again.json()["replaced_by"] == made.json()["id"]


async def test_a_corrected_claim_is_edited_and_a_void_one_repeats_its_original(
    client: httpx.AsyncClient, replacing: Replacing
) -> None:
    for frequency, status in ((ClaimFrequency.CORRECTED, 200), (ClaimFrequency.VOID, 409)):
        new = await replacing.draft(frequency)
        changed = await client.patch(
            f"/api/v1/claims/{new.id}",
            json={"notes": "Modifier was missing"},
            headers={"If-Match": f'"{new.version}"'},
        )
        assert changed.status_code == status, changed.text
        if status == 200:
            await replacing.give_up()
