"""Emergency access over HTTP: taken by oneself, looked at by others."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from app.answers import (
    JSON,
    Answer,
    PageAnswer,
    RecordAnswer,
    RowAnswer,
    created,
    decode_cursor,
    encode,
    entity_tag,
    one,
    page,
)
from app.api.parameters import Cursor, Limit
from app.api.routes import OWN
from app.call import Call
from services.emergency_access import reviewing, taking
from services.emergency_access.reviewing import EmergencyVerdict, ReviewedAccess
from services.emergency_access.taking import Emergency
from services.identity.scopes import Scope
from storage.vocabulary.emergency import EmergencyReason, ReviewVerdict

LOCATION = "/api/v1/emergency-accesses/{id}"

Overdue = Annotated[
    bool | None, QueryParameter(description="True: only those that nobody reviewed in time.")
]


class EmergencyAccessAnswer(RowAnswer):
    """That a person could read patients until ``expires_at``, and why. The access log has what
    they read: `GET /access-log?emergency_access_id=`."""

    person_id: UUID
    session_id: UUID
    reason: EmergencyReason
    explanation: str
    expires_at: dt.datetime
    review_due_at: dt.datetime
    reviewed_at: dt.datetime | None


class EmergencyReviewAnswer(RecordAnswer):
    """What ``recorded_by`` made of it."""

    verdict: ReviewVerdict
    note: str


class EmergencyAccessDetail(Answer):
    """An emergency access with its review, which is null until there is one."""

    access: EmergencyAccessAnswer
    review: EmergencyReviewAnswer | None


class EmergencyAccessController(Controller):
    """Emergency access to patients' records, which everybody who must know is told of."""

    path = "/emergency-accesses"
    tags = ("Emergency access",)

    @post(operation_id="take_emergency_access", scope=OWN)
    async def take(
        self, request: Call, data: JSONBody[Emergency]
    ) -> Response[EmergencyAccessAnswer]:
        """Read patients and claims in an emergency, with this session and for a short time.

        It takes a proof of who one is from the last five minutes. Whoever can review that is told
        at once, all that is read is marked in the access log, and somebody
        else reviews it.
        """
        return await request.run(
            lambda store: taking.take_emergency_access(store, request.principal, data),
            created(EmergencyAccessAnswer, LOCATION),
        )

    @get(operation_id="list_emergency_accesses", scope=Scope.AUDIT_READ)
    async def browse(
        self,
        request: Call,
        person_id: FromQuery[UUID | None] = None,
        is_unreviewed: FromQuery[bool | None] = None,
        is_overdue: Overdue = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[EmergencyAccessAnswer]]:
        """Emergency accesses, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: reviewing.list_emergency_accesses(
                store,
                person_id=person_id,
                is_unreviewed=is_unreviewed,
                is_overdue=is_overdue,
                limit=limit,
                after=after,
            ),
            page(EmergencyAccessAnswer),
        )

    @get(
        "/{emergency_access_id:uuid}",
        operation_id="get_emergency_access",
        scope=Scope.AUDIT_READ,
    )
    async def read(
        self, request: Call, emergency_access_id: FromPath[UUID]
    ) -> Response[EmergencyAccessDetail]:
        """One emergency access with its review."""
        return await request.run(
            lambda store: reviewing.get_emergency_access(store, emergency_access_id), _detail
        )

    @post(
        "/{emergency_access_id:uuid}/review",
        operation_id="review_emergency_access",
        scope=Scope.ACCESS_REVIEW,
        status_code=200,
    )
    async def review(
        self,
        request: Call,
        emergency_access_id: FromPath[UUID],
        data: JSONBody[EmergencyVerdict],
    ) -> Response[EmergencyAccessAnswer]:
        """Say what one makes of what somebody else did in an emergency."""
        version = request.expected_version
        return await request.run(
            lambda store: reviewing.review_emergency_access(
                store, request.principal, emergency_access_id, data, expected_version=version
            ),
            one(EmergencyAccessAnswer),
        )


def _detail(found: ReviewedAccess) -> Response[Any]:
    return Response(
        encode(EmergencyAccessDetail, found),
        media_type=JSON,
        headers={"ETag": entity_tag(found.access.version)},
    )
