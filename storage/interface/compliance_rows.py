"""Rows of regulatory compliance."""

from __future__ import annotations

from typing import Protocol

from storage.filters import (
    ActionProgressFilter,
    AssessmentPartFilter,
    AttestationFilter,
    AuditAccessFilter,
    AuditFindingFilter,
    ByActions,
    ByAssessment,
    ByAudit,
    ByFindings,
    ByMipsList,
    ByMipsSubmission,
    ByPolicy,
    ByRequirements,
    CalendarFeedFilter,
    CorrectiveActionFilter,
    EvidenceFilter,
    EvidenceLinkFilter,
    FindingAcceptanceFilter,
    MipsClinicianFilter,
    MipsListFilter,
    MipsPriorSubmissionFilter,
    MipsSubmissionFilter,
    MitigationItemFilter,
    PackFilter,
    PolicyAcknowledgementFilter,
    PolicyFilter,
    PolicyVersionFilter,
    RegulatoryAuditFilter,
    ReportFilter,
    RequirementFilter,
    RiskAcceptanceFilter,
    RiskAssessmentFilter,
    RiskControlFilter,
    SignatureFilter,
)
from storage.interface.contract import (
    Log,
    Repository,
)
from storage.tables import audits as audit_tables
from storage.tables import calendar_feeds as feed_tables
from storage.tables import compliance as compliance_tables
from storage.tables import compliance_reports as report_tables
from storage.tables import corrective_actions as action_tables
from storage.tables import mips as mips_tables
from storage.tables import mips_lists as mips_list_tables
from storage.tables import policies as policy_tables
from storage.tables import risks as risk_tables


class ComplianceRows(Protocol):
    """A part of `Store`."""

    compliance_requirements: Repository[
        compliance_tables.ComplianceRequirementFields,
        compliance_tables.ComplianceRequirement,
        RequirementFilter,
    ]
    requirement_versions: Log[
        compliance_tables.RequirementVersionFields,
        compliance_tables.RequirementVersion,
        ByRequirements,
    ]
    requirement_decisions: Log[
        compliance_tables.RequirementDecisionFields,
        compliance_tables.RequirementDecision,
        ByRequirements,
    ]
    compliance_evidence: Log[
        compliance_tables.ComplianceEvidenceFields,
        compliance_tables.ComplianceEvidence,
        EvidenceFilter,
    ]
    evidence_links: Repository[
        compliance_tables.EvidenceLinkFields, compliance_tables.EvidenceLink, EvidenceLinkFilter
    ]
    compliance_attestations: Log[
        compliance_tables.AttestationFields,
        compliance_tables.ComplianceAttestation,
        AttestationFilter,
    ]
    compliance_signatures: Log[
        compliance_tables.ComplianceSignatureFields,
        compliance_tables.ComplianceSignature,
        SignatureFilter,
    ]
    calendar_feeds: Repository[
        feed_tables.CalendarFeedFields, feed_tables.CalendarFeed, CalendarFeedFilter
    ]
    compliance_packs: Log[
        report_tables.CompliancePackFields, report_tables.CompliancePack, PackFilter
    ]
    compliance_report_drafts: Repository[
        report_tables.ReportDraftFields, report_tables.ComplianceReportDraft, ReportFilter
    ]
    compliance_reports: Log[
        report_tables.ComplianceReportFields, report_tables.ComplianceReport, ReportFilter
    ]
    policies: Repository[policy_tables.PolicyFields, policy_tables.Policy, PolicyFilter]
    policy_requirements: Repository[
        policy_tables.PolicyRequirementFields, policy_tables.PolicyRequirement, ByPolicy
    ]
    policy_members: Repository[
        policy_tables.PolicyMemberFields, policy_tables.PolicyMember, ByPolicy
    ]
    policy_texts: Log[policy_tables.PolicyTextFields, policy_tables.PolicyText, ByPolicy]
    policy_versions: Repository[
        policy_tables.PolicyVersionFields, policy_tables.PolicyVersion, PolicyVersionFilter
    ]
    policy_approvals: Log[
        policy_tables.PolicyApprovalFields, policy_tables.PolicyApproval, ByPolicy
    ]
    policy_reviews: Log[policy_tables.PolicyReviewFields, policy_tables.PolicyReview, ByPolicy]
    policy_acknowledgements: Log[
        policy_tables.PolicyAcknowledgementFields,
        policy_tables.PolicyAcknowledgement,
        PolicyAcknowledgementFilter,
    ]
    mips_lists: Repository[
        mips_list_tables.MipsListFields, mips_list_tables.MipsList, MipsListFilter
    ]
    mips_benchmarks: Log[
        mips_list_tables.MipsBenchmarkFields, mips_list_tables.MipsBenchmark, ByMipsList
    ]
    mips_listed_measures: Log[
        mips_list_tables.MipsListedMeasureFields, mips_list_tables.MipsListedMeasure, ByMipsList
    ]
    mips_exclusions: Log[
        mips_list_tables.MipsExclusionFields, mips_list_tables.MipsExclusion, ByMipsList
    ]
    mips_clinicians: Repository[
        mips_tables.MipsClinicianFields, mips_tables.MipsClinician, MipsClinicianFilter
    ]
    mips_submissions: Repository[
        mips_tables.MipsSubmissionFields, mips_tables.MipsSubmission, MipsSubmissionFilter
    ]
    mips_measures: Repository[
        mips_tables.MipsMeasureFields, mips_tables.MipsMeasure, ByMipsSubmission
    ]
    mips_prior_submissions: Repository[
        mips_tables.MipsPriorSubmissionFields,
        mips_tables.MipsPriorSubmission,
        MipsPriorSubmissionFilter,
    ]
    mips_scores: Log[mips_tables.MipsScoreFields, mips_tables.MipsScore, ByMipsSubmission]
    mips_steps: Log[mips_tables.MipsStepTakenFields, mips_tables.MipsStepTaken, ByMipsSubmission]
    regulatory_audits: Repository[
        audit_tables.RegulatoryAuditFields, audit_tables.RegulatoryAudit, RegulatoryAuditFilter
    ]
    audited_requirements: Repository[
        audit_tables.AuditedRequirementFields, audit_tables.AuditedRequirement, ByAudit
    ]
    audit_recommendations: Log[
        audit_tables.AuditRecommendationFields, audit_tables.AuditRecommendation, ByAudit
    ]
    audit_findings: Repository[
        audit_tables.AuditFindingFields, audit_tables.AuditFinding, AuditFindingFilter
    ]
    finding_steps: Log[audit_tables.FindingStepFields, audit_tables.FindingStep, ByFindings]
    finding_evidence: Log[
        audit_tables.FindingEvidenceFields, audit_tables.FindingEvidence, ByFindings
    ]
    finding_acceptances: Repository[
        audit_tables.FindingAcceptanceFields,
        audit_tables.FindingAcceptance,
        FindingAcceptanceFilter,
    ]
    audit_accesses: Repository[
        audit_tables.AuditAccessFields, audit_tables.AuditAccess, AuditAccessFilter
    ]
    corrective_actions: Log[
        action_tables.CorrectiveActionFields, action_tables.CorrectiveAction, CorrectiveActionFilter
    ]
    action_participants: Log[
        action_tables.ActionParticipantFields, action_tables.ActionParticipant, ByActions
    ]
    action_progress: Repository[
        action_tables.ActionProgressFields, action_tables.ActionProgress, ActionProgressFilter
    ]
    action_steps: Log[action_tables.ActionStepFields, action_tables.ActionStep, ByActions]
    risk_assessments: Repository[
        risk_tables.RiskAssessmentFields, risk_tables.RiskAssessment, RiskAssessmentFilter
    ]
    assessment_parts: Repository[
        risk_tables.AssessmentPartFields, risk_tables.AssessmentPart, AssessmentPartFilter
    ]
    assessed_risks: Repository[
        risk_tables.AssessedRiskFields, risk_tables.AssessedRisk, ByAssessment
    ]
    risk_controls: Repository[
        risk_tables.RiskControlFields, risk_tables.RiskControl, RiskControlFilter
    ]
    risk_acceptances: Repository[
        risk_tables.RiskAcceptanceFields, risk_tables.RiskAcceptance, RiskAcceptanceFilter
    ]
    mitigation_items: Repository[
        risk_tables.MitigationItemFields, risk_tables.MitigationItem, MitigationItemFilter
    ]
    assessment_records: Log[
        risk_tables.AssessmentRecordFields, risk_tables.AssessmentRecord, ByAssessment
    ]
