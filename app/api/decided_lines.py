"""Decided lines that fit no line of their claim, matched by a person, over HTTP."""

import datetime as dt
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, JSONBody

from app.answers import PageAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.claims.outgoing import line_matches
from services.claims.outgoing.line_matches import NewDecidedLineMatch
from services.identity.scopes import Scope

LOCATION = "/api/v1/decided-line-matches/{id}"


class DecidedLineMatchAnswer(RowAnswer):
    """A payer's decided line, and the line of the claim that a person says it is about. It counts
    for claims to the next payers until it is withdrawn."""

    claim_id: UUID
    adjudication_line_id: UUID
    claim_line_id: UUID
    withdrawn_at: dt.datetime | None


class DecidedLineMatchController(Controller):
    """Which line of a claim a payer's decided line is about."""

    path = "/"
    tags = ("Claims",)

    @post(
        "/claims/{claim_id:uuid}/decided-line-matches",
        operation_id="match_decided_line",
        scope=Scope.CLAIMS_WRITE,
    )
    async def match(
        self, request: Call, claim_id: FromPath[UUID], data: JSONBody[NewDecidedLineMatch]
    ) -> Response[DecidedLineMatchAnswer]:
        """Match a decided line that fits no line of the claim, so that it can go to the next payer.

        Decided lines stand at `/claims/{claim_id}/adjudications`; those without a `claim_line_id`
        are to be matched. What was posted stays as it is.
        """
        return await request.run(
            lambda store: line_matches.match_decided_line(store, claim_id, data),
            created(DecidedLineMatchAnswer, LOCATION),
        )

    @get(
        "/claims/{claim_id:uuid}/decided-line-matches",
        operation_id="list_decided_line_matches",
        scope=Scope.CLAIMS_READ,
    )
    async def browse(
        self, request: Call, claim_id: FromPath[UUID], limit: Limit = 50, cursor: Cursor = None
    ) -> Response[PageAnswer[DecidedLineMatchAnswer]]:
        """The matches of a claim, those that were withdrawn too, newest first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: line_matches.list_matches(store, claim_id, limit=limit, after=after),
            page(DecidedLineMatchAnswer),
        )

    @get(
        "/decided-line-matches/{match_id:uuid}",
        operation_id="get_decided_line_match",
        scope=Scope.CLAIMS_READ,
    )
    async def read(
        self, request: Call, match_id: FromPath[UUID]
    ) -> Response[DecidedLineMatchAnswer]:
        """One match."""
        return await request.run(
            lambda store: line_matches.get_match(store, match_id), one(DecidedLineMatchAnswer)
        )

    @post(
        "/decided-line-matches/{match_id:uuid}/withdraw",
        operation_id="withdraw_decided_line_match",
        scope=Scope.CLAIMS_WRITE,
        status_code=200,
    )
    async def withdraw(
        self, request: Call, match_id: FromPath[UUID]
    ) -> Response[DecidedLineMatchAnswer]:
        """Take a match back, as long as no later payer was told of it."""
        version = request.expected_version
        return await request.run(
            lambda store: line_matches.withdraw_match(store, match_id, expected_version=version),
            one(DecidedLineMatchAnswer),
        )
