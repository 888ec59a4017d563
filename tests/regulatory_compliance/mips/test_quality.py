"""The quality category: which measures score, which of them count, and to what."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.regulatory_compliance.mips.benchmarks import PERCENTILES, Benchmark
from services.regulatory_compliance.mips.measures import Measure
from services.regulatory_compliance.mips.performance import (
    Performance,
    Proportion,
    Stratum,
    faults_of,
)
from services.regulatory_compliance.mips.quality import (
    ADMINISTRATIVE_CLAIMS,
    Basis,
    QualityScore,
    ReportedMeasure,
    score_quality,
)
from services.regulatory_compliance.mips.years import rules_of
from storage.vocabulary.mips import Algorithm, MeasureType, MipsCategory
from tests.regulatory_compliance.mips.published import (
    needs_published,
    published,
    published_measures,
)

RULES = rules_of(2026).quality
CUT_OFFS = dict(
    zip(PERCENTILES, map(Decimal, (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)), strict=True)
)
"""Rates of 10 to 90 begin the deciles, so that a rate of 55 earns 6.5 points."""


def measure(
    name: str = "001",
    kind: MeasureType = MeasureType.PROCESS,
    since: int = 2017,
    **more: bool,
) -> Measure:
    return Measure(
        measure_id=name,
        category=MipsCategory.QUALITY,
        title="A measure",
        metric_type="singlePerformanceRate",
        first_performance_year=since,
        measure_type=kind,
        **more,
    )


def counts(met: int, of: int = 100, *, eligible: int | None = None) -> Proportion:
    return Proportion(eligible=eligible or of, met=met, not_met=of - met)


def reported(
    rate: int,
    *,
    about: Measure | None = None,
    of: int = 100,
    eligible: int | None = None,
    method: str = "registry",
    has_benchmark: bool = True,
    is_topped_out: bool = False,
) -> ReportedMeasure:
    about = about or measure()
    benchmark = Benchmark(
        measure_id=about.measure_id,
        performance_year=2026,
        benchmark_year=2024,
        submission_method=method,
        is_topped_out=is_topped_out,
        is_topped_out_by_program=is_topped_out,
        is_inverse=False,
        metric_type="singlePerformanceRate",
        percentiles=CUT_OFFS,
    )
    performance = Performance(
        measure_id=about.measure_id,
        submission_method=method,
        strata=(Stratum("only", counts(rate * of // 100, of, eligible=eligible)),),
    )
    return ReportedMeasure(about, performance, benchmark if has_benchmark else None)


def score(*measures: ReportedMeasure, small: bool = False, **more: int) -> QualityScore:
    return score_quality(measures, RULES, is_small_practice=small, **more)


def test_a_measure_earns_by_its_benchmark() -> None:
    (only,) = score(reported(55)).measures
    assert (only.basis, only.points) == (Basis.BENCHMARK, Fraction("6.5"))


@pytest.mark.parametrize(
    ("given_measure", "basis"),
    [
        (reported(55, of=19, eligible=19), Basis.TOO_FEW_CASES),
        (reported(55, of=74, eligible=100), Basis.INCOMPLETE),
        (reported(55, has_benchmark=False), Basis.NO_BENCHMARK),
    ],
)
def test_without_cases_data_or_benchmark_only_a_small_practice_earns(
    given_measure: ReportedMeasure, basis: Basis
) -> None:
    (large,) = score(given_measure).measures
    (small,) = score(given_measure, small=True).measures
    assert (large.basis, large.points) == (basis, 0)
    assert (small.basis, small.points) == (basis, 3)


def test_enough_begins_at_twenty_cases_and_three_quarters_of_the_data() -> None:
    for enough in (reported(55, of=20), reported(60, of=75, eligible=100)):
        (only,) = score(enough).measures
        assert only.basis is Basis.BENCHMARK


@pytest.mark.parametrize(
    ("since", "rate", "points"),
    [
        (2026, 15, 7),
        (2026, 75, Fraction("8.5")),
        (2026, 95, 10),
        (2025, 15, 5),
        (2025, 55, Fraction("6.5")),
        (2024, 15, Fraction("2.5")),
        (2027, 15, Fraction("2.5")),
    ],
)
def test_a_measure_that_is_new_earns_from_seven_points_and_from_five_a_year_later(
    since: int, rate: int, points: Fraction
) -> None:
    """42 CFR 414.1380(b)(1)(i)(C): 7 to 10 points in its first year in MIPS, 5 to 10 in its
    second."""
    (only,) = score(reported(rate, about=measure(since=since))).measures
    assert (only.basis, only.points) == (Basis.BENCHMARK, points)


def test_only_a_measure_that_is_scored_has_the_floor_of_a_new_one() -> None:
    new = measure(since=2026)
    for lacking in (
        reported(55, about=new, of=19),
        reported(55, about=new, of=74, eligible=100),
        reported(55, about=new, has_benchmark=False),
    ):
        (only,) = score(lacking).measures
        assert only.points == 0


def test_the_floor_of_a_new_measure_is_shown_and_nobody_has_read_it() -> None:
    (new,) = score(reported(15, about=measure(since=2026))).measures
    assert [each.what for each in new.steps] == [
        "Decile and fraction",
        "Lowest points of a measure in its first year",
    ]
    assert [each.is_verified for each in new.steps] == [True, False]


def test_what_is_unscored_for_want_of_a_benchmark_was_read_and_for_want_of_cases_not() -> None:
    for lacking, is_read in (
        (reported(55, has_benchmark=False), True),
        (reported(55, of=19), False),
    ):
        for small in (False, True):
            (only,) = score(lacking, small=small).measures
            assert [each.is_verified for each in only.steps] == [is_read]


def test_the_category_passes_on_what_its_measures_rest_on() -> None:
    def verified(given_measure: ReportedMeasure, **more: int) -> list[bool]:
        return [each.is_verified for each in score(given_measure, **more).steps]

    outcome = measure(kind=MeasureType.OUTCOME)
    assert verified(reported(55, about=outcome)) == [False, False], "six measures: nobody read it"
    assert verified(reported(55, about=outcome), required_measures=1) == [True, True]
    assert verified(reported(55, about=outcome), required_measures=1, improvement_pct=1) == [
        True,
        False,
    ]
    new = measure(kind=MeasureType.OUTCOME, since=2026)
    assert verified(reported(15, about=new), required_measures=1) == [False, False]


@needs_published
def test_cms_lists_as_new_the_five_measures_that_its_rule_for_2026_added() -> None:
    added = {
        name
        for name, each in published_measures().items()
        if each.category is MipsCategory.QUALITY
        and each.first_performance_year == 2026
        and name.isdigit()
    }
    assert added == {"512", "513", "514", "515", "516"}


def test_a_topped_out_measure_is_capped_unless_the_cap_is_lifted_for_its_collection_type() -> None:
    lifted = replace(measure(), seven_point_cap_removed=("registry",))
    (capped,) = score(reported(95, is_topped_out=True)).measures
    (free,) = score(reported(95, about=lifted, is_topped_out=True)).measures
    (elsewhere,) = score(reported(95, about=lifted, is_topped_out=True, method="claims")).measures
    assert (capped.points, free.points, elsewhere.points) == (7, 10, 7)


def test_without_outcome_or_high_priority_one_place_stays_empty() -> None:
    six = [reported(95, about=measure(str(number))) for number in range(6)]
    plain = score(*six)
    assert (plain.earned_points, plain.possible_points) == (50, 60)
    assert sum(each.counts for each in plain.measures) == 5
    urgent = score(*six[:5], reported(55, about=measure("9", is_high_priority=True)))
    assert urgent.earned_points == Fraction("56.5")


def test_an_outcome_measure_takes_the_place_before_one_of_high_priority() -> None:
    outcome = reported(15, about=measure("8", MeasureType.OUTCOME))
    urgent = reported(25, about=measure("9", is_high_priority=True))
    plain = [reported(95, about=measure(str(number))) for number in range(5)]
    counting = {each.measure_id for each in score(outcome, urgent, *plain).measures if each.counts}
    assert counting == {"8", "0", "1", "2", "3", "4"}


def test_a_measure_reported_twice_counts_once_with_the_better_points() -> None:
    found = score(
        reported(15, about=measure(kind=MeasureType.OUTCOME), method="claims"),
        reported(25, about=measure(kind=MeasureType.OUTCOME)),
    ).measures
    assert [each.counts for each in found] == [False, True]


def test_what_cms_computes_comes_on_top_with_places_of_its_own() -> None:
    found = score(
        reported(95, about=measure("1", MeasureType.OUTCOME)),
        reported(55, about=measure("479", MeasureType.OUTCOME), method=ADMINISTRATIVE_CLAIMS),
    )
    assert (found.earned_points, found.possible_points) == (Fraction("16.5"), 70)


def test_a_small_practice_has_six_points_more_and_never_more_than_all() -> None:
    one = reported(95, about=measure("1", MeasureType.OUTCOME))
    assert score(one).percent == Fraction(100 * 10, 60)
    assert score(one, small=True).percent == Fraction(100 * 16, 60)
    full = [reported(95, about=measure(str(n), MeasureType.OUTCOME)) for n in range(6)]
    assert score(*full, small=True).percent == 100
    assert score(small=True).percent == 0


def test_improvement_adds_within_its_cap() -> None:
    one = reported(95, about=measure("1", MeasureType.OUTCOME))
    assert score(one, improvement_pct=Fraction(25)).percent == Fraction(1000, 60) + 10
    assert score(one, improvement_pct=Fraction(-5)).percent == Fraction(1000, 60)


def strata(**rates: tuple[int, int]) -> tuple[Stratum, ...]:
    return tuple(Stratum(name, counts(met, of)) for name, (met, of) in rates.items())


@pytest.mark.parametrize(
    ("algorithm", "rate"),
    [
        (Algorithm.SIMPLE_AVERAGE, Fraction(50)),
        (Algorithm.WEIGHTED_AVERAGE, Fraction(100 * 120, 140)),
        (Algorithm.OVERALL_STRATUM_ONLY, Fraction(90)),
    ],
)
def test_several_rates_become_one_as_the_measure_says(algorithm: Algorithm, rate: Fraction) -> None:
    named = strata(overall=(90, 100), other=(30, 40))
    if algorithm is Algorithm.SIMPLE_AVERAGE:
        named = strata(one=(25, 100), other=(30, 40))
    if algorithm is Algorithm.WEIGHTED_AVERAGE:
        named = strata(one=(90, 100), other=(30, 40))
    found = Performance(
        measure_id="1", submission_method="registry", strata=named, algorithm=algorithm
    )
    assert found.rate_pct == rate


def test_a_split_measure_takes_rate_and_completeness_from_different_rates() -> None:
    found = Performance(
        measure_id="226",
        submission_method="registry",
        algorithm=Algorithm.SPLIT,
        strata=(
            Stratum("reporting", counts(80, 100, eligible=200)),
            Stratum("performance", counts(30, 40)),
        ),
    )
    assert (found.rate_pct, found.completeness_pct) == (75, 50)


@pytest.mark.parametrize(
    ("given_performance", "message"),
    [
        (
            Proportion(eligible=60, met=47, not_met=14),
            "reports 61 of 60 eligible",
        ),
        (Proportion(eligible=10, met=-1, not_met=2), "counts less than nobody"),
    ],
)
def test_counts_that_contradict_themselves_are_named(
    given_performance: Proportion, message: str
) -> None:
    found = Performance(
        measure_id="1", submission_method="registry", strata=(Stratum("only", given_performance),)
    )
    (fault,) = faults_of(found)
    assert fault.pointer == "/strata/0"
    assert message in fault.message


def test_certified_technology_reports_everybody_eligible() -> None:
    whole = Proportion(eligible=562, met=305, not_met=255, exclusions=2)
    part = Proportion(eligible=563, met=305, not_met=255, exclusions=2)
    for each, faults in ((whole, 0), (part, 1)):
        found = Performance(
            measure_id="1",
            submission_method="electronicHealthRecord",
            strata=(Stratum("only", each),),
            is_end_to_end=True,
        )
        assert len(list(faults_of(found))) == faults


@needs_published
def test_every_measure_of_several_rates_that_cms_lists_can_be_reported() -> None:
    several = [each for each in published_measures().values() if each.overall_algorithm]
    assert len(several) > 30
    for each in several:
        found = Performance(
            measure_id=each.measure_id,
            submission_method="registry",
            algorithm=each.overall_algorithm,
            strata=tuple(Stratum(stratum.name, counts(30, 40)) for stratum in each.strata),
        )
        assert list(faults_of(found)) == []
        assert found.rate_pct == 75
        assert found.completeness_pct == 100


@needs_published
def test_a_published_measure_with_a_lifted_cap_scores_above_it() -> None:
    about = published_measures()["320"]
    assert published()["320", "registry"].is_topped_out_by_program
    assert about.seven_point_cap_removed == ("claims",)


places = st.lists(
    st.builds(
        reported,
        st.integers(0, 100),
        about=st.builds(
            measure,
            st.integers(1, 12).map(str),
            st.sampled_from(MeasureType),
            is_high_priority=st.booleans(),
        ),
        of=st.integers(0, 60),
        has_benchmark=st.booleans(),
        is_topped_out=st.booleans(),
    ),
    max_size=12,
)


@given(given_measures=places, small=st.booleans())
def test_whatever_is_reported_the_category_stays_within_its_bounds(
    given_measures: list[ReportedMeasure], small: bool
) -> None:
    found = score(*given_measures, small=small)
    counted = [each for each in found.measures if each.counts]
    assert 0 <= found.percent <= 100
    assert len(counted) <= RULES.required_measures
    assert len({each.measure_id for each in counted}) == len(counted)
    assert found.earned_points == sum(each.points for each in counted)


@given(given_measures=places, more=places)
def test_reporting_more_never_lowers_the_score_of_who_has_an_outcome(
    given_measures: list[ReportedMeasure], more: list[ReportedMeasure]
) -> None:
    outcome = reported(95, about=measure("99", MeasureType.OUTCOME))
    few = score(outcome, *given_measures)
    many = score(outcome, *given_measures, *more)
    assert many.percent >= few.percent
