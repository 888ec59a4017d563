"""Figures about claims and denials over HTTP, each with the list of the rows behind it."""

import dataclasses
import datetime as dt
from decimal import Decimal
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromQuery

from app.answers import Answer, one
from app.call import Call
from services.claims import statistics
from services.claims.statistics import DenialAnalysis, DenialGroup, Figure, Unit
from services.identity.scopes import Scope
from storage.filters import ClaimFilter, DenialFilter

_CLAIMS_URL = "/api/v1/claims"
_DENIALS_URL = "/api/v1/denials"


class WindowAnswer(Answer):
    """The days that a figure covers (both included; null is open) and the payer, where one was
    asked for."""

    first_day: dt.date | None
    last_day: dt.date | None
    payer_id: UUID | None


class FigureAnswer(Answer):
    """One number with its derivation. `value` is a decimal text for percentages and null where
    the denominator is zero; `drill_down` lists the very rows behind the numerator."""

    name: str
    definition: str
    unit: Unit
    value: int | Decimal | None
    numerator: int
    denominator: int | None
    window: WindowAnswer
    exclusions: list[str]
    drill_down: str


class ClaimStatisticsAnswer(Answer):
    """Figures about the claims of a window of service dates."""

    figures: list[FigureAnswer]


class DenialGroupAnswer(Answer):
    """The denials that share a category, a reason or a payer."""

    key: str
    denials: FigureAnswer
    amount: FigureAnswer
    recoverable: FigureAnswer


class DenialAnalysisAnswer(Answer):
    """What was denied in a window of decision days."""

    total: DenialGroupAnswer
    by_category: list[DenialGroupAnswer]
    by_reason: list[DenialGroupAnswer]
    by_payer: list[DenialGroupAnswer]


def drill_down(rows: ClaimFilter | DenialFilter) -> str:
    """The URL that lists the rows under a condition: filters and parameters share their names."""
    given = {
        field.name: value
        for field in dataclasses.fields(rows)
        if (value := getattr(rows, field.name)) is not None
    }
    texts = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in given.items()
    }
    url = _CLAIMS_URL if isinstance(rows, ClaimFilter) else _DENIALS_URL
    return f"{url}?{urlencode(texts)}" if texts else url


def _figure(figure: Figure, window: WindowAnswer) -> FigureAnswer:
    names = set(FigureAnswer.model_fields) - {"window", "drill_down"}
    return FigureAnswer(
        **{name: getattr(figure, name) for name in names},
        window=window,
        drill_down=drill_down(figure.rows),
    )


def _group(group: DenialGroup, window: WindowAnswer) -> DenialGroupAnswer:
    return DenialGroupAnswer(
        key=group.key,
        denials=_figure(group.denials, window),
        amount=_figure(group.amount, window),
        recoverable=_figure(group.recoverable, window),
    )


class ClaimStatisticsController(Controller):
    """What the claims and denials of a window come to."""

    path = "/statistics"
    tags = ("Statistics",)

    @get("/claims", operation_id="get_claim_statistics", scope=Scope.STATISTICS_READ)
    async def claims(
        self,
        request: Call,
        service_from: FromQuery[dt.date | None] = None,
        service_until: FromQuery[dt.date | None] = None,
        payer_id: FromQuery[UUID | None] = None,
    ) -> Response[ClaimStatisticsAnswer]:
        """Counts, sums, means and rates of claims by service date."""
        conditions = ClaimFilter(
            service_from=service_from, service_until=service_until, payer_id=payer_id
        )
        window = WindowAnswer(first_day=service_from, last_day=service_until, payer_id=payer_id)

        def render(figures: list[Figure]) -> Response[bytes]:
            answer = ClaimStatisticsAnswer(figures=[_figure(each, window) for each in figures])
            return one(ClaimStatisticsAnswer)(answer)

        return await request.run(
            lambda store: statistics.claim_statistics(store, conditions), render
        )

    @get("/denials", operation_id="get_denial_analysis", scope=Scope.STATISTICS_READ)
    async def denials(
        self,
        request: Call,
        denied_from: FromQuery[dt.date | None] = None,
        denied_until: FromQuery[dt.date | None] = None,
        payer_id: FromQuery[UUID | None] = None,
    ) -> Response[DenialAnalysisAnswer]:
        """Denials by category, reason and payer: how many, how much, how much still recoverable."""
        conditions = DenialFilter(
            denied_from=denied_from, denied_until=denied_until, payer_id=payer_id
        )
        window = WindowAnswer(first_day=denied_from, last_day=denied_until, payer_id=payer_id)

        def render(found: DenialAnalysis) -> Response[bytes]:
            answer = DenialAnalysisAnswer(
                total=_group(found.total, window),
                by_category=[_group(each, window) for each in found.by_category],
                by_reason=[_group(each, window) for each in found.by_reason],
                by_payer=[_group(each, window) for each in found.by_payer],
            )
            return one(DenialAnalysisAnswer)(answer)

        return await request.run(
            lambda store: statistics.denial_analysis(store, conditions), render
        )
