"""Appeals over HTTP."""

import datetime as dt
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import PageAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.claims import appeals
from services.claims.appeals import AppealChanges, NewAppeal
from services.identity.scopes import Scope
from storage.filters import ClaimAppealFilter
from storage.vocabulary.claims import AppealStatus


class AppealAnswer(RowAnswer):
    """A request that a payer decide again."""

    claim_id: UUID
    patient_id: UUID
    appeal_number: int
    appealed_on: dt.date
    reason: str
    supporting_documents: list[str]
    status: AppealStatus
    resolved_on: dt.date | None
    resolution_cents: int | None
    notes: str | None


class AppealController(Controller):
    """Requests that payers decide again."""

    path = "/"
    tags = ("Appeals",)

    @post("/claims/{claim_id:uuid}/appeals", operation_id="file_appeal", scope=Scope.CLAIMS_WRITE)
    async def file(
        self, request: Call, claim_id: FromPath[UUID], data: JSONBody[NewAppeal]
    ) -> Response[AppealAnswer]:
        """File the next appeal of a claim. If-Match is the claim's ETag."""
        version = request.expected_version
        return await request.run(
            lambda store: appeals.file_appeal(store, claim_id, data, expected_version=version),
            created(AppealAnswer, "/api/v1/appeals/{id}"),
        )

    @get("/appeals", operation_id="list_appeals", scope=Scope.CLAIMS_READ)
    async def list(
        self,
        request: Call,
        claim_id: FromQuery[UUID | None] = None,
        status: FromQuery[AppealStatus | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[AppealAnswer]]:
        """Appeals, newest first."""
        conditions = ClaimAppealFilter(claim_id=claim_id, status=status)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: appeals.list_appeals(store, conditions, limit=limit, after=after),
            page(AppealAnswer),
        )

    @get("/appeals/{appeal_id:uuid}", operation_id="get_appeal", scope=Scope.CLAIMS_READ)
    async def get(self, request: Call, appeal_id: FromPath[UUID]) -> Response[AppealAnswer]:
        """One appeal."""
        return await request.run(
            lambda store: appeals.get_appeal(store, appeal_id), one(AppealAnswer)
        )

    @patch("/appeals/{appeal_id:uuid}", operation_id="update_appeal", scope=Scope.CLAIMS_WRITE)
    async def update(
        self, request: Call, appeal_id: FromPath[UUID], data: JSONBody[AppealChanges]
    ) -> Response[AppealAnswer]:
        """Move an appeal on: submitted, pending, then approved or denied."""
        version = request.expected_version
        return await request.run(
            lambda store: appeals.update_appeal(store, appeal_id, data, expected_version=version),
            one(AppealAnswer),
        )
