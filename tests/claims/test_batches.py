"""Batches: what goes along, what does not and why."""

import datetime as dt

import pytest

from services.claims import batches, submission
from services.claims.batches import BatchHasNoReadyClaim, BatchOutcome, NewBatch
from services.refusals import IllegalTransition
from storage.errors import VersionConflict
from storage.filters import ByClaim, ClaimFilter, LedgerFilter
from storage.identifiers import new_id
from storage.postgres.transaction import PostgresStorage
from storage.tables.claims import Payer
from storage.vocabulary.claims import BatchStatus, ClaimStatus
from tests.builders.claims import make_claim, make_claims, make_payer, transmission
from tests.builders.companies import CompanyForTests
from tests.builders.statements import counted

pytestmark = pytest.mark.anyio

SENT = dt.datetime(2025, 3, 4, 10, tzinfo=dt.UTC)
READY = ClaimStatus.READY_TO_SUBMIT


@pytest.fixture
async def payer(storage: PostgresStorage, company: CompanyForTests) -> Payer:
    return await make_payer(storage, company)


async def _batch(
    storage: PostgresStorage, company: CompanyForTests, payer: Payer, *claim_ids: object
) -> BatchOutcome:
    async with storage.transaction(company.id, company.actor) as store:
        new = NewBatch.model_validate({"payer_id": payer.id, "claim_ids": claim_ids})
        return await batches.create_batch(store, new)


async def test_each_refused_claim_is_named_with_its_reason_and_counted_once(
    storage: PostgresStorage,
    company: CompanyForTests,
    other_company: CompanyForTests,
    payer: Payer,
) -> None:
    ready, draft, other = [
        (await make_claim(storage, company, payers=payers, status=status)).claim.id
        for payers, status in (
            ([payer], READY),
            ([payer], ClaimStatus.DRAFT),
            ([await make_payer(storage, company), payer], READY),
        )
    ]
    foreign = (await make_claim(storage, other_company, status=READY)).claim.id
    absent = new_id()
    outcome = await _batch(
        storage, company, payer, ready, draft, ready, other, foreign, absent, draft
    )
    assert {each.claim_id: each.reason for each in outcome.refused} == {
        draft: "is draft, not ready_to_submit",
        other: "has another primary payer",
        foreign: "names no claim",
        absent: "names no claim",
    }
    assert (outcome.batch.claim_count, outcome.batch.refused_count) == (1, 4)
    assert outcome.batch.total_charge_cents == 10_000
    assert outcome.batch.status is BatchStatus.PROCESSING
    assert outcome.batch.batch_number == "BATCH-000001"


async def test_a_batch_that_could_take_nothing_has_failed_and_keeps_the_reasons(
    storage: PostgresStorage, company: CompanyForTests, payer: Payer
) -> None:
    absent = new_id()
    outcome = await _batch(storage, company, payer, absent)
    assert outcome.batch.status is BatchStatus.FAILED
    async with storage.transaction(company.id, company.actor) as store:
        kept = await batches.list_batch_items(
            store, outcome.batch.id, is_accepted=False, limit=50, after=None
        )
    assert [(item.given_claim_id, item.refusal) for item in kept.rows] == [
        (absent, "names no claim")
    ]


async def test_a_claim_waits_in_one_batch_at_a_time(
    storage: PostgresStorage, company: CompanyForTests, payer: Payer
) -> None:
    claim = (await make_claim(storage, company, payers=[payer], status=READY)).claim
    first = await _batch(storage, company, payer, claim.id)
    second = await _batch(storage, company, payer, claim.id)
    assert second.refused[0].reason == f"waits in {first.batch.batch_number} already"
    async with storage.transaction(company.id, company.actor) as store:
        cancelled = await batches.cancel_batch(store, first.batch.id, expected_version=1)
    assert cancelled.status is BatchStatus.FAILED
    assert (await _batch(storage, company, payer, claim.id)).refused == []


async def test_a_transmission_submits_what_is_still_ready_and_names_the_rest(
    storage: PostgresStorage, company: CompanyForTests, payer: Payer
) -> None:
    made = await make_claims(storage, company, 3, payers=[payer], status=READY)
    ids = [each.claim.id for each in made]
    batch = (await _batch(storage, company, payer, *ids)).batch
    async with storage.transaction(company.id, company.actor) as store:
        await submission.reopen(store, ids[1], expected_version=made[1].claim.version)
        outcome = await batches.record_batch_transmission(
            store, batch.id, transmission(SENT), expected_version=1
        )
        after = await store.claims.all(ClaimFilter(ids=ids))
        entries = await store.ledger_entries.all(LedgerFilter(claim_ids=ids))
        records = await store.claim_transmissions.all(ByClaim(claim_ids=ids))
    assert outcome.batch.status is BatchStatus.COMPLETED
    assert [(each.claim_id, each.reason) for each in outcome.refused] == [
        (ids[1], "is draft, not ready_to_submit")
    ]
    assert [claim.status for claim in after] == ["submitted", "draft", "submitted"]
    assert sorted(entry.amount_cents for entry in entries) == [10_000, 10_000]
    assert {record.batch_id for record in records} == {batch.id}


async def test_a_batch_goes_out_once(
    storage: PostgresStorage, company: CompanyForTests, payer: Payer
) -> None:
    claim = (await make_claim(storage, company, payers=[payer], status=READY)).claim
    batch = (await _batch(storage, company, payer, claim.id)).batch
    async with storage.transaction(company.id, company.actor) as store:
        sent = transmission(SENT)
        await batches.record_batch_transmission(store, batch.id, sent, expected_version=1)
        with pytest.raises(VersionConflict):
            await batches.record_batch_transmission(store, batch.id, sent, expected_version=1)
        with pytest.raises(IllegalTransition):
            await batches.record_batch_transmission(store, batch.id, sent, expected_version=2)


async def test_a_batch_whose_claims_are_all_gone_is_not_sent(
    storage: PostgresStorage, company: CompanyForTests, payer: Payer
) -> None:
    on = await make_claim(storage, company, payers=[payer], status=READY)
    batch = (await _batch(storage, company, payer, on.claim.id)).batch
    async with storage.transaction(company.id, company.actor) as store:
        await submission.reopen(store, on.claim.id, expected_version=on.claim.version)
    with pytest.raises(BatchHasNoReadyClaim):
        async with storage.transaction(company.id, company.actor) as store:
            await batches.record_batch_transmission(
                store, batch.id, transmission(SENT), expected_version=1
            )


async def test_a_hundred_claims_take_as_many_statements_as_two(
    storage: PostgresStorage, company: CompanyForTests, payer: Payer
) -> None:
    counts: list[int] = []
    for size in (2, 100):
        made = await make_claims(storage, company, size, payers=[payer], status=READY)
        new = NewBatch(payer_id=payer.id, claim_ids=[each.claim.id for each in made])
        async with storage.transaction(company.id, company.actor) as store:
            with counted(store) as counting:
                batch = (await batches.create_batch(store, new)).batch
                await batches.record_batch_transmission(
                    store, batch.id, transmission(SENT), expected_version=1
                )
        counts.append(counting.statements)
    assert counts[0] == counts[1] > 0
