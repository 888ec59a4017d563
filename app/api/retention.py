"""Retention over HTTP: how far the logs reach back, and what went."""

import datetime as dt
from typing import Any, Literal
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromQuery

from app.answers import JSON, Answer, PageAnswer, RecordAnswer, decode_cursor, encode, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.trail import retention
from storage.filters import ByLog

RetiredLog = Literal["audit_log", "api_log", "events", "outbox_attempts"]


class DueMonthAnswer(Answer):
    """A month past the company's retention with rows in it, and the holds that keep it. Without
    one it goes with the next maintenance, once its rows are sealed and no one else needs it."""

    month: dt.date
    row_count: int
    hold_ids: list[UUID]


class LogReachAnswer(Answer):
    """How far a log reaches back."""

    log: str
    oldest_at: dt.datetime | None
    due: list[DueMonthAnswer]


class RetentionAnswer(Answer):
    """The retention of the company as it is today."""

    retention_years: int
    logs: list[LogReachAnswer]


class RetirementAnswer(RecordAnswer):
    """Rows of a log, of events or of tries that retention removed: ids from ``low_id`` and below
    ``high_id``. The key ``key_id`` signed the record, so that no deletion can pass for one."""

    log: str
    low_id: UUID
    high_id: UUID
    row_count: int
    policy: str
    key_id: str


class RetentionController(Controller):
    """What is kept, and what went."""

    tags = ("Audit",)

    @get("/retention", operation_id="get_retention", scope=Scope.AUDIT_READ)
    async def read(self, request: Call) -> Response[RetentionAnswer]:
        """How far the logs reach back, which months are past the retention, and what keeps
        them."""
        return await request.run(retention.retention_state, _told)

    @get("/retirements", operation_id="list_retirements", scope=Scope.AUDIT_READ)
    async def retirements(
        self,
        request: Call,
        log: FromQuery[RetiredLog | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[RetirementAnswer]]:
        """What retention removed, the last first."""
        conditions = ByLog(log=log)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: retention.list_retirements(store, conditions, limit=limit, after=after),
            page(RetirementAnswer),
        )


def _told(state: retention.RetentionState) -> Response[Any]:
    return Response(encode(RetentionAnswer, state), media_type=JSON)
