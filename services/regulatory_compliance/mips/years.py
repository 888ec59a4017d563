"""The rules of a performance year: every constant, with its source.

They stand in ``data/mips_years.toml``. A constant that nobody has read in an official text is not
among those that its set calls checked, and whatever is computed from it passes that on.
"""

import datetime as dt
import hashlib
import tomllib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from importlib.resources import files
from itertools import combinations

import msgspec

from storage.vocabulary.mips import MipsCategory


class UnknownYear(Exception):
    """There are no rules for a performance year; ``known`` are the years that have some."""

    def __init__(self, year: int, known: tuple[int, ...]) -> None:
        super().__init__(f"no rules for performance year {year}")
        self.year = year
        self.known = known


class InvalidYearTable(Exception):
    """The packaged table contradicts itself; raised while the program starts."""


class RuleSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a set of rules comes from, and for each of its constants that somebody has read in an
    official text, where."""

    source: str
    checked: Mapping[str, str] = {}

    @property
    def constants(self) -> Mapping[str, object]:
        """Every constant by its name."""
        names = (each for each in self.__struct_fields__ if each not in RuleSet.__struct_fields__)
        return {name: getattr(self, name) for name in names}

    def is_verified(self, *names: str) -> bool:
        """Whether these constants, or all of them where none is named, were read."""
        return all(name in self.checked for name in names or self.constants)


class QualityRules(RuleSet, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How measures of the quality category score."""

    required_measures: int
    points_per_measure: int
    case_minimum: int
    completeness_pct: int
    lowest_points: int  # of a measure that has benchmark, cases and data
    lowest_points_first_year: int  # of one that is new to MIPS
    lowest_points_second_year: int
    points_without_benchmark: int  # of one that lacks just that
    points_without_benchmark_small_practice: int
    unscored_points: int  # of one that lacks cases or data
    unscored_points_small_practice: int
    topped_out_cap: int
    small_practice_bonus: int
    improvement_cap_pct: int


class CostRules(RuleSet, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How measures of the cost category score."""

    points_per_measure: int
    improvement_cap_pct: int


class ActivityRules(RuleSet, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many improvement activities earn the whole category."""

    required_activities: int
    required_activities_small_practice: int


class Objective(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One objective of promoting interoperability and the ways in which it can be reported."""

    name: str
    ways: tuple[tuple[str, ...], ...]


class InteroperabilityMeasure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a measure can earn, what excuses from it, and where its points go then."""

    points: Decimal
    is_yes_or_no: bool = False
    exclusions: tuple[str, ...] = ()
    moves_to: tuple[tuple[str, ...], ...] = ()


class InteroperabilityRules(RuleSet, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What gates the category and what is added to its objectives."""

    possible_points: int
    performance_days: int
    attestations: tuple[str, ...]
    bonus_points: int
    bonus_measures: tuple[str, ...]


class Weighting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The weights, in percent, where just these categories are scored, and where somebody has read
    them in an official text."""

    weights: Mapping[MipsCategory, int]
    is_small_practice: bool = False
    checked: str = ""


class FinalRules(RuleSet, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How categories become one score, and the score a change of payment."""

    highest_score: int
    complex_patient_bonus_cap: int
    fewest_categories: int
    threshold: int
    highest_adjustment_pct: int
    highest_scaling_factor: int
    weightings: tuple[Weighting, ...]


class YearRules(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a performance year scores by."""

    year: int
    payment_year: int
    quality: QualityRules
    cost: CostRules
    improvement_activities: ActivityRules
    interoperability: InteroperabilityRules
    objectives: tuple[Objective, ...]
    measures: Mapping[str, InteroperabilityMeasure]
    final: FinalRules

    @property
    def sets(self) -> Mapping[str, RuleSet]:
        """Each set of rules by what it is about."""
        return {
            "quality": self.quality,
            "cost": self.cost,
            "improvement activities": self.improvement_activities,
            "promoting interoperability": self.interoperability,
            "final score": self.final,
        }

    def weighting(
        self, scored: AbstractSet[MipsCategory], *, is_small_practice: bool
    ) -> Weighting | None:
        """The weights of these categories; None where there are too few of them."""
        if len(scored) < self.final.fewest_categories:
            return None
        return next(
            each
            for each in self.final.weightings
            if each.weights.keys() == scored and (is_small_practice or not each.is_small_practice)
        )


class YearTable(msgspec.Struct, frozen=True):
    """Which table the rules were read from: what a kept score names, and its text."""

    edition: dt.date
    sha256: bytes
    text: bytes


class _Year(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    year: int
    payment_year: int
    quality: str
    cost: str
    ia: str
    pi: str
    final: str


class _YearsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: dt.date
    years: tuple[_Year, ...]
    quality: Mapping[str, QualityRules]
    cost: Mapping[str, CostRules]
    ia: Mapping[str, ActivityRules]
    pi: Mapping[str, InteroperabilityRules]
    objectives: tuple[Objective, ...]
    measures: Mapping[str, InteroperabilityMeasure]
    final: Mapping[str, FinalRules]


def rules_of(year: int) -> YearRules:
    """The rules of a performance year. Raises UnknownYear."""
    try:
        return YEARS[year]
    except KeyError:
        raise UnknownYear(year, tuple(sorted(YEARS))) from None


def _read() -> tuple[YearTable, Mapping[int, YearRules]]:
    """Raises InvalidYearTable."""
    content = files("services.regulatory_compliance").joinpath("data/mips_years.toml").read_bytes()
    text = content.decode()
    table = msgspec.convert(tomllib.loads(text, parse_float=Decimal), _YearsFile)
    _check_what_was_checked(table)
    _check_objectives(table)
    for each in table.final.values():
        _check_weightings(each)
    rules = {
        each.year: YearRules(
            year=each.year,
            payment_year=each.payment_year,
            quality=table.quality[each.quality],
            cost=table.cost[each.cost],
            improvement_activities=table.ia[each.ia],
            interoperability=table.pi[each.pi],
            objectives=table.objectives,
            measures=table.measures,
            final=table.final[each.final],
        )
        for each in table.years
    }
    return YearTable(table.edition, hashlib.sha256(content).digest(), content), rules


def _check_what_was_checked(table: _YearsFile) -> None:
    """Raises InvalidYearTable."""
    sets: tuple[Mapping[str, RuleSet], ...] = (
        table.quality,
        table.cost,
        table.ia,
        table.pi,
        table.final,
    )
    for rules in (each for named in sets for each in named.values()):
        if unknown := rules.checked.keys() - rules.constants.keys():
            raise InvalidYearTable(f"checked, and no constants: {sorted(unknown)}")


def _check_objectives(table: _YearsFile) -> None:
    """Raises InvalidYearTable."""
    reported = {name for each in table.objectives for way in each.ways for name in way}
    if reported != table.measures.keys():
        raise InvalidYearTable(f"objectives and measures differ: {reported ^ set(table.measures)}")
    for objective in table.objectives:
        if len({sum(table.measures[name].points for name in way) for way in objective.ways}) != 1:
            raise InvalidYearTable(f"the ways of {objective.name} are worth different points")
    total = sum(table.measures[name].points for each in table.objectives for name in each.ways[0])
    if any(total != rules.possible_points for rules in table.pi.values()):
        raise InvalidYearTable(f"the objectives sum to {total} points")


def _check_weightings(rules: FinalRules) -> None:
    """Raises InvalidYearTable."""
    for each in rules.weightings:
        if sum(each.weights.values()) != 100:  # noqa: PLR2004 - percent
            raise InvalidYearTable(f"weights that do not sum to 100: {dict(each.weights)}")
    known = {frozenset(each.weights) for each in rules.weightings if not each.is_small_practice}
    for count in range(rules.fewest_categories, len(MipsCategory) + 1):
        for scored in combinations(MipsCategory, count):
            if frozenset(scored) not in known:
                raise InvalidYearTable(f"no weights for {scored}")


TABLE, YEARS = _read()
"""The table, and its rules by performance year."""
