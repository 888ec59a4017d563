"""The words of policies."""

from enum import StrEnum


class PolicyStage(StrEnum):
    """How far a version has come; what becomes of an approved one follows from the days."""

    DRAFT = "draft"
    UNDER_REVIEW = "under_review"
    APPROVED = "approved"


class PolicyVersionStatus(StrEnum):
    """Where a version stands on a day: derived, never written.

    APPROVED: but not in force yet. ARCHIVED: with its policy.
    """

    DRAFT = "draft"
    UNDER_REVIEW = "under_review"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    ARCHIVED = "archived"


class PolicyChange(StrEnum):
    """How much a version changes: a major one is acknowledged anew."""

    MAJOR = "major"
    MINOR = "minor"


class PolicyAudience(StrEnum):
    """Whom a policy concerns, and so who acknowledges it.

    LISTED: the roles and people that the policy lists.
    """

    EVERYBODY = "everybody"
    LISTED = "listed"


class ReviewOutcome(StrEnum):
    """What a review of a policy has found."""

    STILL_RIGHT = "still_right"
    NEEDS_CHANGE = "needs_change"
