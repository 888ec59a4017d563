"""From the rows of a submission to what the rules of MIPS read."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from services.refusals import Fault, InvalidInput
from services.regulatory_compliance.mips.interoperability import Counted, Interoperability
from services.regulatory_compliance.mips.measures import Measure
from services.regulatory_compliance.mips.performance import (
    Performance,
    Proportion,
    Stratum,
    faults_of,
)
from storage.tables.mips import MipsMeasure, MipsSubmission
from storage.vocabulary.mips import MeasurementKind

ONLY = "only"
"""The name of the one rate of a measure that has one."""


def performances(
    submission: MipsSubmission, rows: Sequence[MipsMeasure], listed: Mapping[str, Measure]
) -> list[Performance]:
    """The measures reported by counts or by a value. Raises InvalidInput for those that lack a
    rate of theirs or contradict themselves."""
    named = sorted(rows, key=lambda each: (each.measure_id, each.id))
    made = [
        _performance(submission, list(group), listed[measure_id])
        for measure_id, group in groupby(named, key=lambda each: each.measure_id)
    ]
    faults = [
        Fault(f"/measures/{each.measure_id}{pointer}", message)
        for each in made
        for pointer, message in _faults(each, listed[each.measure_id])
    ]
    if faults:
        raise InvalidInput(faults)
    return made


def interoperability(submission: MipsSubmission, rows: Sequence[MipsMeasure]) -> Interoperability:
    """What was reported of promoting interoperability."""
    days = (submission.performance_end - submission.performance_start).days + 1
    return Interoperability(
        has_certified_technology=submission.cehrt_id is not None,
        days=days,
        answered_yes=attested(rows),
        counted={
            each.measure_id: Counted(each.numerator, each.denominator)
            for each in rows
            if each.numerator is not None and each.denominator is not None
        },
    )


def attested(rows: Sequence[MipsMeasure]) -> frozenset[str]:
    """The activities, attestations and exclusions that were answered with yes."""
    return frozenset(each.measure_id for each in rows if each.kind is MeasurementKind.ATTESTED)


def _faults(performance: Performance, measure: Measure) -> Iterator[tuple[str, str]]:
    reported = {each.name for each in performance.strata}
    if reported and measure.overall_algorithm is not None:
        for each in measure.strata:
            if each.name not in reported:
                yield "/strata", f"lacks the stratum {each.name}"
    for fault in faults_of(performance):
        yield fault.pointer, fault.message


def _performance(
    submission: MipsSubmission, rows: Sequence[MipsMeasure], measure: Measure
) -> Performance:
    first = rows[0]
    strata = tuple(
        Stratum(each.stratum or ONLY, _counts(each))
        for each in rows
        if each.kind is MeasurementKind.COUNTS
    )
    return Performance(
        measure_id=first.measure_id,
        submission_method=submission.submission_method,
        strata=strata,
        algorithm=measure.overall_algorithm if strata else None,
        value=first.value,
        cases_of_value=first.cases,
        is_end_to_end=bool(strata) and all(each.is_end_to_end for each in rows),
    )


def _counts(row: MipsMeasure) -> Proportion:
    return Proportion(
        eligible=row.eligible or 0,
        met=row.met or 0,
        not_met=row.not_met or 0,
        exceptions=row.exceptions or 0,
        exclusions=row.exclusions or 0,
    )
