"""Batches of claims over HTTP."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from app.answers import (
    Answer,
    PageAnswer,
    RecordAnswer,
    Render,
    RowAnswer,
    created,
    decode_cursor,
    one,
    page,
)
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.claims import batches
from services.claims.batches import BatchOutcome, NewBatch
from services.claims.drafts import NewTransmission
from services.identity.scopes import Scope
from storage.filters import ClaimBatchFilter
from storage.vocabulary.claims import BatchStatus


class BatchAnswer(RowAnswer):
    """A batch: `processing` waits for its transmission, `completed` went out, `failed` never
    will."""

    batch_number: str
    payer_id: UUID
    status: BatchStatus
    claim_count: int
    refused_count: int
    total_charge_cents: int


class RefusedClaimAnswer(Answer):
    """A claim that does not go along, and why. A foreign claim and an absent one read alike."""

    claim_id: UUID
    reason: str


class BatchOutcomeAnswer(BatchAnswer):
    """A batch with the claims that do not go along with it."""

    refused: list[RefusedClaimAnswer]


class BatchItemAnswer(RecordAnswer):
    """A claim that was put forward; `refusal` is null for one that is part of the batch."""

    given_claim_id: UUID
    refusal: str | None


class _Whole:
    """A batch and its refusals side by side, as the answer shows them."""

    id: UUID

    def __init__(self, outcome: BatchOutcome) -> None:
        self.__dict__.update(outcome.batch.__dict__, refused=outcome.refused)


def _flat(render: Render[_Whole]) -> Render[BatchOutcome]:
    return lambda outcome: render(_Whole(outcome))


class BatchController(Controller):
    """Claims of one payer that go out together."""

    path = "/batches"
    tags = ("Batches",)

    @post(operation_id="create_batch", scope=Scope.CLAIMS_WRITE)
    async def create(self, request: Call, data: JSONBody[NewBatch]) -> Response[BatchOutcomeAnswer]:
        """Group ready claims of one payer; each claim that is refused is named with its reason."""
        return await request.run(
            lambda store: batches.create_batch(store, data),
            _flat(created(BatchOutcomeAnswer, "/api/v1/batches/{id}")),
        )

    @get(operation_id="list_batches", scope=Scope.CLAIMS_READ)
    async def list(
        self,
        request: Call,
        payer_id: FromQuery[UUID | None] = None,
        status: FromQuery[BatchStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[BatchAnswer]]:
        """Batches, newest first."""
        conditions = ClaimBatchFilter(payer_id=payer_id, status=status)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: batches.list_batches(store, conditions, limit=limit, after=after),
            page(BatchAnswer),
        )

    @get("/{batch_id:uuid}/items", operation_id="list_batch_items", scope=Scope.CLAIMS_READ)
    async def items(
        self,
        request: Call,
        batch_id: FromPath[UUID],
        is_accepted: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[BatchItemAnswer]]:
        """The claims that were put forward for a batch."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: batches.list_batch_items(
                store, batch_id, is_accepted=is_accepted, limit=limit, after=after
            ),
            page(BatchItemAnswer),
        )

    @get("/{batch_id:uuid}", operation_id="get_batch", scope=Scope.CLAIMS_READ)
    async def get(self, request: Call, batch_id: FromPath[UUID]) -> Response[BatchAnswer]:
        """One batch."""
        return await request.run(lambda store: batches.get_batch(store, batch_id), one(BatchAnswer))

    @post(
        "/{batch_id:uuid}/transmissions",
        operation_id="record_batch_transmission",
        scope=Scope.CLAIMS_WRITE,
        status_code=HTTP_200_OK,
    )
    async def transmit(
        self, request: Call, batch_id: FromPath[UUID], data: JSONBody[NewTransmission]
    ) -> Response[BatchOutcomeAnswer]:
        """Record that a batch was sent elsewhere: its claims that are still ready are submitted."""
        version = request.expected_version
        return await request.run(
            lambda store: batches.record_batch_transmission(
                store, batch_id, data, expected_version=version
            ),
            _flat(one(BatchOutcomeAnswer)),
        )

    @post(
        "/{batch_id:uuid}/cancel",
        operation_id="cancel_batch",
        scope=Scope.CLAIMS_WRITE,
        status_code=HTTP_200_OK,
    )
    async def cancel(self, request: Call, batch_id: FromPath[UUID]) -> Response[BatchAnswer]:
        """Give up a batch that has not gone out; its claims are free for another one."""
        version = request.expected_version
        return await request.run(
            lambda store: batches.cancel_batch(store, batch_id, expected_version=version),
            one(BatchAnswer),
        )
