"""What was read in an official text is known by constant, and steps pass on what was not."""

from fractions import Fraction

import msgspec
import pytest

from services.regulatory_compliance.mips.arithmetic import step
from services.regulatory_compliance.mips.years import TABLE, YEARS, CostRules, rules_of
from tests.regulatory_compliance.mips.published import (
    FOLDER,
    needs_published,
    published_measures,
)

RULES = CostRules(
    source="somewhere",
    checked={"points_per_measure": "a paragraph"},
    points_per_measure=10,
    improvement_cap_pct=1,
)


def test_a_step_is_verified_if_what_it_rests_on_was_read() -> None:
    def verified(*names: str) -> bool:
        return step("A step", "", Fraction(1), RULES, *names).is_verified

    assert verified("points_per_measure")
    assert not verified("points_per_measure", "improvement_cap_pct")
    assert not verified(), "without a name it rests on all of the set"


def test_a_step_passes_on_what_those_before_it_rest_on() -> None:
    read, unread = (step("Before", "", Fraction(1), RULES, name) for name in RULES.constants)
    assert [read.is_verified, unread.is_verified] == [True, False]
    for before, expected in (([read], True), ([read, unread], False)):
        after = step("After", "", Fraction(2), RULES, "points_per_measure", rests_on=before)
        assert after.is_verified is expected


@pytest.mark.parametrize("year", sorted(YEARS))
def test_only_constants_are_checked_and_each_says_where(year: int) -> None:
    for name, rules in rules_of(year).sets.items():
        assert rules.checked.keys() <= rules.constants.keys(), name
        assert all(rules.checked.values()), name
        assert rules.is_verified() == (rules.checked.keys() == rules.constants.keys())


def test_what_was_read_for_2026() -> None:
    """Who reads another constant in an official text adds it here and in the table."""
    assert {
        (name, constant)
        for name, rules in rules_of(2026).sets.items()
        for constant in rules.checked
    } == {
        ("quality", "case_minimum"),
        ("quality", "completeness_pct"),
        ("quality", "lowest_points"),
        ("quality", "points_per_measure"),
        ("quality", "points_without_benchmark"),
        ("quality", "points_without_benchmark_small_practice"),
        ("quality", "small_practice_bonus"),
        ("quality", "topped_out_cap"),
        ("promoting interoperability", "attestations"),
        ("promoting interoperability", "bonus_measures"),
        ("final score", "highest_adjustment_pct"),
        ("final score", "highest_scaling_factor"),
        ("final score", "highest_score"),
    }
    (statute,) = [each for each in rules_of(2026).final.weightings if each.checked]
    assert list(statute.weights.values()) == [30, 30, 15, 25]
    assert TABLE.text.startswith(b"# What CMS decided")


@needs_published
def test_what_promoting_interoperability_asks_for_is_what_cms_lists() -> None:
    rules = rules_of(2026)
    text = (FOLDER / "measures-data-2026.json").read_bytes()
    listed = {each["measureId"]: each for each in msgspec.json.decode(text)}
    own = {name: each for name, each in listed.items() if each["category"] == "pi"}
    parts = {name for each in own.values() for name in each.get("preprod") or ()}
    required = {name for name, each in own.items() if each.get("isRequired")} - parts
    bonus = {name for name, each in own.items() if each.get("isBonus")} - parts
    assert required == {*rules.interoperability.attestations, *rules.measures}
    assert bonus == {*rules.interoperability.bonus_measures}
    for name, measure in rules.measures.items():
        assert own[name].get("exclusion") == (list(measure.exclusions) or None), name
        assert (own[name]["metricType"] == "boolean") == measure.is_yes_or_no, name
    assert {*rules.measures} <= published_measures().keys()
