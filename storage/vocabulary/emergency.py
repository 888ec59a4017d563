"""The words of emergency access."""

from enum import StrEnum


class EmergencyReason(StrEnum):
    """Why somebody has to see what they may not."""

    TREATMENT = "treatment"
    PATIENT_SAFETY = "patient_safety"
    PUBLIC_HEALTH = "public_health"
    SYSTEM_RECOVERY = "system_recovery"
    OTHER = "other"


class ReviewVerdict(StrEnum):
    """What a reviewer makes of an emergency access."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"
