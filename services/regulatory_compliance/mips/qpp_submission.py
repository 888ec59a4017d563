"""A submission in the form that CMS's Quality Payment Program takes (qpp-submissions-docs)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec

from services.regulatory_compliance.mips.interoperability import Counted, Interoperability
from services.regulatory_compliance.mips.performance import Performance, Proportion, Stratum
from storage.vocabulary.mips import MipsCategory


class RateValue(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The counts of one rate; ``stratum`` where the measure has several."""

    is_end_to_end_reported: bool
    eligible_population: int
    performance_met: int
    performance_not_met: int
    eligible_population_exception: int
    eligible_population_exclusion: int
    stratum: str | None = None


class StrataValue(msgspec.Struct, frozen=True, rename="camel"):
    """The counts of a measure with several rates."""

    is_end_to_end_reported: bool
    strata: tuple[RateValue, ...]


class Measurement(msgspec.Struct, frozen=True, rename="camel"):
    """One measure, activity or attestation."""

    measure_id: str
    value: RateValue | StrataValue | Counted | Decimal | bool


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


def quality_measurement(performance: Performance) -> Measurement:
    """A quality measure, by counts, by strata or by value."""
    if performance.value is not None:
        return Measurement(performance.measure_id, performance.value)
    end_to_end = performance.is_end_to_end
    if performance.algorithm is None:
        (only,) = performance.strata
        return Measurement(performance.measure_id, _rate(only.counts, end_to_end))
    strata = tuple(_rate(each.counts, end_to_end, each) for each in performance.strata)
    return Measurement(performance.measure_id, StrataValue(end_to_end, strata))


def interoperability_measurements(reported: Interoperability) -> tuple[Measurement, ...]:
    """Every yes and every count, by measure."""
    values: dict[str, bool | Counted] = dict.fromkeys(reported.answered_yes, True)
    values |= reported.counted
    return tuple(Measurement(name, value) for name, value in sorted(values.items()))


def activity_measurements(activity_ids: frozenset[str]) -> tuple[Measurement, ...]:
    """Every activity, attested."""
    return tuple(Measurement(name, value=True) for name in sorted(activity_ids))


def _rate(counts: Proportion, end_to_end: bool, stratum: Stratum | None = None) -> RateValue:
    return RateValue(
        is_end_to_end_reported=end_to_end,
        eligible_population=counts.eligible,
        performance_met=counts.met,
        performance_not_met=counts.not_met,
        eligible_population_exception=counts.exceptions,
        eligible_population_exclusion=counts.exclusions,
        stratum=None if stratum is None else stratum.name,
    )


_ENCODER = msgspec.json.Encoder(decimal_format="number")
