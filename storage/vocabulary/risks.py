"""The words of risk assessments."""

from enum import StrEnum


class AssessmentKind(StrEnum):
    """What an assessment looks at; the spelling is the original's."""

    HIPAA = "hipaa"
    SECURITY = "security"
    COMPLIANCE = "compliance"
    OPERATIONAL = "operational"
    FINANCIAL = "financial"


class AssessmentStatus(StrEnum):
    """SUPERSEDED: the assessment that followed it is approved."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SUPERSEDED = "superseded"


class PartKind(StrEnum):
    """What stands beside the risks of an assessment."""

    ELEMENT = "element"
    ASSET = "asset"
    THREAT = "threat"


class AnalysisElement(StrEnum):
    """The nine elements that a risk analysis under HIPAA has to have, after the guidance of the
    Office for Civil Rights (14 July 2010)."""

    SCOPE = "scope"
    DATA_COLLECTION = "data_collection"
    THREATS_AND_VULNERABILITIES = "threats_and_vulnerabilities"
    CURRENT_MEASURES = "current_measures"
    LIKELIHOOD = "likelihood"
    IMPACT = "impact"
    RISK_LEVEL = "risk_level"
    DOCUMENTATION = "documentation"
    PERIODIC_REVIEW = "periodic_review"


class Likelihood(StrEnum):
    """How likely it is, from 1 to 5 in this order."""

    RARE = "rare"
    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    LIKELY = "likely"
    ALMOST_CERTAIN = "almost_certain"


class Impact(StrEnum):
    """How bad it would be, from 1 to 5 in this order."""

    INSIGNIFICANT = "insignificant"
    MINOR = "minor"
    MODERATE = "moderate"
    MAJOR = "major"
    CATASTROPHIC = "catastrophic"


class RiskLevel(StrEnum):
    """What a score comes to, the least first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class RiskTreatment(StrEnum):
    """What is done about a risk."""

    MITIGATE = "mitigate"
    ACCEPT = "accept"
    TRANSFER = "transfer"
    AVOID = "avoid"


class ControlState(StrEnum):
    """Whether a control works already; only those in place lower the residual risk."""

    IN_PLACE = "in_place"
    PLANNED = "planned"


class AcceptanceStatus(StrEnum):
    """What became of the proposal to live with a risk. That it has run out follows from the day."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not_accepted"


class MitigationStatus(StrEnum):
    """Where an item of a mitigation plan stands. That it is overdue follows from the day.

    CARRIED_OVER: the assessment that followed has it.
    """

    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CARRIED_OVER = "carried_over"
