"""Patients' statements over HTTP."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import Answer, PageAnswer, RecordAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from app.downloads import downloaded
from services.claims.statements import stating
from services.claims.statements.stating import NewStatement
from services.identity.scopes import Scope
from storage.filters import PatientStatementFilter


class StatementLineAnswer(Answer):
    """One claim on a statement, in cents."""

    claim_id: UUID
    claim_number: str
    service_date: dt.date
    charge_cents: int
    insurance_paid_cents: int
    adjusted_cents: int
    patient_paid_cents: int
    not_yet_due_cents: int
    due_cents: int


class StatementContentAnswer(Answer):
    """What a statement says."""

    company_name: str
    patient_name: str
    patient_address: list[str]
    lines: list[StatementLineAnswer]


class PatientStatementAnswer(RecordAnswer):
    """A bill to a patient, as it was written."""

    statement_number: str
    patient_id: UUID
    stated_on: dt.date
    due_on: dt.date
    amount_cents: int
    content: StatementContentAnswer


class PatientStatementController(Controller):
    """Bills to patients: what payers said is theirs, once no insurer owes any more."""

    path = "/patient-statements"
    tags = ("Patient payments",)

    @post(operation_id="write_patient_statement", scope=Scope.PAYMENTS_WRITE)
    async def write(
        self, request: Call, data: JSONBody[NewStatement]
    ) -> Response[PatientStatementAnswer]:
        """Bill what is due now, under the next number. It is kept as it was written, as a PDF, and
        nothing that moves later changes it."""
        vault = request.platform.vault
        return await request.run(
            lambda store: stating.write_statement(store, vault, data),
            created(PatientStatementAnswer, "/api/v1/patient-statements/{id}"),
        )

    @get(operation_id="list_patient_statements", scope=Scope.PAYMENTS_READ)
    async def browse(
        self,
        request: Call,
        patient_id: FromQuery[UUID | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[PatientStatementAnswer]]:
        """Statements, newest first."""
        conditions = PatientStatementFilter(patient_id=patient_id)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: stating.list_statements(store, conditions, limit=limit, after=after),
            page(PatientStatementAnswer),
        )

    @get("/{statement_id:uuid}", operation_id="get_patient_statement", scope=Scope.PAYMENTS_READ)
    async def read(
        self, request: Call, statement_id: FromPath[UUID]
    ) -> Response[PatientStatementAnswer]:
        """One statement."""
        return await request.run(
            lambda store: stating.get_statement(store, statement_id), one(PatientStatementAnswer)
        )

    @get(
        "/{statement_id:uuid}/file",
        operation_id="download_patient_statement",
        scope=Scope.PAYMENTS_READ,
        is_export=True,
        media_type="application/octet-stream",
    )
    async def download(self, request: Call, statement_id: FromPath[UUID]) -> Response[Any]:
        """The PDF as it was written. Who downloaded it is on record."""
        return await downloaded(request, lambda store: stating.statement_file(store, statement_id))
