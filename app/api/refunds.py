"""Credit balances and refunds over HTTP."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import (
    JSON,
    Answer,
    PageAnswer,
    RowAnswer,
    created,
    decode_cursor,
    encode_cursor,
    one,
    page,
)
from app.api.approvals import unless_asked
from app.api.parameters import Cursor, Limit
from app.api.remittances import Reason
from app.call import Call
from services.claims.refunds import credits as credit_balances
from services.claims.refunds import refunding
from services.claims.refunds.credits import Credits
from services.claims.refunds.refunding import (
    NewPatientRefund,
    NewPayerRefund,
    NewReturnRefund,
    RefundPayment,
)
from services.identity.scopes import Scope
from storage.filters import RefundFilter
from storage.vocabulary.money import BalanceSide, RefundStatus

_LOCATION = "/api/v1/refunds/{id}"


class RefundAnswer(RowAnswer):
    """Money that goes back, to a payer or to a patient."""

    refund_number: str
    patient_id: UUID | None
    claim_id: UUID | None
    payer_id: UUID | None
    patient_payment_id: UUID | None
    exception_id: UUID | None
    reason_code: str
    note: str | None
    amount_cents: int
    status: RefundStatus
    approved_on: dt.date | None
    paid_on: dt.date | None
    reference: str | None
    closing_note: str | None
    booked_on: dt.date | None


class CreditAnswer(Answer):
    """A balance below zero, of a claim or of a returned exception: whose it may be, since when the
    books have shown it, and until when it has to go back where a rule says so."""

    claim_id: UUID | None
    claim_number: str | None
    exception_id: UUID | None
    patient_id: UUID | None
    side: BalanceSide
    amount_cents: int
    since: dt.date | None
    payer_ids: list[UUID]
    due_on: dt.date | None
    due_source: str | None


class CreditBalanceController(Controller):
    """The worklist of what is owed to payers and patients."""

    path = "/credit-balances"
    tags = ("Refunds",)

    @get(operation_id="list_credit_balances", scope=Scope.PAYMENTS_READ)
    async def browse(
        self, request: Call, limit: Limit = 50, cursor: Cursor = None
    ) -> Response[PageAnswer[CreditAnswer]]:
        """Claims and returned exceptions in credit, newest first. Medicare and Medicaid want theirs
        back within sixty days."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: credit_balances.list_credits(store, limit=limit, after=after), _credits
        )


class RefundController(Controller):
    """What goes back, by two people unless the company says otherwise."""

    path = "/refunds"
    tags = ("Refunds",)

    @post("/to-payer", operation_id="refund_payer", scope=Scope.PAYMENTS_WRITE, also_answers=(202,))
    async def to_payer(
        self, request: Call, data: JSONBody[NewPayerRefund]
    ) -> Response[RefundAnswer]:
        """Give back to a payer what a claim is in credit. With a second person: 202, and the
        request for their approval as Location; it is void as soon as the claim changes."""
        return await request.run(
            lambda store: refunding.refund_payer(store, request.principal, data),
            unless_asked(created(RefundAnswer, _LOCATION)),
        )

    @post(
        "/to-patient",
        operation_id="refund_patient",
        scope=Scope.PAYMENTS_WRITE,
        also_answers=(202,),
    )
    async def to_patient(
        self, request: Call, data: JSONBody[NewPatientRefund]
    ) -> Response[RefundAnswer]:
        """Give back to a patient what is unapplied of a payment. With a second person: 202, and the
        request for their approval as Location; it is void as soon as the payment changes."""
        return await request.run(
            lambda store: refunding.refund_patient(store, request.principal, data),
            unless_asked(created(RefundAnswer, _LOCATION)),
        )

    @post(
        "/of-return", operation_id="refund_return", scope=Scope.PAYMENTS_WRITE, also_answers=(202,)
    )
    async def of_return(
        self, request: Call, data: JSONBody[NewReturnRefund]
    ) -> Response[RefundAnswer]:
        """Give back to a payer what its remittance paid on no claim here, once the exception was
        returned. With a second person: 202, and the request for their approval as Location."""
        return await request.run(
            lambda store: refunding.refund_return(store, request.principal, data),
            unless_asked(created(RefundAnswer, _LOCATION)),
        )

    @get(operation_id="list_refunds", scope=Scope.PAYMENTS_READ)
    async def browse(
        self,
        request: Call,
        claim_id: FromQuery[UUID | None] = None,
        patient_payment_id: FromQuery[UUID | None] = None,
        exception_id: FromQuery[UUID | None] = None,
        status: FromQuery[RefundStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[RefundAnswer]]:
        """Refunds, newest first."""
        conditions = RefundFilter(
            claim_id=claim_id,
            patient_payment_id=patient_payment_id,
            exception_id=exception_id,
            status=status,
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: refunding.list_refunds(store, conditions, limit=limit, after=after),
            page(RefundAnswer),
        )

    @get("/{refund_id:uuid}", operation_id="get_refund", scope=Scope.PAYMENTS_READ)
    async def read(self, request: Call, refund_id: FromPath[UUID]) -> Response[RefundAnswer]:
        """One refund."""
        return await request.run(
            lambda store: refunding.get_refund(store, refund_id), one(RefundAnswer)
        )

    @post(
        "/{refund_id:uuid}/pay",
        operation_id="pay_refund",
        scope=Scope.PAYMENTS_WRITE,
        status_code=200,
    )
    async def pay(
        self, request: Call, refund_id: FromPath[UUID], data: JSONBody[RefundPayment]
    ) -> Response[RefundAnswer]:
        """Record that an approved refund was paid out."""
        version = request.expected_version
        return await request.run(
            lambda store: refunding.pay_refund(store, refund_id, data, expected_version=version),
            one(RefundAnswer),
        )

    @post(
        "/{refund_id:uuid}/cancel",
        operation_id="cancel_refund",
        scope=Scope.PAYMENTS_WRITE,
        status_code=200,
    )
    async def cancel(
        self, request: Call, refund_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[RefundAnswer]:
        """Do not pay out an approved refund: the amount is back where it was taken of."""
        version = request.expected_version
        return await request.run(
            lambda store: refunding.cancel_refund(
                store, refund_id, data.reason, expected_version=version
            ),
            one(RefundAnswer),
        )


def _credits(found: Credits) -> Response[Any]:
    cursor = None if found.next_after is None else encode_cursor(found.next_after)
    items = [CreditAnswer.model_validate(each) for each in found.items]
    content = PageAnswer[CreditAnswer](items=items, next_cursor=cursor).model_dump_json().encode()
    return Response(content, media_type=JSON)
