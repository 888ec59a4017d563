"""Batches: ready claims of one payer that go out together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.claims.clearing.hold import files_on_the_way
from services.claims.drafts import NewTransmission
from services.claims.numbers import take_batch_number
from services.claims.submission import submit_claims
from services.inputs import Input
from services.refusals import Fault, IllegalTransition, InvalidInput, Refusal
from storage.errors import VersionConflict
from storage.filters import ByBatch, ClaimBatchFilter, ClaimFilter
from storage.interface import Page, Store
from storage.tables.claims import (
    Claim,
    ClaimBatch,
    ClaimBatchFields,
    ClaimBatchItem,
    ClaimBatchItemFields,
)
from storage.vocabulary.claims import BatchStatus, ClaimStatus

MOST_CLAIMS = 5000

LEGAL_MOVES: Mapping[BatchStatus, tuple[BatchStatus, ...]] = {
    BatchStatus.PROCESSING: (BatchStatus.COMPLETED, BatchStatus.FAILED),
    BatchStatus.COMPLETED: (),
    BatchStatus.FAILED: (),
}
"""PROCESSING waits for its transmission, COMPLETED has gone out, FAILED never will."""


class NewBatch(Input):
    """Claims to put together; an id that is given twice counts once."""

    payer_id: UUID
    claim_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_CLAIMS)]


@dataclass(frozen=True)
class RefusedClaim:
    """A claim that was put forward, and why it does not go along."""

    claim_id: UUID
    reason: str


@dataclass(frozen=True)
class BatchOutcome:
    """A batch, and the claims that do not go along with it."""

    batch: ClaimBatch
    refused: list[RefusedClaim]


@dataclass
class BatchHasNoReadyClaim(Refusal):
    """Nothing in the batch can go out any more."""

    title: ClassVar[str] = "No claim of the batch is ready to submit"
    batch_number: str

    @property
    def detail(self) -> str:
        return "Every claim has left the state ready_to_submit; cancel the batch."


async def create_batch(store: Store, new: NewBatch) -> BatchOutcome:
    """Group ready claims of one payer. A batch in which nothing could be taken has failed.

    A claim is refused, with its reason, when it does not exist, is not ready, has another primary
    payer, or is in a batch that waits already. Takes a constant number of statements.
    Raises InvalidInput for an unknown payer.
    """
    if not await store.payers.get_many([new.payer_id]):
        raise InvalidInput([Fault("/payer_id", "names nothing that exists")])
    given = list(dict.fromkeys(new.claim_ids))
    held = {claim.id: claim for claim in await store.claims.lock_all(ClaimFilter(ids=given))}
    waiting = await _batches_that_wait(store, list(held))
    reasons = {
        claim_id: _refusal(held.get(claim_id), new.payer_id, waiting.get(claim_id))
        for claim_id in given
    }
    accepted = [held[claim_id] for claim_id in given if reasons[claim_id] is None]
    batch = await store.claim_batches.create(
        ClaimBatchFields(
            batch_number=await take_batch_number(store),
            payer_id=new.payer_id,
            status=BatchStatus.PROCESSING if accepted else BatchStatus.FAILED,
            claim_count=len(accepted),
            refused_count=len(given) - len(accepted),
            total_charge_cents=sum(claim.total_charge_cents for claim in accepted),
        )
    )
    await store.claim_batch_items.create_many(
        [
            ClaimBatchItemFields(
                batch_id=batch.id,
                given_claim_id=claim_id,
                claim_id=claim_id if claim_id in held else None,
                refusal=reason,
            )
            for claim_id, reason in reasons.items()
        ]
    )
    return BatchOutcome(
        batch,
        [RefusedClaim(claim_id, reason) for claim_id, reason in reasons.items() if reason],
    )


async def get_batch(store: Store, batch_id: UUID) -> ClaimBatch:
    """Raises RowNotFound."""
    return await store.claim_batches.get(batch_id)


async def list_batches(
    store: Store, conditions: ClaimBatchFilter, *, limit: int, after: UUID | None
) -> Page[ClaimBatch]:
    """Batches, newest first."""
    return await store.claim_batches.list(conditions, limit=limit, after=after)


async def list_batch_items(
    store: Store, batch_id: UUID, *, is_accepted: bool | None, limit: int, after: UUID | None
) -> Page[ClaimBatchItem]:
    """The claims that were put forward for a batch, taken or refused. Raises RowNotFound."""
    await store.claim_batches.get(batch_id)
    return await store.claim_batch_items.list(
        ByBatch(batch_id=batch_id, is_accepted=is_accepted), limit=limit, after=after
    )


async def record_batch_transmission(
    store: Store, batch_id: UUID, transmission: NewTransmission, *, expected_version: int
) -> BatchOutcome:
    """Record that a batch went out: its claims that are still ready are submitted.

    Those that are not any more stay as they are and are named. Takes a constant number of
    statements. Raises RowNotFound, VersionConflict, IllegalTransition, BatchHasNoReadyClaim,
    InvalidInput.
    """
    batch = await _hold(store, batch_id, BatchStatus.COMPLETED, expected_version=expected_version)
    items = await store.claim_batch_items.all(ByBatch(batch_id=batch_id, is_accepted=True))
    ids = [item.claim_id for item in items if item.claim_id is not None]
    claims = await store.claims.lock_all(ClaimFilter(ids=ids))
    on_the_way = await files_on_the_way(store, ids)
    reasons = {
        claim.id: _refusal(claim, batch.payer_id, "a file" if claim.id in on_the_way else None)
        for claim in claims
    }
    ready = [claim for claim in claims if reasons[claim.id] is None]
    if not ready:
        raise BatchHasNoReadyClaim(batch.batch_number)
    await submit_claims(store, ready, transmission, batch_id=batch_id)
    sent = await store.claim_batches.update(
        batch_id, {"status": BatchStatus.COMPLETED}, expected_version=expected_version
    )
    return BatchOutcome(
        sent, [RefusedClaim(claim_id, reason) for claim_id, reason in reasons.items() if reason]
    )


async def cancel_batch(store: Store, batch_id: UUID, *, expected_version: int) -> ClaimBatch:
    """Give up a batch that has not gone out; its claims are free for another one.

    Raises RowNotFound, VersionConflict, IllegalTransition.
    """
    await _hold(store, batch_id, BatchStatus.FAILED, expected_version=expected_version)
    return await store.claim_batches.update(
        batch_id, {"status": BatchStatus.FAILED}, expected_version=expected_version
    )


async def _hold(
    store: Store, batch_id: UUID, wanted: BatchStatus, *, expected_version: int
) -> ClaimBatch:
    batch = await store.claim_batches.lock(batch_id)
    if batch.version != expected_version:
        raise VersionConflict("claim_batches")
    legal = LEGAL_MOVES[batch.status]
    if wanted not in legal:
        raise IllegalTransition("batch", batch.status, wanted, [str(each) for each in legal])
    return batch


async def _batches_that_wait(store: Store, claim_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The number of the batch that each claim waits in."""
    items = await store.claim_batch_items.all(ByBatch(claim_ids=list(claim_ids), is_accepted=True))
    batches = await store.claim_batches.all(
        ClaimBatchFilter(
            ids=sorted({item.batch_id for item in items}), status=BatchStatus.PROCESSING
        )
    )
    numbers = {batch.id: batch.batch_number for batch in batches}
    return {
        item.claim_id: numbers[item.batch_id]
        for item in items
        if item.claim_id is not None and item.batch_id in numbers
    }


def _refusal(claim: Claim | None, payer_id: UUID, waits_in: str | None) -> str | None:
    if claim is None:
        return "names no claim"
    if claim.status is not ClaimStatus.READY_TO_SUBMIT:
        return f"is {claim.status}, not {ClaimStatus.READY_TO_SUBMIT}"
    if claim.primary_payer_id != payer_id:
        return "has another primary payer"
    if waits_in is not None:
        return f"waits in {waits_in} already"
    return None
