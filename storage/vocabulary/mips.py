"""The words of MIPS, the merit-based incentive payment system of Medicare, as CMS spells them."""

from enum import StrEnum


class MipsCategory(StrEnum):
    """What MIPS scores, in CMS's short forms."""

    QUALITY = "quality"
    COST = "cost"
    IMPROVEMENT_ACTIVITIES = "ia"
    PROMOTING_INTEROPERABILITY = "pi"


class MeasureType(StrEnum):
    """What a quality measure looks at."""

    PROCESS = "process"
    OUTCOME = "outcome"
    INTERMEDIATE_OUTCOME = "intermediateOutcome"
    PATIENT_REPORTED_OUTCOME = "patientReportedOutcome"
    PATIENT_EXPERIENCE = "patientEngagementExperience"
    EFFICIENCY = "efficiency"
    STRUCTURE = "structure"


class Algorithm(StrEnum):
    """How the rates of a measure's strata become one (``overallAlgorithm`` of CMS's list)."""

    SIMPLE_AVERAGE = "simpleAverage"
    WEIGHTED_AVERAGE = "weightedAverage"
    OVERALL_STRATUM_ONLY = "overallStratumOnly"
    SPLIT = "split"


class SubmissionMethod(StrEnum):
    """How data reach CMS, which for quality measures is the collection type.

    A qualified clinical data registry is a ``registry``. What CMS computes from claims by itself
    (``administrativeClaims``) is scored, and never handed in.
    """

    CLAIMS = "claims"
    REGISTRY = "registry"
    ELECTRONIC_HEALTH_RECORD = "electronicHealthRecord"
    WEB_INTERFACE = "cmsWebInterface"
    SURVEY_VENDOR = "certifiedSurveyVendor"
    ADMINISTRATIVE_CLAIMS = "administrativeClaims"


class MipsSubmissionStatus(StrEnum):
    """Where a submission stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class MeasurementKind(StrEnum):
    """What is reported for a measure."""

    COUNTS = "counts"
    """Of one rate: eligible, met, not met, exceptions, exclusions."""
    VALUE = "value"
    """What CMS or a vendor computed, with the cases behind it."""
    RATIO = "ratio"
    """What was done, of how often it could have been."""
    ATTESTED = "attested"
    """A yes."""


class MipsListKind(StrEnum):
    """Which of CMS's lists a file is."""

    BENCHMARKS = "benchmarks"
    MEASURES = "measures"
    EXCLUSIONS = "exclusions"
    """Why a measure has no benchmark."""


class CategoryBasis(StrEnum):
    """What a category brings to the final score: derived, never written."""

    SCORED = "scored"
    NOT_SUBMITTED = "not_submitted"
    """It counts, with nothing."""
    REWEIGHTED = "reweighted"
    """Its weight moves to the others."""
