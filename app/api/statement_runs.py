"""Runs of statements over HTTP."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import PageAnswer, RecordAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from app.downloads import downloaded
from services.claims.statements import runs
from services.claims.statements.runs import NewStatementRun
from services.identity.scopes import Scope
from storage.filters import StatementRunFilter
from storage.vocabulary.money import StatementOutcome, StatementRunStatus


class StatementRunAnswer(RowAnswer):
    """Statements for all patients who qualify: how many were billed, or would be, and how many not.
    ``minimum_cents`` and ``quiet_days`` are what the company had set when it was asked for."""

    is_dry: bool
    stated_on: dt.date
    due_in_days: int
    minimum_cents: int
    quiet_days: int
    status: StatementRunStatus
    stated_count: int
    left_out_count: int
    amount_cents: int
    finished_at: dt.datetime | None


class StatementRunItemAnswer(RecordAnswer):
    """What a run made of a patient who owes something, or would have made; ``due_cents`` is what
    could be billed now."""

    run_id: UUID
    patient_id: UUID
    outcome: StatementOutcome
    due_cents: int
    statement_id: UUID | None


class StatementRunController(Controller):
    """Bills to all patients at once, by a job."""

    path = "/statement-runs"
    tags = ("Patient payments",)

    @post(operation_id="run_patient_statements", scope=Scope.PAYMENTS_WRITE)
    async def create(
        self, request: Call, data: JSONBody[NewStatementRun]
    ) -> Response[StatementRunAnswer]:
        """Bill every patient who owes something now and qualifies; a dry run only says whom it
        would bill, and why not the others. One run at a time."""
        return await request.run(
            lambda store: runs.ask_for_run(store, data),
            created(StatementRunAnswer, "/api/v1/statement-runs/{id}"),
        )

    @get(operation_id="list_statement_runs", scope=Scope.PAYMENTS_READ)
    async def browse(
        self,
        request: Call,
        status: FromQuery[StatementRunStatus | None] = None,
        is_dry: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[StatementRunAnswer]]:
        """Runs, newest first."""
        conditions = StatementRunFilter(status=status, is_dry=is_dry)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: runs.list_runs(store, conditions, limit=limit, after=after),
            page(StatementRunAnswer),
        )

    @get("/{billing_id:uuid}", operation_id="get_statement_run", scope=Scope.PAYMENTS_READ)
    async def read(self, request: Call, billing_id: FromPath[UUID]) -> Response[StatementRunAnswer]:
        """One run, and how far it has come."""
        return await request.run(
            lambda store: runs.get_run(store, billing_id), one(StatementRunAnswer)
        )

    @get(
        "/{billing_id:uuid}/items",
        operation_id="list_statement_run_items",
        scope=Scope.PAYMENTS_READ,
    )
    async def items(
        self,
        request: Call,
        billing_id: FromPath[UUID],
        outcome: FromQuery[StatementOutcome | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[StatementRunItemAnswer]]:
        """What it made of each patient who owes something, and why some were not billed."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: runs.list_items(
                store, billing_id, outcome=outcome, limit=limit, after=after
            ),
            page(StatementRunItemAnswer),
        )

    @get(
        "/{billing_id:uuid}/file",
        operation_id="download_statement_run",
        scope=Scope.PAYMENTS_READ,
        is_export=True,
        media_type="application/octet-stream",
    )
    async def download(self, request: Call, billing_id: FromPath[UUID]) -> Response[Any]:
        """All its documents in one ZIP file. Who downloaded it is on record."""
        return await downloaded(request, lambda store: runs.run_file(store, billing_id))
