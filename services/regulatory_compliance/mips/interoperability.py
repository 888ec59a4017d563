"""The promoting interoperability category (42 CFR 414.1375 and 414.1380(b)(4)).

All or nothing first: certified technology, the attestations, and for each objective one of its ways
whole, every measure of it reported or excused. Then points: a yes earns all of a measure's, counts
earn their share in whole points, and a measure that is excused leaves its points to others.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction

import msgspec

from services.regulatory_compliance.mips.arithmetic import Step, rounded, shown, step
from services.regulatory_compliance.mips.years import (
    InteroperabilityMeasure,
    Objective,
    YearRules,
)


class Counted(msgspec.Struct, frozen=True):
    """What was done, of how often it could have been."""

    numerator: int
    denominator: int


class Interoperability(msgspec.Struct, frozen=True, kw_only=True):
    """What was reported. ``answered_yes`` holds attestations, yes-or-no measures and exclusions."""

    has_certified_technology: bool
    days: int
    answered_yes: frozenset[str]
    counted: Mapping[str, Counted]


class InteroperabilityScore(msgspec.Struct, frozen=True, kw_only=True):
    """The category in percent. ``missing`` says why it is nothing, where it is."""

    percent: Fraction
    points: Mapping[str, Fraction]
    missing: tuple[str, ...]
    steps: tuple[Step, ...]


def score_interoperability(reported: Interoperability, rules: YearRules) -> InteroperabilityScore:
    """The score of the category."""
    missing = list(_missing_gates(reported, rules))
    used: list[str] = []
    for objective in rules.objectives:
        way = _way_of(objective, reported, rules.measures)
        used += way
        missing += [
            f"{name}: report it or claim an exclusion ({objective.name})"
            for name in way
            if not _is_reported(name, reported, rules.measures)
            and not _is_excused(rules.measures[name], reported)
        ]
    if missing:
        nothing = step(
            "Promoting interoperability in percent",
            "a part is missing",
            Fraction(0),
            rules.interoperability,
        )
        return InteroperabilityScore(
            percent=Fraction(0), points={}, missing=tuple(missing), steps=(nothing,)
        )
    possible = _possible_points(used, reported, rules.measures)
    points = {name: _earned(name, worth, reported) for name, worth in possible.items()}
    steps = tuple(_steps(points, possible, reported, rules))
    return InteroperabilityScore(
        percent=_percent(points, reported, rules), points=points, missing=(), steps=steps
    )


def _missing_gates(reported: Interoperability, rules: YearRules) -> Iterator[str]:
    gates = rules.interoperability
    if not reported.has_certified_technology:
        yield "certified technology (CEHRT)"
    if reported.days < gates.performance_days:
        yield f"{gates.performance_days} days in a row; these are {reported.days}"
    yield from (
        f"{name}: attest it" for name in gates.attestations if name not in reported.answered_yes
    )


def _way_of(
    objective: Objective,
    reported: Interoperability,
    measures: Mapping[str, InteroperabilityMeasure],
) -> Sequence[str]:
    """The way that is reported whole, or else the first."""
    return next(
        (
            way
            for way in objective.ways
            if any(_is_reported(name, reported, measures) for name in way)
            and all(
                _is_reported(name, reported, measures) or _is_excused(measures[name], reported)
                for name in way
            )
        ),
        objective.ways[0],
    )


def _is_reported(
    name: str, reported: Interoperability, measures: Mapping[str, InteroperabilityMeasure]
) -> bool:
    """A count is reported from one in the numerator on."""
    if measures[name].is_yes_or_no:
        return name in reported.answered_yes
    counts = reported.counted.get(name)
    return counts is not None and counts.numerator > 0


def _is_excused(measure: InteroperabilityMeasure, reported: Interoperability) -> bool:
    return not reported.answered_yes.isdisjoint(measure.exclusions)


def _possible_points(
    used: Sequence[str],
    reported: Interoperability,
    measures: Mapping[str, InteroperabilityMeasure],
) -> dict[str, Fraction]:
    """What each measure in use can earn, with what those that are excused leave to it."""
    in_use = [name for name in used if _is_reported(name, reported, measures)]
    possible = {name: Fraction(measures[name].points) for name in in_use}
    for name in used:
        if name in possible:
            continue
        heirs = _heirs(measures[name], possible.keys())
        for heir in heirs:
            possible[heir] += Fraction(measures[name].points) / len(heirs)
    return possible


def _heirs(measure: InteroperabilityMeasure, in_use: AbstractSet[str]) -> list[str]:
    groups = ([name for name in group if name in in_use] for group in measure.moves_to)
    return next((group for group in groups if group), [])


def _earned(name: str, worth: Fraction, reported: Interoperability) -> Fraction:
    counts = reported.counted.get(name)
    if counts is None:
        return worth
    share = worth * counts.numerator / counts.denominator
    return max(Fraction(rounded(share, 0)), Fraction(1))


def _bonus(reported: Interoperability, rules: YearRules) -> int:
    gates = rules.interoperability
    has_one = not reported.answered_yes.isdisjoint(gates.bonus_measures)
    return gates.bonus_points if has_one else 0


def _percent(
    points: Mapping[str, Fraction], reported: Interoperability, rules: YearRules
) -> Fraction:
    total = sum(points.values(), Fraction(0)) + _bonus(reported, rules)
    return min(100 * total / rules.interoperability.possible_points, Fraction(100))


def _steps(
    points: Mapping[str, Fraction],
    possible: Mapping[str, Fraction],
    reported: Interoperability,
    rules: YearRules,
) -> Iterator[Step]:
    gates = rules.interoperability
    for name, earned in points.items():
        counts = reported.counted.get(name)
        share = "yes" if counts is None else f"{counts.numerator} / {counts.denominator}"
        yield step(name, f"{share} x {shown(possible[name])}", earned, gates)
    terms = " + ".join(shown(each) for each in points.values())
    yield step(
        "Promoting interoperability in percent",
        f"min(100, ({terms} + {_bonus(reported, rules)}) / {gates.possible_points} x 100)",
        _percent(points, reported, rules),
        gates,
    )
