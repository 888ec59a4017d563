"""Wanting the company deleted, over HTTP; once a second person agrees, nobody is answered."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, JSONBody
from pydantic import Field

from app.answers import PageAnswer, RowAnswer, decode_cursor, one, page
from app.api.approvals import unless_asked
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity import leaving
from services.identity.scopes import Scope
from services.inputs import Input, Reason


class NewDeletionRequest(Input):
    """That the company should be deleted: its name in full, and why. With
    ``records_are_handed_over`` the company says that it has its records elsewhere, and nothing is
    held but what the operator has to keep."""

    company_name: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Reason
    records_are_handed_over: bool


class DeletionRequestAnswer(RowAnswer):
    """A request; its approval says whether it was agreed to."""

    reason: str
    is_handed_over: bool


class CompanyDeletionController(Controller):
    """The end of the company."""

    path = "/company/deletion-requests"
    tags = ("Company",)

    @post(operation_id="ask_for_company_deletion", scope=Scope.COMPANY_MANAGE, status_code=202)
    async def ask(
        self, request: Call, data: JSONBody[NewDeletionRequest]
    ) -> Response[DeletionRequestAnswer]:
        """Ask that the company be deleted for good; Location is the request that another
        administrator has to approve. Then nobody enters the company any more."""
        return await request.run(
            lambda store: leaving.ask_for_deletion(
                store,
                request.principal,
                company_name=data.company_name,
                reason=data.reason,
                records_are_handed_over=data.records_are_handed_over,
            ),
            unless_asked(one(DeletionRequestAnswer)),
        )

    @get(operation_id="list_deletion_requests", scope=Scope.AUDIT_READ)
    async def browse(
        self, request: Call, limit: Limit = 50, cursor: Cursor = None
    ) -> Response[PageAnswer[DeletionRequestAnswer]]:
        """Requests, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: leaving.list_requests(store, limit=limit, after=after),
            page(DeletionRequestAnswer),
        )

    @get("/{deletion_request_id:uuid}", operation_id="get_deletion_request", scope=Scope.AUDIT_READ)
    async def read(
        self, request: Call, deletion_request_id: FromPath[UUID]
    ) -> Response[DeletionRequestAnswer]:
        """One request."""
        return await request.run(
            lambda store: leaving.get_request(store, deletion_request_id),
            one(DeletionRequestAnswer),
        )
