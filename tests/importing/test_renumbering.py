"""A number that another row has already: what comes over gets one of its own, and says so."""

import pytest

from services.importing.chunks import RECORDS_AT_ONCE
from services.importing.reporting import Verdict
from storage.files import FileVault
from storage.filters import ClaimBatchFilter, ClaimFilter, ImportRecordFilter, RemittanceFilter
from storage.postgres.transaction import PostgresStorage
from storage.vocabulary.importing import ImportOutcome
from tests.builders.companies import CompanyForTests
from tests.builders.dumps import Importer, batch, claim, era, keyed, line, of_map, paid, payer

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


async def claim_numbers(importer: Importer) -> list[str]:
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        return sorted(each.claim_number for each in await store.claims.all(ClaimFilter()))


@pytest.mark.parametrize("between", [0, RECORDS_AT_ONCE], ids=["side by side", "far apart"])
async def test_two_equal_records_whose_number_is_taken_become_one(
    importer: Importer, between: int
) -> None:
    first = {"payers": keyed(payer()), "claims": [claim()], "batches": [batch()]}
    await importer.bring(first, source="north")
    same = {"batchNumber": "BATCH-b1", "totalChargeAmount": 100, "claimIds": []}
    dump = {
        "payers": keyed(payer()),
        "batches": [
            batch("b8", **same),
            *(batch(f"x{at}", claimIds=[]) for at in range(between)),
            batch("b9", **same),
        ],
    }
    found = await importer.bring(dump, source="south")
    counts = of_map(found, "batches")
    assert (counts.placed_count, counts.merged_count) == (1 + between, 1)
    assert found.verdict is Verdict.AGREES
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        batches = await store.claim_batches.all(ClaimBatchFilter())
    numbers = {each.batch_number for each in batches}
    assert {each for each in numbers if each.startswith("BATCH-b1")} >= {"BATCH-b1", "BATCH-b1-2"}
    assert "BATCH-b1-3" not in numbers
    again = of_map(await importer.bring(dump, source="south"), "batches")
    assert (again.placed_count, again.unchanged_count, again.merged_count) == (0, 1 + between, 1)


async def test_what_names_either_of_two_that_became_one_means_that_one(
    importer: Importer,
) -> None:
    await importer.bring({"payers": keyed(payer()), "claims": [claim()]}, source="north")
    twins = [claim(key, claimNumber="CLM-c1", serviceDate="2025-08-01") for key in ("c8", "c9")]
    payments = [
        era(f"e{place}", claimPayments=[paid(claimId=name)])
        for place, name in enumerate(("c8", "c9", "CLM-c1"))
    ]
    dump = {"payers": keyed(payer()), "claims": twins, "eras": payments}
    found = await importer.bring(dump, source="south")
    assert [each.reason for each in found.faults] == []
    assert await claim_numbers(importer) == ["CLM-c1", "CLM-c1-2"]


async def test_another_of_the_same_dump_waits_although_the_number_is_taken(
    importer: Importer,
) -> None:
    await importer.bring({"payers": keyed(payer()), "claims": [claim()]}, source="north")
    others = [
        claim("c8", claimNumber="CLM-c1", serviceDate="2025-08-01"),
        claim("c9", claimNumber="CLM-c1", serviceDate="2025-08-02"),
    ]
    found = await importer.bring({"payers": keyed(payer()), "claims": others}, source="south")
    assert [each.reason for each in found.faults] == [
        "has the claim_number of another, from which it differs in service_date"
    ]
    assert await claim_numbers(importer) == ["CLM-c1", "CLM-c1-2"]


async def test_one_that_is_what_stands_here_is_merged_with_that(importer: Importer) -> None:
    await importer.bring({"payers": keyed(payer()), "claims": [claim()]}, source="north")
    claims = [
        claim("c8", claimNumber="CLM-c1", serviceDate="2025-08-01"),
        claim("c9", claimNumber="CLM-c1"),
    ]
    found = await importer.bring({"payers": keyed(payer()), "claims": claims}, source="south")
    counts = of_map(found, "claims")
    assert (counts.placed_count, counts.merged_count) == (1, 1)
    assert await claim_numbers(importer) == ["CLM-c1", "CLM-c1-2"]


@pytest.mark.parametrize("is_same", [True, False])
async def test_in_a_later_dump_one_that_is_what_was_renumbered_is_merged_with_that(
    importer: Importer, is_same: bool
) -> None:
    await importer.bring({"payers": keyed(payer()), "claims": [claim()]}, source="north")
    for date in ("2025-08-01", "2025-08-02"):
        before = claim(f"of {date}", claimNumber="CLM-c1", serviceDate=date)
        await importer.bring({"payers": keyed(payer()), "claims": [before]}, source="south")
    assert await claim_numbers(importer) == ["CLM-c1", "CLM-c1-2", "CLM-c1-3"]
    date = "2025-08-02" if is_same else "2025-08-03"
    later = claim("c9", claimNumber="CLM-c1", serviceDate=date)
    dump = {"payers": keyed(payer()), "claims": [later]}
    counts = of_map(await importer.bring(dump, source="south"), "claims")
    assert (counts.merged_count, counts.placed_count) == ((1, 0) if is_same else (0, 1))
    assert ("CLM-c1-4" in await claim_numbers(importer)) is not is_same
    company = importer.company
    async with importer.storage.transaction(company.id, company.actor) as store:
        rows = {each.claim_number: each.id for each in await store.claims.all(ClaimFilter())}
        records = await store.import_records.all(ImportRecordFilter(map_name="claims"))
    (record,) = [each for each in records if each.legacy_key == "c9"]
    assert record.target_id == rows["CLM-c1-3" if is_same else "CLM-c1-4"]
    again = of_map(await importer.bring(dump, source="south"), "claims")
    assert (again.placed_count, again.quarantined_count) == (0, 0)
