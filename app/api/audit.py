"""The trail over HTTP: what was changed, who looked, and the holds that keep it."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from app.answers import (
    PageAnswer,
    RecordAnswer,
    RowAnswer,
    created,
    decode_cursor,
    one,
    page,
)
from app.api.parameters import Cursor, Limit, SearchText
from app.call import Call
from services.identity.scopes import Scope
from services.inputs import Input, Reason
from services.trail import legal_holds, reading
from storage.filters import LegalHoldFilter
from storage.vocabulary.identity import AuditAction

From = Annotated[
    dt.datetime | None, QueryParameter(description="Not before this time, with its time zone.")
]
Until = Annotated[
    dt.datetime | None, QueryParameter(description="Not after this time, with its time zone.")
]


class AuditEntryAnswer(RecordAnswer):
    """One change of one row, with the columns that changed as they were and as they are."""

    recorded_by_name: str | None
    request_id: UUID
    action: AuditAction
    entity: str
    entity_id: UUID
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AccessEntryAnswer(RecordAnswer):
    """One request that read patients' data, or that was refused; ``outcome`` is its status."""

    recorded_by_name: str | None
    request_id: UUID
    operation: str
    outcome: int
    patient_ids: list[UUID]


class AuditController(Controller):
    """Who did what, and who looked at whom."""

    tags = ("Audit",)

    @get("/audit-log", operation_id="list_audit_log", scope=Scope.AUDIT_READ)
    async def changes(
        self,
        request: Call,
        principal_id: FromQuery[UUID | None] = None,
        entity: SearchText = None,
        entity_id: FromQuery[UUID | None] = None,
        recorded_from: From = None,
        recorded_until: Until = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[AuditEntryAnswer]]:
        """Changes of rows, newest first, each with who made it."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: reading.list_changes(
                store,
                recorded_by=principal_id,
                entity=entity,
                entity_id=entity_id,
                recorded_from=recorded_from,
                recorded_until=recorded_until,
                limit=limit,
                after=after,
            ),
            page(AuditEntryAnswer),
        )

    @get("/access-log", operation_id="list_access_log", scope=Scope.AUDIT_READ)
    async def accesses(
        self,
        request: Call,
        principal_id: FromQuery[UUID | None] = None,
        patient_id: FromQuery[UUID | None] = None,
        operation: SearchText = None,
        recorded_from: From = None,
        recorded_until: Until = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[AccessEntryAnswer]]:
        """Requests that read patients' data or were refused, newest first. Who looked at a
        patient: ``patient_id`` with ``recorded_from``, at most 366 days at once."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: reading.list_accesses(
                store,
                recorded_by=principal_id,
                patient_id=patient_id,
                operation=operation,
                recorded_from=recorded_from,
                recorded_until=recorded_until,
                limit=limit,
                after=after,
            ),
            page(AccessEntryAnswer),
        )


class NewLegalHold(Input):
    """Why everything has to be kept, and since when (today, if left out)."""

    reason: Reason
    starts_on: dt.date | None = None


class HoldRelease(Input):
    """Why the hold is not needed any more."""

    reason: Reason


class LegalHoldAnswer(RowAnswer):
    """A hold; it stands while ``released_at`` is null."""

    reason: str
    starts_on: dt.date
    released_at: dt.datetime | None
    release_reason: str | None


class LegalHoldController(Controller):
    """What stops retention."""

    path = "/legal-holds"
    tags = ("Audit",)

    @post(operation_id="place_legal_hold", scope=Scope.COMPANY_MANAGE)
    async def place(self, request: Call, data: JSONBody[NewLegalHold]) -> Response[LegalHoldAnswer]:
        """Keep every record of the company until the hold is released."""
        return await request.run(
            lambda store: legal_holds.place_hold(
                store, reason=data.reason, starts_on=data.starts_on
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
    )
    async def release(
        self, request: Call, hold_id: FromPath[UUID], data: JSONBody[HoldRelease]
    ) -> Response[LegalHoldAnswer]:
        """Let retention go on, and say why."""
        version = request.expected_version
        return await request.run(
            lambda store: legal_holds.release_hold(
                store, hold_id, reason=data.reason, expected_version=version
            ),
            one(LegalHoldAnswer),
        )
