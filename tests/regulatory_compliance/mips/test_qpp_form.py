"""The file for CMS has the form that CMS's documentation of its submissions states.

The facts below are those of CMSgov/qpp-submissions-docs (the tables of submissions, measurement
sets and measurements, and the two examples that these go with), written down here: names, which of
them have to be there, what each holds, and the words that are taken.
"""

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.regulatory_compliance.mips.interoperability import Counted, Interoperability
from services.regulatory_compliance.mips.performance import Performance, Proportion, Stratum
from services.regulatory_compliance.mips.qpp_submission import (
    REGISTRY_RATES,
    Measurement,
    MeasurementSet,
    Submission,
    activity_measurements,
    as_json,
    interoperability_measurements,
    quality_measurement,
)
from services.regulatory_compliance.mips_reporting.export import BY_FILE
from storage.vocabulary.mips import Algorithm, MipsCategory

Check = Callable[[Any], bool]


def count(value: Any) -> bool:
    return type(value) is int and value >= 0


def truth(value: Any) -> bool:
    return isinstance(value, bool)


def percent(value: Any) -> bool:
    return isinstance(value, int | Decimal) and 0 <= value <= 100


def day(value: Any) -> bool:
    return isinstance(value, str) and dt.date.fromisoformat(value).isoformat() == value


def like(pattern: str) -> Check:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


COUNTS: Mapping[str, Check] = {
    "eligiblePopulation": count,
    "performanceMet": count,
    "performanceNotMet": count,
    "eligiblePopulationException": count,
    "eligiblePopulationExclusion": count,
}
SINGLE = COUNTS | {"isEndToEndReported": truth}
STRATUM = COUNTS | {"stratum": like(r"\w+")}
PROPORTION: Mapping[str, Check] = {"numerator": count, "denominator": count}
SUBMISSION: Mapping[str, Check] = {
    "entityType": like("individual|group"),
    "taxpayerIdentificationNumber": like(r"\d{9}"),
    "performanceYear": count,
    "measurementSets": lambda value: isinstance(value, list) and value != [],
}
SET: Mapping[str, Check] = {
    "category": like("ia|pi|quality"),
    "submissionMethod": like("registry|electronicHealthRecord"),
    "performanceStart": day,
    "performanceEnd": day,
    "measurements": lambda value: isinstance(value, list) and value != [],
}


def assert_form(
    said: Any, needed: Mapping[str, Check], also: Mapping[str, Check] | None = None
) -> None:
    """All that is needed, nothing that is not known, and each of its kind."""
    known = dict(needed) | dict(also or {})
    assert isinstance(said, dict)
    assert set(needed) <= set(said) <= set(known), said
    for name, value in said.items():
        assert known[name](value), (name, value)


def assert_rate(said: Any) -> None:
    """What is met, not met, excepted and excluded is of the eligible."""
    parts = [said[name] for name in COUNTS if name != "eligiblePopulation"]
    assert sum(parts) <= said["eligiblePopulation"]


def assert_measurement(said: Any, category: str) -> None:
    assert_form(said, {"measureId": like(r"\w+"), "value": lambda _: True})
    value = said["value"]
    if value is True:
        assert category in ("ia", "pi")
    elif "numerator" in value:
        assert category == "pi"
        assert_form(value, PROPORTION)
        assert value["numerator"] <= value["denominator"]
    elif "strata" in value:
        needed = {"isEndToEndReported": truth, "strata": lambda each: isinstance(each, list)}
        assert_form(value, needed, {"performanceRate": percent})
        for each in value["strata"]:
            assert_form(each, STRATUM)
            assert_rate(each)
    else:
        assert category == "quality"
        assert_form(value, SINGLE, {"performanceRate": percent})
        assert_rate(value)


def assert_submission(said: Any) -> None:
    is_individual = said["entityType"] == "individual"
    number = {"nationalProviderIdentifier": like(r"\d{10}")}
    assert_form(said, SUBMISSION | number if is_individual else SUBMISSION)
    for each in said["measurementSets"]:
        is_pi = each["category"] == "pi"
        assert_form(each, SET, {"cehrtId": like("[A-Z0-9]{15}")} if is_pi else {})
        assert each["performanceStart"] <= each["performanceEnd"]
        names = [measurement["measureId"] for measurement in each["measurements"]]
        assert len(names) == len(set(names)), "no measure is there twice"
        for measurement in each["measurements"]:
            assert_measurement(measurement, each["category"])
    keys = [(each["category"], each["submissionMethod"]) for each in said["measurementSets"]]
    assert len(keys) == len(set(keys)), "one set a category and method"


@st.composite
def proportions(draw: st.DrawFn) -> Proportion:
    met, not_met, exceptions, exclusions, others = draw(st.tuples(*[st.integers(0, 10_000)] * 5))
    return Proportion(
        eligible=met + not_met + exceptions + exclusions + others,
        met=met,
        not_met=not_met,
        exceptions=exceptions,
        exclusions=exclusions,
    )


@st.composite
def measurements(draw: st.DrawFn, number: int) -> tuple[Measurement, str]:
    metric_type = draw(
        st.sampled_from(sorted({*REGISTRY_RATES, "singlePerformanceRate", "multiPerformanceRate"}))
    )
    is_multiple = "ulti" in metric_type
    names = ["first", "second", "overall"] if is_multiple else ["only"]
    performance = Performance(
        measure_id=f"{number:03}",
        submission_method="registry",
        strata=tuple(Stratum(name, draw(proportions())) for name in names),
        algorithm=draw(st.sampled_from([Algorithm.SIMPLE_AVERAGE, Algorithm.WEIGHTED_AVERAGE]))
        if is_multiple
        else None,
        is_end_to_end=draw(st.booleans()),
    )
    return quality_measurement(performance, metric_type), metric_type


@given(st.data(), st.booleans(), st.integers(1, 2))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_whatever_was_reported_the_file_has_cms_form(
    data: st.DataObject, is_individual: bool, how_many: int
) -> None:
    measured = [data.draw(measurements(number)) for number in range(how_many)]
    reported = Interoperability(
        has_certified_technology=True,
        days=180,
        answered_yes=frozenset({"PI_PPHI_1", "PI_INFBLO_1"}),
        counted={"PI_EP_1": Counted(data.draw(st.integers(0, 90)), 90)},
    )

    def part(
        category: MipsCategory, found: tuple[Measurement, ...], cehrt_id: str | None = None
    ) -> MeasurementSet:
        return MeasurementSet(
            category=category,
            submission_method=data.draw(st.sampled_from(sorted(BY_FILE))),
            performance_start=dt.date(2026, 1, 1),
            performance_end=dt.date(2026, 12, 31),
            measurements=found,
            cehrt_id=cehrt_id,
        )

    said = json.loads(
        as_json(
            Submission(
                entity_type="individual" if is_individual else "group",
                taxpayer_identification_number="123456789",
                national_provider_identifier="1234567893" if is_individual else None,
                performance_year=2026,
                measurement_sets=(
                    part(MipsCategory.QUALITY, tuple(each for each, _ in measured)),
                    part(
                        MipsCategory.PROMOTING_INTEROPERABILITY,
                        interoperability_measurements(reported),
                        "0015HQJ4N7T3KRA",
                    ),
                    part(
                        MipsCategory.IMPROVEMENT_ACTIVITIES,
                        activity_measurements(frozenset({"IA_BE_1", "IA_BE_2"})),
                    ),
                ),
            )
        ),
        parse_float=Decimal,
    )
    assert_submission(said)
    quality = said["measurementSets"][0]["measurements"]
    for each, (_, metric_type) in zip(quality, measured, strict=True):
        counts = each["value"].get("strata", [each["value"]])
        has_a_rate = all(e["performanceMet"] + e["performanceNotMet"] > 0 for e in counts)
        if metric_type in REGISTRY_RATES and has_a_rate:
            assert "performanceRate" in each["value"], "CMS asks a registry for it"


def test_the_form_is_that_of_cms_own_example() -> None:
    """Two strata of measure 226 and measure 112 with the numbers of the documentation's example."""
    rates = {"screenedForUse": (60, 47, 13), "overall": (147, 121, 26), "tobacco": (86, 73, 13)}
    several = Performance(
        measure_id="226",
        submission_method="registry",
        strata=tuple(
            Stratum(name, Proportion(eligible=all_, met=met, not_met=not_met))
            for name, (all_, met, not_met) in rates.items()
        ),
        algorithm=Algorithm.OVERALL_STRATUM_ONLY,
        is_end_to_end=True,
    )
    one = Performance(
        measure_id="112",
        submission_method="registry",
        strata=(Stratum("only", Proportion(eligible=562, met=305, not_met=255, exceptions=2)),),
        is_end_to_end=True,
    )
    said = json.loads(
        as_json(
            Submission(
                entity_type="group",
                taxpayer_identification_number="123456789",
                performance_year=2026,
                measurement_sets=(
                    MeasurementSet(
                        category=MipsCategory.QUALITY,
                        submission_method="registry",
                        performance_start=dt.date(2026, 1, 1),
                        performance_end=dt.date(2026, 12, 31),
                        measurements=(
                            quality_measurement(several, "multiPerformanceRate"),
                            quality_measurement(one, "singlePerformanceRate"),
                        ),
                    ),
                ),
            )
        )
    )
    assert_submission(said)
    strata, single = (each["value"] for each in said["measurementSets"][0]["measurements"])
    assert {each["stratum"]: each["eligiblePopulation"] for each in strata["strata"]} == {
        name: counts[0] for name, counts in rates.items()
    }
    assert (single["eligiblePopulation"], single["eligiblePopulationException"]) == (562, 2)
