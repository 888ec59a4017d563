"""A file of claims leaves the house: what was delivered is submitted, in the transaction that
records the delivery."""

from dataclasses import dataclass

from services.claims.clearing.clearinghouse import CLAIM_FILE
from services.claims.clearing.lifecycle import require_move
from services.claims.drafts import NewTransmission
from services.claims.submission import record_transmissions, submit_claims
from services.outbox.delivering import Carrier, Errand, Outcome
from storage.filters import ClaimFileFilter, ClaimFilter, FiledClaimFilter
from storage.interface import Store
from storage.tables.clearing import ClaimFile
from storage.tables.outbox import OutboxMessage
from storage.vocabulary.claims import BatchStatus, ClaimStatus, SubmissionMethod
from storage.vocabulary.clearing import ClaimFileStatus, FiledClaimStatus
from storage.vocabulary.outbox import DeliveryFailure


@dataclass(frozen=True)
class ClaimFileCarrier:
    """Takes files as another carrier does, and knows what files of claims mean.

    See ``services.outbox.delivering.Carrier``.
    """

    carrier: Carrier

    async def carry(self, store: Store, message: OutboxMessage) -> Errand:
        """As the other does; nothing of a file that was cancelled."""
        if message.purpose == CLAIM_FILE:
            (file,) = await store.claim_files.all(ClaimFileFilter(message_id=message.id))
            if file.status is ClaimFileStatus.CANCELLED:
                return _Withdrawn()
        return await self.carrier.carry(store, message)

    async def settle(self, store: Store, message: OutboxMessage, outcome: Outcome) -> None:
        """Submit what arrived."""
        await self.carrier.settle(store, message, outcome)
        if message.purpose == CLAIM_FILE and outcome.failure is None:
            await record_delivery(store, message)


class _Withdrawn:
    """A try that is none."""

    async def run(self) -> Outcome:
        """See ``services.outbox.delivering.Errand``."""
        return Outcome(DeliveryFailure.WITHDRAWN)


async def record_delivery(store: Store, message: OutboxMessage) -> None:
    """The partner has the file: its claims are submitted under the interchange's number.

    Told again, nothing more happens.
    """
    (seen,) = await store.claim_files.all(ClaimFileFilter(message_id=message.id))
    filed = await store.filed_claims.all(
        FiledClaimFilter(claim_file_id=seen.id, status=FiledClaimStatus.PREPARED)
    )
    claims = await store.claims.lock_all(ClaimFilter(ids=[each.claim_id for each in filed]))
    file = await store.claim_files.lock(seen.id)
    if file.status is not ClaimFileStatus.PREPARED:
        return
    require_move(file.status, ClaimFileStatus.SENT)
    await store.filed_claims.update_many(
        {each.id: each.version for each in filed},
        {"status": [FiledClaimStatus.SENT] * len(filed)},
    )
    await store.claim_files.update(
        file.id,
        {"status": ClaimFileStatus.SENT, "sent_at": store.now},
        expected_version=file.version,
    )
    transmission = NewTransmission(
        method=SubmissionMethod.CLEARINGHOUSE,
        reference=f"{file.interchange_control_number:09}",
        transmitted_at=store.now,
    )
    ready = [each for each in claims if each.status is ClaimStatus.READY_TO_SUBMIT]
    others = [each for each in claims if each.status is not ClaimStatus.READY_TO_SUBMIT]
    await record_transmissions(store, others, transmission, batch_id=file.batch_id)
    await submit_claims(store, ready, transmission, batch_id=file.batch_id)
    await _complete_batch(store, file)


async def _complete_batch(store: Store, file: ClaimFile) -> None:
    """A batch has gone out with the first file of it; what stayed behind is free for another."""
    if file.batch_id is None:
        return
    batch = await store.claim_batches.lock(file.batch_id)
    if batch.status is BatchStatus.PROCESSING:
        await store.claim_batches.update(
            batch.id, {"status": BatchStatus.COMPLETED}, expected_version=batch.version
        )
