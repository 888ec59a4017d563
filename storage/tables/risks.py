"""Risk assessments: what they look at, their risks, and what is done about these.

Scores and levels stand in no column: they follow from likelihood and impact.
"""

import datetime as dt
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    bytes_column,
    check,
    choice_column,
    date_column,
    document_column,
    index,
    key_column,
    refers_to,
    text_column,
    unique,
)
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


class RiskAssessmentFields(SQLModel):
    number: str = text_column(20)
    kind: AssessmentKind = choice_column(AssessmentKind)
    title: str = text_column(200)
    scope: str = text_column(4000)
    assessed_on: dt.date = date_column()
    next_due_on: dt.date = date_column()
    status: AssessmentStatus = choice_column(AssessmentStatus, default=AssessmentStatus.DRAFT)
    follows_id: UUID | None = key_column(default=None)
    content_hash: bytes | None = bytes_column(default=None)
    submitted_by_person_id: UUID | None = key_column(default=None)
    approved_by_person_id: UUID | None = key_column(default=None)
    approved_on: dt.date | None = date_column(default=None)


class RiskAssessment(RiskAssessmentFields, TenantRow, table=True):
    """An assessment. ``content_hash`` is that of what was submitted; ``follows_id`` names the
    assessment that it takes the place of once it is approved."""

    __tablename__ = "risk_assessments"
    __table_args__ = (
        belongs_to("risk_assessments", "follows_id"),
        belongs_to("people", "submitted_by_person_id"),
        belongs_to("people", "approved_by_person_id"),
        unique("risk_assessments", "number"),
        unique("risk_assessments", "follows_id"),
        unique("risk_assessments", "id", "content_hash"),
        index("risk_assessments", "kind", "id"),
        check("next_is_later", "next_due_on > assessed_on"),
        check("hash_is_sha256", "octet_length(content_hash) = 32"),
        check("submitted_is_hashed", "status = 'draft' OR content_hash IS NOT NULL"),
        check(
            "approved_has_a_day",
            "(status IN ('approved', 'superseded')) = (approved_on IS NOT NULL)",
        ),
        check(
            "approved_by_somebody",
            "approved_on IS NULL OR approved_by_person_id IS NOT NULL"
            " AND submitted_by_person_id IS NOT NULL",
        ),
        check("approved_by_somebody_else", "approved_by_person_id <> submitted_by_person_id"),
    )


class AssessmentPartFields(SQLModel):
    assessment_id: UUID = key_column()
    kind: PartKind = choice_column(PartKind)
    element: AnalysisElement | None = choice_column(AnalysisElement, default=None)
    name: str = text_column(200)
    description: str | None = text_column(4000, default=None)


class AssessmentPart(AssessmentPartFields, TenantRow, table=True):
    """An element of the analysis with what was found, an asset, or a threat."""

    __tablename__ = "assessment_parts"
    __table_args__ = (
        belongs_to("risk_assessments", "assessment_id"),
        unique("assessment_parts", "assessment_id", "element"),
        unique("assessment_parts", "assessment_id", "kind", "name"),
        check("element_is_named", "(kind = 'element') = (element IS NOT NULL)"),
    )


class AssessedRiskFields(SQLModel):
    assessment_id: UUID = key_column()
    category: str = text_column(80)
    description: str = text_column(4000)
    asset_id: UUID | None = key_column(default=None)
    threat_id: UUID | None = key_column(default=None)
    likelihood: Likelihood = choice_column(Likelihood)
    impact: Impact = choice_column(Impact)
    residual_likelihood: Likelihood = choice_column(Likelihood)
    residual_impact: Impact = choice_column(Impact)
    treatment: RiskTreatment = choice_column(RiskTreatment)
    owner_person_id: UUID = key_column()


class AssessedRisk(AssessedRiskFields, TenantRow, table=True):
    """A risk as an assessment sees it: inherent, and what is left with the controls in place."""

    __tablename__ = "assessed_risks"
    __table_args__ = (
        belongs_to("risk_assessments", "assessment_id"),
        belongs_to("assessment_parts", "asset_id"),
        belongs_to("assessment_parts", "threat_id"),
        belongs_to("people", "owner_person_id"),
        index("assessed_risks", "assessment_id", "id"),
    )


class RiskControlFields(SQLModel):
    assessment_id: UUID = key_column()
    risk_id: UUID = key_column()
    state: ControlState = choice_column(ControlState)
    description: str = text_column(2000)


class RiskControl(RiskControlFields, TenantRow, table=True):
    """What lowers a risk, or is planned to."""

    __tablename__ = "risk_controls"
    __table_args__ = (
        belongs_to("risk_assessments", "assessment_id"),
        belongs_to("assessed_risks", "risk_id"),
        index("risk_controls", "risk_id", "id"),
        index("risk_controls", "assessment_id", "id"),
    )


class RiskAcceptanceFields(SQLModel):
    risk_id: UUID = key_column()
    reason: str = text_column(500)
    expires_on: dt.date = date_column()
    status: AcceptanceStatus = choice_column(AcceptanceStatus, default=AcceptanceStatus.PROPOSED)
    proposed_by_person_id: UUID = key_column()
    accepted_by_person_id: UUID | None = key_column(default=None)
    accepted_on: dt.date | None = date_column(default=None)


class RiskAcceptance(RiskAcceptanceFields, TenantRow, table=True):
    """That somebody else has agreed to live with a risk until a day, and why."""

    __tablename__ = "risk_acceptances"
    __table_args__ = (
        belongs_to("assessed_risks", "risk_id"),
        belongs_to("people", "proposed_by_person_id"),
        belongs_to("people", "accepted_by_person_id"),
        unique("risk_acceptances", "risk_id", where="status = 'proposed'"),
        index("risk_acceptances", "risk_id", "id"),
        check("accepted_has_a_day", "(status = 'accepted') = (accepted_on IS NOT NULL)"),
        check("accepted_by_somebody", "accepted_on IS NULL OR accepted_by_person_id IS NOT NULL"),
        check("accepted_by_somebody_else", "accepted_by_person_id <> proposed_by_person_id"),
        check("expires_later", "accepted_on <= expires_on"),
    )


class MitigationItemFields(SQLModel):
    assessment_id: UUID = key_column()
    risk_id: UUID = key_column()
    task: str = text_column(2000)
    owner_person_id: UUID = key_column()
    due_on: dt.date = date_column()
    status: MitigationStatus = choice_column(MitigationStatus, default=MitigationStatus.PLANNED)
    done_on: dt.date | None = date_column(default=None)


class MitigationItem(MitigationItemFields, TenantRow, table=True):
    """Something that is to be done about a risk, by somebody, by a day."""

    __tablename__ = "mitigation_items"
    __table_args__ = (
        belongs_to("risk_assessments", "assessment_id"),
        belongs_to("assessed_risks", "risk_id"),
        belongs_to("people", "owner_person_id"),
        index("mitigation_items", "assessment_id", "id"),
        index("mitigation_items", "status", "due_on"),
        check("done_has_a_day", "(status = 'done') = (done_on IS NOT NULL)"),
    )


class RecordedPart(BaseModel):
    """An element, an asset or a threat, as it was submitted."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: UUID
    kind: PartKind
    element: AnalysisElement | None
    name: str
    description: str | None


class RecordedControl(BaseModel):
    """A control, as it was submitted."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    risk_id: UUID
    state: ControlState
    description: str


class RecordedRisk(BaseModel):
    """A risk with its scores and levels, as it was submitted."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: UUID
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
    inherent_score: int
    inherent_level: RiskLevel
    residual_score: int
    residual_level: RiskLevel


class AssessmentContent(BaseModel):
    """Everything that an assessment says: what somebody else approves."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    number: str
    kind: AssessmentKind
    title: str
    scope: str
    assessed_on: dt.date
    next_due_on: dt.date
    inherent_level: RiskLevel
    overall_level: RiskLevel
    parts: list[RecordedPart]
    risks: list[RecordedRisk]
    controls: list[RecordedControl]


class AssessmentRecordFields(SQLModel):
    assessment_id: UUID = key_column()
    content: AssessmentContent = document_column(AssessmentContent)
    content_hash: bytes = bytes_column()
    approval_id: UUID = key_column()
    requested_by: UUID = key_column()


class AssessmentRecord(AssessmentRecordFields, AppendOnlyRow, table=True):
    """An assessment as it was approved, by somebody else than who submitted it. Never changed;
    while it stands, its assessment cannot have another hash."""

    __tablename__ = "assessment_records"
    __table_args__ = (
        refers_to("risk_assessments", {"assessment_id": "id", "content_hash": "content_hash"}),
        belongs_to("approvals", "approval_id"),
        belongs_to("people", "requested_by"),
        unique("assessment_records", "assessment_id"),
        check("approved_by_somebody_else", "recorded_by <> requested_by"),
    )
