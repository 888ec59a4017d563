"""A claim's way out and what it does to the books."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from services.claims import submission
from services.claims.claims import ClaimWithLines
from services.claims.drafts import NewAcknowledgement
from services.claims.readiness import ClaimNotValid
from services.claims.submission import (
    ClaimAdjudicated,
    ClaimHasMoney,
)
from services.refusals import InvalidInput
from storage.embedded import RoleAddresses
from storage.files import FileVault
from storage.filters import ByClaim, LedgerFilter
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.claims import (
    AcknowledgementOutcome,
    ClaimStatus,
    DenialStatus,
    ExceptionStatus,
    LedgerKind,
)
from tests.builders.books import Books
from tests.builders.claims import (
    make_claim,
    make_patient,
    make_payer,
    new_claim,
    new_line,
    save_claims,
    transmission,
)
from tests.builders.clocks import FixedClock
from tests.builders.companies import CompanyForTests
from tests.builders.keys import KEYRING
from tests.builders.remittance_files import Cas, Claim, Line

pytestmark = pytest.mark.anyio

SENT = dt.datetime(2025, 3, 4, 10, tzinfo=dt.UTC)
REJECTED = NewAcknowledgement(
    outcome=AcknowledgementOutcome.REJECTED, reference="277CA", reason="subscriber not found"
)


async def _ledger(
    storage: PostgresStorage, company: CompanyForTests, on: ClaimWithLines
) -> list[tuple[LedgerKind, int]]:
    async with storage.transaction(company.id, company.actor) as store:
        entries = await store.ledger_entries.all(LedgerFilter(claim_id=on.claim.id))
    return [(entry.kind, entry.amount_cents) for entry in entries]


async def test_a_transmission_books_the_charge_and_is_on_record(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    on = await make_claim(storage, company, status=ClaimStatus.READY_TO_SUBMIT)
    async with storage.transaction(company.id, company.actor) as store:
        sent = await submission.record_transmission(
            store, on.claim.id, transmission(SENT), expected_version=on.claim.version
        )
        (recorded,) = await store.claim_transmissions.all(ByClaim(claim_id=on.claim.id))
    assert sent.claim.status is ClaimStatus.SUBMITTED
    assert (sent.claim.submitted_at, recorded.reference) == (SENT, "made elsewhere")
    assert sent.claim.insurance_balance_cents == 10_000
    assert await _ledger(storage, company, on) == [(LedgerKind.CHARGE, 10_000)]


async def test_nothing_was_transmitted_in_the_future(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    on = await make_claim(storage, company, status=ClaimStatus.READY_TO_SUBMIT)
    with pytest.raises(InvalidInput):
        async with storage.transaction(company.id, company.actor) as store:
            await submission.record_transmission(
                store,
                on.claim.id,
                transmission(store.now + dt.timedelta(seconds=1)),
                expected_version=on.claim.version,
            )


async def test_a_rejected_claim_leaves_the_ledger_with_a_contra_entry(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    on = await make_claim(storage, company)
    async with storage.transaction(company.id, company.actor) as store:
        back = await submission.record_acknowledgement(
            store, on.claim.id, REJECTED, expected_version=on.claim.version
        )
    assert back.claim.status is ClaimStatus.REJECTED
    assert back.claim.status_reason == "subscriber not found"
    assert (back.claim.insurance_balance_cents, back.claim.submitted_at) == (0, None)
    assert await _ledger(storage, company, on) == [
        (LedgerKind.CHARGE, 10_000),
        (LedgerKind.CHARGE, -10_000),
    ]


async def test_a_rejection_says_why(storage: PostgresStorage, company: CompanyForTests) -> None:
    on = await make_claim(storage, company)
    with pytest.raises(InvalidInput):
        async with storage.transaction(company.id, company.actor) as store:
            await submission.record_acknowledgement(
                store,
                on.claim.id,
                REJECTED.model_copy(update={"reason": None}),
                expected_version=on.claim.version,
            )


async def test_an_acceptance_brings_the_payers_number(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    on = await make_claim(storage, company)
    accepted = NewAcknowledgement(
        outcome=AcknowledgementOutcome.ACCEPTED, reference="277CA", payer_claim_number="ICN77"
    )
    async with storage.transaction(company.id, company.actor) as store:
        taken = await submission.record_acknowledgement(
            store, on.claim.id, accepted, expected_version=on.claim.version
        )
    assert taken.claim.status is ClaimStatus.ACCEPTED
    assert taken.claim.payer_claim_number == "ICN77"
    assert taken.claim.insurance_balance_cents == 10_000


async def test_what_has_errors_is_not_made_ready_and_all_of_them_are_named(
    storage: PostgresStorage, company: CompanyForTests
) -> None:
    patient, payer = await make_patient(storage, company), await make_payer(storage, company)
    flawed = new_claim(patient, [payer], lines=[new_line(diagnosis_codes=[])])
    (on,) = await save_claims(
        storage,
        company,
        [flawed.model_copy(update={"diagnosis_codes": []})],
        status=ClaimStatus.DRAFT,
    )
    async with storage.transaction(company.id, company.actor) as store:
        refused = await submission.make_ready(store, on.claim.id, expected_version=1)
    assert isinstance(refused, ClaimNotValid)
    assert [finding.rule for finding in refused.findings] == [
        "diagnosis_missing",
        "line_diagnosis_missing",
    ]


async def test_the_filing_limit_ends_with_the_day_of_the_companys_time_zone(
    addresses: RoleAddresses, company: CompanyForTests
) -> None:
    served_on = dt.date(2025, 3, 3)
    new_york = ZoneInfo("America/New_York")
    last_moment = dt.datetime(2025, 6, 1, 23, 59, 59, tzinfo=new_york)  # 90 days after service
    clock = FixedClock(last_moment.astimezone(dt.UTC))
    storage = PostgresStorage(addresses.app, clock=clock, keyring=KEYRING)
    await storage.open()
    payer = await make_payer(storage, company, timely_filing_limit_days=90)
    on = await make_claim(
        storage, company, payers=[payer], service_date=served_on, status=ClaimStatus.DRAFT
    )
    rules = []
    for _ in range(2):
        async with storage.transaction(company.id, company.actor) as store:
            findings = await submission.validate_claim(store, on.claim.id)
        rules.append({finding.rule for finding in findings})
        clock.move(dt.timedelta(seconds=1))
    await storage.close()
    assert "timely_filing_expired" not in rules[0]
    assert "timely_filing_expired" in rules[1]


async def test_a_claim_with_money_on_it_cannot_be_voided_or_rejected(
    storage: PostgresStorage, company: CompanyForTests, vault: FileVault
) -> None:
    books = await Books.open(storage, vault, company)
    claim_id = await books.claim()
    await books.pay(Claim())
    version = (await books.row()).version
    with pytest.raises(ClaimHasMoney) as refused:
        async with storage.transaction(company.id, company.actor) as store:
            await submission.void(store, claim_id, "a mistake", expected_version=version)
    assert refused.value.payment_cents == 8_000
    with pytest.raises(ClaimAdjudicated):
        async with storage.transaction(company.id, company.actor) as store:
            await submission.record_acknowledgement(
                store, claim_id, REJECTED, expected_version=version
            )


async def test_voiding_a_denied_claim_ends_the_work_on_its_denials(
    storage: PostgresStorage, company: CompanyForTests, vault: FileVault
) -> None:
    books = await Books.open(storage, vault, company)
    claim_id = await books.claim()
    await books.pay(Claim(lines=(Line(adjustments=(Cas("CO", "197", 10_000),)),)))
    assert [denial.status for denial in await books.denials()] == [DenialStatus.OPEN]
    async with storage.transaction(company.id, company.actor) as store:
        version = (await store.claims.get(claim_id)).version
        await submission.void(store, claim_id, "billed in error", expected_version=version)
    assert [denial.status for denial in await books.denials()] == [DenialStatus.SUPERSEDED]
    await books.assert_sound()


async def test_what_a_payer_sent_before_the_claim_was_recorded_as_sent_is_posted_then(
    storage: PostgresStorage, company: CompanyForTests, vault: FileVault
) -> None:
    books = await Books.open(storage, vault, company)
    on = await make_claim(storage, company, payers=books.payers, status=ClaimStatus.READY_TO_SUBMIT)
    await books.pay(Claim(patient_control_number=on.claim.patient_control_number))
    assert [each.status for each in await books.exceptions()] == [ExceptionStatus.OPEN]
    async with storage.transaction(company.id, company.actor) as store:
        sent = await submission.record_transmission(
            store, on.claim.id, transmission(SENT), expected_version=on.claim.version
        )
    assert await books.exceptions() == []
    assert sent.claim.payment_cents == 8_000
    await books.assert_sound()
