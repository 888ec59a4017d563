"""Figures over HTTP: each with its derivation and the list of the rows behind it."""

import datetime as dt
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from app.answers import PageAnswer, decode_cursor, page, ready_made
from app.api.figure_answers import (
    AgingsAnswer,
    FigureRowAnswer,
    FiguresAnswer,
    agings_answer,
    figures_answer,
    first_day,
)
from app.api.parameters import Cursor, Limit, SearchText
from app.call import Call
from app.exports import EXPORTED, ExportForm, Form, exported
from services.claims.figures import aging as agings
from services.claims.figures import reporting
from services.claims.figures.indicators import IndicatorName
from services.claims.figures.reporting import FigureQuestion
from services.identity.scopes import Scope
from services.inputs import PARAMETER
from storage.figures import Ask, FigureScope
from storage.vocabulary.figures import FigureDimension, Measure

Month = Annotated[
    str | None,
    QueryParameter(pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$", description="As in 2026-03."),
]
Provider = Annotated[
    str | None,
    QueryParameter(
        min_length=1, max_length=80, pattern=PARAMETER, description="The rendering provider."
    ),
]
HasNoLocation = Annotated[bool, QueryParameter(description="Only claims that name no facility.")]


def scope_of(
    payer_id: UUID | None, provider_id: str | None, location: str | None, *, has_no_location: bool
) -> FigureScope:
    """The claims that a question is about."""
    return FigureScope(
        payer_id=payer_id,
        provider_id=provider_id,
        location="" if has_no_location else location,
    )


class FigureController(Controller):
    """What managers run on."""

    path = "/figures"
    tags = ("Figures",)

    @get(operation_id="get_figures", scope=Scope.STATISTICS_READ)
    async def indicators(
        self,
        request: Call,
        name: FromQuery[IndicatorName | None] = None,
        first_month: Month = None,
        last_month: Month = None,
        payer_id: FromQuery[UUID | None] = None,
        provider_id: Provider = None,
        location: SearchText = None,
        has_no_location: HasNoLocation = False,
        by: FromQuery[FigureDimension | None] = None,
    ) -> Response[FiguresAnswer]:
        """The indicators of some months (else the last that is over), all or one, as a whole or by
        payer, provider, location or month."""
        question = FigureQuestion(
            name=name,
            first_month=first_day(first_month),
            last_month=first_day(last_month),
            scope=scope_of(payer_id, provider_id, location, has_no_location=has_no_location),
            by=by,
        )
        return await request.run(
            lambda store: reporting.report(store, question),
            lambda found: ready_made(figures_answer(question, found)),
        )

    @get("/aging", operation_id="get_aging", scope=Scope.STATISTICS_READ)
    async def aging(
        self,
        request: Call,
        payer_id: FromQuery[UUID | None] = None,
        provider_id: Provider = None,
        location: SearchText = None,
        has_no_location: HasNoLocation = False,
        by: FromQuery[FigureDimension | None] = None,
    ) -> Response[AgingsAnswer]:
        """What is open by age, the payers' and the patients', from the day of service and from the
        day of the last bill."""
        scope = scope_of(payer_id, provider_id, location, has_no_location=has_no_location)
        return await request.run(
            lambda store: agings.aging(store, scope, by=by),
            lambda found: ready_made(agings_answer(scope, by, found)),
        )

    @get("/rows", operation_id="list_figure_rows", scope=Scope.CLAIMS_READ)
    async def rows(
        self,
        request: Call,
        measure: FromQuery[Measure],
        first: FromQuery[dt.date],
        last: FromQuery[dt.date],
        payer_id: FromQuery[UUID | None] = None,
        provider_id: Provider = None,
        location: SearchText = None,
        has_no_location: HasNoLocation = False,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[FigureRowAnswer]]:
        """The rows that a figure counts, newest first."""
        ask = Ask(measure=measure, first=first, last=last)
        scope = scope_of(payer_id, provider_id, location, has_no_location=has_no_location)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: reporting.rows_counted(store, ask, scope, limit=limit, after=after),
            page(FigureRowAnswer),
        )

    @get(
        "/rows/export",
        operation_id="export_figure_rows",
        scope=Scope.CLAIMS_READ,
        is_export=True,
        produces=EXPORTED,
    )
    async def rows_as_file(
        self,
        request: Call,
        measure: FromQuery[Measure],
        first: FromQuery[dt.date],
        last: FromQuery[dt.date],
        form: Form = ExportForm.CSV,
        payer_id: FromQuery[UUID | None] = None,
        provider_id: Provider = None,
        location: SearchText = None,
        has_no_location: HasNoLocation = False,
    ) -> Stream:
        """The rows that a figure counts as a file, newest first: the rows that the list has. That
        they left, and whose they are, is on record before they do."""
        ask = Ask(measure=measure, first=first, last=last)
        scope = scope_of(payer_id, provider_id, location, has_no_location=has_no_location)
        return await exported(
            request,
            lambda store, limit, after: reporting.rows_counted(
                store, ask, scope, limit=limit, after=after
            ),
            FigureRowAnswer,
            form=form,
            name=str(measure).replace("_", "-"),
        )
