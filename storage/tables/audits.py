"""Audits, what is in their scope, and what they find."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from storage.rows import (
    AppendOnlyRow,
    TenantRow,
    belongs_to,
    check,
    choice_column,
    date_column,
    index,
    key_column,
    moment_column,
    text_column,
    unique,
)
from storage.vocabulary.audits import (
    AuditStatus,
    AuditType,
    FindingSeverity,
    FindingStatus,
    FindingStepKind,
)
from storage.vocabulary.compliance import Program


class RegulatoryAuditFields(SQLModel):
    number: str = text_column(40)
    program: Program = choice_column(Program)
    audit_type: AuditType = choice_column(AuditType)
    scope: str = text_column(4000)
    auditor: str = text_column(200)
    audit_firm: str | None = text_column(200, default=None)
    scheduled_on: dt.date = date_column()
    status: AuditStatus = choice_column(AuditStatus, default=AuditStatus.SCHEDULED)
    started_at: dt.datetime | None = moment_column(default=None)
    completed_at: dt.datetime | None = moment_column(default=None)
    concluded_at: dt.datetime | None = moment_column(default=None)
    conclusion: str | None = text_column(4000, default=None)
    finding_count: int = Field(default=0, sa_type=sa.Integer)
    recommendation_count: int = Field(default=0, sa_type=sa.Integer)


class RegulatoryAudit(RegulatoryAuditFields, TenantRow, table=True):
    """Somebody looks at how the company does what a program asks of it.

    Its counts give findings and recommendations their numbers: they are taken with the row held.
    """

    __tablename__ = "regulatory_audits"
    __table_args__ = (
        unique("regulatory_audits", "number"),
        index("regulatory_audits", "program", "id"),
        check("started_once_in_progress", "(status = 'scheduled') = (started_at IS NULL)"),
        check(
            "completed_once_completed",
            "(status IN ('completed', 'passed', 'failed')) = (completed_at IS NOT NULL)",
        ),
        check(
            "concluded_with_a_reason",
            "(status IN ('passed', 'failed')) = (concluded_at IS NOT NULL)"
            " AND (concluded_at IS NULL) = (conclusion IS NULL)",
        ),
        check("counts_are_counts", "finding_count >= 0 AND recommendation_count >= 0"),
    )


class AuditedRequirementFields(SQLModel):
    audit_id: UUID = key_column()
    requirement_id: UUID = key_column()


class AuditedRequirement(AuditedRequirementFields, TenantRow, table=True):
    """That a requirement is in the scope of an audit."""

    __tablename__ = "audited_requirements"
    __table_args__ = (
        belongs_to("regulatory_audits", "audit_id"),
        belongs_to("compliance_requirements", "requirement_id"),
        unique("audited_requirements", "audit_id", "requirement_id"),
        index("audited_requirements", "requirement_id", "id"),
    )


class AuditRecommendationFields(SQLModel):
    audit_id: UUID = key_column()
    ordinal: int = Field(sa_type=sa.Integer)
    text: str = text_column(4000)


class AuditRecommendation(AuditRecommendationFields, AppendOnlyRow, table=True):
    """What the auditor advises, whether anything was found or not."""

    __tablename__ = "audit_recommendations"
    __table_args__ = (
        belongs_to("regulatory_audits", "audit_id"),
        unique("audit_recommendations", "audit_id", "ordinal"),
        check("ordinal_is_positive", "ordinal >= 1"),
    )


class AuditFindingFields(SQLModel):
    audit_id: UUID = key_column()
    ordinal: int = Field(sa_type=sa.Integer)
    number: str = text_column(40)
    severity: FindingSeverity = choice_column(FindingSeverity)
    category: str = text_column(80)
    description: str = text_column(4000)
    impact: str = text_column(4000)
    root_cause: str | None = text_column(4000, default=None)
    requirement_id: UUID | None = key_column(default=None)
    out_of_scope_reason: str | None = text_column(500, default=None)
    identified_on: dt.date = date_column()
    identified_by: str = text_column(200)
    status: FindingStatus = choice_column(FindingStatus, default=FindingStatus.OPEN)
    closed_at: dt.datetime | None = moment_column(default=None)
    closing_note: str | None = text_column(4000, default=None)
    closing_evidence_id: UUID | None = key_column(default=None)
    reopening_reason: str | None = text_column(500, default=None)
    action_count: int = Field(default=0, sa_type=sa.Integer)


class AuditFinding(AuditFindingFields, TenantRow, table=True):
    """What an audit has found. It is closed with a root cause and evidence that it is mended."""

    __tablename__ = "audit_findings"
    __table_args__ = (
        belongs_to("regulatory_audits", "audit_id"),
        belongs_to("compliance_requirements", "requirement_id"),
        belongs_to("compliance_evidence", "closing_evidence_id"),
        unique("audit_findings", "audit_id", "ordinal"),
        unique("audit_findings", "number"),
        index("audit_findings", "requirement_id", "id"),
        index("audit_findings", "status", "id"),
        check("ordinal_is_positive", "ordinal >= 1 AND action_count >= 0"),
        check(
            "only_a_requirement_is_out_of_scope",
            "requirement_id IS NOT NULL OR out_of_scope_reason IS NULL",
        ),
        check(
            "closed_with_evidence",
            "(status = 'closed') = (closed_at IS NOT NULL)"
            " AND (closed_at IS NULL) = (closing_evidence_id IS NULL)"
            " AND (closed_at IS NULL) = (closing_note IS NULL)"
            " AND (closed_at IS NULL OR root_cause IS NOT NULL)",
        ),
    )


class FindingStepFields(SQLModel):
    finding_id: UUID = key_column()
    number: int = Field(sa_type=sa.Integer)
    kind: FindingStepKind = choice_column(FindingStepKind)
    taken_on: dt.date = date_column()
    note: str = text_column(4000)
    evidence_id: UUID | None = key_column(default=None)


class FindingStep(FindingStepFields, AppendOnlyRow, table=True):
    """That a finding was closed, with what was seen and the evidence that it is mended, opened
    again, and why, or found more severe. ``taken_on`` is the company's day."""

    __tablename__ = "finding_steps"
    __table_args__ = (
        belongs_to("audit_findings", "finding_id"),
        belongs_to("compliance_evidence", "evidence_id"),
        unique("finding_steps", "finding_id", "number"),
        index("finding_steps", "evidence_id", "id"),
        check("number_is_positive", "number >= 1"),
        check("closed_with_evidence", "(kind = 'closed') = (evidence_id IS NOT NULL)"),
    )


class FindingEvidenceFields(SQLModel):
    finding_id: UUID = key_column()
    evidence_id: UUID = key_column()


class FindingEvidence(FindingEvidenceFields, AppendOnlyRow, table=True):
    """A version of evidence that shows what was found."""

    __tablename__ = "finding_evidence"
    __table_args__ = (
        belongs_to("audit_findings", "finding_id"),
        belongs_to("compliance_evidence", "evidence_id"),
        unique("finding_evidence", "finding_id", "evidence_id"),
        index("finding_evidence", "evidence_id", "id"),
    )


class FindingAcceptanceFields(SQLModel):
    finding_id: UUID = key_column()
    approval_id: UUID = key_column()
    reason: str = text_column(500)
    accepted_until: dt.date = date_column()
    accepted_on: dt.date | None = date_column(default=None)


class FindingAcceptance(FindingAcceptanceFields, TenantRow, table=True):
    """That somebody asked to live with a finding until a day, and from when on somebody else has
    agreed. ``accepted_until`` is the last day; on the next the finding is open again."""

    __tablename__ = "finding_acceptances"
    __table_args__ = (
        belongs_to("audit_findings", "finding_id"),
        belongs_to("approvals", "approval_id"),
        index("finding_acceptances", "approval_id", "id"),
        index("finding_acceptances", "finding_id", "id"),
        check("accepted_before_it_ends", "accepted_on <= accepted_until"),
    )


class AuditAccessFields(SQLModel):
    audit_id: UUID = key_column()
    person_id: UUID = key_column()
    reason: str = text_column(500)
    ends_at: dt.datetime = moment_column()
    revoked_at: dt.datetime | None = moment_column(default=None)
    revocation_reason: str | None = text_column(500, default=None)


class AuditAccess(AuditAccessFields, TenantRow, table=True):
    """That an auditor from outside may read what is in the scope of one audit, until it ends."""

    __tablename__ = "audit_accesses"
    __table_args__ = (
        belongs_to("regulatory_audits", "audit_id"),
        belongs_to("people", "person_id"),
        unique("audit_accesses", "audit_id", "person_id", where="revoked_at IS NULL"),
        index("audit_accesses", "person_id", "id"),
        check("it_ends", "ends_at > created_at"),
        check("revoked_with_a_reason", "(revoked_at IS NULL) = (revocation_reason IS NULL)"),
    )
