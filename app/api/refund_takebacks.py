"""What payers take back themselves of what refunds give them, over HTTP."""

import datetime as dt
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import PageAnswer, RowAnswer, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.api.remittances import Reason
from app.call import Call
from services.claims.refunds import takebacks
from services.identity.scopes import Scope
from storage.filters import RefundTakebackFilter
from storage.vocabulary.money import TakebackKind, TakebackStatus


class RefundTakebackAnswer(RowAnswer):
    """A refund, and what its payer took back itself: by which transaction, by which PLB amount, and
    by how much its payments on the claim fell."""

    refund_id: UUID
    claim_id: UUID | None
    patient_id: UUID | None
    payer_id: UUID
    transaction_id: UUID
    provider_adjustment_id: UUID | None
    kind: TakebackKind
    status: TakebackStatus
    amount_cents: int
    fell_cents: int
    detail: str
    settled_on: dt.date | None
    closing_note: str | None


class RefundTakebackController(Controller):
    """Refunds that payers have booked or taken themselves; what is exact was settled when it was
    posted."""

    path = "/refund-takebacks"
    tags = ("Refunds",)

    @get(operation_id="list_refund_takebacks", scope=Scope.PAYMENTS_READ)
    async def browse(
        self,
        request: Call,
        refund_id: FromQuery[UUID | None] = None,
        claim_id: FromQuery[UUID | None] = None,
        status: FromQuery[TakebackStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[RefundTakebackAnswer]]:
        """Takebacks, newest first; ``status=proposed`` is what waits for a person."""
        conditions = RefundTakebackFilter(refund_id=refund_id, claim_id=claim_id, status=status)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: takebacks.list_takebacks(store, conditions, limit=limit, after=after),
            page(RefundTakebackAnswer),
        )

    @get("/{takeback_id:uuid}", operation_id="get_refund_takeback", scope=Scope.PAYMENTS_READ)
    async def read(
        self, request: Call, takeback_id: FromPath[UUID]
    ) -> Response[RefundTakebackAnswer]:
        """One takeback."""
        return await request.run(
            lambda store: takebacks.get_takeback(store, takeback_id), one(RefundTakebackAnswer)
        )

    @post(
        "/{takeback_id:uuid}/accept",
        operation_id="accept_refund_takeback",
        scope=Scope.PAYMENTS_WRITE,
        status_code=200,
    )
    async def accept(
        self, request: Call, takeback_id: FromPath[UUID]
    ) -> Response[RefundTakebackAnswer]:
        """Say that it is the refund: what the payer did settles it."""
        version = request.expected_version
        return await request.run(
            lambda store: takebacks.accept(store, takeback_id, expected_version=version),
            one(RefundTakebackAnswer),
        )

    @post(
        "/{takeback_id:uuid}/dismiss",
        operation_id="dismiss_refund_takeback",
        scope=Scope.PAYMENTS_WRITE,
        status_code=200,
    )
    async def dismiss(
        self, request: Call, takeback_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[RefundTakebackAnswer]:
        """Say that it is something else: both stay in the books as they are."""
        version = request.expected_version
        return await request.run(
            lambda store: takebacks.dismiss(
                store, takeback_id, data.reason, expected_version=version
            ),
            one(RefundTakebackAnswer),
        )
