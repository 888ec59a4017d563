"""The benchmarks that CMS publishes, and the points that a rate earns against one.

A benchmark says where the deciles of last measured performance begin. A rate in decile X earns X
points and the fraction of the way to decile X + 1; from the tenth on it is 10. CMS's own worked
example (rate 82.31 in decile 8 from 73.08 to 82.71) earns 8.9585. Benchmarks of cost measures have
the same form: their cut-offs stand so that average cost earns about 7.5.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import msgspec

from services.regulatory_compliance.mips.cms_lists import read_list

PERCENTILES = ("1", "10", "20", "30", "40", "50", "60", "70", "80", "90", "99")
"""Where the cut-offs of a benchmark stand. The first ten of them begin the deciles 1 to 10."""

TOP_DECILE = 10


class Benchmark(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One measure by one collection type. ``percentiles`` ascend, for inverse measures too."""

    measure_id: str
    performance_year: int
    benchmark_year: int
    submission_method: str
    is_topped_out: bool
    is_topped_out_by_program: bool  # earns no more than the cap
    is_inverse: bool
    metric_type: str
    percentiles: Mapping[str, Decimal]
    is_high_priority: bool = False
    average_performance_rate: Decimal | None = None

    @property
    def name(self) -> str:
        """A year, measure and collection type have one benchmark."""
        return f"{self.measure_id} by {self.submission_method} in {self.performance_year}"

    @property
    def floors(self) -> tuple[Decimal, ...]:
        """The worst rate of each decile from 1 to 10, in the order of the deciles."""
        ascending = [self.percentiles[each] for each in PERCENTILES]
        ordered = ascending[::-1] if self.is_inverse else ascending
        return tuple(ordered[:TOP_DECILE])


def read_benchmarks(content: bytes) -> list[Benchmark]:
    """The benchmarks of one of CMS's files. Raises InvalidList."""
    return read_list(content, _DECODER, name_of=lambda each: each.name, faults_of=_faults)


def decile_points(rate: Fraction, floors: tuple[Decimal, ...], *, is_inverse: bool) -> Fraction:
    """The points of a rate, from 1 to 10, before any floor or cap.

    ``floors`` are those of the deciles 1 to 10, descending where lower is better. Within the first
    decile the same fraction is taken, which CMS's sample does not confirm; below it the rate
    earns 1.
    """
    sign = -1 if is_inverse else 1
    reached = [sign * rate >= sign * Fraction(floor) for floor in floors]
    if not any(reached):
        return Fraction(1)
    decile = TOP_DECILE - reached[::-1].index(True)
    if decile == TOP_DECILE:
        return Fraction(TOP_DECILE)
    begin, end = Fraction(floors[decile - 1]), Fraction(floors[decile])
    return decile + (rate - begin) / (end - begin)


def _faults(benchmark: Benchmark) -> Iterator[str]:
    if benchmark.percentiles.keys() != set(PERCENTILES):
        yield f"percentiles are not {', '.join(PERCENTILES)}"
        return
    cut_offs = [benchmark.percentiles[each] for each in PERCENTILES]
    if not all(each.is_finite() for each in cut_offs):
        yield "a percentile is no number"
    elif any(left > right for left, right in pairwise(cut_offs)):
        yield "percentiles do not ascend"


_DECODER = msgspec.json.Decoder(Benchmark, float_hook=Decimal)
