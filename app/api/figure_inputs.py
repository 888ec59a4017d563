"""What companies enter for their figures, over HTTP."""

import datetime as dt
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import PageAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.claims.figures import inputs
from services.claims.figures.inputs import FigureInputChanges, NewFigureInput
from services.identity.scopes import Scope
from storage.filters import FigureInputFilter
from storage.vocabulary.figures import FigureInputKind


class FigureInputAnswer(RowAnswer):
    """An amount of one month, which is named by its first day."""

    kind: FigureInputKind
    month: dt.date
    amount_cents: int
    note: str | None


class FigureInputController(Controller):
    """What figures need and no claim knows, such as what collecting costs."""

    path = "/figure-inputs"
    tags = ("Figures",)

    @post(operation_id="create_figure_input", scope=Scope.STATISTICS_WRITE)
    async def create(
        self, request: Call, data: JSONBody[NewFigureInput]
    ) -> Response[FigureInputAnswer]:
        """Enter an amount of a month, once for each kind."""
        return await request.run(
            lambda store: inputs.enter(store, data),
            created(FigureInputAnswer, "/api/v1/figure-inputs/{id}"),
        )

    @get(operation_id="list_figure_inputs", scope=Scope.STATISTICS_READ)
    async def browse(
        self,
        request: Call,
        kind: FromQuery[FigureInputKind | None] = None,
        month_from: FromQuery[dt.date | None] = None,
        month_until: FromQuery[dt.date | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[FigureInputAnswer]]:
        """What was entered, newest first."""
        conditions = FigureInputFilter(kind=kind, month_from=month_from, month_until=month_until)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: inputs.list_inputs(store, conditions, limit=limit, after=after),
            page(FigureInputAnswer),
        )

    @get("/{input_id:uuid}", operation_id="get_figure_input", scope=Scope.STATISTICS_READ)
    async def read(self, request: Call, input_id: FromPath[UUID]) -> Response[FigureInputAnswer]:
        """One amount."""
        return await request.run(
            lambda store: inputs.get_input(store, input_id), one(FigureInputAnswer)
        )

    @patch("/{input_id:uuid}", operation_id="update_figure_input", scope=Scope.STATISTICS_WRITE)
    async def update(
        self, request: Call, input_id: FromPath[UUID], data: JSONBody[FigureInputChanges]
    ) -> Response[FigureInputAnswer]:
        """Correct an amount."""
        version = request.expected_version
        return await request.run(
            lambda store: inputs.correct(store, input_id, data, expected_version=version),
            one(FigureInputAnswer),
        )
