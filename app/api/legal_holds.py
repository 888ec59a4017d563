"""Legal holds over HTTP."""

import datetime as dt
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from pydantic import Field

from app.answers import PageAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.approvals import unless_asked
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.inputs import Input, Reason
from services.trail import hold_release, legal_holds
from storage.filters import LegalHoldFilter


class NewLegalHold(Input):
    """Why everything has to be kept, and since when (today, if left out); with a patient or any
    record only the months of the logs that have rows about them."""

    reason: Reason
    starts_on: dt.date | None = None
    patient_id: UUID | None = None
    record_id: Annotated[UUID | None, Field(examples=[None])] = None


class HoldRelease(Input):
    """Why the hold is not needed any more."""

    reason: Reason


class LegalHoldAnswer(RowAnswer):
    """A hold; it stands while ``released_at`` is null."""

    reason: str
    patient_id: UUID | None
    record_id: UUID | None
    starts_on: dt.date
    released_at: dt.datetime | None
    release_reason: str | None


class LegalHoldController(Controller):
    """What stops retention."""

    path = "/legal-holds"
    tags = ("Audit",)

    @post(operation_id="place_legal_hold", scope=Scope.COMPANY_MANAGE)
    async def place(self, request: Call, data: JSONBody[NewLegalHold]) -> Response[LegalHoldAnswer]:
        """Keep every record of the company, or those about a patient or a record, until the hold
        is released."""
        return await request.run(
            lambda store: legal_holds.place_hold(
                store,
                reason=data.reason,
                starts_on=data.starts_on,
                patient_id=data.patient_id,
                record_id=data.record_id,
            ),
            created(LegalHoldAnswer, "/api/v1/legal-holds/{id}"),
        )

    @get(operation_id="list_legal_holds", scope=Scope.AUDIT_READ)
    async def browse(
        self,
        request: Call,
        is_standing: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[LegalHoldAnswer]]:
        """Holds, newest first."""
        conditions = LegalHoldFilter(is_standing=is_standing)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: legal_holds.list_holds(store, conditions, limit=limit, after=after),
            page(LegalHoldAnswer),
        )

    @get("/{hold_id:uuid}", operation_id="get_legal_hold", scope=Scope.AUDIT_READ)
    async def read(self, request: Call, hold_id: FromPath[UUID]) -> Response[LegalHoldAnswer]:
        """One hold."""
        return await request.run(
            lambda store: legal_holds.get_hold(store, hold_id), one(LegalHoldAnswer)
        )

    @post(
        "/{hold_id:uuid}/release",
        operation_id="release_legal_hold",
        scope=Scope.COMPANY_MANAGE,
        status_code=200,
        also_answers=(202,),
    )
    async def release(
        self, request: Call, hold_id: FromPath[UUID], data: JSONBody[HoldRelease]
    ) -> Response[LegalHoldAnswer]:
        """Let retention go on, and say why. Where another administrator could decide about it:
        202, with the request for their approval as Location."""
        version = request.expected_version
        return await request.run(
            lambda store: hold_release.release_hold(
                store, request.principal, hold_id, reason=data.reason, expected_version=version
            ),
            unless_asked(one(LegalHoldAnswer)),
        )
