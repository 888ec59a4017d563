"""The original's maps: those that have a place here, in the order in which they depend on each
other, and those that are held until they have one."""

from collections.abc import Mapping

from services.importing.declaration import OriginalMap
from services.importing.maps.appeals import APPEALS
from services.importing.maps.audits import AUDITS
from services.importing.maps.batches import BATCHES
from services.importing.maps.claim_lines import CLAIM_LINES
from services.importing.maps.claims import CLAIMS
from services.importing.maps.compliance import ATTESTATIONS, REQUIREMENTS
from services.importing.maps.eras import ERAS
from services.importing.maps.mips import MIPS_SUBMISSIONS
from services.importing.maps.patients import PATIENTS
from services.importing.maps.payers import PAYERS
from services.importing.maps.people import USERS
from services.importing.maps.policies import POLICIES
from services.importing.maps.reports import REPORTS
from services.importing.maps.risks import RISK_ASSESSMENTS
from services.importing.table_rows import TABLES

DECLARED: Mapping[str, OriginalMap] = {
    each.name: each
    for each in (
        USERS,
        PAYERS,
        PATIENTS,
        CLAIMS,
        CLAIM_LINES,
        BATCHES,
        APPEALS,
        ERAS,
        REQUIREMENTS,
        ATTESTATIONS,
        AUDITS,
        MIPS_SUBMISSIONS,
        POLICIES,
        RISK_ASSESSMENTS,
        REPORTS,
    )
}
"""By name, each after those that it refers to."""

DERIVED = frozenset({each.derives for each in DECLARED.values() if each.derives is not None})
"""Made of records of other maps: the original had none of the name."""

GATHERED = frozenset({each.name for each in DECLARED.values() if each.gathered_by is not None})
"""Checked by what they belong to, in whatever order they come."""

HELD = frozenset(
    {
        "bestPractices",
        "bundleCompliance",
        "careBundles",
        "cohorts",
        "dashboards",
        "gapAnalyses",
        "healthRiskAssessments",
        "measureCalculations",
        "pdsaCycles",
        "performanceImprovements",
        "predictiveAnalyses",
        "predictiveModels",
        "projects",
        "qualityMeasures",
        "riskScores",
        "socialDeterminants",
        "starRatings",
    }
)
"""Kept byte for byte and counted, as is whatever else a dump holds."""

KNOWN = frozenset(DECLARED) - DERIVED | HELD | frozenset(TABLES)
"""The names by which a file is known to hold several maps."""
