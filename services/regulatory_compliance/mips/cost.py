"""The cost category (42 CFR 414.1380(b)(2)): what CMS computes from claims, held to its benchmarks.

Cost benchmarks have the form of the others; their cut-offs stand in standard deviations around the
average cost, so that average cost earns about 7.5 points. CMS applies the case minima before it
reports a measure: a measure given here is a measure that counts.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from services.regulatory_compliance.mips.arithmetic import Step, shown, step
from services.regulatory_compliance.mips.benchmarks import Benchmark, decile_points
from services.regulatory_compliance.mips.years import CostRules


class CostMeasure(msgspec.Struct, frozen=True):
    """The average cost that CMS reported for a measure, in the benchmark's unit."""

    average_cost: Decimal
    benchmark: Benchmark


class CostScore(msgspec.Struct, frozen=True, kw_only=True):
    """The category in percent; None where no measure could be scored, and its weight moves."""

    percent: Fraction | None
    points: tuple[Fraction, ...]
    steps: tuple[Step, ...]


def score_cost(
    measures: Sequence[CostMeasure], rules: CostRules, *, improvement_pct: Fraction = Fraction(0)
) -> CostScore:
    """The score: the mean of the measures' points. ``improvement_pct`` is what CMS states."""
    if not measures:
        return CostScore(percent=None, points=(), steps=())
    points = tuple(
        decile_points(
            Fraction(each.average_cost), each.benchmark.floors, is_inverse=each.benchmark.is_inverse
        )
        for each in measures
    )
    possible = len(points) * rules.points_per_measure
    improvement = min(max(improvement_pct, Fraction(0)), Fraction(rules.improvement_cap_pct))
    percent = min(100 * sum(points, Fraction(0)) / possible + improvement, Fraction(100))
    terms = " + ".join(shown(each) for each in points)
    arithmetic = f"min(100, ({terms}) / {possible} x 100 + {shown(improvement)})"
    return CostScore(
        percent=percent,
        points=points,
        steps=(step("Cost in percent", arithmetic, percent, rules),),
    )
