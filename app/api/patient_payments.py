"""Patients' payments over HTTP."""

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
    decode_cursor,
    encode,
    entity_tag,
    page,
)
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.claims.patient_money import payments
from services.claims.patient_money.inputs import Applications, NewPatientPayment, PaymentReversal
from services.claims.patient_money.payments import PaymentInFull
from services.identity.scopes import Scope
from storage.filters import PatientPaymentFilter
from storage.vocabulary.money import PatientPaymentStatus, PaymentMethod


class PatientPaymentAnswer(RowAnswer):
    """What a patient paid: received, applied to claims, given back."""

    receipt_number: str
    patient_id: UUID
    method: PaymentMethod
    reference: str | None
    received_on: dt.date
    amount_cents: int
    applied_cents: int
    refunded_cents: int
    status: PatientPaymentStatus
    reversed_on: dt.date | None
    reversal_reason: str | None


class ApplicationAnswer(Answer):
    """What of a payment is applied to a claim."""

    claim_id: UUID
    amount_cents: int


class PatientPaymentDetail(Answer):
    """A payment with what it pays. The ETag is the payment's."""

    payment: PatientPaymentAnswer
    unapplied_cents: int
    applications: list[ApplicationAnswer]


class PatientPaymentController(Controller):
    """Money from patients: receipts, what they pay, and what bounced."""

    path = "/patient-payments"
    tags = ("Patient payments",)

    @post(operation_id="receive_patient_payment", scope=Scope.PAYMENTS_WRITE)
    async def receive(
        self, request: Call, data: JSONBody[NewPatientPayment]
    ) -> Response[PatientPaymentDetail]:
        """Receive a payment, under the next receipt number, and apply it to claims of the patient:
        never more than the patient owes on each. The rest stays unapplied."""
        return await request.run(
            lambda store: payments.receive_payment(store, data),
            lambda found: _detail(found, status=201),
        )

    @get(operation_id="list_patient_payments", scope=Scope.PAYMENTS_READ)
    async def browse(
        self,
        request: Call,
        patient_id: FromQuery[UUID | None] = None,
        status: FromQuery[PatientPaymentStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[PatientPaymentAnswer]]:
        """Payments, newest first."""
        conditions = PatientPaymentFilter(patient_id=patient_id, status=status)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: payments.list_payments(store, conditions, limit=limit, after=after),
            page(PatientPaymentAnswer),
        )

    @get("/{payment_id:uuid}", operation_id="get_patient_payment", scope=Scope.PAYMENTS_READ)
    async def read(
        self, request: Call, payment_id: FromPath[UUID]
    ) -> Response[PatientPaymentDetail]:
        """One payment and what it pays."""
        return await request.run(lambda store: payments.get_payment(store, payment_id), _detail)

    @post(
        "/{payment_id:uuid}/apply",
        operation_id="apply_patient_payment",
        scope=Scope.PAYMENTS_WRITE,
        status_code=200,
    )
    async def apply(
        self, request: Call, payment_id: FromPath[UUID], data: JSONBody[Applications]
    ) -> Response[PatientPaymentDetail]:
        """Apply it to exactly these claims. What it paid elsewhere is taken off there."""
        version = request.expected_version
        return await request.run(
            lambda store: payments.apply_payment(store, payment_id, data, expected_version=version),
            _detail,
        )

    @post(
        "/{payment_id:uuid}/reverse",
        operation_id="reverse_patient_payment",
        scope=Scope.PAYMENTS_WRITE,
        status_code=200,
    )
    async def reverse(
        self, request: Call, payment_id: FromPath[UUID], data: JSONBody[PaymentReversal]
    ) -> Response[PatientPaymentDetail]:
        """The check bounced, or the card's owner disputed it: contra entries for all of it."""
        version = request.expected_version
        return await request.run(
            lambda store: payments.reverse_payment(
                store, payment_id, data, expected_version=version
            ),
            _detail,
        )


def _detail(found: PaymentInFull, *, status: int = 200) -> Response[Any]:
    headers = {"ETag": entity_tag(found.payment.version)}
    if status == 201:  # noqa: PLR2004 -- created
        headers["Location"] = f"/api/v1/patient-payments/{found.payment.id}"
    return Response(
        encode(PatientPaymentDetail, found),
        media_type=JSON,
        status_code=status,
        headers=headers,
    )
