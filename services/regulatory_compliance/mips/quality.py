"""The quality category (42 CFR 414.1380(b)(1)): points of each measure, then the category.

A measure earns by its decile if it has a benchmark, enough cases and complete data, and in its
first two years in MIPS no less than the year's floor; otherwise what the year gives for that. The
best measures count, one of them an outcome measure, or one of high priority where no outcome was
reported. What CMS computes from claims comes on top of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from fractions import Fraction

import msgspec

from services.regulatory_compliance.mips.arithmetic import Step, shown, step
from services.regulatory_compliance.mips.benchmarks import Benchmark, decile_points
from services.regulatory_compliance.mips.measures import Measure
from services.regulatory_compliance.mips.performance import Performance
from services.regulatory_compliance.mips.years import QualityRules

ADMINISTRATIVE_CLAIMS = "administrativeClaims"
"""The collection type of what CMS computes by itself."""


class Basis(StrEnum):
    """What the points of a measure rest on."""

    BENCHMARK = "benchmark"
    NO_BENCHMARK = "no_benchmark"
    NO_RATE = "no_rate"
    TOO_FEW_CASES = "too_few_cases"
    INCOMPLETE = "incomplete"


class ScoredMeasure(msgspec.Struct, frozen=True, kw_only=True):
    """A measure's points, whether they count for the category, and how they came about."""

    measure_id: str
    submission_method: str
    basis: Basis
    points: Fraction
    is_outcome: bool
    is_high_priority: bool
    is_computed_by_cms: bool
    counts: bool
    steps: tuple[Step, ...]


class QualityScore(msgspec.Struct, frozen=True, kw_only=True):
    """The category in percent, from 0 to 100, with every measure in the order given."""

    percent: Fraction
    earned_points: Fraction
    possible_points: int
    measures: tuple[ScoredMeasure, ...]
    steps: tuple[Step, ...]


class ReportedMeasure(msgspec.Struct, frozen=True):
    """A measure with what was reported for it and its benchmark, if there is one."""

    measure: Measure
    performance: Performance
    benchmark: Benchmark | None


def score_quality(
    reported: Sequence[ReportedMeasure],
    rules: QualityRules,
    *,
    is_small_practice: bool,
    required_measures: int | None = None,
    improvement_pct: Fraction = Fraction(0),
) -> QualityScore:
    """The score of the category.

    ``required_measures`` is fewer than the year's where CMS found that fewer apply to the clinician
    (eligible measure applicability); ``improvement_pct`` is what CMS states, within the year's cap.
    Where one measure was reported by several collection types, the best of them counts.
    """
    return score_measures(
        [_scored(each, rules, is_small_practice=is_small_practice) for each in reported],
        rules,
        is_small_practice=is_small_practice,
        required_measures=required_measures,
        improvement_pct=improvement_pct,
    )


def score_measures(
    scored: Sequence[ScoredMeasure],
    rules: QualityRules,
    *,
    is_small_practice: bool,
    required_measures: int | None = None,
    improvement_pct: Fraction = Fraction(0),
) -> QualityScore:
    """The same of measures that are scored already, whichever of them counted before: those of
    several submissions make one category."""
    required = rules.required_measures if required_measures is None else required_measures
    counting = _counting(scored, required)
    measures = tuple(
        msgspec.structs.replace(each, counts=number in counting)
        for number, each in enumerate(scored)
    )
    counted = [each for each in measures if each.counts]
    places = required + sum(each.is_computed_by_cms for each in counted)
    possible = places * rules.points_per_measure
    earned = sum((each.points for each in counted), Fraction(0))
    bonus = rules.small_practice_bonus if is_small_practice and counted else 0
    improvement = min(max(improvement_pct, Fraction(0)), Fraction(rules.improvement_cap_pct))
    achieved = 100 * (earned + bonus) / possible if possible else Fraction(0)
    percent = min(achieved + improvement, Fraction(100))
    points = step(
        "Points of the measures that count",
        " + ".join(shown(each.points) for each in counted) or "0",
        earned,
        rules,
        "points_per_measure",
        *([] if required_measures is not None else ["required_measures"]),
        rests_on=[each for measure in counted for each in measure.steps],
    )
    return QualityScore(
        percent=percent,
        earned_points=earned,
        possible_points=possible,
        measures=measures,
        steps=(
            points,
            step(
                "Quality in percent",
                f"min(100, ({shown(earned)} + {bonus}) / {possible} x 100 + {shown(improvement)})",
                percent,
                rules,
                "points_per_measure",
                *(["small_practice_bonus"] if bonus else []),
                *(["improvement_cap_pct"] if improvement else []),
                rests_on=[points],
            ),
        ),
    )


def _scored(
    reported: ReportedMeasure, rules: QualityRules, *, is_small_practice: bool
) -> ScoredMeasure:
    basis = _basis(reported, rules)
    steps = tuple(_steps(reported, basis, rules, is_small_practice=is_small_practice))
    return ScoredMeasure(
        measure_id=reported.measure.measure_id,
        submission_method=reported.performance.submission_method,
        basis=basis,
        points=steps[-1][0],
        is_outcome=reported.measure.is_outcome,
        is_high_priority=reported.measure.is_high_priority,
        is_computed_by_cms=reported.performance.submission_method == ADMINISTRATIVE_CLAIMS,
        counts=False,
        steps=tuple(each for _, each in steps),
    )


def _basis(reported: ReportedMeasure, rules: QualityRules) -> Basis:
    performance = reported.performance
    if performance.completeness_pct < rules.completeness_pct:
        return Basis.INCOMPLETE
    if performance.cases < rules.case_minimum:
        return Basis.TOO_FEW_CASES
    if performance.rate_pct is None:
        return Basis.NO_RATE
    return Basis.NO_BENCHMARK if reported.benchmark is None else Basis.BENCHMARK


_RESTS_ON = ("case_minimum", "completeness_pct", "lowest_points", "points_per_measure")
"""What the points of a measure with a benchmark rest on: what admits it, and from where to where
they go."""


def _without_score(
    basis: Basis, rules: QualityRules, *, is_small_practice: bool
) -> tuple[int, str]:
    """What a measure earns that is not scored, and the constant that says so."""
    match basis is Basis.NO_BENCHMARK, is_small_practice:
        case True, False:
            return rules.points_without_benchmark, "points_without_benchmark"
        case True, True:
            granted = rules.points_without_benchmark_small_practice
            return granted, "points_without_benchmark_small_practice"
        case _, False:
            return rules.unscored_points, "unscored_points"
        case _:
            return rules.unscored_points_small_practice, "unscored_points_small_practice"


def _lowest(measure: Measure, benchmark: Benchmark, rules: QualityRules) -> tuple[int, str, str]:
    """What a scored measure earns at least, the constant that says so, and of which measures it
    does: one that is new to MIPS earns more (414.1380(b)(1)(i)(C))."""
    match benchmark.performance_year - measure.first_performance_year:
        case 0:
            first = rules.lowest_points_first_year
            return first, "lowest_points_first_year", "in its first year"
        case 1:
            second = rules.lowest_points_second_year
            return second, "lowest_points_second_year", "in its second year"
        case _:
            return rules.lowest_points, "lowest_points", "that is scored"


def _steps(
    reported: ReportedMeasure, basis: Basis, rules: QualityRules, *, is_small_practice: bool
) -> Iterator[tuple[Fraction, Step]]:
    """Each intermediate result with its step; the last is the measure's points."""
    rate, benchmark = reported.performance.rate_pct, reported.benchmark
    if basis is not Basis.BENCHMARK or rate is None or benchmark is None:
        granted, constant = _without_score(basis, rules, is_small_practice=is_small_practice)
        points, what = Fraction(granted), f"Points without a score: {basis.replace('_', ' ')}"
        yield points, step(what, "", points, rules, constant)
        return
    points = decile_points(rate, benchmark.floors, is_inverse=benchmark.is_inverse)
    floors = ", ".join(f"{each:f}" for each in benchmark.floors)
    arithmetic = f"{shown(rate)} in [{floors}]"
    yield points, step("Decile and fraction", arithmetic, points, rules, *_RESTS_ON)
    lowest, constant, whose = _lowest(reported.measure, benchmark, rules)
    if points < lowest:
        points = Fraction(lowest)
        what = f"Lowest points of a measure {whose}"
        yield points, step(what, "", points, rules, *_RESTS_ON, constant)
    lifted = reported.measure.seven_point_cap_removed
    is_capped = benchmark.is_topped_out_by_program and benchmark.submission_method not in lifted
    if is_capped and points > rules.topped_out_cap:
        points = Fraction(rules.topped_out_cap)
        yield points, step("Topped out: capped", "", points, rules, "topped_out_cap")


def _counting(scored: Sequence[ScoredMeasure], required: int) -> frozenset[int]:
    """Which places in ``scored`` count."""
    best: dict[str, int] = {}
    for number, each in enumerate(scored):
        held = best.get(each.measure_id)
        if held is None or each.points > scored[held].points:
            best[each.measure_id] = number
    chosen = {number for number in best.values() if scored[number].is_computed_by_cms}
    reported = _by_points(scored, (number for number in best.values() if number not in chosen))
    mandatory = next((n for n in reported if scored[n].is_outcome), None)
    if mandatory is None:
        mandatory = next((n for n in reported if scored[n].is_high_priority), None)
    others = [number for number in reported if number != mandatory]
    taken = [] if mandatory is None or required == 0 else [mandatory]
    return frozenset([*chosen, *taken, *others[: max(required - 1, 0)]])


def _by_points(scored: Sequence[ScoredMeasure], numbers: Iterable[int]) -> list[int]:
    return sorted(numbers, key=lambda number: (-scored[number].points, number))
