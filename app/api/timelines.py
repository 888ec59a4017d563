"""Timelines over HTTP: everything about one person, patient or record, in order."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from app.answers import PageAnswer, RecordAnswer, decode_cursor, page
from app.api.parameters import Cursor, From, Limit, Until
from app.call import Call
from app.exports import EXPORTED, ExportForm, Form, exported
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
    """A change of a row (`action`, `entity`, `before`, `after`), a request (`operation`,
    `outcome`, the patients whom it read), or a disclosure or accounting (`after` is what was
    written down); `record_id` is the row that was changed, made or asked for."""

    recorded_by_name: str | None
    request_id: UUID | None
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
    """Changes, requests and disclosures in one list, newest first."""

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
        """What a person or key changed, read, disclosed and was refused; sign-ins, attempts and
        locks."""
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
        """What was changed about a patient, who looked, who was refused, and what was disclosed."""
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

    @get(
        "/principals/{principal_id:uuid}/timeline/export",
        operation_id="export_principal_timeline",
        scope=Scope.AUDIT_READ,
        is_export=True,
        produces=EXPORTED,
    )
    async def principal_as_file(
        self,
        request: Call,
        principal_id: FromPath[UUID],
        recorded_from: From = None,
        recorded_until: Until = None,
        form: Form = ExportForm.CSV,
    ) -> Stream:
        """Somebody's timeline as a file: the entries that the list has, in its order. That they
        left is on record before they do."""
        period = Period(recorded_from, recorded_until)
        return await exported(
            request,
            lambda store, limit, after: timelines.person_timeline(
                store, principal_id, period, limit=limit, after=after
            ),
            TimelineEntryAnswer,
            form=form,
            name="principal-timeline",
        )

    @get(
        "/patients/{patient_id:uuid}/timeline/export",
        operation_id="export_patient_timeline",
        scope=Scope.AUDIT_READ,
        is_export=True,
        produces=EXPORTED,
    )
    async def patient_as_file(
        self,
        request: Call,
        patient_id: FromPath[UUID],
        recorded_from: Since,
        recorded_until: Until = None,
        form: Form = ExportForm.CSV,
    ) -> Stream:
        """A patient's timeline as a file: the entries that the list has, in its order. That they
        left is on record before they do."""
        period = Period(recorded_from, recorded_until)
        return await exported(
            request,
            lambda store, limit, after: timelines.patient_timeline(
                store, patient_id, period, limit=limit, after=after
            ),
            TimelineEntryAnswer,
            form=form,
            name="patient-timeline",
        )

    @get(
        "/records/{record_id:uuid}/timeline/export",
        operation_id="export_record_timeline",
        scope=Scope.AUDIT_READ,
        is_export=True,
        produces=EXPORTED,
    )
    async def record_as_file(
        self,
        request: Call,
        record_id: FromPath[UUID],
        recorded_from: From = None,
        recorded_until: Until = None,
        form: Form = ExportForm.CSV,
    ) -> Stream:
        """A record's timeline as a file: the entries that the list has, in its order. That they
        left is on record before they do."""
        period = Period(recorded_from, recorded_until)
        return await exported(
            request,
            lambda store, limit, after: timelines.record_timeline(
                store, record_id, period, limit=limit, after=after
            ),
            TimelineEntryAnswer,
            form=form,
            name="record-timeline",
        )
