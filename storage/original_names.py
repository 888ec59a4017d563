"""The original's storage methods and what does their work here.

Each name stands for a repository of the store and a verb: ``createClaimBatch`` is
``store.claim_batches.create``. Lists take a filter where the original took a bare parent id, and
nothing takes a company, for the handle is bound to one.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of a repository of ``storage.interface.Store``."""

    repository: str
    verb: str


def _verbs(entity: str, entities: str, repository: str, *, deletes: bool) -> dict[str, Verb]:
    """The names that the original gave to the verbs of one entity."""
    names = {
        f"create{entity}": Verb(repository, "create"),
        f"get{entity}": Verb(repository, "get"),
        f"get{entities}": Verb(repository, "list"),
        f"update{entity}": Verb(repository, "update"),
    }
    if deletes:
        names[f"delete{entity}"] = Verb(repository, "delete")
    return names


MOVED: Mapping[str, Mapping[str, Verb]] = {
    "claims": {
        **_verbs("ClaimBatch", "ClaimBatches", "claim_batches", deletes=False),
        **_verbs("ClaimAppeal", "ClaimAppeals", "claim_appeals", deletes=False),
        **_verbs("ClaimERA", "ClaimERAs", "remittances", deletes=False),
        **_verbs("InsurancePayer", "InsurancePayers", "payers", deletes=True),
        **_verbs("InsuranceClaim", "InsuranceClaims", "claims", deletes=True),
        **_verbs("ClaimLineItem", "ClaimLineItems", "claim_lines", deletes=True),
    },
    "regulatory_compliance": {
        **_verbs(
            "ComplianceRequirement",
            "ComplianceRequirements",
            "compliance_requirements",
            deletes=False,
        ),
        **_verbs(
            "ComplianceAttestation",
            "ComplianceAttestations",
            "compliance_attestations",
            deletes=False,
        ),
        "updateComplianceAttestation": Verb("compliance_signatures", "create"),
        **_verbs("RegulatoryAudit", "RegulatoryAudits", "regulatory_audits", deletes=False),
        **_verbs("MIPSSubmission", "MIPSSubmissions", "mips_submissions", deletes=False),
        **_verbs("ComplianceReport", "ComplianceReports", "compliance_reports", deletes=False),
        "updateComplianceReport": Verb("compliance_report_drafts", "update"),
        **_verbs("PolicyDocument", "PolicyDocuments", "policies", deletes=False),
        **_verbs(
            "ComplianceRiskAssessment",
            "ComplianceRiskAssessments",
            "risk_assessments",
            deletes=False,
        ),
    },
}
"""By service. Claims: the twelve methods of the seed, and fifteen for payers, claims and lines.
Compliance: the original held its records in memory only; the 28 names follow its pattern. Nothing
about an attestation changes but by a signature, and a report is changed until it is issued."""


def _names(entity: str, entities: str, *, without: frozenset[str] = frozenset()) -> list[str]:
    verbs = {
        "create": f"create{entity}",
        "get": f"get{entity}",
        "list": f"get{entities}",
        "update": f"update{entity}",
        "delete": f"delete{entity}",
    }
    return [name for verb, name in verbs.items() if verb not in without]


_KEPT = frozenset({"delete"})

NOT_YET_MOVED: Mapping[str, tuple[str, ...]] = {
    "risk_stratification": (
        *_names("RiskScore", "RiskScores"),
        *_names("HealthRiskAssessment", "HealthRiskAssessments"),
        *_names("SocialDeterminant", "SocialDeterminants"),
        *_names("PredictiveModel", "PredictiveModels"),
        *_names("PredictiveAnalysis", "PredictiveAnalyses"),
        *_names("RiskStratificationCohort", "RiskStratificationCohorts"),
    ),
    "quality_measures": (
        *_names("QualityMeasure", "QualityMeasures", without=_KEPT),
        *_names("MeasureCalculation", "MeasureCalculations", without=_KEPT),
        *_names("StarRating", "StarRatings", without=_KEPT),
        *_names("QualityGapAnalysis", "QualityGapAnalyses", without=_KEPT),
        *_names("QualityDashboard", "QualityDashboards", without=_KEPT),
    ),
    "quality_improvement": (
        *_names("QIProject", "QIProjects", without=_KEPT),
        "createPDSACycle",
        "getPDSACycle",
        "getPDSACyclesByProject",
        "updatePDSACycle",
        *_names("CareBundle", "CareBundles", without=_KEPT),
        "createBundleCompliance",
        "getBundleCompliance",
        "getBundleComplianceByBundle",
        "getBundleComplianceByPatient",
        *_names("PerformanceImprovement", "PerformanceImprovements", without=_KEPT),
        *_names("BestPractice", "BestPractices", without=_KEPT),
    ),
}
"""Names of the other services, by service."""
