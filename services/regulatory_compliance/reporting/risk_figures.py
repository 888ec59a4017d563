"""Risk assessments by the level that was approved, as known at a time."""

import datetime as dt
from collections import Counter

import msgspec

from services.regulatory_compliance.reporting.periods import ReportPeriod
from storage.filters import ByAssessment
from storage.interface import Store
from storage.vocabulary.risks import RiskLevel


class RiskFigures(msgspec.Struct, frozen=True):
    """Assessments of the period that somebody has approved, by their level: that of the risks that
    are left after what is in place."""

    total: int
    levels: dict[RiskLevel, int]


async def risk_figures(store: Store, period: ReportPeriod, known_at: dt.datetime) -> RiskFigures:
    """From the records that approvals have made, which nobody changes."""
    counted = Counter(
        each.content.overall_level
        for each in await store.assessment_records.all(ByAssessment())
        if each.recorded_at <= known_at and period.first <= each.content.assessed_on <= period.last
    )
    return RiskFigures(counted.total(), {each: counted[each] for each in RiskLevel})
