"""A submission in the form that CMS's Quality Payment Program takes (qpp-submissions-docs)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec

from services.regulatory_compliance.mips.arithmetic import rounded
from services.regulatory_compliance.mips.interoperability import Counted, Interoperability
from services.regulatory_compliance.mips.performance import Performance, Stratum
from storage.vocabulary.mips import MipsCategory

REGISTRY_RATES = frozenset({"registrySinglePerformanceRate", "registryMultiPerformanceRate"})
"""Metric types of which the registry states the rate itself: CMS asks for it beside the counts."""
NON_PROPORTION = "nonProportion"
"""The metric type that CMS takes as sums over observations, which nothing here holds."""
_RATE_PLACES = 2


class RateValue(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The counts of a measure with one rate, and the rate where CMS asks for it."""

    is_end_to_end_reported: bool
    eligible_population: int
    performance_met: int
    performance_not_met: int
    eligible_population_exception: int
    eligible_population_exclusion: int
    performance_rate: Decimal | None = None


class StratumValue(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The counts of one rate of a measure that has several."""

    eligible_population: int
    performance_met: int
    performance_not_met: int
    eligible_population_exception: int
    eligible_population_exclusion: int
    stratum: str


class StrataValue(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The counts of a measure with several rates, and their rate where CMS asks for it."""

    is_end_to_end_reported: bool
    strata: tuple[StratumValue, ...]
    performance_rate: Decimal | None = None


class Measurement(msgspec.Struct, frozen=True, rename="camel"):
    """One measure, activity or attestation."""

    measure_id: str
    value: RateValue | StrataValue | Counted | bool


class MeasurementSet(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The measurements of one category by one submission method."""

    category: MipsCategory
    submission_method: str
    performance_start: dt.date
    performance_end: dt.date
    measurements: tuple[Measurement, ...]
    cehrt_id: str | None = None


class Submission(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What one clinician (TIN and NPI) or group (TIN) submits for a year."""

    entity_type: str
    taxpayer_identification_number: str
    performance_year: int
    measurement_sets: tuple[MeasurementSet, ...]
    national_provider_identifier: str | None = None


def as_json(submission: Submission) -> bytes:
    """The file to hand in."""
    return msgspec.json.format(_ENCODER.encode(submission))


def quality_measurement(performance: Performance, metric_type: str) -> Measurement:
    """A quality measure, by counts or by strata, in the form of CMS's metric type for it."""
    rate = None
    if metric_type in REGISTRY_RATES and performance.rate_pct is not None:
        rate = rounded(performance.rate_pct, _RATE_PLACES)
    if performance.algorithm is None:
        (only,) = performance.strata
        value = RateValue(
            is_end_to_end_reported=performance.is_end_to_end,
            performance_rate=rate,
            eligible_population=only.counts.eligible,
            performance_met=only.counts.met,
            performance_not_met=only.counts.not_met,
            eligible_population_exception=only.counts.exceptions,
            eligible_population_exclusion=only.counts.exclusions,
        )
        return Measurement(performance.measure_id, value)
    strata = StrataValue(
        is_end_to_end_reported=performance.is_end_to_end,
        strata=tuple(_stratum(each) for each in performance.strata),
        performance_rate=rate,
    )
    return Measurement(performance.measure_id, strata)


def interoperability_measurements(reported: Interoperability) -> tuple[Measurement, ...]:
    """Every yes and every count, by measure."""
    values: dict[str, bool | Counted] = dict.fromkeys(reported.answered_yes, True)
    values |= reported.counted
    return tuple(Measurement(name, value) for name, value in sorted(values.items()))


def activity_measurements(activity_ids: frozenset[str]) -> tuple[Measurement, ...]:
    """Every activity, attested."""
    return tuple(Measurement(name, value=True) for name in sorted(activity_ids))


def _stratum(stratum: Stratum) -> StratumValue:
    return StratumValue(
        eligible_population=stratum.counts.eligible,
        performance_met=stratum.counts.met,
        performance_not_met=stratum.counts.not_met,
        eligible_population_exception=stratum.counts.exceptions,
        eligible_population_exclusion=stratum.counts.exclusions,
        stratum=stratum.name,
    )


_ENCODER = msgspec.json.Encoder(decimal_format="number")
