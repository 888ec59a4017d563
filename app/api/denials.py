"""Denials over HTTP."""

import datetime as dt
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery

from app.answers import PageAnswer, RowAnswer, decode_cursor, one, page
from app.api.parameters import Cursor, Limit, SearchText
from app.api.wording import CodeWordingAnswer
from app.call import Call
from services.claims.code_wording import CodeWording
from services.claims.denial_work import queue
from services.claims.remittances.adjustment_reasons import DenialCategory, DenialOwner
from services.identity.scopes import Scope
from storage.filters import DenialFilter
from storage.tables.ledger import Denial
from storage.vocabulary.claims import DenialStatus
from storage.vocabulary.denials import DenialResolution, SupersededBecause


class DenialAnswer(RowAnswer):
    """One denied line (or claim, without a line): why, whose, until when, what to do next.

    One that is superseded needs no work, and says why. ``resolution`` is what became of the amount:
    by what a person said, or by what the payer decided later. ``appeal_level`` is the level of
    appeal that can be asked for until ``due_on``, counted from ``deadline_started_on``.
    """

    claim_id: UUID
    patient_id: UUID
    adjudication_id: UUID
    payer_id: UUID
    claim_line_id: UUID | None
    line_ordinal: int | None
    group_code: str
    reason_code: str
    remark_codes: list[str]
    amount_cents: int
    category: str
    root_cause: str
    owner_role: str
    next_action: str
    denied_on: dt.date
    due_on: dt.date
    due_is_verified: bool
    due_source: str
    appeal_level: int | None
    deadline_started_on: dt.date
    is_correctable: bool
    is_appealable: bool
    status: DenialStatus
    superseded_because: SupersededBecause | None
    assigned_person_id: UUID | None
    assigned_at: dt.datetime | None
    resolution: DenialResolution | None
    recovered_cents: int | None
    resolved_on: dt.date | None
    resolution_note: str | None


class WordedDenialAnswer(DenialAnswer):
    """A denial, and what its reason and remarks are called."""

    wording: list[CodeWordingAnswer]


class DenialController(Controller):
    """What payers refused."""

    path = "/denials"
    tags = ("Denials",)

    @get(operation_id="list_denials", scope=Scope.CLAIMS_READ)
    async def list(
        self,
        request: Call,
        status: FromQuery[DenialStatus | None] = None,
        category: FromQuery[DenialCategory | None] = None,
        reason_code: SearchText = None,
        owner_role: FromQuery[DenialOwner | None] = None,
        claim_id: FromQuery[UUID | None] = None,
        payer_id: FromQuery[UUID | None] = None,
        denied_from: FromQuery[dt.date | None] = None,
        denied_until: FromQuery[dt.date | None] = None,
        due_from: FromQuery[dt.date | None] = None,
        due_until: FromQuery[dt.date | None] = None,
        assigned_person_id: FromQuery[UUID | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[DenialAnswer]]:
        """Denials in every state, newest first; the queue of open ones is ``/denials/queue``."""
        conditions = DenialFilter(
            status=status,
            category=category,
            reason_code=reason_code,
            owner_role=owner_role,
            claim_id=claim_id,
            payer_id=payer_id,
            denied_from=denied_from,
            denied_until=denied_until,
            due_from=due_from,
            due_until=due_until,
            assigned_person_id=assigned_person_id,
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: queue.list_denials(store, conditions, limit=limit, after=after),
            page(DenialAnswer),
        )

    @get("/{denial_id:uuid}", operation_id="get_denial", scope=Scope.CLAIMS_READ)
    async def get(self, request: Call, denial_id: FromPath[UUID]) -> Response[WordedDenialAnswer]:
        """One denial, with what its codes are called."""
        return await request.run(lambda store: queue.get_worded(store, denial_id), _worded)


def _worded(found: tuple[Denial, Sequence[CodeWording]]) -> Response[Any]:
    denial, wording = found
    return one(WordedDenialAnswer)(SimpleNamespace(**denial.model_dump(), wording=wording))
