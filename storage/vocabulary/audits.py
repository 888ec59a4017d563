"""The words of audits, their findings and what is done about these."""

from enum import StrEnum


class AuditType(StrEnum):
    """Who audits."""

    INTERNAL = "internal"
    EXTERNAL = "external"
    CMS = "cms"
    STATE = "state"
    ACCREDITATION = "accreditation"


class AuditStatus(StrEnum):
    """Where an audit is. Completed is the end of the work on site, and may be the end of all."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    PASSED = "passed"
    FAILED = "failed"


class FindingSeverity(StrEnum):
    MINOR = "minor"
    MODERATE = "moderate"
    MAJOR = "major"
    CRITICAL = "critical"


class FindingStatus(StrEnum):
    """What was recorded of a finding; see ``FindingStanding``."""

    OPEN = "open"
    CLOSED = "closed"


class FindingStepKind(StrEnum):
    """What somebody did with a finding."""

    CLOSED = "closed"
    REOPENED = "reopened"
    RAISED = "raised"
    """It is more severe than was thought."""


class FindingStanding(StrEnum):
    """Where a finding stands on a day: derived, for an accepted risk is one until a day only."""

    OPEN = "open"
    RISK_ACCEPTED = "risk_accepted"
    CLOSED = "closed"


class RiskRating(StrEnum):
    """How bad what an audit has found is: derived from its findings."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class ActionStatus(StrEnum):
    """Where a corrective action is. That it is overdue is derived, and no state."""

    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    VERIFIED = "verified"
    EFFECTIVE = "effective"
    NOT_EFFECTIVE = "not_effective"


class ActionStepKind(StrEnum):
    """What somebody did with a corrective action; the last four are the verifier's."""

    PLANNED = "planned"
    ASSIGNED = "assigned"
    RESCHEDULED = "rescheduled"
    ESCALATED = "escalated"
    NOTED = "noted"
    STARTED = "started"
    COMPLETED = "completed"
    REOPENED = "reopened"
    RETURNED = "returned"
    """A verifier found that it is not done."""
    VERIFIED = "verified"
    FOUND_EFFECTIVE = "found_effective"
    FOUND_NOT_EFFECTIVE = "found_not_effective"


class HandRole(StrEnum):
    """What a person is to a corrective action: one of these, for ever."""

    INVOLVED = "involved"
    VERIFIER = "verifier"
