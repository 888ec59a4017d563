"""What is reported in MIPS submissions, over HTTP."""

from decimal import Decimal
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from app.answers import PageAnswer, RowAnswer, decode_cursor, one, page
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.regulatory_compliance.mips_reporting import measures
from services.regulatory_compliance.mips_reporting.measures import (
    MipsMeasureChanges,
    NewMipsMeasure,
)
from storage.vocabulary.mips import MeasurementKind


class MipsMeasureAnswer(RowAnswer):
    """What is reported for one measure or activity, or for one rate of a measure with several."""

    submission_id: UUID
    measure_id: str
    stratum: str | None
    kind: MeasurementKind
    is_end_to_end: bool
    eligible: int | None
    met: int | None
    not_met: int | None
    exceptions: int | None
    exclusions: int | None
    value: Decimal | None
    cases: int | None
    numerator: int | None
    denominator: int | None


class MipsMeasureController(Controller):
    """Measures and activities of a submission, while it is a draft."""

    path = "/compliance/mips/submissions"
    tags = ("Compliance",)

    @post(
        "/{submission_id:uuid}/measures",
        operation_id="add_mips_measure",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def add_measure(
        self, request: Call, submission_id: FromPath[UUID], data: JSONBody[NewMipsMeasure]
    ) -> Response[MipsMeasureAnswer]:
        """Report a measure or activity in a draft, or one rate of a measure with several."""
        return await request.run(
            lambda store: measures.add_measure(store, submission_id, data),
            one(MipsMeasureAnswer, status=201),
        )

    @get(
        "/{submission_id:uuid}/measures",
        operation_id="list_mips_measures",
        scope=Scope.COMPLIANCE_READ,
    )
    async def measures(
        self,
        request: Call,
        submission_id: FromPath[UUID],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[MipsMeasureAnswer]]:
        """What is reported, the last added first."""
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: measures.list_measures(store, submission_id, limit=limit, after=after),
            page(MipsMeasureAnswer),
        )

    @patch(
        "/{submission_id:uuid}/measures/{reported_id:uuid}",
        operation_id="update_mips_measure",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def update_measure(
        self,
        request: Call,
        submission_id: FromPath[UUID],
        reported_id: FromPath[UUID],
        data: JSONBody[MipsMeasureChanges],
    ) -> Response[MipsMeasureAnswer]:
        """Change what is reported in a draft."""
        version = request.expected_version
        return await request.run(
            lambda store: measures.update_measure(
                store, submission_id, reported_id, data, expected_version=version
            ),
            one(MipsMeasureAnswer),
        )

    @delete(
        "/{submission_id:uuid}/measures/{reported_id:uuid}",
        operation_id="remove_mips_measure",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def remove_measure(
        self, request: Call, submission_id: FromPath[UUID], reported_id: FromPath[UUID]
    ) -> Response[None]:
        """Take a measure out of a draft."""
        version = request.expected_version
        return await request.run(
            lambda store: measures.remove_measure(
                store, submission_id, reported_id, expected_version=version
            ),
            lambda _: Response(None, status_code=204),
        )
