"""The original's maps: those that have a place here, in the order in which they depend on each
other, and those that are held until they have one."""

from collections.abc import Mapping

from services.importing.declaration import OriginalMap
from services.importing.maps.appeals import APPEALS
from services.importing.maps.batches import BATCHES
from services.importing.maps.claims import CLAIMS
from services.importing.maps.compliance import ATTESTATIONS, REQUIREMENTS
from services.importing.maps.eras import ERAS
from services.importing.maps.patients import PATIENTS
from services.importing.maps.payers import PAYERS
from services.importing.table_rows import TABLES

DECLARED: Mapping[str, OriginalMap] = {
    each.name: each
    for each in (PAYERS, PATIENTS, CLAIMS, BATCHES, APPEALS, ERAS, REQUIREMENTS, ATTESTATIONS)
}
"""By name, each after those that it refers to."""

DERIVED = frozenset({each.derives for each in DECLARED.values() if each.derives is not None})
"""Made of records of other maps: the original had none of the name."""

HELD = frozenset(
    {
        "audits",
        "bestPractices",
        "bundleCompliance",
        "careBundles",
        "cohorts",
        "complianceReports",
        "dashboards",
        "gapAnalyses",
        "healthRiskAssessments",
        "measureCalculations",
        "mipsSubmissions",
        "pdsaCycles",
        "performanceImprovements",
        "policyDocuments",
        "predictiveAnalyses",
        "predictiveModels",
        "projects",
        "qualityMeasures",
        "riskAssessments",
        "riskScores",
        "socialDeterminants",
        "starRatings",
    }
)
"""Kept byte for byte and counted, as is whatever else a dump holds."""

KNOWN = frozenset(DECLARED) - DERIVED | HELD | frozenset(TABLES)
"""The names by which a file is known to hold several maps."""
