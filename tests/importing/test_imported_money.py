"""What payers paid comes over into the ledger, and attestations as what they are."""

import datetime as dt
from typing import Any

import pytest

from services.importing.reporting import Verdict
from storage.files import FileVault
from storage.filters import (
    AttestationFilter,
    ClaimAppealFilter,
    ClaimFilter,
    EvidenceFilter,
    NoFilter,
    RemittanceExceptionFilter,
    RemittanceTransactionFilter,
)
from storage.interface import Store
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.appeals import AppealStatus
from storage.vocabulary.claims import (
    AdjudicationStatus,
    ExceptionKind,
    LedgerAccount,
    TransactionStatus,
)
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import (
    Importer,
    appeal,
    attestation,
    batch,
    claim,
    era,
    keyed,
    of_map,
    paid,
    payer,
    requirement,
)

pytestmark = pytest.mark.anyio

CLAIMS: dict[str, Any] = {"payers": keyed(payer()), "claims": keyed(claim(status="paid"))}


@pytest.fixture
def importer(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Importer:
    return Importer(storage, vault, company)


async def balances(store: Store) -> dict[LedgerAccount, int]:
    """Every account of the ledger, to the end of time."""
    found = await store.ledger_figures.account_balances(
        first=dt.date(1990, 1, 1), last=dt.date(2199, 12, 31)
    )
    return {each.account: each.balance_cents for each in found}


async def test_a_remittance_is_posted_to_its_claim_as_if_the_payer_had_sent_it(
    importer: Importer,
) -> None:
    found = await importer.bring({**CLAIMS, "eras": [era()]})
    eras = of_map(found, "eras")
    assert (eras.record_cents, eras.row_cents, found.verdict) == (9800, 9800, Verdict.AGREES)
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        (row,) = await store.claims.all(ClaimFilter())
        books = await balances(store)
    assert row.adjudication_status is AdjudicationStatus.PAID
    assert (row.payment_cents, row.write_off_cents, row.patient_balance_cents) == (9800, 2950, 1500)
    assert books[LedgerAccount.CASH_EXPECTED] == 9800
    assert books.get(LedgerAccount.DEPOSIT_CLEARING, 0) == 0


@pytest.mark.parametrize(
    ("payment", "kind"),
    [
        (paid(claimId="c9", claimNumber="CLM-9"), ExceptionKind.UNMATCHED),
        (paid(adjustments=[]), ExceptionKind.UNBALANCED),
    ],
)
async def test_what_cannot_be_posted_waits_with_its_money(
    importer: Importer, payment: dict[str, Any], kind: ExceptionKind
) -> None:
    found = await importer.bring({**CLAIMS, "eras": [era(claimPayments=[payment])]})
    assert of_map(found, "eras").row_cents == 9800
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        (waiting,) = await store.remittance_exceptions.all(RemittanceExceptionFilter())
        books = await balances(store)
    assert waiting.kind is kind
    assert abs(books[LedgerAccount.UNAPPLIED_CASH]) == 9800


async def test_a_payment_that_its_claims_do_not_come_to_waits_for_a_person(
    importer: Importer,
) -> None:
    await importer.bring({**CLAIMS, "eras": [era(paymentAmount=9900)]})
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        (row,) = await store.remittance_transactions.all(RemittanceTransactionFilter())
    assert row.status is TransactionStatus.UNBALANCED


async def test_an_adjustment_without_a_group_is_not_guessed(importer: Importer) -> None:
    plain = paid(adjustments=[{"code": "45", "amount": 4450, "reason": "Contract"}])
    found = await importer.bring({**CLAIMS, "eras": [era(claimPayments=[plain])]})
    assert of_map(found, "eras").quarantined_count == 1


async def test_a_remittance_that_comes_twice_is_one(importer: Importer) -> None:
    found = await importer.bring({**CLAIMS, "eras": [era(), era("e2", eraNumber="ERA-e1")]})
    eras = of_map(found, "eras")
    assert (eras.placed_count, eras.merged_count, eras.merged_cents) == (1, 1, 9800)


async def test_batches_and_appeals_come_over_with_their_claims(importer: Importer) -> None:
    found = await importer.bring(
        {**CLAIMS, "batches": [batch()], "appeals": [appeal(), appeal("a2")]}
    )
    assert found.verdict is Verdict.AGREES
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        appeals = await store.claim_appeals.all(ClaimAppealFilter())
    assert [each.appeal_number for each in appeals] == [1, 2]
    assert {each.status for each in appeals} == {AppealStatus.OVERTURNED}


async def test_what_needs_no_change_of_a_batch_or_a_remittance_does_not_wait(
    importer: Importer,
) -> None:
    maps = {"batches": [batch()], "eras": [era()]}
    await importer.bring({**CLAIMS, **maps})
    newer = {name: [each | {"createdAt": "2026-01-01"} for each in maps[name]] for name in maps}
    again = await importer.bring({**CLAIMS, **newer})
    assert [of_map(again, name).changed_count for name in maps] == [1, 1]
    assert again.verdict is Verdict.AGREES


async def test_an_attestation_comes_over_as_evidence_that_nobody_has_signed(
    importer: Importer,
) -> None:
    found = await importer.bring(
        {
            "complianceRequirements": keyed(requirement()),
            "attestations": [attestation(), attestation("at2", requirementId="OSHA-07")],
        }
    )
    assert found.verdict is Verdict.AGREES
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        evidence = await store.compliance_evidence.all(EvidenceFilter())
        attested = await store.compliance_attestations.all(AttestationFilter())
        links = await store.evidence_links.all(NoFilter())
    assert [each.expires_on for each in evidence] == [dt.date(2025, 11, 30)] * 2
    assert (attested, len(links)) == ([], 2)
