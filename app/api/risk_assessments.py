"""Risk assessments over HTTP: begun, filled, submitted, approved, followed."""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import (
    JSON,
    PageAnswer,
    created,
    decode_cursor,
    encode,
    entity_tag,
    no_work,
    one,
    page,
    ready_made,
)
from app.api.approvals import unless_asked
from app.api.parameters import Cursor, Limit
from app.api.risk_answers import (
    AssessmentPartAnswer,
    AssessmentRecordAnswer,
    RiskAssessmentAnswer,
    RiskAssessmentDetail,
    RiskCell,
    RiskMatrixAnswer,
)
from app.call import Call
from services.identity.scopes import Scope
from services.regulatory_compliance.risks import assessing, following, parts, risks, submitting
from services.regulatory_compliance.risks.assessing import (
    NewHipaaRiskAnalysis,
    NewRiskAssessment,
    RiskAssessmentChanges,
)
from services.regulatory_compliance.risks.following import NextAssessment
from services.regulatory_compliance.risks.matrix import level_of, score, shipped_bands
from services.regulatory_compliance.risks.parts import AssessmentPartChanges, NewAssessmentPart
from services.regulatory_compliance.risks.risks import Assessed
from services.regulatory_compliance.risks.submitting import AssessmentSubmission
from storage.filters import RiskAssessmentFilter
from storage.interface import Page
from storage.vocabulary.risks import AssessmentKind, AssessmentStatus, Impact, Likelihood

LOCATION = "/api/v1/compliance/risk-assessments/{id}"


class RiskAssessmentController(Controller):
    """What could happen, how likely and how bad it is, and what is done about it."""

    path = "/compliance/risk-assessments"
    tags = ("Risk assessments",)

    @post(operation_id="create_risk_assessment", scope=Scope.COMPLIANCE_WRITE)
    async def create(
        self, request: Call, data: JSONBody[NewRiskAssessment]
    ) -> Response[RiskAssessmentAnswer]:
        """Begin an assessment."""
        return await request.run(
            lambda store: assessing.create_assessment(store, data),
            created(RiskAssessmentAnswer, LOCATION),
        )

    @post(
        "/hipaa-risk-analysis",
        operation_id="begin_hipaa_risk_analysis",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def begin(
        self, request: Call, data: JSONBody[NewHipaaRiskAnalysis]
    ) -> Response[RiskAssessmentAnswer]:
        """Begin the risk analysis of 45 CFR 164.308(a)(1)(ii)(A): with its nine elements, and
        assets and threats to make one's own."""
        return await request.run(
            lambda store: assessing.begin_from_template(store, data),
            created(RiskAssessmentAnswer, LOCATION),
        )

    @get(operation_id="list_risk_assessments", scope=Scope.COMPLIANCE_READ)
    async def browse(
        self,
        request: Call,
        kind: FromQuery[AssessmentKind | None] = None,
        status: FromQuery[AssessmentStatus | None] = None,
        next_due_until: FromQuery[dt.date | None] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[RiskAssessmentAnswer]]:
        """Assessments, newest first; with ``next_due_until`` those whose next is due by then."""
        conditions = RiskAssessmentFilter(kind=kind, status=status, next_due_until=next_due_until)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: assessing.list_assessments(store, conditions, limit=limit, after=after),
            page(RiskAssessmentAnswer),
        )

    @get("/matrix", operation_id="get_risk_matrix", scope=Scope.COMPLIANCE_READ)
    async def matrix(self, request: Call) -> Response[RiskMatrixAnswer]:
        """What every likelihood and impact come to."""
        return await request.run(no_work, lambda _: ready_made(_matrix()))

    @get(
        "/{assessment_id:uuid}",
        operation_id="get_risk_assessment",
        scope=Scope.COMPLIANCE_READ,
    )
    async def read(
        self, request: Call, assessment_id: FromPath[UUID]
    ) -> Response[RiskAssessmentDetail]:
        """One assessment, with its levels."""
        return await request.run(lambda store: risks.assessed(store, assessment_id), _detail)

    @patch(
        "/{assessment_id:uuid}",
        operation_id="update_risk_assessment",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def update(
        self,
        request: Call,
        assessment_id: FromPath[UUID],
        data: JSONBody[RiskAssessmentChanges],
    ) -> Response[RiskAssessmentAnswer]:
        """Change a draft."""
        version = request.expected_version
        return await request.run(
            lambda store: assessing.update_assessment(
                store, assessment_id, data, expected_version=version
            ),
            one(RiskAssessmentAnswer),
        )

    @post(
        "/{assessment_id:uuid}/submit",
        operation_id="submit_risk_assessment",
        scope=Scope.COMPLIANCE_WRITE,
        status_code=202,
    )
    async def submit(
        self,
        request: Call,
        assessment_id: FromPath[UUID],
        data: JSONBody[AssessmentSubmission],
    ) -> Response[RiskAssessmentAnswer]:
        """Submit a draft, and ask somebody else to approve all that it says: 202, with the request
        for their approval as Location."""
        version = request.expected_version
        return await request.run(
            lambda store: submitting.submit_assessment(
                store, request.principal, assessment_id, data.reason, expected_version=version
            ),
            unless_asked(one(RiskAssessmentAnswer)),
        )

    @get(
        "/{assessment_id:uuid}/record",
        operation_id="get_risk_assessment_record",
        scope=Scope.COMPLIANCE_READ,
    )
    async def record(
        self, request: Call, assessment_id: FromPath[UUID]
    ) -> Response[AssessmentRecordAnswer]:
        """The assessment as it was approved, which nothing changes."""
        return await request.run(
            lambda store: submitting.record_of(store, assessment_id), one(AssessmentRecordAnswer)
        )

    @post(
        "/{assessment_id:uuid}/next",
        operation_id="begin_next_risk_assessment",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def follow(
        self, request: Call, assessment_id: FromPath[UUID], data: JSONBody[NextAssessment]
    ) -> Response[RiskAssessmentAnswer]:
        """Begin the assessment that takes this one's place, with what this one says."""
        return await request.run(
            lambda store: following.begin_next(store, assessment_id, data),
            created(RiskAssessmentAnswer, LOCATION),
        )

    @post(
        "/{assessment_id:uuid}/parts",
        operation_id="add_assessment_part",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def add_part(
        self, request: Call, assessment_id: FromPath[UUID], data: JSONBody[NewAssessmentPart]
    ) -> Response[AssessmentPartAnswer]:
        """Add an asset or a threat."""
        return await request.run(
            lambda store: parts.add_part(store, assessment_id, data),
            one(AssessmentPartAnswer, status=201),
        )

    @get(
        "/{assessment_id:uuid}/parts",
        operation_id="list_assessment_parts",
        scope=Scope.COMPLIANCE_READ,
    )
    async def parts(
        self, request: Call, assessment_id: FromPath[UUID]
    ) -> Response[PageAnswer[AssessmentPartAnswer]]:
        """Its elements, assets and threats."""
        return await request.run(
            lambda store: parts.parts_of(store, assessment_id),
            lambda rows: page(AssessmentPartAnswer)(Page(rows, None)),
        )


class AssessmentPartController(Controller):
    """Elements, assets and threats of assessments."""

    path = "/compliance/assessment-parts"
    tags = ("Risk assessments",)

    @patch(
        "/{part_id:uuid}",
        operation_id="update_assessment_part",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def update(
        self, request: Call, part_id: FromPath[UUID], data: JSONBody[AssessmentPartChanges]
    ) -> Response[AssessmentPartAnswer]:
        """Say what was found of an element, or change an asset or a threat."""
        version = request.expected_version
        return await request.run(
            lambda store: parts.change_part(store, part_id, data, expected_version=version),
            one(AssessmentPartAnswer),
        )

    @delete(
        "/{part_id:uuid}",
        operation_id="remove_assessment_part",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def remove(self, request: Call, part_id: FromPath[UUID]) -> Response[None]:
        """Remove an asset or a threat that no risk names."""
        version = request.expected_version
        return await request.run(
            lambda store: parts.remove_part(store, part_id, expected_version=version),
            lambda _: Response(None, status_code=204),
        )


def _matrix() -> RiskMatrixAnswer:
    return RiskMatrixAnswer(
        source=shipped_bands().source,
        cells=[
            RiskCell(
                likelihood=likelihood,
                impact=impact,
                score=score(likelihood, impact),
                level=level_of(score(likelihood, impact)),
            )
            for likelihood in Likelihood
            for impact in Impact
        ],
    )


def _detail(found: Assessed) -> Response[Any]:
    return Response(
        encode(RiskAssessmentDetail, found),
        media_type=JSON,
        headers={"ETag": entity_tag(found.assessment.version)},
    )
