"""How bad what was found is, derived from the findings."""

from collections.abc import Collection, Mapping

from storage.vocabulary.audits import FindingSeverity, RiskRating

RATING_OF: Mapping[FindingSeverity, RiskRating] = {
    FindingSeverity.MINOR: RiskRating.LOW,
    FindingSeverity.MODERATE: RiskRating.MEDIUM,
    FindingSeverity.MAJOR: RiskRating.HIGH,
    FindingSeverity.CRITICAL: RiskRating.CRITICAL,
}
"""What one finding of a severity makes of its audit."""

_RISING = tuple(RiskRating)


def risk_rating(severities: Collection[FindingSeverity]) -> RiskRating:
    """The worst of them; low where there is none."""
    return max((RATING_OF[each] for each in severities), key=_RISING.index, default=RiskRating.LOW)
