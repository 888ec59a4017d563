"""Checks of what is kept for figures, over HTTP."""

import datetime as dt
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from app.answers import PageAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.claims.figures import checking
from services.identity.scopes import Scope
from storage.filters import FigureCheckFilter


class FigureCheckAnswer(RowAnswer):
    """A check: `created_by` asked for it at `created_at`; until `finished_at` it is under way.
    `differences` names what is not what the rows come to, a hundred at most; one that `corrects`
    has put it right."""

    corrects: bool
    finished_at: dt.datetime | None
    is_sound: bool | None
    claim_count: int
    differences: list[str]


class FigureCheckController(Controller):
    """Whether what is kept for figures is what the rows come to."""

    path = "/figures/checks"
    tags = ("Figures",)

    @post(operation_id="create_figure_check", scope=Scope.STATISTICS_WRITE)
    async def create(
        self, request: Call, corrects: FromQuery[bool] = False
    ) -> Response[FigureCheckAnswer]:
        """Have everything that is kept for figures computed anew, claim by claim and month by
        month; the answer is read at the address of the check. With `corrects`, what differs is put
        right and named all the same."""
        return await request.run(
            lambda store: checking.ask_for_check(store, corrects=corrects),
            created(FigureCheckAnswer, "/api/v1/figures/checks/{id}"),
        )

    @get(operation_id="list_figure_checks", scope=Scope.STATISTICS_READ)
    async def browse(
        self,
        request: Call,
        is_under_way: FromQuery[bool | None] = None,
        is_sound: FromQuery[bool | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[FigureCheckAnswer]]:
        """The checks, newest first: when, by whom, and what differed."""
        conditions = FigureCheckFilter(is_under_way=is_under_way, is_sound=is_sound)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: checking.list_checks(store, conditions, limit=limit, after=after),
            page(FigureCheckAnswer),
        )

    @get("/{check_id:uuid}", operation_id="get_figure_check", scope=Scope.STATISTICS_READ)
    async def read(self, request: Call, check_id: FromPath[UUID]) -> Response[FigureCheckAnswer]:
        """One check."""
        return await request.run(
            lambda store: checking.get_check(store, check_id), one(FigureCheckAnswer)
        )
