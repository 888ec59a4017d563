"""Working denials over HTTP: the queue, whose they are, notes, and what became of them."""

import base64
import datetime as dt
import struct
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import (
    Answer,
    PageAnswer,
    RecordAnswer,
    created,
    decode_cursor,
    one,
    page,
    ready_made,
)
from app.api.denials import DenialAnswer
from app.api.parameters import Cursor, Limit
from app.api.remittances import Reason
from app.api.wording import CodeWordingAnswer
from app.call import Call
from services.claims.denial_work import notes, queue, resolving
from services.claims.denial_work.assigning import DENIALS, DenialAssignment
from services.claims.denial_work.notes import NewNote
from services.claims.denial_work.queue import DeadlineBucket, QueuePage, QueuePlace
from services.claims.denial_work.resolving import Resolution
from services.claims.remittances.adjustment_reasons import DenialCategory, DenialOwner
from services.identity.scopes import Scope
from services.refusals import Fault, InvalidParameter
from storage.filters import DenialFilter

_PLACE = struct.Struct(">HBq16s")
"""Days since the first one, a bucket, an expected value and an id."""
_FIRST_DAY = dt.date(2020, 1, 1)
"""Nobody has asked about the queue before it."""


class OddsAnswer(Answer):
    """How likely denied money comes back, in parts of 10,000: the outcomes of this payer and
    category, drawn towards the rate of the whole company, and that towards a stated prior."""

    decided: int
    recovered_basis_points: int
    company_decided: int
    company_recovered_basis_points: int
    company_basis_points: int
    basis_points: int


class ExpectedValueAnswer(Answer):
    """What working the denial is expected to bring, with the whole arithmetic as ``formula``."""

    denied_cents: int
    odds: OddsAnswer
    work_cost_cents: int
    work_cost_is_assumed: bool
    expected_cents: int
    formula: str


class QueuedDenialAnswer(Answer):
    """An open denial; ``days_left`` is below zero once its deadline has gone by, and ``wording``
    is what its reason and remarks are called."""

    denial: DenialAnswer
    bucket: DeadlineBucket
    days_left: int
    value: ExpectedValueAnswer
    wording: list[CodeWordingAnswer]


class QueueAnswer(Answer):
    """Some of the queue as of a company's day: by bucket, in it by expected value."""

    as_of: dt.date
    items: list[QueuedDenialAnswer]
    next_cursor: str | None


class DenialNoteAnswer(RecordAnswer):
    """What somebody (``recorded_by``) noted about a denial."""

    denial_id: UUID
    text: str


class DenialWorkController(Controller):
    """The work on denials."""

    path = "/denials"
    tags = ("Denials",)

    @get("/queue", operation_id="list_denial_queue", scope=Scope.CLAIMS_READ)
    async def queue(
        self,
        request: Call,
        bucket: FromQuery[DeadlineBucket | None] = None,
        owner_role: FromQuery[DenialOwner | None] = None,
        assigned_person_id: FromQuery[UUID | None] = None,
        is_unassigned: FromQuery[bool | None] = None,
        payer_id: FromQuery[UUID | None] = None,
        category: FromQuery[DenialCategory | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[QueueAnswer]:
        """Open denials: those overdue or due within 7 days first, then within 30, then the rest;
        in each bucket what is expected to bring most comes first."""
        conditions = DenialFilter(
            owner_role=owner_role,
            assigned_person_id=assigned_person_id,
            is_unassigned=is_unassigned,
            payer_id=payer_id,
            category=category,
        )
        after = _decoded(cursor)
        return await request.run(
            lambda store: queue.list_queue(
                store, conditions, limit=limit, bucket=bucket, after=after
            ),
            _queue,
        )

    @post(
        "/{denial_id:uuid}/take",
        operation_id="take_denial",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def take(self, request: Call, denial_id: FromPath[UUID]) -> Response[DenialAnswer]:
        """Take it oneself. Of two who try at once, one has it and the other is told so."""
        version = request.expected_version
        return await request.run(
            lambda store: DENIALS.take(
                store, request.principal, denial_id, expected_version=version
            ),
            one(DenialAnswer),
        )

    @post(
        "/{denial_id:uuid}/assign",
        operation_id="assign_denial",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def assign(
        self, request: Call, denial_id: FromPath[UUID], data: JSONBody[DenialAssignment]
    ) -> Response[DenialAnswer]:
        """Give it to somebody, whoever has it."""
        version = request.expected_version
        return await request.run(
            lambda store: DENIALS.assign(
                store, denial_id, data.person_id, expected_version=version
            ),
            one(DenialAnswer),
        )

    @post(
        "/{denial_id:uuid}/give-back",
        operation_id="give_back_denial",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def give_back(self, request: Call, denial_id: FromPath[UUID]) -> Response[DenialAnswer]:
        """Let it be nobody's again."""
        version = request.expected_version
        return await request.run(
            lambda store: DENIALS.assign(store, denial_id, None, expected_version=version),
            one(DenialAnswer),
        )

    @post(
        "/{denial_id:uuid}/resolve",
        operation_id="resolve_denial",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def resolve(
        self, request: Call, denial_id: FromPath[UUID], data: JSONBody[Resolution]
    ) -> Response[DenialAnswer]:
        """End the work on it and say what became of the amount."""
        version = request.expected_version
        return await request.run(
            lambda store: resolving.resolve(store, denial_id, data, expected_version=version),
            one(DenialAnswer),
        )

    @post(
        "/{denial_id:uuid}/reopen",
        operation_id="reopen_denial",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def reopen(
        self, request: Call, denial_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> Response[DenialAnswer]:
        """Begin the work on a resolved one again."""
        version = request.expected_version
        return await request.run(
            lambda store: resolving.reopen(store, denial_id, data.reason, expected_version=version),
            one(DenialAnswer),
        )

    @post("/{denial_id:uuid}/notes", operation_id="add_denial_note", scope=Scope.CLAIMS_WRITE)
    async def add_note(
        self, request: Call, denial_id: FromPath[UUID], data: JSONBody[NewNote]
    ) -> Response[DenialNoteAnswer]:
        """Note what was done or found out. Notes are never changed or removed."""
        return await request.run(
            lambda store: notes.add_note(store, denial_id, data),
            created(DenialNoteAnswer, f"/api/v1/denials/{denial_id}/notes"),
        )

    @get("/{denial_id:uuid}/notes", operation_id="list_denial_notes", scope=Scope.CLAIMS_READ)
    async def browse_notes(
        self,
        request: Call,
        denial_id: FromPath[UUID],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[DenialNoteAnswer]]:
        """What people noted about it, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: notes.list_notes(store, denial_id, limit=limit, after=after),
            page(DenialNoteAnswer),
        )


def _queue(found: QueuePage) -> Response[Any]:
    return ready_made(
        QueueAnswer(
            as_of=found.as_of,
            items=[QueuedDenialAnswer.model_validate(each) for each in found.rows],
            next_cursor=None if found.next_place is None else encode_place(found.next_place),
        )
    )


def encode_place(place: QueuePlace) -> str:
    """The opaque cursor of a place in the queue."""
    packed = _PLACE.pack(
        (place.as_of - _FIRST_DAY).days,
        list(DeadlineBucket).index(place.bucket),
        place.expected_cents,
        place.denial_id.bytes,
    )
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _decoded(cursor: str | None) -> QueuePlace | None:
    if cursor is None:
        return None
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        day, rank, cents, row_id = _PLACE.unpack(packed)
        as_of = _FIRST_DAY + dt.timedelta(days=day)
        return QueuePlace(as_of, list(DeadlineBucket)[rank], cents, UUID(bytes=row_id))
    except (ValueError, IndexError, struct.error):
        raise InvalidParameter(
            [Fault("/cursor", "is not a cursor that this list gave", "cursor")]
        ) from None
