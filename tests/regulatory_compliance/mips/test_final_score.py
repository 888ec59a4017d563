"""Four categories become one score, and the score a change of payment."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.regulatory_compliance.mips.activities import score_activities
from services.regulatory_compliance.mips.arithmetic import step
from services.regulatory_compliance.mips.cost import CostMeasure, score_cost
from services.regulatory_compliance.mips.final_score import final_score, payment_adjustment
from services.regulatory_compliance.mips.interoperability import (
    Counted,
    Interoperability,
    InteroperabilityScore,
    score_interoperability,
)
from services.regulatory_compliance.mips.years import YEARS, UnknownYear, rules_of
from storage.vocabulary.mips import MipsCategory
from tests.regulatory_compliance.mips.published import (
    needs_published,
    published,
    published_measures,
)

RULES = rules_of(2026)
ALL = dict.fromkeys(MipsCategory, Fraction(100))


def adjustment(score: str, **more: Decimal) -> Decimal:
    return payment_adjustment(Decimal(score), RULES, **more).percent


@pytest.mark.parametrize(
    ("score", "percent"),
    [
        ("0", "-9"),
        ("18.75", "-9"),
        ("18.76", "-6.75"),
        ("60", "-1.80"),
        ("74.99", "0.00"),
        ("75", "0"),
        ("87.5", "4.50"),
        ("100", "9"),
    ],
)
def test_the_payment_follows_the_score(score: str, percent: str) -> None:
    assert adjustment(score) == Decimal(percent)


def test_only_a_gain_is_scaled() -> None:
    assert adjustment("87.5", scaling_factor=Decimal("0.5")) == Decimal("2.25")
    assert adjustment("60", scaling_factor=Decimal("0.5")) == Decimal("-1.80")


@pytest.mark.parametrize(("score", "factor"), [("-1", "1"), ("101", "1"), ("80", "0"), ("80", "4")])
def test_what_lies_outside_of_its_bounds_has_no_adjustment(score: str, factor: str) -> None:
    with pytest.raises(ValueError, match="a s"):
        adjustment(score, scaling_factor=Decimal(factor))


scores = st.decimals(0, 100, places=2, allow_nan=False, allow_infinity=False)


@given(worse=scores, better=scores)
def test_a_better_score_is_never_paid_less(worse: Decimal, better: Decimal) -> None:
    worse, better = sorted((worse, better))
    assert adjustment(str(worse)) <= adjustment(str(better))


def test_all_categories_are_weighted() -> None:
    percents = {
        MipsCategory.QUALITY: Fraction(80),
        MipsCategory.COST: Fraction(50),
        MipsCategory.IMPROVEMENT_ACTIVITIES: Fraction(100),
        MipsCategory.PROMOTING_INTEROPERABILITY: Fraction(90),
    }
    found = final_score(percents, RULES, is_small_practice=False)
    assert found.score == Decimal("76.50")
    more = final_score(percents, RULES, is_small_practice=False, complex_patient_bonus=Fraction(30))
    assert more.score == Decimal("86.50")


@pytest.mark.parametrize(
    ("without", "is_small_practice", "weights"),
    [
        ("cost", False, {"quality": 55, "ia": 15, "pi": 30}),
        ("pi", False, {"quality": 55, "cost": 30, "ia": 15}),
        ("pi", True, {"quality": 40, "cost": 30, "ia": 30}),
    ],
)
def test_the_weight_of_what_is_not_scored_moves(
    without: str, is_small_practice: bool, weights: dict[str, int]
) -> None:
    percents = {each: Fraction(1) for each in MipsCategory if each != without}
    found = final_score(percents, RULES, is_small_practice=is_small_practice)
    assert dict(found.weights) == weights


@pytest.mark.parametrize("scored", [[], [MipsCategory.QUALITY]])
def test_who_is_scored_in_too_few_categories_stands_at_the_threshold(
    scored: list[MipsCategory],
) -> None:
    found = final_score(dict.fromkeys(scored, Fraction(3)), RULES, is_small_practice=False)
    assert (found.score, found.is_neutral) == (75, True)


def test_a_score_of_all_categories_rests_on_the_act_and_on_what_they_rest_on() -> None:
    def verified(scored: dict[MipsCategory, Fraction], **more: Any) -> bool:
        (only,) = final_score(scored, RULES, is_small_practice=False, **more).steps
        return only.is_verified

    assert verified(ALL)
    assert not verified(ALL, complex_patient_bonus=Fraction(1))
    assert not verified({each: ALL[each] for each in ALL if each is not MipsCategory.COST})
    assert not verified({}), "where too few are scored it is the threshold"
    unread = step("A category", "", Fraction(1), RULES.cost)
    assert not verified(ALL, rests_on=[unread])


@given(
    percents=st.dictionaries(st.sampled_from(MipsCategory), st.fractions(0, 100)),
    is_small_practice=st.booleans(),
    bonus=st.fractions(-5, 20),
    year=st.sampled_from(sorted(YEARS)),
)
def test_every_set_of_categories_has_a_score_within_its_bounds(
    percents: dict[MipsCategory, Fraction], is_small_practice: bool, bonus: Fraction, year: int
) -> None:
    found = final_score(
        percents, rules_of(year), is_small_practice=is_small_practice, complex_patient_bonus=bonus
    )
    assert 0 <= found.score <= 100
    assert found.is_neutral or sum(found.weights.values()) == 100


def test_a_year_without_rules_is_named() -> None:
    with pytest.raises(UnknownYear) as refused:
        rules_of(1999)
    assert refused.value.known == (2025, 2026)


def test_two_activities_earn_all_and_one_is_enough_for_a_small_practice() -> None:
    rules = RULES.improvement_activities
    one, two = frozenset({"IA_AHW_1"}), frozenset({"IA_AHW_1", "IA_BE_1"})
    assert score_activities(one, rules, needs_fewer=False).percent == 50
    assert score_activities(two, rules, needs_fewer=False).percent == 100
    assert score_activities(one, rules, needs_fewer=True).percent == 100
    assert score_activities(two | {"IA_BE_4"}, rules, needs_fewer=False).percent == 100
    home = score_activities(frozenset(), rules, needs_fewer=False, is_medical_home=True)
    assert home.percent == 100


@needs_published
def test_cost_is_the_mean_of_its_measures_and_nothing_without_any() -> None:
    assert score_cost([], RULES.cost).percent is None
    benchmark = published()["COST_ACOPD_1", "administrativeClaims"]
    best, worst = (CostMeasure(each, benchmark) for each in (Decimal(0), Decimal(10**9)))
    assert score_cost([best, worst], RULES.cost).percent == 55
    assert score_cost([best], RULES.cost, improvement_pct=Fraction(5)).percent == 100


ATTESTED = frozenset(RULES.interoperability.attestations)
ANSWERED = ATTESTED | {"PI_EP_2", "PI_HIE_5", "PI_PHCDRR_1", "PI_PHCDRR_3"}
COUNTED = {"PI_EP_1": Counted(200, 250), "PI_PEA_1": Counted(350, 500)}


def interoperability(
    *,
    answered: frozenset[str] = ANSWERED,
    counted: dict[str, Counted] | None = None,
    has_certified_technology: bool = True,
    days: int = 180,
) -> InteroperabilityScore:
    reported = Interoperability(
        has_certified_technology=has_certified_technology,
        days=days,
        answered_yes=answered,
        counted=COUNTED if counted is None else counted,
    )
    return score_interoperability(reported, RULES)


def test_a_yes_earns_all_points_of_a_measure_and_counts_their_share_in_whole_points() -> None:
    found = interoperability()
    assert found.points["PI_EP_1"] == 8
    assert found.points["PI_PEA_1"] == 18  # 17.5, rounded
    assert found.percent == 8 + 10 + 30 + 25 + 18


def test_one_bonus_measure_is_worth_as_much_as_two_and_nothing_exceeds_all() -> None:
    for more in ({"PI_PHCDRR_2"}, {"PI_PHCDRR_2", "PI_PHCDRR_6"}):
        assert interoperability(answered=ANSWERED | more).percent == 96
    full = {name: Counted(1, 1) for name in COUNTED}
    assert interoperability(answered=ANSWERED | {"PI_PHCDRR_2"}, counted=full).percent == 100


@pytest.mark.parametrize("missing", sorted(ANSWERED))
def test_without_any_one_part_the_category_is_nothing(missing: str) -> None:
    found = interoperability(answered=ANSWERED - {missing})
    assert found.percent == 0
    assert found.missing


def test_certified_technology_and_half_a_year_are_needed() -> None:
    assert interoperability(has_certified_technology=False).missing == (
        "certified technology (CEHRT)",
    )
    assert interoperability(days=179).missing == ("180 days in a row; these are 179",)
    nobody = interoperability(counted=COUNTED | {"PI_PEA_1": Counted(0, 500)})
    assert nobody.percent == 0


def test_the_points_of_an_excused_measure_move_to_those_in_use() -> None:
    excused = (ANSWERED - {"PI_EP_2"}) | {"PI_EP_2_EX_1"}
    full = {name: Counted(1, 1) for name in COUNTED}
    found = interoperability(answered=excused, counted=full)
    assert found.points == {
        "PI_EP_1": 20,
        "PI_HIE_5": 30,
        "PI_PHCDRR_1": Fraction("12.5"),
        "PI_PHCDRR_3": Fraction("12.5"),
        "PI_PEA_1": 25,
    }
    both = (excused - {"PI_PHCDRR_1", "PI_PHCDRR_3"}) | {"PI_PHCDRR_1_EX_1", "PI_PHCDRR_3_EX_2"}
    assert interoperability(answered=both, counted=full).points["PI_PEA_1"] == 50


excuses = st.sets(
    st.sampled_from([name for name, each in RULES.measures.items() if each.exclusions])
)


@given(excused=excuses, way=st.sampled_from(RULES.objectives[1].ways))
def test_whoever_reports_all_in_full_or_is_excused_earns_every_point(
    excused: set[str], way: tuple[str, ...]
) -> None:
    used = [
        name
        for objective in RULES.objectives
        for name in (way if way in objective.ways else objective.ways[0])
    ]
    answered, counted = set(ATTESTED), {}
    for name in used:
        measure = RULES.measures[name]
        if name in excused:
            answered.add(measure.exclusions[0])
        elif measure.is_yes_or_no:
            answered.add(name)
        else:
            counted[name] = Counted(7, 7)
    found = interoperability(answered=frozenset(answered), counted=counted)
    assert found.missing == ()
    assert sum(found.points.values()) == 100


@needs_published
def test_the_year_names_only_measures_that_cms_lists() -> None:
    listed = published_measures()
    gates = RULES.interoperability
    named = {*gates.attestations, *gates.bonus_measures, *RULES.measures}
    named |= {name for each in RULES.measures.values() for name in each.exclusions}
    assert named <= listed.keys()
