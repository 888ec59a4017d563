"""What was reported for a measure, and the rate and completeness that follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import msgspec

from storage.vocabulary.mips import Algorithm

OVERALL = "overall"
_REPORTING = "reporting"
_PERFORMANCE = "performance"


class Proportion(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one rate. Who is neither met, not met, excepted nor excluded was not reported."""

    eligible: int
    met: int
    not_met: int
    exceptions: int = 0
    exclusions: int = 0

    @property
    def reported(self) -> int:
        return self.met + self.not_met + self.exceptions + self.exclusions

    @property
    def cases(self) -> int:
        """Those that the rate counts."""
        return self.met + self.not_met

    @property
    def rate_pct(self) -> Fraction | None:
        """In percent; None where nobody counts."""
        return Fraction(100 * self.met, self.cases) if self.cases else None

    @property
    def completeness_pct(self) -> Fraction:
        """Of those eligible, how many were reported, in percent."""
        return Fraction(100 * self.reported, self.eligible) if self.eligible else Fraction(0)


class Stratum(msgspec.Struct, frozen=True):
    """One of several rates of a measure, by the name that CMS gives it."""

    name: str
    counts: Proportion


class Performance(msgspec.Struct, frozen=True, kw_only=True):
    """A measure as it was reported by one collection type.

    Either ``strata`` (a single one for measures of one rate) or, for what CMS or a vendor computes,
    ``value`` with its ``cases``.
    """

    measure_id: str
    submission_method: str
    strata: tuple[Stratum, ...] = ()
    algorithm: Algorithm | None = None
    value: Decimal | None = None
    cases_of_value: int | None = None
    is_end_to_end: bool = False  # reported by certified technology without a hand in between

    @property
    def rate_pct(self) -> Fraction | None:
        """What is held against the benchmark; None where it cannot be computed."""
        if self.value is not None:
            return Fraction(self.value)
        chosen = self._chosen()
        rates = [each.counts.rate_pct for each in chosen]
        known = [rate for rate in rates if rate is not None]
        if not known or len(known) != len(rates):
            return None
        if self.algorithm is Algorithm.WEIGHTED_AVERAGE:
            met = sum(each.counts.met for each in chosen)
            return Fraction(100 * met, sum(each.counts.cases for each in chosen))
        return sum(known, Fraction(0)) / len(known)

    @property
    def cases(self) -> int:
        """Held against the case minimum: the smallest count where several rates are averaged."""
        if self.value is not None:
            return self.cases_of_value or 0
        return min((each.counts.cases for each in self._chosen()), default=0)

    @property
    def completeness_pct(self) -> Fraction:
        """The lowest of the strata that count; 100 for what is computed for the clinician."""
        if self.value is not None:
            return Fraction(100)
        counted = self._named(_REPORTING) if self.algorithm is Algorithm.SPLIT else self._chosen()
        return min((each.counts.completeness_pct for each in counted), default=Fraction(0))

    def _chosen(self) -> tuple[Stratum, ...]:
        match self.algorithm:
            case Algorithm.OVERALL_STRATUM_ONLY:
                return self._named(OVERALL)
            case Algorithm.SPLIT:
                return self._named(_PERFORMANCE)
            case _:
                return self.strata

    def _named(self, name: str) -> tuple[Stratum, ...]:
        return tuple(each for each in self.strata if each.name == name)


class PerformanceFault(msgspec.Struct, frozen=True):
    """What cannot be right about a reported measure, and where."""

    pointer: str
    message: str


def faults_of(performance: Performance) -> Iterator[PerformanceFault]:
    """What contradicts itself. Certified technology reports every eligible case; others may not."""
    if (performance.value is None) == (not performance.strata):
        yield PerformanceFault("", "is reported either by counts or by a value")
    if performance.value is not None and not performance.value.is_finite():
        yield PerformanceFault("/value", "is no number")
    yield from _faults_of_strata(performance)
    for number, stratum in enumerate(performance.strata):
        message = _fault_of_counts(stratum.counts, is_end_to_end=performance.is_end_to_end)
        if message is not None:
            yield PerformanceFault(f"/strata/{number}", message)


def _faults_of_strata(performance: Performance) -> Iterator[PerformanceFault]:
    names = [each.name for each in performance.strata]
    if len(set(names)) != len(names):
        yield PerformanceFault("/strata", "names a stratum twice")
    if len(names) > 1 and performance.algorithm is None:
        yield PerformanceFault("/strata", "has more rates than the measure")
    for needed in _NEEDED.get(performance.algorithm, ()):
        if names and needed not in names:
            yield PerformanceFault("/strata", f"lacks the stratum {needed}")


def _fault_of_counts(counts: Proportion, *, is_end_to_end: bool) -> str | None:
    parts = counts.met, counts.not_met, counts.exceptions, counts.exclusions
    if min(counts.eligible, *parts) < 0:
        return "counts less than nobody"
    if counts.reported > counts.eligible:
        return (
            f"reports {counts.reported} of {counts.eligible} eligible: met, not met, exceptions and"
            " exclusions cannot sum to more"
        )
    if is_end_to_end and counts.reported != counts.eligible:
        return (
            f"reports {counts.reported} of {counts.eligible} eligible, where certified technology"
            " reports all of them"
        )
    return None


_NEEDED: dict[Algorithm | None, tuple[str, ...]] = {
    Algorithm.OVERALL_STRATUM_ONLY: (OVERALL,),
    Algorithm.SPLIT: (_REPORTING, _PERFORMANCE),
}
