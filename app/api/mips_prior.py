"""What another system had reported under MIPS, over HTTP."""

import datetime as dt
from decimal import Decimal

from litestar import Controller, Response, get

from app.answers import Answer, PageAnswer, RowAnswer, decode_cursor, page
from app.api.mips_clinicians import TinGiven
from app.api.mips_lists import PerformanceYear
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.regulatory_compliance.mips_reporting.prior import list_prior_submissions
from storage.filters import MipsPriorSubmissionFilter
from storage.vocabulary.mips import MipsCategory, MipsSubmissionStatus, SubmissionMethod


class MipsPriorMeasureAnswer(Answer):
    """A measure as another system reported it, with the points that it gave."""

    measure_id: str
    performance_rate: Decimal | None
    numerator: int | None
    denominator: int | None
    is_eligible: bool | None
    is_met: bool | None
    points: Decimal | None


class MipsPriorContentAnswer(Answer):
    """What was reported."""

    measures: list[MipsPriorMeasureAnswer]


class MipsPriorSubmissionAnswer(RowAnswer):
    """What another system reported, as it says: `said_score_pct` is its reckoning, not ours."""

    performance_year: int
    tin: str
    npi: str | None
    category: MipsCategory
    submission_method: SubmissionMethod
    status: MipsSubmissionStatus
    submitted_on: dt.date | None
    said_score_pct: Decimal | None
    feedback: str | None
    content: MipsPriorContentAnswer


class MipsPriorSubmissionController(Controller):
    """Submissions that came over."""

    path = "/compliance/mips/prior-submissions"
    tags = ("Compliance",)

    @get(operation_id="list_mips_prior_submissions", scope=Scope.COMPLIANCE_READ)
    async def browse(
        self,
        request: Call,
        performance_year: PerformanceYear = None,
        tin: TinGiven = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[MipsPriorSubmissionAnswer]]:
        """What another system had reported before the company moved over, the last first."""
        conditions = MipsPriorSubmissionFilter(performance_year=performance_year, tin=tin)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: list_prior_submissions(store, conditions, limit=limit, after=after),
            page(MipsPriorSubmissionAnswer),
        )
