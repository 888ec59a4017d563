"""Who can do what, and that somebody has looked at it, over HTTP."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, JSONBody
from pydantic import field_serializer

from app.answers import (
    JSON,
    Answer,
    PageAnswer,
    RecordAnswer,
    created,
    decode_cursor,
    one,
    page,
)
from app.api.parameters import Cursor, Limit
from app.call import Call
from app.exports import CSV, cell, csv_text
from services.identity import access_reviews
from services.identity.access_report import AccessReport, KeyAccess, PersonAccess, access_report
from services.identity.access_reviews import NewAccessReview
from services.identity.scopes import Scope
from storage.vocabulary.identity import KeyFlag

COLUMNS = (
    *("kind", "id", "name", "email", "role", "scopes", "last_signed_in_at", "last_used_at"),
    *("second_factor_since", "locked_until", "disabled_at", "created_by", "created_by_name"),
    *("rotated_by", "expires_at", "flagged_at", "flag"),
)
"""Of the report as a file: what a kind does not have stays empty."""


class PersonAccessAnswer(Answer):
    """What one person can do. ``role`` is a built-in role or, with ``role_id``, the name of the
    company's own. ``last_used_at`` is right to five minutes."""

    id: UUID
    name: str
    email: str
    role: str
    role_id: UUID | None
    scopes: list[str]
    last_signed_in_at: dt.datetime | None
    last_used_at: dt.datetime | None
    second_factor_since: dt.datetime | None
    locked_until: dt.datetime | None
    disabled_at: dt.datetime | None


class KeyAccessAnswer(Answer):
    """What one API key can do that has not been revoked. ``last_used_at`` is right to an hour."""

    id: UUID
    name: str
    scopes: list[str]
    created_by: UUID
    created_by_name: str | None
    rotated_by: UUID | None
    last_used_at: dt.datetime | None
    expires_at: dt.datetime | None
    flagged_at: dt.datetime | None
    flag: KeyFlag | None


class AccessReportAnswer(Answer):
    """Everybody who can do anything. ``content_sha256`` stays the same until somebody's access
    changes; a review names it."""

    as_of: dt.datetime
    content_sha256: bytes
    people: list[PersonAccessAnswer]
    keys: list[KeyAccessAnswer]

    @field_serializer("content_sha256")
    def _as_hex(self, digest: bytes) -> str:
        return digest.hex()


class AccessReviewAnswer(RecordAnswer):
    """That somebody has looked at the access of so many people and keys."""

    content_sha256: bytes
    people: int
    keys: int
    flagged_keys: int
    notes: str | None

    @field_serializer("content_sha256")
    def _as_hex(self, digest: bytes) -> str:
        return digest.hex()


class AccessReviewController(Controller):
    """Who can do what, and the record that it was reviewed."""

    tags = ("Access reviews",)

    @get("/access-report", operation_id="get_access_report", scope=Scope.ACCESS_READ)
    async def report(self, request: Call) -> Response[AccessReportAnswer]:
        """Who can do what as of now, and when they last did anything."""
        return await request.run(access_report, _report)

    @get(
        "/access-report/export",
        operation_id="export_access_report",
        scope=Scope.ACCESS_READ,
        is_export=True,
        produces=(CSV,),
    )
    async def report_as_file(self, request: Call) -> Response[bytes]:
        """The same as a file: one line for each person and key."""
        return await request.run(access_report, _report_as_csv)

    @post("/access-reviews", operation_id="create_access_review", scope=Scope.ACCESS_REVIEW)
    async def create(
        self, request: Call, data: JSONBody[NewAccessReview]
    ) -> Response[AccessReviewAnswer]:
        """Record that one has reviewed the access report; refused where access has changed since.
        Only a signed-in person can."""
        return await request.run(
            lambda store: access_reviews.record_review(store, data, principal=request.principal),
            created(AccessReviewAnswer, "/api/v1/access-reviews/{id}"),
        )

    @get("/access-reviews", operation_id="list_access_reviews", scope=Scope.ACCESS_READ)
    async def browse(
        self, request: Call, limit: Limit = 50, cursor: Cursor = None
    ) -> Response[PageAnswer[AccessReviewAnswer]]:
        """Reviews, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: access_reviews.list_reviews(store, limit=limit, after=after),
            page(AccessReviewAnswer),
        )

    @get(
        "/access-reviews/{review_id:uuid}",
        operation_id="get_access_review",
        scope=Scope.ACCESS_READ,
    )
    async def read(self, request: Call, review_id: FromPath[UUID]) -> Response[AccessReviewAnswer]:
        """One review."""
        return await request.run(
            lambda store: access_reviews.get_review(store, review_id), one(AccessReviewAnswer)
        )


def _report(report: AccessReport) -> Response[Any]:
    answer = AccessReportAnswer.model_validate(report)
    return Response(answer.model_dump_json().encode(), media_type=JSON)


def _report_as_csv(report: AccessReport) -> Response[Any]:
    rows = [
        *(_cells("person", person) for person in report.people),
        *(_cells("key", key) for key in report.keys),
    ]
    return Response(
        csv_text([COLUMNS, *rows]),
        media_type=CSV,
        headers={"Content-Disposition": 'attachment; filename="access-report.csv"'},
    )


def _cells(kind: str, access: PersonAccess | KeyAccess) -> list[str]:
    return [kind, *(cell(getattr(access, name, None)) for name in COLUMNS[1:])]
