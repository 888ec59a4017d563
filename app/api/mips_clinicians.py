"""Who reports under MIPS over HTTP, what all their categories come to, and the file for CMS."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from app.answers import (
    JSON,
    Answer,
    PageAnswer,
    RowAnswer,
    created,
    decode_cursor,
    one,
    page,
    ready_made,
)
from app.api.mips_lists import PerformanceYear
from app.api.parameters import Cursor, Limit
from app.call import Call
from services.identity.scopes import Scope
from services.regulatory_compliance.mips_reporting import clinicians, export
from services.regulatory_compliance.mips_reporting.clinicians import (
    MipsClinicianChanges,
    NewMipsClinician,
)
from services.regulatory_compliance.mips_reporting.final_scores import FinalResult, final_score_of
from services.regulatory_compliance.mips_reporting.scores import shown_steps
from storage.filters import MipsClinicianFilter
from storage.tables.mips import MipsStepContent
from storage.vocabulary.mips import CategoryBasis, MipsCategory

TinGiven = Annotated[
    str | None, QueryParameter(pattern=r"^[0-9]{9}$(?!\n)", description="Nine digits.")
]
NpiGiven = Annotated[
    str | None, QueryParameter(pattern=r"^[0-9]{10}$(?!\n)", description="Ten digits.")
]
ScalingFactor = Annotated[
    str,
    QueryParameter(
        pattern=r"^[0-9](\.[0-9]{1,4})?$(?!\n)",
        description="What CMS sets when all scores are known; 1 until then.",
    ),
]
WithDrafts = Annotated[
    bool, QueryParameter(description="Drafts count too, scored as they stand now.")
]


class MipsClinicianAnswer(RowAnswer):
    """A clinician, or a group where there is no `npi`, with what CMS says of them for the year."""

    performance_year: int
    tin: str
    npi: str | None
    name: str
    is_small_practice: bool
    needs_fewer_activities: bool
    is_medical_home: bool
    excused_categories: list[str]
    required_measures: int | None
    quality_improvement_pct: Decimal
    cost_improvement_pct: Decimal
    complex_patient_bonus: Decimal


class MipsCategoryPartAnswer(Answer):
    """What a category brings to the final score: its percent by its weight in percent."""

    category: MipsCategory
    basis: CategoryBasis
    percent: Decimal | None
    weight_pct: int
    submission_ids: list[UUID]


class MipsFinalScoreAnswer(Answer):
    """The final score, from 0 to 100, and the change of payment it brings in the payment year, in
    percent, each with its arithmetic. Where too few categories are scored it `is_neutral`: the
    threshold itself. Above the threshold the change depends on the scaling factor."""

    clinician_id: UUID
    performance_year: int
    payment_year: int
    rules_edition: dt.date
    rules_sha256: str
    categories: list[MipsCategoryPartAnswer]
    score: Decimal
    is_neutral: bool
    adjustment_pct: Decimal
    scaling_factor: Decimal
    steps: list[MipsStepContent]


class MipsClinicianController(Controller):
    """Clinicians and groups in a performance year."""

    path = "/compliance/mips/clinicians"
    tags = ("Compliance",)

    @post(operation_id="create_mips_clinician", scope=Scope.COMPLIANCE_WRITE)
    async def create(
        self, request: Call, data: JSONBody[NewMipsClinician]
    ) -> Response[MipsClinicianAnswer]:
        """Register a clinician (TIN and NPI) or a group (TIN) for a performance year."""
        return await request.run(
            lambda store: clinicians.create_clinician(store, data),
            created(MipsClinicianAnswer, "/api/v1/compliance/mips/clinicians/{id}"),
        )

    @get(operation_id="list_mips_clinicians", scope=Scope.COMPLIANCE_READ)
    async def browse(
        self,
        request: Call,
        performance_year: PerformanceYear = None,
        tin: TinGiven = None,
        npi: NpiGiven = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[MipsClinicianAnswer]]:
        """Clinicians and groups, newest first."""
        conditions = MipsClinicianFilter(performance_year=performance_year, tin=tin, npi=npi)
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: clinicians.list_clinicians(store, conditions, limit=limit, after=after),
            page(MipsClinicianAnswer),
        )

    @get("/{clinician_id:uuid}", operation_id="get_mips_clinician", scope=Scope.COMPLIANCE_READ)
    async def read(
        self, request: Call, clinician_id: FromPath[UUID]
    ) -> Response[MipsClinicianAnswer]:
        """One clinician or group."""
        return await request.run(
            lambda store: clinicians.get_clinician(store, clinician_id), one(MipsClinicianAnswer)
        )

    @patch(
        "/{clinician_id:uuid}", operation_id="update_mips_clinician", scope=Scope.COMPLIANCE_WRITE
    )
    async def update(
        self, request: Call, clinician_id: FromPath[UUID], data: JSONBody[MipsClinicianChanges]
    ) -> Response[MipsClinicianAnswer]:
        """Change what CMS says of them; scores that were kept stay as they are."""
        version = request.expected_version
        return await request.run(
            lambda store: clinicians.update_clinician(
                store, clinician_id, data, expected_version=version
            ),
            one(MipsClinicianAnswer),
        )

    @get(
        "/{clinician_id:uuid}/final-score",
        operation_id="get_mips_final_score",
        scope=Scope.COMPLIANCE_READ,
    )
    async def final_score(
        self,
        request: Call,
        clinician_id: FromPath[UUID],
        scaling_factor: ScalingFactor = "1",
        with_drafts: WithDrafts = False,
    ) -> Response[MipsFinalScoreAnswer]:
        """The final score and the payment adjustment, of the scores that were kept."""
        return await request.run(
            lambda store: final_score_of(
                store,
                clinician_id,
                scaling_factor=Decimal(scaling_factor),
                with_drafts=with_drafts,
            ),
            _final,
        )

    @get(
        "/{clinician_id:uuid}/qpp-submission",
        operation_id="export_mips_submission",
        scope=Scope.COMPLIANCE_READ,
        is_export=True,
        produces=(JSON,),
    )
    async def qpp_submission(self, request: Call, clinician_id: FromPath[UUID]) -> Response[bytes]:
        """What is submitted, over all categories, as JSON for CMS's Quality Payment Program."""
        return await request.run(
            lambda store: export.qpp_submission(store, clinician_id),
            lambda content: Response(
                content,
                media_type=JSON,
                headers={"Content-Disposition": 'attachment; filename="qpp-submission.json"'},
            ),
        )


def _final(result: FinalResult) -> Response[Any]:
    outcome = result.outcome
    answer = MipsFinalScoreAnswer(
        clinician_id=result.clinician.id,
        performance_year=result.clinician.performance_year,
        payment_year=outcome.payment_year,
        rules_edition=result.table.edition,
        rules_sha256=result.table.sha256.hex(),
        categories=[MipsCategoryPartAnswer.model_validate(each) for each in outcome.parts],
        score=outcome.score,
        is_neutral=outcome.is_neutral,
        adjustment_pct=outcome.adjustment_pct,
        scaling_factor=outcome.scaling_factor,
        steps=shown_steps(outcome.steps),
    )
    return ready_made(answer)
