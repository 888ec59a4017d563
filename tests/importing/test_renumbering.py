"""A number that another row has already: what comes over gets one of its own, and says so."""

import pytest

from services.importing.reporting import Verdict
from storage.files import FileVault
from storage.filters import ClaimBatchFilter, ClaimFilter, ImportRecordFilter, RemittanceFilter
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.importing import ImportOutcome
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import Importer, batch, claim, era, keyed, line, of_map, payer

pytestmark = pytest.mark.anyio

OTHER = claim(lineItems=[line(chargeAmount=9900)])
"""Another claim of the same number."""


@pytest.fixture
def importer(storage: PostgresStorage, vault: FileVault, company: CompanyForTests) -> Importer:
    return Importer(storage, vault, company)


async def test_a_claim_s_number_that_is_taken_gets_a_count_behind_it(importer: Importer) -> None:
    await importer.bring({"payers": keyed(payer()), "claims": [claim()]}, source="north")
    dump = {"payers": keyed(payer()), "claims": [OTHER], "eras": [era()]}
    found = await importer.bring(dump, source="south")
    assert of_map(found, "claims").placed_count == 1
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        claims = await store.claims.all(ClaimFilter())
        records = await store.import_records.all(
            ImportRecordFilter(map_name="claims", outcome=ImportOutcome.PLACED)
        )
    assert {each.claim_number for each in claims} == {"CLM-c1", "CLM-c1-2"}
    assert {each.patient_control_number for each in claims} == {"CLM-c1", "CLM-c1-2"}
    assert ["CLM-c1 is taken here: it is CLM-c1-2"] in [each.notes for each in records]
    again = of_map(await importer.bring(dump, source="south"), "claims")
    assert (again.unchanged_count, again.placed_count) == (1, 0)


async def test_counts_that_are_taken_too_are_passed_over(importer: Importer) -> None:
    for place, charge in enumerate((14250, 9900, 8800)):
        other = claim(f"c{place}", claimNumber="CLM-7", lineItems=[line(chargeAmount=charge)])
        await importer.bring({"payers": keyed(payer()), "claims": [other]}, source=f"s{place}")
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        claims = await store.claims.all(ClaimFilter())
    assert sorted(each.claim_number for each in claims) == ["CLM-7", "CLM-7-2", "CLM-7-3"]


async def test_batches_and_remittances_are_renumbered_too(importer: Importer) -> None:
    first = {"payers": keyed(payer()), "claims": [claim()]}
    await importer.bring({**first, "batches": [batch()], "eras": [era()]}, source="north")
    second = {
        **first,
        "batches": [batch(totalChargeAmount=100)],
        "eras": [era(paymentDate="2025-09-29")],
    }
    found = await importer.bring(second, source="south")
    assert (of_map(found, "eras").waiting_count, found.verdict) == (1, Verdict.WAITS)
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        batches = await store.claim_batches.all(ClaimBatchFilter())
        remittances = await store.remittances.all(RemittanceFilter())
    assert {each.batch_number for each in batches} == {"BATCH-b1", "BATCH-b1-2"}
    assert {each.file_name for each in remittances} == {"ERA-e1.835", "ERA-e1-2.835"}
