"""The file for CMS says what was reported, in CMS's words."""

import datetime as dt
import json
from decimal import Decimal

import msgspec

from services.regulatory_compliance.mips.interoperability import Counted, Interoperability
from services.regulatory_compliance.mips.performance import (
    Performance,
    Proportion,
    Stratum,
)
from services.regulatory_compliance.mips.qpp_submission import (
    MeasurementSet,
    Submission,
    activity_measurements,
    as_json,
    interoperability_measurements,
    quality_measurement,
)
from storage.vocabulary.mips import Algorithm, MipsCategory

SINGLE = "singlePerformanceRate"
ONE_RATE = Performance(
    measure_id="236",
    submission_method="electronicHealthRecord",
    strata=(Stratum("only", Proportion(eligible=562, met=305, not_met=255, exclusions=2)),),
    is_end_to_end=True,
)


def written(*sets: MeasurementSet, npi: str | None = None) -> dict[str, object]:
    submission = Submission(
        entity_type="individual" if npi else "group",
        taxpayer_identification_number="123456789",
        national_provider_identifier=npi,
        performance_year=2026,
        measurement_sets=sets,
    )
    return json.loads(as_json(submission), parse_float=Decimal)


def quality(*measures: Performance) -> MeasurementSet:
    return MeasurementSet(
        category=MipsCategory.QUALITY,
        submission_method="electronicHealthRecord",
        performance_start=dt.date(2026, 1, 1),
        performance_end=dt.date(2026, 12, 31),
        measurements=tuple(quality_measurement(each, SINGLE) for each in measures),
    )


def test_counts_of_one_rate() -> None:
    assert written(quality(ONE_RATE), npi="1234567893") == {
        "entityType": "individual",
        "taxpayerIdentificationNumber": "123456789",
        "nationalProviderIdentifier": "1234567893",
        "performanceYear": 2026,
        "measurementSets": [
            {
                "category": "quality",
                "submissionMethod": "electronicHealthRecord",
                "performanceStart": "2026-01-01",
                "performanceEnd": "2026-12-31",
                "measurements": [
                    {
                        "measureId": "236",
                        "value": {
                            "isEndToEndReported": True,
                            "eligiblePopulation": 562,
                            "performanceMet": 305,
                            "performanceNotMet": 255,
                            "eligiblePopulationException": 0,
                            "eligiblePopulationExclusion": 2,
                        },
                    }
                ],
            }
        ],
    }


def values(*sets: MeasurementSet) -> list[object]:
    (only,) = written(*sets)["measurementSets"]
    return [each["value"] for each in only["measurements"]]


def test_a_group_has_no_provider_number() -> None:
    assert "nationalProviderIdentifier" not in written(quality(ONE_RATE))


def test_several_rates_are_named() -> None:
    several = Performance(
        measure_id="226",
        submission_method="registry",
        algorithm=Algorithm.SPLIT,
        strata=(
            Stratum("reporting", Proportion(eligible=60, met=47, not_met=13)),
            Stratum("performance", Proportion(eligible=47, met=40, not_met=7)),
        ),
    )
    (rates,) = values(quality(several))
    assert [each["stratum"] for each in rates["strata"]] == ["reporting", "performance"]
    assert all("isEndToEndReported" not in each for each in rates["strata"])


def test_a_registry_states_the_rate_beside_the_counts_where_cms_asks_for_it() -> None:
    for metric_type, expected in (("registrySinglePerformanceRate", "54.46"), (SINGLE, None)):
        made = msgspec.to_builtins(quality_measurement(ONE_RATE, metric_type).value)
        assert made.get("performanceRate") == expected


def test_activities_and_interoperability() -> None:
    reported = Interoperability(
        has_certified_technology=True,
        days=180,
        answered_yes=frozenset({"PI_PPHI_1"}),
        counted={"PI_EP_1": Counted(200, 250)},
    )
    made = [
        *interoperability_measurements(reported),
        *activity_measurements(frozenset({"IA_BE_1"})),
    ]
    assert [each.measure_id for each in made] == ["PI_EP_1", "PI_PPHI_1", "IA_BE_1"]
    assert made[0].value == Counted(200, 250)
    assert made[1].value is made[2].value is True
