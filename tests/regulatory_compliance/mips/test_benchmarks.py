"""Points follow the deciles, in CMS's own example and in its own files."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulatory_compliance.mips.arithmetic import rounded
from services.regulatory_compliance.mips.benchmarks import (
    PERCENTILES,
    Benchmark,
    decile_points,
    read_benchmarks,
)
from services.regulatory_compliance.mips.cms_lists import InvalidList
from tests.regulatory_compliance.mips.published import needs_published, published

CMS_SAMPLE = tuple(
    Decimal(each)
    for each in ("0", "0", "26.89", "40.49", "50", "57.07", "64.79", "73.08", "82.71", "96.44")
)
"""The floors of CMS's worked example, of which the file states those of deciles 2 to 10."""


def points(rate: str, floors: tuple[Decimal, ...], *, is_inverse: bool = False) -> Decimal:
    return rounded(decile_points(Fraction(rate), floors, is_inverse=is_inverse), 4)


def test_the_worked_example_of_cms_scores_as_cms_says() -> None:
    assert points("82.31", CMS_SAMPLE) == Decimal("8.9585")


@needs_published
@pytest.mark.parametrize(
    ("measure_id", "rate", "expected"),
    [
        ("236", "4.75", "1"),
        ("236", "66.06", "5.13"),
        ("236", "70", "6.34"),
        ("236", "75", "8.00"),
        ("236", "78.7", "9.00"),
        ("236", "84.03", "10.00"),
        ("236", "84.04", "10"),
        ("236", "100", "10"),
        ("226", "80", "6.35"),
        ("001", "20", "8.23"),
        ("001", "35", "5.24"),
        ("001", "12.5", "10"),
        ("001", "99.5", "1"),
    ],
)
def test_a_rate_earns_its_decile_and_the_way_to_the_next(
    measure_id: str, rate: str, expected: str
) -> None:
    benchmark = published()[measure_id, "electronicHealthRecord"]
    earned = points(rate, benchmark.floors, is_inverse=benchmark.is_inverse)
    assert round(earned, 2) == Decimal(expected)


@needs_published
def test_average_cost_earns_about_seven_and_a_half_points() -> None:
    costs = [
        each
        for each in published().values()
        if each.metric_type == "costScore" and each.average_performance_rate is not None
    ]
    assert len(costs) > 30
    for each in costs:
        earned = points(str(each.average_performance_rate), each.floors, is_inverse=each.is_inverse)
        assert abs(earned - Decimal("7.5")) < Decimal("0.3"), each.measure_id


def ascending() -> st.SearchStrategy[list[Decimal]]:
    rates = st.decimals(0, 100, places=2, allow_nan=False, allow_infinity=False)
    return st.lists(rates, min_size=len(PERCENTILES), max_size=len(PERCENTILES)).map(sorted)


def benchmark(cut_offs: list[Decimal], *, is_inverse: bool) -> Benchmark:
    return Benchmark(
        measure_id="236",
        performance_year=2026,
        benchmark_year=2024,
        submission_method="registry",
        is_topped_out=False,
        is_topped_out_by_program=False,
        is_inverse=is_inverse,
        metric_type="singlePerformanceRate",
        percentiles=dict(zip(PERCENTILES, cut_offs, strict=True)),
    )


@given(
    cut_offs=ascending(),
    is_inverse=st.booleans(),
    rates=st.tuples(st.fractions(0, 100), st.fractions(0, 100)),
)
def test_a_better_rate_never_earns_less_and_points_stay_between_one_and_ten(
    cut_offs: list[Decimal], is_inverse: bool, rates: tuple[Fraction, Fraction]
) -> None:
    floors = benchmark(cut_offs, is_inverse=is_inverse).floors
    worse, better = sorted(rates, reverse=is_inverse)
    low, high = (decile_points(each, floors, is_inverse=is_inverse) for each in (worse, better))
    assert 1 <= low <= high <= 10


@given(cut_offs=ascending(), rate=st.fractions(0, 100))
def test_an_inverse_measure_is_the_mirror_of_the_other(
    cut_offs: list[Decimal], rate: Fraction
) -> None:
    floors = benchmark(cut_offs, is_inverse=False).floors
    mirrored = tuple(100 - each for each in floors)
    assert decile_points(rate, floors, is_inverse=False) == decile_points(
        100 - rate, mirrored, is_inverse=True
    )


@needs_published
def test_a_file_of_cms_is_read_whole() -> None:
    assert len(published()) == 293


ENTRY = {
    "measureId": "236",
    "performanceYear": 2026,
    "benchmarkYear": 2024,
    "submissionMethod": "registry",
    "isToppedOut": False,
    "isToppedOutByProgram": False,
    "isInverse": False,
    "metricType": "singlePerformanceRate",
    "percentiles": dict.fromkeys(PERCENTILES, 50),
}


@pytest.mark.parametrize(
    ("content", "entry", "message"),
    [
        ("", 0, "is no list in JSON"),
        ("[", 0, "is no list in JSON"),
        ("{}", 0, "is no list in JSON"),
        ("[]", 0, "is empty"),
        (json.dumps([ENTRY, ENTRY]), 2, "236 by registry in 2026 stands there twice"),
        (json.dumps([ENTRY | {"percentiles": {}}]), 1, "percentiles are not 1, 10"),
        (json.dumps([ENTRY | {"isInverse": "no"}]), 1, "Expected `bool`"),
        (
            json.dumps([ENTRY | {"percentiles": ENTRY["percentiles"] | {"20": 49}}]),
            1,
            "percentiles do not ascend",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_where(
    content: str, entry: int, message: str
) -> None:
    with pytest.raises(InvalidList) as refused:
        read_benchmarks(content.encode())
    (fault,) = refused.value.faults
    assert fault.entry == entry
    assert message in fault.message
