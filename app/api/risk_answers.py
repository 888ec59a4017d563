"""Risk assessments on the wire."""

import datetime as dt
from uuid import UUID

from pydantic import field_serializer

from app.answers import Answer, RecordAnswer, RowAnswer
from storage.tables.risks import AssessmentContent
from storage.vocabulary.risks import (
    AcceptanceStatus,
    AnalysisElement,
    AssessmentKind,
    AssessmentStatus,
    ControlState,
    Impact,
    Likelihood,
    MitigationStatus,
    PartKind,
    RiskLevel,
    RiskTreatment,
)


class RiskCell(Answer):
    """What one likelihood and one impact come to."""

    likelihood: Likelihood
    impact: Impact
    score: int
    level: RiskLevel


class RiskMatrixAnswer(Answer):
    """The 25 cells, and where the bands of the levels are from."""

    source: str
    cells: list[RiskCell]


class RiskAssessmentAnswer(RowAnswer):
    """An assessment. ``content_hash`` is the SHA-256 of what was submitted."""

    number: str
    kind: AssessmentKind
    title: str
    scope: str
    assessed_on: dt.date
    next_due_on: dt.date
    status: AssessmentStatus
    follows_id: UUID | None
    content_hash: bytes | None
    submitted_by_person_id: UUID | None
    approved_by_person_id: UUID | None
    approved_on: dt.date | None

    @field_serializer("content_hash")
    def _as_hex(self, digest: bytes | None) -> str | None:
        return None if digest is None else digest.hex()


class RiskAssessmentDetail(Answer):
    """An assessment with its levels: of the highest risk as if nothing were done, and (the overall
    one) of what is left. Null while it has no risk."""

    assessment: RiskAssessmentAnswer
    inherent_level: RiskLevel | None
    overall_level: RiskLevel | None
    risks: int


class AssessmentRecordAnswer(RecordAnswer):
    """An assessment as it was approved: by ``recorded_by``, as ``requested_by`` had asked."""

    assessment_id: UUID
    content: AssessmentContent
    content_hash: bytes
    approval_id: UUID
    requested_by: UUID

    @field_serializer("content_hash")
    def _as_hex(self, digest: bytes) -> str:
        return digest.hex()


class AssessmentPartAnswer(RowAnswer):
    """An element of the analysis with what was found, an asset, or a threat."""

    assessment_id: UUID
    kind: PartKind
    element: AnalysisElement | None
    name: str
    description: str | None


class AssessedRiskAnswer(RowAnswer):
    """A risk, inherent and residual."""

    assessment_id: UUID
    category: str
    description: str
    asset_id: UUID | None
    threat_id: UUID | None
    likelihood: Likelihood
    impact: Impact
    residual_likelihood: Likelihood
    residual_impact: Impact
    treatment: RiskTreatment
    owner_person_id: UUID


class ScoredRiskAnswer(Answer):
    """A risk, what it comes to, and the last day on which it counts as accepted, if it does."""

    risk: AssessedRiskAnswer
    inherent_score: int
    inherent_level: RiskLevel
    residual_score: int
    residual_level: RiskLevel
    accepted_until: dt.date | None


class RiskControlAnswer(RowAnswer):
    """What lowers a risk, or is planned to."""

    assessment_id: UUID
    risk_id: UUID
    state: ControlState
    description: str


class RiskAcceptanceAnswer(RowAnswer):
    """That a risk is, or was to be, accepted; ``expires_on`` is the last day."""

    risk_id: UUID
    reason: str
    expires_on: dt.date
    status: AcceptanceStatus
    proposed_by_person_id: UUID
    accepted_by_person_id: UUID | None
    accepted_on: dt.date | None


class MitigationItemAnswer(RowAnswer):
    """What is to be done about a risk."""

    assessment_id: UUID
    risk_id: UUID
    task: str
    owner_person_id: UUID
    due_on: dt.date
    status: MitigationStatus
    done_on: dt.date | None


class PlannedMitigationAnswer(Answer):
    """An item of the plan, and whether it is overdue today."""

    item: MitigationItemAnswer
    is_overdue: bool
