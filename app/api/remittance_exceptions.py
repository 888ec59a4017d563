"""The queue of what could not be posted by itself, over HTTP."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from pydantic import Field

from app.answers import Answer, PageAnswer, RowAnswer, decode_cursor, one, page
from app.api.approvals import unless_asked
from app.api.parameters import Cursor, Limit, SearchText
from app.api.remittances import Reason
from app.call import Call
from services.claims import adoption
from services.claims.adoption import Adoption
from services.claims.exceptions import exception_release, exception_return, exceptions
from services.identity.scopes import Scope
from services.inputs import Input
from storage.filters import RemittanceExceptionFilter
from storage.interface import Page
from storage.vocabulary.claims import ClaimStatus, ExceptionKind, ExceptionStatus


class RemittanceExceptionAnswer(RowAnswer):
    """A claim of a remittance that waits for a person; its money lies in unapplied cash."""

    transaction_id: UUID
    claim_ordinal: int
    position: int
    kind: ExceptionKind
    status: ExceptionStatus
    detail: str
    patient_control_number: str
    payer_claim_number: str | None
    status_code: str
    charge_cents: int
    paid_cents: int
    difference_cents: int
    service_date: dt.date | None
    member_id: str | None
    claim_id: UUID | None
    is_released: bool
    release_reason: str | None
    release_requested_by: UUID | None
    release_approved_by: UUID | None
    resolution_note: str | None
    resolved_at: dt.datetime | None


class RemittanceExceptionDetail(RemittanceExceptionAnswer):
    """The same, with all that the payer said about the claim."""

    content: dict[str, Any]


class CandidateAnswer(Answer):
    """A claim that an exception may be about."""

    id: UUID
    claim_number: str
    patient_control_number: str
    subscriber_id: str
    status: ClaimStatus
    service_date: dt.date
    total_charge_cents: int
    insurance_balance_cents: int


class Match(Input):
    """The claim that it belongs to."""

    claim_id: Annotated[UUID, Field(description="A submitted claim that names the payer.")]


class RemittanceExceptionController(Controller):
    """What waits for a person."""

    path = "/remittance-exceptions"
    tags = ("Remittance exceptions",)

    @get(operation_id="list_remittance_exceptions", scope=Scope.REMITTANCES_READ)
    async def browse(
        self,
        request: Call,
        status: FromQuery[ExceptionStatus | None] = None,
        kind: FromQuery[ExceptionKind | None] = None,
        transaction_id: FromQuery[UUID | None] = None,
        claim_id: FromQuery[UUID | None] = None,
        patient_control_number: SearchText = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[RemittanceExceptionAnswer]]:
        """The queue, newest first; ``status=open`` is what is to be done."""
        conditions = RemittanceExceptionFilter(
            status=status,
            kind=kind,
            transaction_id=transaction_id,
            claim_id=claim_id,
            patient_control_number=patient_control_number,
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: exceptions.list_exceptions(store, conditions, limit=limit, after=after),
            page(RemittanceExceptionAnswer),
        )

    @get(
        "/{exception_id:uuid}",
        operation_id="get_remittance_exception",
        scope=Scope.REMITTANCES_READ,
    )
    async def read(
        self, request: Call, exception_id: FromPath[UUID]
    ) -> Response[RemittanceExceptionDetail]:
        """One exception with the claim as it was received."""
        return await request.run(
            lambda store: exceptions.get_exception(store, exception_id),
            one(RemittanceExceptionDetail),
        )

    @get(
        "/{exception_id:uuid}/candidates",
        operation_id="list_remittance_exception_candidates",
        scope=Scope.REMITTANCES_READ,
    )
    async def candidates(
        self, request: Call, exception_id: FromPath[UUID]
    ) -> Response[PageAnswer[CandidateAnswer]]:
        """Claims of the same charge and service date, those of the same member first."""
        return await request.run(
            lambda store: exceptions.candidates(store, exception_id),
            lambda found: page(CandidateAnswer)(Page(found, None)),
        )

    @post(
        "/{exception_id:uuid}/match",
        operation_id="match_remittance_exception",
        scope=Scope.REMITTANCES_POST,
        status_code=200,
    )
    async def match(
        self, request: Call, exception_id: FromPath[UUID], data: JSONBody[Match]
    ) -> Response[RemittanceExceptionAnswer]:
        """Post it to this claim."""
        version = request.expected_version
        return await request.run(
            lambda store: exceptions.match(
                store, exception_id, data.claim_id, expected_version=version
            ),
            one(RemittanceExceptionAnswer),
        )

    @post(
        "/{exception_id:uuid}/adopt",
        operation_id="adopt_remittance_exception",
        scope=Scope.REMITTANCES_POST,
        status_code=200,
    )
    async def adopt(
        self, request: Call, exception_id: FromPath[UUID], data: JSONBody[Adoption]
    ) -> Response[RemittanceExceptionAnswer]:
        """Make the claim that it pays, with the lines of the remittance, and post it there."""
        version = request.expected_version
        return await request.run(
            lambda store: adoption.adopt(store, exception_id, data, expected_version=version),
            one(RemittanceExceptionAnswer),
        )

    @post(
        "/{exception_id:uuid}/reject",
        operation_id="reject_remittance_exception",
        scope=Scope.REMITTANCES_POST,
        status_code=200,
    )
    async def reject(
        self, request: Call, exception_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[RemittanceExceptionAnswer]:
        """Close it without posting; its money stays in unapplied cash."""
        version = request.expected_version
        return await request.run(
            lambda store: exceptions.reject(
                store, exception_id, data.reason, expected_version=version
            ),
            one(RemittanceExceptionAnswer),
        )

    @post(
        "/{exception_id:uuid}/return",
        operation_id="return_remittance_exception",
        scope=Scope.REMITTANCES_RELEASE,
        status_code=200,
        also_answers=(202,),
    )
    async def return_to_payer(
        self, request: Call, exception_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[RemittanceExceptionAnswer]:
        """Owe its money back to the payer. Where the company wants a second person for the amount:
        202, with the request for their approval as Location."""
        version = request.expected_version
        return await request.run(
            lambda store: exception_return.return_to_payer(
                store, request.principal, exception_id, data.reason, expected_version=version
            ),
            unless_asked(one(RemittanceExceptionAnswer)),
        )

    @post(
        "/{exception_id:uuid}/request-release",
        operation_id="request_remittance_release",
        scope=Scope.REMITTANCES_POST,
        status_code=200,
    )
    async def request_release(
        self, request: Call, exception_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[RemittanceExceptionAnswer]:
        """Ask that it be posted as received although it does not add up."""
        version = request.expected_version
        return await request.run(
            lambda store: exception_release.request_release(
                store, request.principal, exception_id, data.reason, expected_version=version
            ),
            one(RemittanceExceptionAnswer),
        )

    @post(
        "/{exception_id:uuid}/approve-release",
        operation_id="approve_remittance_release",
        scope=Scope.REMITTANCES_RELEASE,
        status_code=200,
    )
    async def approve_release(
        self, request: Call, exception_id: FromPath[UUID]
    ) -> Response[RemittanceExceptionAnswer]:
        """Post it as received: by somebody who neither asked for it nor worked on it."""
        version = request.expected_version
        return await request.run(
            lambda store: exception_release.approve_release(
                store, request.principal, exception_id, expected_version=version
            ),
            one(RemittanceExceptionAnswer),
        )

    @post(
        "/{exception_id:uuid}/refuse-release",
        operation_id="refuse_remittance_release",
        scope=Scope.REMITTANCES_RELEASE,
        status_code=200,
    )
    async def refuse_release(
        self, request: Call, exception_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[RemittanceExceptionAnswer]:
        """Do not post it as received; it is open again."""
        version = request.expected_version
        return await request.run(
            lambda store: exception_release.refuse_release(
                store, request.principal, exception_id, data.reason, expected_version=version
            ),
            one(RemittanceExceptionAnswer),
        )
