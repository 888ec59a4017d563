"""The two logs over HTTP: what was changed and who looked, as lists and as files."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromQuery
from litestar.response import Stream

from app.answers import PageAnswer, RecordAnswer, decode_cursor, page
from app.api.parameters import Cursor, From, Limit, SearchText, Until
from app.call import Call
from app.exports import EXPORTED, ExportForm, Form, exported
from services.identity.scopes import Scope
from services.trail.periods import Period
from services.trail.reading import AccessQuestion, ChangeQuestion, list_accesses, list_changes
from storage.vocabulary.identity import AuditAction


class AuditEntryAnswer(RecordAnswer):
    """One change of one row, with the columns that changed as they were and as they are.

    Of a row that was made or removed, columns that were null are left out.
    """

    recorded_by_name: str | None
    request_id: UUID
    action: AuditAction
    entity: str
    entity_id: UUID
    patient_id: UUID | None
    former_patient_id: UUID | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AccessEntryAnswer(RecordAnswer):
    """One request that read patients' data, or that was refused; ``outcome`` is its status."""

    recorded_by_name: str | None
    request_id: UUID
    operation: str
    outcome: int
    record_id: UUID | None
    emergency_access_id: UUID | None
    patient_ids: list[UUID]


class AuditController(Controller):
    """Who did what, and who looked at whom."""

    tags = ("Audit",)

    @get("/audit-log", operation_id="list_audit_log", scope=Scope.AUDIT_READ)
    async def changes(
        self,
        request: Call,
        principal_id: FromQuery[UUID | None] = None,
        patient_id: FromQuery[UUID | None] = None,
        entity: SearchText = None,
        entity_id: FromQuery[UUID | None] = None,
        recorded_from: From = None,
        recorded_until: Until = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[AuditEntryAnswer]]:
        """Changes of rows, newest first, each with who made it. `patient_id` finds those of
        everything that was the patient's when it was changed."""
        question = ChangeQuestion(
            recorded_by=principal_id,
            patient_id=patient_id,
            entity=entity,
            entity_id=entity_id,
            period=Period(recorded_from, recorded_until),
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: list_changes(store, question, limit=limit, after=after),
            page(AuditEntryAnswer),
        )

    @get(
        "/audit-log/export",
        operation_id="export_audit_log",
        scope=Scope.AUDIT_READ,
        is_export=True,
        produces=EXPORTED,
    )
    async def changes_as_file(
        self,
        request: Call,
        form: Form = ExportForm.CSV,
        principal_id: FromQuery[UUID | None] = None,
        patient_id: FromQuery[UUID | None] = None,
        entity: SearchText = None,
        entity_id: FromQuery[UUID | None] = None,
        recorded_from: From = None,
        recorded_until: Until = None,
    ) -> Stream:
        """Changes of rows as a file, newest first: the rows that the list has. That they left,
        and whom they are about, is on record before they do."""
        question = ChangeQuestion(
            recorded_by=principal_id,
            patient_id=patient_id,
            entity=entity,
            entity_id=entity_id,
            period=Period(recorded_from, recorded_until),
        )
        return await exported(
            request,
            lambda store, limit, after: list_changes(store, question, limit=limit, after=after),
            AuditEntryAnswer,
            form=form,
            name="audit-log",
        )

    @get("/access-log", operation_id="list_access_log", scope=Scope.AUDIT_READ)
    async def accesses(
        self,
        request: Call,
        principal_id: FromQuery[UUID | None] = None,
        patient_id: FromQuery[UUID | None] = None,
        record_id: FromQuery[UUID | None] = None,
        emergency_access_id: FromQuery[UUID | None] = None,
        operation: SearchText = None,
        is_refused: FromQuery[bool | None] = None,
        recorded_from: From = None,
        recorded_until: Until = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[AccessEntryAnswer]]:
        """Requests that read patients' data or were refused, and sign-ins, newest first. Who
        looked at a patient: `patient_id` with `recorded_from`, at most 366 days at once."""
        question = AccessQuestion(
            recorded_by=principal_id,
            patient_id=patient_id,
            record_id=record_id,
            emergency_access_id=emergency_access_id,
            operation=operation,
            is_refused=is_refused,
            period=Period(recorded_from, recorded_until),
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: list_accesses(store, question, limit=limit, after=after),
            page(AccessEntryAnswer),
        )

    @get(
        "/access-log/export",
        operation_id="export_access_log",
        scope=Scope.AUDIT_READ,
        is_export=True,
        produces=EXPORTED,
    )
    async def accesses_as_file(
        self,
        request: Call,
        form: Form = ExportForm.CSV,
        principal_id: FromQuery[UUID | None] = None,
        patient_id: FromQuery[UUID | None] = None,
        record_id: FromQuery[UUID | None] = None,
        emergency_access_id: FromQuery[UUID | None] = None,
        operation: SearchText = None,
        is_refused: FromQuery[bool | None] = None,
        recorded_from: From = None,
        recorded_until: Until = None,
    ) -> Stream:
        """Requests as a file, newest first: the rows that the list has. That they left is on
        record before they do."""
        question = AccessQuestion(
            recorded_by=principal_id,
            patient_id=patient_id,
            record_id=record_id,
            emergency_access_id=emergency_access_id,
            operation=operation,
            is_refused=is_refused,
            period=Period(recorded_from, recorded_until),
        )
        return await exported(
            request,
            lambda store, limit, after: list_accesses(store, question, limit=limit, after=after),
            AccessEntryAnswer,
            form=form,
            name="access-log",
        )
