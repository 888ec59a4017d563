"""The file for CMS: what a clinician or group submits for a year, over all categories."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from uuid import UUID

from services.refusals import Fault, InvalidInput
from services.regulatory_compliance.mips.measures import Measure
from services.regulatory_compliance.mips.qpp_submission import (
    NON_PROPORTION,
    Measurement,
    MeasurementSet,
    Submission,
    activity_measurements,
    as_json,
    interoperability_measurements,
    quality_measurement,
)
from services.regulatory_compliance.mips_reporting.final_scores import (
    NothingSubmitted,
    handed_in,
)
from services.regulatory_compliance.mips_reporting.lists import list_in_force, measures_of
from services.regulatory_compliance.mips_reporting.reported import (
    attested,
    interoperability,
    performances,
)
from storage.filters import ByMipsSubmission
from storage.interface import Store
from storage.tables.mips import MipsMeasure, MipsSubmission
from storage.vocabulary.mips import MipsCategory, MipsListKind, SubmissionMethod

BY_FILE = frozenset({SubmissionMethod.REGISTRY, SubmissionMethod.ELECTRONIC_HEALTH_RECORD})
"""The methods that CMS takes a file of; claims and surveys reach it by themselves, and its web
interface takes no file."""


async def qpp_submission(store: Store, clinician_id: UUID) -> bytes:
    """The submission in the form that CMS's Quality Payment Program takes.

    What reaches CMS by another way (claims, surveys, its web interface) is no part of it. Raises
    RowNotFound, NothingSubmitted, ListNotLoaded, InvalidInput for a measure that has no form in it.
    """
    clinician = await store.mips_clinicians.get(clinician_id)
    standing = await handed_in(store, clinician, with_drafts=False)
    ours = [each for each in standing if each.submission_method in BY_FILE]
    if not ours:
        raise NothingSubmitted(clinician.performance_year)
    conditions = ByMipsSubmission(submission_ids=[each.id for each in ours])
    rows = sorted(
        await store.mips_measures.all(conditions), key=lambda each: (each.submission_id, each.id)
    )
    reported = {
        key: list(group) for key, group in groupby(rows, key=lambda each: each.submission_id)
    }
    measure_list = await list_in_force(store, MipsListKind.MEASURES, clinician.performance_year)
    listed = await measures_of(store, measure_list.id, {each.measure_id for each in rows})
    return as_json(
        Submission(
            entity_type="group" if clinician.npi is None else "individual",
            taxpayer_identification_number=clinician.tin,
            national_provider_identifier=clinician.npi,
            performance_year=clinician.performance_year,
            measurement_sets=tuple(_set(each, reported[each.id], listed) for each in ours),
        )
    )


def _set(
    submission: MipsSubmission, rows: Sequence[MipsMeasure], listed: Mapping[str, Measure]
) -> MeasurementSet:
    return MeasurementSet(
        category=submission.category,
        submission_method=submission.submission_method,
        performance_start=submission.performance_start,
        performance_end=submission.performance_end,
        measurements=_measurements(submission, rows, listed),
        cehrt_id=submission.cehrt_id,
    )


def _measurements(
    submission: MipsSubmission, rows: Sequence[MipsMeasure], listed: Mapping[str, Measure]
) -> tuple[Measurement, ...]:
    """Raises InvalidInput."""
    match submission.category:
        case MipsCategory.IMPROVEMENT_ACTIVITIES:
            return activity_measurements(attested(rows))
        case MipsCategory.PROMOTING_INTEROPERABILITY:
            return interoperability_measurements(interoperability(submission, rows))
        case _:
            made = performances(submission, rows, listed)
            types = {each.measure_id: listed[each.measure_id].metric_type for each in made}
            faults = [
                Fault(f"/measures/{name}", "is handed in to CMS by its registry, not by this file")
                for name, metric_type in types.items()
                if metric_type == NON_PROPORTION
            ]
            if faults:
                raise InvalidInput(faults)
            return tuple(quality_measurement(each, types[each.measure_id]) for each in made)
