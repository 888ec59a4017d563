"""Underpayments over HTTP: the worklist, whose they are, notes, and what became of them."""

import base64
import datetime as dt
import struct
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from app.answers import (
    Answer,
    PageAnswer,
    RecordAnswer,
    RowAnswer,
    created,
    decode_cursor,
    one,
    page,
    ready_made,
)
from app.api.parameters import Cursor, Limit
from app.api.remittances import Reason
from app.call import Call
from services.claims.contracts import underpayments
from services.claims.contracts.underpayments import (
    UNDERPAYMENTS,
    NewUnderpaymentNote,
    UnderpaymentAssignment,
    UnderpaymentOutcome,
    UnderpaymentQueuePage,
)
from services.identity.scopes import Scope
from services.refusals import Fault, InvalidParameter
from storage.filters import UnderpaymentFilter
from storage.vocabulary.contracts import UnderpaymentResolution, UnderpaymentStatus

AtLeast = Annotated[int | None, QueryParameter(ge=0, description="In cents.")]


class UnderpaymentAnswer(RowAnswer):
    """A payment below the contract: ``amount_cents`` is missing. ``variance_id`` has the
    arithmetic."""

    variance_id: UUID
    adjudication_id: UUID
    line_ordinal: int
    claim_id: UUID
    patient_id: UUID
    payer_id: UUID
    expected_cents: int
    allowed_cents: int
    amount_cents: int
    found_on: dt.date
    deadline_started_on: dt.date
    due_on: dt.date
    due_is_verified: bool
    due_source: str
    status: UnderpaymentStatus
    assigned_person_id: UUID | None
    assigned_at: dt.datetime | None
    resolution: UnderpaymentResolution | None
    recovered_cents: int | None
    resolved_on: dt.date | None
    resolution_note: str | None
    superseded_because: str | None


class QueuedUnderpaymentAnswer(Answer):
    """An open underpayment; ``days_left`` is below zero once its deadline has gone by."""

    underpayment: UnderpaymentAnswer
    days_left: int


class UnderpaymentQueueAnswer(Answer):
    """Some of the queue as of a company's day, the earliest deadline first."""

    as_of: dt.date
    items: list[QueuedUnderpaymentAnswer]
    next_cursor: str | None


class UnderpaymentNoteAnswer(RecordAnswer):
    """What somebody (``recorded_by``) noted about an underpayment."""

    underpayment_id: UUID
    text: str


class UnderpaymentController(Controller):
    """What payers paid too little."""

    path = "/underpayments"
    tags = ("Contracts",)

    @get(operation_id="list_underpayments", scope=Scope.CLAIMS_READ)
    async def browse(
        self,
        request: Call,
        status: FromQuery[UnderpaymentStatus | None] = None,
        claim_id: FromQuery[UUID | None] = None,
        payer_id: FromQuery[UUID | None] = None,
        assigned_person_id: FromQuery[UUID | None] = None,
        is_unassigned: FromQuery[bool | None] = None,
        amount_at_least_cents: AtLeast = None,
        found_from: FromQuery[dt.date | None] = None,
        found_until: FromQuery[dt.date | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[UnderpaymentAnswer]]:
        """Underpayments, newest first; superseded ones with the reason."""
        conditions = UnderpaymentFilter(
            status=status,
            claim_id=claim_id,
            payer_id=payer_id,
            assigned_person_id=assigned_person_id,
            is_unassigned=is_unassigned,
            amount_at_least_cents=amount_at_least_cents,
            found_from=found_from,
            found_until=found_until,
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: underpayments.list_underpayments(
                store, conditions, limit=limit, after=after
            ),
            page(UnderpaymentAnswer),
        )

    @get("/queue", operation_id="list_underpayment_queue", scope=Scope.CLAIMS_READ)
    async def queue(
        self,
        request: Call,
        assigned_person_id: FromQuery[UUID | None] = None,
        is_unassigned: FromQuery[bool | None] = None,
        payer_id: FromQuery[UUID | None] = None,
        amount_at_least_cents: AtLeast = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[UnderpaymentQueueAnswer]:
        """Open underpayments by the day until which they can be disputed."""
        conditions = UnderpaymentFilter(
            assigned_person_id=assigned_person_id,
            is_unassigned=is_unassigned,
            payer_id=payer_id,
            amount_at_least_cents=amount_at_least_cents,
        )
        after = _place(cursor)
        return await request.run(
            lambda store: underpayments.list_queue(store, conditions, limit=limit, after=after),
            _queue,
        )

    @get("/{underpayment_id:uuid}", operation_id="get_underpayment", scope=Scope.CLAIMS_READ)
    async def read(
        self, request: Call, underpayment_id: FromPath[UUID]
    ) -> Response[UnderpaymentAnswer]:
        """One underpayment."""
        return await request.run(
            lambda store: underpayments.get_underpayment(store, underpayment_id),
            one(UnderpaymentAnswer),
        )

    @post(
        "/{underpayment_id:uuid}/take",
        operation_id="take_underpayment",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def take(
        self, request: Call, underpayment_id: FromPath[UUID]
    ) -> Response[UnderpaymentAnswer]:
        """Take it oneself. Of two who try at once, one has it and the other is told so."""
        version = request.expected_version
        return await request.run(
            lambda store: UNDERPAYMENTS.take(
                store, request.principal, underpayment_id, expected_version=version
            ),
            one(UnderpaymentAnswer),
        )

    @post(
        "/{underpayment_id:uuid}/assign",
        operation_id="assign_underpayment",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def assign(
        self,
        request: Call,
        underpayment_id: FromPath[UUID],
        data: JSONBody[UnderpaymentAssignment],
    ) -> Response[UnderpaymentAnswer]:
        """Give it to somebody, or to nobody, whoever has it."""
        version = request.expected_version
        return await request.run(
            lambda store: UNDERPAYMENTS.assign(
                store, underpayment_id, data.person_id, expected_version=version
            ),
            one(UnderpaymentAnswer),
        )

    @post(
        "/{underpayment_id:uuid}/resolve",
        operation_id="resolve_underpayment",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def resolve(
        self, request: Call, underpayment_id: FromPath[UUID], data: JSONBody[UnderpaymentOutcome]
    ) -> Response[UnderpaymentAnswer]:
        """End the work on it and say what became of the amount."""
        version = request.expected_version
        return await request.run(
            lambda store: underpayments.resolve(
                store, underpayment_id, data, expected_version=version
            ),
            one(UnderpaymentAnswer),
        )

    @post(
        "/{underpayment_id:uuid}/reopen",
        operation_id="reopen_underpayment",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def reopen(
        self, request: Call, underpayment_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[UnderpaymentAnswer]:
        """Begin the work on a resolved one again."""
        version = request.expected_version
        return await request.run(
            lambda store: underpayments.reopen(
                store, underpayment_id, data.reason, expected_version=version
            ),
            one(UnderpaymentAnswer),
        )

    @post(
        "/{underpayment_id:uuid}/notes",
        operation_id="add_underpayment_note",
        scope=Scope.CLAIMS_WRITE,
    )
    async def add_note(
        self, request: Call, underpayment_id: FromPath[UUID], data: JSONBody[NewUnderpaymentNote]
    ) -> Response[UnderpaymentNoteAnswer]:
        """Note what was done or found out. Notes are never changed or removed."""
        return await request.run(
            lambda store: underpayments.add_note(store, underpayment_id, data),
            created(UnderpaymentNoteAnswer, f"/api/v1/underpayments/{underpayment_id}/notes"),
        )

    @get(
        "/{underpayment_id:uuid}/notes",
        operation_id="list_underpayment_notes",
        scope=Scope.CLAIMS_READ,
    )
    async def browse_notes(
        self,
        request: Call,
        underpayment_id: FromPath[UUID],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[UnderpaymentNoteAnswer]]:
        """What people noted about it, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: underpayments.list_notes(
                store, underpayment_id, limit=limit, after=after
            ),
            page(UnderpaymentNoteAnswer),
        )


_PLACE = struct.Struct(">i16s")
"""A day, as its ordinal, and an id."""


def _queue(found: UnderpaymentQueuePage) -> Response[Any]:
    return ready_made(
        UnderpaymentQueueAnswer(
            as_of=found.as_of,
            items=[QueuedUnderpaymentAnswer.model_validate(each) for each in found.rows],
            next_cursor=None if found.next_place is None else encode_due_place(*found.next_place),
        )
    )


def encode_due_place(due_on: dt.date, row_id: UUID) -> str:
    """The opaque cursor of a place in the queue."""
    packed = _PLACE.pack(due_on.toordinal(), row_id.bytes)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _place(cursor: str | None) -> tuple[dt.date, UUID] | None:
    if cursor is None:
        return None
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        day, row_id = _PLACE.unpack(packed)
        return dt.date.fromordinal(day), UUID(bytes=row_id)
    except (ValueError, OverflowError, struct.error):
        raise InvalidParameter(
            [Fault("/cursor", "is not a cursor that this list gave", "cursor")]
        ) from None
