"""Timelines over HTTP: everything about one person, patient or record, in order."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath, QueryParameter

from app.answers import PageAnswer, RecordAnswer, decode_cursor, page
from app.api.parameters import Cursor, From, Limit, Until
from app.call import Call
from services.identity.scopes import Scope
from services.trail import timelines
from services.trail.periods import Period
from services.trail.timelines import Happening
from storage.vocabulary.identity import AuditAction

Since = Annotated[
    dt.datetime,
    QueryParameter(description="Not before this time: at most 366 days before the end."),
]


class TimelineEntryAnswer(RecordAnswer):
    """A change of a row (`action`, `entity`, `before`, `after`) or a request (`operation`,
    `outcome`, the patients whom it read); `record_id` is the row that was changed or asked for."""

    recorded_by_name: str | None
    request_id: UUID
    happening: Happening
    record_id: UUID | None
    action: AuditAction | None
    entity: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    operation: str | None
    outcome: int | None
    patient_ids: list[UUID]


class TimelineController(Controller):
    """Changes and requests in one list, newest first."""

    tags = ("Audit",)

    @get(
        "/principals/{principal_id:uuid}/timeline",
        operation_id="list_principal_timeline",
        scope=Scope.AUDIT_READ,
    )
    async def of_principal(
        self,
        request: Call,
        principal_id: FromPath[UUID],
        recorded_from: From = None,
        recorded_until: Until = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[TimelineEntryAnswer]]:
        """What a person or key changed, read and was refused; sign-ins, attempts and locks."""
        period = Period(recorded_from, recorded_until)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: timelines.person_timeline(
                store, principal_id, period, limit=limit, after=after
            ),
            page(TimelineEntryAnswer),
        )

    @get(
        "/patients/{patient_id:uuid}/timeline",
        operation_id="list_patient_timeline",
        scope=Scope.AUDIT_READ,
    )
    async def of_patient(
        self,
        request: Call,
        patient_id: FromPath[UUID],
        recorded_from: Since,
        recorded_until: Until = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[TimelineEntryAnswer]]:
        """What was changed about a patient, who looked, and who was refused."""
        period = Period(recorded_from, recorded_until)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: timelines.patient_timeline(
                store, patient_id, period, limit=limit, after=after
            ),
            page(TimelineEntryAnswer),
        )

    @get(
        "/records/{record_id:uuid}/timeline",
        operation_id="list_record_timeline",
        scope=Scope.AUDIT_READ,
    )
    async def of_record(
        self,
        request: Call,
        record_id: FromPath[UUID],
        recorded_from: From = None,
        recorded_until: Until = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[TimelineEntryAnswer]]:
        """What was changed of any record, a deleted one too, and every request that named it.
        Lists that showed it are in the timeline of its patient."""
        period = Period(recorded_from, recorded_until)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: timelines.record_timeline(
                store, record_id, period, limit=limit, after=after
            ),
            page(TimelineEntryAnswer),
        )
