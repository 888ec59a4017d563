"""Figures over HTTP: each with its derivation and the list of the rows behind it."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream
from pydantic import Field

from app.answers import Answer, PageAnswer, decode_cursor, page, ready_made
from app.api.parameters import Cursor, Limit, SearchText
from app.call import Call
from app.exports import EXPORTED, ExportForm, Form, exported
from services.claims.figures import aging as agings
from services.claims.figures import reporting
from services.claims.figures.aging import Aging, AgingReport
from services.claims.figures.arithmetic import Counted, Figure, PartTotal
from services.claims.figures.indicators import Counting, FigureUnit, IndicatorName
from services.claims.figures.periods import Days, Months
from services.claims.figures.reporting import FigureQuestion, Group, Report
from services.identity.scopes import Scope
from services.inputs import PARAMETER
from storage.figures import Ask, FigureScope
from storage.vocabulary.figures import (
    AgedFrom,
    AgingBasis,
    AgingBucket,
    FigureDimension,
    Measure,
)

_ROWS_URL = "/api/v1/figures/rows"
_INPUTS_URL = "/api/v1/figure-inputs"

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


class DaysAnswer(Answer):
    """From the first to the last day, both included."""

    first: dt.date
    last: dt.date


class TermAnswer(Answer):
    """What one measure comes to. `drill_down` lists the very rows: as many as `total` where rows
    are counted, and else with amounts that add up to it."""

    measure: str = Field(description="A measure, or the kind of what was entered.")
    counting: Counting
    window: DaysAnswer
    total: int
    drill_down: str


class PartAnswer(Answer):
    """A numerator or denominator: `total` is the sum of its terms, and is divided by `divisor`
    (months or days that it covers, else 1) before the two are."""

    total: int
    divisor: int
    terms: list[TermAnswer]


class ExclusionAnswer(Answer):
    """What is in neither part, and how much of it there is."""

    text: str
    term: TermAnswer


class IndicatorAnswer(Answer):
    """One figure. `value` is a decimal text of two places; where there is none, `no_data` says
    why."""

    name: IndicatorName
    definition: str
    source: str
    unit: FigureUnit
    value: Decimal | None
    no_data: str | None
    window: DaysAnswer
    numerator: PartAnswer | None
    denominator: PartAnswer | None
    exclusions: list[ExclusionAnswer]


class FigureGroupAnswer(Answer):
    """Figures of one payer, provider, location or month. `key` is null for claims that name none,
    and where nothing is told apart."""

    key: str | None
    figures: list[IndicatorAnswer]


class FiguresAnswer(Answer):
    """The figures of some months. `groups_left_out` is how many groups there are beyond the first
    200."""

    window: DaysAnswer
    as_of: dt.date
    groups: list[FigureGroupAnswer]
    groups_left_out: int


class AgedAnswer(Answer):
    """Open balances of an age, in days: of how many claims, and how much. By month, there is no
    list to drill down to where no day of the month has that age."""

    bucket: AgingBucket
    claims: int
    balance_cents: int
    drill_down: str | None


class AgingAnswer(Answer):
    """What payers or patients owe, by age from the day of service or of the last bill. Credit
    balances are in no bucket."""

    basis: AgingBasis
    aged_from: AgedFrom
    claims: int
    balance_cents: int
    buckets: list[AgedAnswer]
    credit_claims: int
    credit_cents: int
    credit_drill_down: str


class AgingGroupAnswer(Answer):
    """The agings of one payer, provider, location or month: that of the service, or of the last
    bill, by what an age begins on."""

    key: str | None
    agings: list[AgingAnswer]


class AgingsAnswer(Answer):
    """Aging by insurance and by patient, as of today."""

    as_of: dt.date
    groups: list[AgingGroupAnswer]
    groups_left_out: int


class FigureRowAnswer(Answer):
    """One row that a measure counts: a claim, an entry of the ledger, a decision, a denial or an
    appeal, and the claim that it is of."""

    id: UUID
    claim_id: UUID | None
    claim_number: str | None
    day: dt.date
    amount: int


def scope_of(
    payer_id: UUID | None, provider_id: str | None, location: str | None, *, has_no_location: bool
) -> FigureScope:
    """The claims that a question is about."""
    return FigureScope(
        payer_id=payer_id,
        provider_id=provider_id,
        location="" if has_no_location else location,
    )


def _first_day(month: str | None) -> dt.date | None:
    return None if month is None else dt.date.fromisoformat(f"{month}-01")


def _narrowed(scope: FigureScope, key: str | None, by: FigureDimension | None) -> FigureScope:
    """The scope of one group."""
    match by:
        case FigureDimension.PAYER if key is not None:
            return replace(scope, payer_id=UUID(key))
        case FigureDimension.PROVIDER:
            return replace(scope, provider_id=key)
        case FigureDimension.LOCATION:
            return replace(scope, location=key or "")
        case _:
            return scope


def _rows_url(measure: Measure, days: Days, scope: FigureScope) -> str:
    """The list of the rows that a measure counts."""
    given: dict[str, object] = {"measure": measure, "first": days.first, "last": days.last}
    if scope.payer_id is not None:
        given["payer_id"] = scope.payer_id
    if scope.provider_id is not None:
        given["provider_id"] = scope.provider_id
    if scope.location:
        given["location"] = scope.location
    elif scope.location is not None:
        given["has_no_location"] = "true"
    return f"{_ROWS_URL}?{urlencode(given)}"


def _days(days: Days) -> DaysAnswer:
    return DaysAnswer(first=days.first, last=days.last)


def _term(counted: Counted, scope: FigureScope) -> TermAnswer:
    measure, days = counted.measure, counted.days
    if isinstance(measure, Measure):
        url = _rows_url(measure, days, scope)
    else:
        months = {"kind": measure, "month_from": days.first, "month_until": days.last}
        url = f"{_INPUTS_URL}?{urlencode(months)}"
    return TermAnswer(
        measure=measure,
        counting=counted.counting,
        window=_days(days),
        total=counted.total,
        drill_down=url,
    )


def _part(part: PartTotal | None, scope: FigureScope) -> PartAnswer | None:
    if part is None:
        return None
    return PartAnswer(
        total=part.total,
        divisor=part.divisor,
        terms=[_term(each, scope) for each in part.terms],
    )


def _indicator(figure: Figure, scope: FigureScope) -> IndicatorAnswer:
    indicator = figure.indicator
    return IndicatorAnswer(
        name=indicator.name,
        definition=indicator.definition,
        source=indicator.source,
        unit=indicator.unit,
        value=figure.value,
        no_data=figure.no_data,
        window=_days(figure.days),
        numerator=_part(figure.numerator, scope),
        denominator=_part(figure.denominator, scope),
        exclusions=[
            ExclusionAnswer(text=each.text, term=_term(each.counted, scope))
            for each in figure.exclusions
        ],
    )


def _figures(question: FigureQuestion, found: Report) -> Response[Any]:
    def group(each: Group) -> FigureGroupAnswer:
        scope = _narrowed(question.scope, each.key, question.by)
        return FigureGroupAnswer(
            key=each.key, figures=[_indicator(figure, scope) for figure in each.figures]
        )

    return ready_made(
        FiguresAnswer(
            window=_days(found.months.days),
            as_of=found.today,
            groups=[group(each) for each in found.groups],
            groups_left_out=found.groups_left_out,
        )
    )


def _aging(aging: Aging, scope: FigureScope, month: Days | None) -> AgingAnswer:
    return AgingAnswer(
        basis=aging.basis,
        aged_from=aging.aged_from,
        claims=aging.total.items,
        balance_cents=aging.total.amount,
        buckets=[
            AgedAnswer(
                bucket=each.bucket,
                claims=each.total.items,
                balance_cents=each.total.amount,
                drill_down=_listed(each.ask, scope, month),
            )
            for each in aging.buckets
        ],
        credit_claims=aging.credits_total.items,
        credit_cents=aging.credits_total.amount,
        credit_drill_down=_rows_url(
            aging.credits_ask.measure, _days_in(aging.credits_ask, month), scope
        ),
    )


def _listed(ask: Ask, scope: FigureScope, month: Days | None) -> str | None:
    """The list of the rows that were asked for; None where there are no such days."""
    days = _days_in(ask, month)
    return _rows_url(ask.measure, days, scope) if days.first <= days.last else None


def _days_in(ask: Ask, month: Days | None) -> Days:
    """The days that were asked for, those of a month alone."""
    if month is None:
        return Days(ask.first, ask.last)
    return Days(max(ask.first, month.first), min(ask.last, month.last))


def _month_of(key: str | None, by: FigureDimension | None) -> Days | None:
    """The days of a group's month."""
    first = _first_day(key) if by is FigureDimension.MONTH else None
    return None if first is None else Months(first, first).days


def _agings(scope: FigureScope, by: FigureDimension | None, found: AgingReport) -> Response[Any]:
    return ready_made(
        AgingsAnswer(
            as_of=found.today,
            groups=[
                AgingGroupAnswer(
                    key=each.key,
                    agings=[
                        _aging(one, _narrowed(scope, each.key, by), _month_of(each.key, by))
                        for one in each.agings
                    ],
                )
                for each in found.groups
            ],
            groups_left_out=found.groups_left_out,
        )
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
            first_month=_first_day(first_month),
            last_month=_first_day(last_month),
            scope=scope_of(payer_id, provider_id, location, has_no_location=has_no_location),
            by=by,
        )
        return await request.run(
            lambda store: reporting.report(store, question),
            lambda found: _figures(question, found),
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
            lambda found: _agings(scope, by, found),
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
