"""What is reported in a draft: one row a measure or activity, and one a rate where it has several.

A measure has to be one that CMS lists for the year, in the submission's category and by its
method, and it is reported in the way that CMS's list says: by counts, by a value, by a ratio or by
attesting it.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from services.inputs import Input, left_out
from services.refusals import Fault, InvalidInput
from services.regulatory_compliance.mips.measures import Measure
from services.regulatory_compliance.mips_reporting.lists import list_in_force, measures_of
from services.regulatory_compliance.mips_reporting.submissions import content_changed, held_draft
from storage.errors import RowNotFound
from storage.filters import ByMipsSubmission
from storage.interface import Page, Store
from storage.tables.mips import MipsMeasure, MipsMeasureFields, MipsSubmission
from storage.vocabulary.mips import MeasurementKind, MipsListKind

MeasureId = Annotated[
    str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_]+$", examples=["236"])
]
Stratum = Annotated[
    str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_]+$", examples=["overall"])
]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
AtLeastOne = Annotated[int, Field(ge=1, le=1_000_000_000)]
Value = Annotated[Decimal, Field(max_digits=16, decimal_places=4, examples=[Decimal("81.5")])]

COUNTS = ("eligible", "met", "not_met", "exceptions", "exclusions")
FIELDS = {
    MeasurementKind.COUNTS: COUNTS,
    MeasurementKind.VALUE: ("value", "cases"),
    MeasurementKind.RATIO: ("numerator", "denominator"),
    MeasurementKind.ATTESTED: (),
}
"""What each kind of measurement holds, and nothing else of these."""

_KINDS = {
    "boolean": MeasurementKind.ATTESTED,
    "proportion": MeasurementKind.RATIO,
    "costScore": MeasurementKind.VALUE,
    "cahps": MeasurementKind.VALUE,
    "nonProportion": MeasurementKind.VALUE,
}
"""How measures of these metric types are reported; all others by counts."""


_EXAMPLE: JsonDict = {
    "measure_id": "236",
    "kind": "counts",
    "is_end_to_end": True,
    "eligible": 562,
    "met": 305,
    "not_met": 255,
    "exceptions": 0,
    "exclusions": 2,
}


class NewMipsMeasure(Input):
    """A measure or activity as it was reported.

    ``counts`` need all five of them; a ``value`` its cases; a ``ratio`` numerator and denominator;
    what is ``attested`` needs nothing else. ``stratum`` names the rate of a measure with several.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    measure_id: MeasureId
    stratum: Stratum | None = None
    kind: MeasurementKind
    is_end_to_end: bool = False
    eligible: Count | None = None
    met: Count | None = None
    not_met: Count | None = None
    exceptions: Count | None = None
    exclusions: Count | None = None
    value: Value | None = None
    cases: Count | None = None
    numerator: Count | None = None
    denominator: AtLeastOne | None = None

    @model_validator(mode="after")
    def _holds_its_kind(self) -> Self:
        wanted = FIELDS[self.kind]
        every = (name for names in FIELDS.values() for name in names)
        wrong = [name for name in every if (getattr(self, name) is None) == (name in wanted)]
        if wrong:
            needs = ", ".join(wanted) or "nothing else"
            raise ValueError(f"what is reported by {self.kind} needs {needs}")
        return self


class MipsMeasureChanges(Input):
    """What to change of what was reported; what is left out stays."""

    is_end_to_end: bool = left_out()
    eligible: Count = left_out()
    met: Count = left_out()
    not_met: Count = left_out()
    exceptions: Count = left_out()
    exclusions: Count = left_out()
    value: Value = left_out()
    cases: Count = left_out()
    numerator: Count = left_out()
    denominator: AtLeastOne = left_out()


async def add_measure(store: Store, submission_id: UUID, new: NewMipsMeasure) -> MipsMeasure:
    """Report a measure in a draft.

    Raises RowNotFound, NoLongerDraft, ListNotLoaded, InvalidInput, DuplicateValue.
    """
    held = await held_draft(store, submission_id)
    listed_in = await list_in_force(store, MipsListKind.MEASURES, held.performance_year)
    listed = await measures_of(store, listed_in.id, [new.measure_id])
    fields = MipsMeasureFields(submission_id=submission_id, **dict(new))
    faults = [
        *faults_of_counts(fields),
        *_faults_of_measure(fields, held, listed.get(new.measure_id)),
    ]
    if faults:
        raise InvalidInput(faults)
    made = await store.mips_measures.create(fields)
    await content_changed(store, held)
    return made


async def update_measure(
    store: Store,
    submission_id: UUID,
    measure_id: UUID,
    changes: MipsMeasureChanges,
    *,
    expected_version: int,
) -> MipsMeasure:
    """Change what was reported.

    Raises RowNotFound, VersionConflict, NoLongerDraft, InvalidInput.
    """
    held = await held_draft(store, submission_id)
    before = await _measure_of(store, submission_id, measure_id)
    given = changes.given()
    faults = [
        Fault(f"/{name}", f"is not part of what is reported by {before.kind}")
        for name in given
        if name != "is_end_to_end" and name not in FIELDS[before.kind]
    ]
    after = MipsMeasureFields.model_validate(
        {name: given.get(name, getattr(before, name)) for name in MipsMeasureFields.model_fields}
    )
    faults += faults_of_counts(after)
    if faults:
        raise InvalidInput(faults)
    changed = await store.mips_measures.update(measure_id, given, expected_version=expected_version)
    await content_changed(store, held)
    return changed


async def remove_measure(
    store: Store, submission_id: UUID, measure_id: UUID, *, expected_version: int
) -> None:
    """Take a measure out of a draft. Raises RowNotFound, VersionConflict, NoLongerDraft."""
    held = await held_draft(store, submission_id)
    await _measure_of(store, submission_id, measure_id)
    await store.mips_measures.delete(measure_id, expected_version=expected_version)
    await content_changed(store, held)


async def list_measures(
    store: Store, submission_id: UUID, *, limit: int, after: UUID | None
) -> Page[MipsMeasure]:
    """What is reported in a submission, the last added first. Raises RowNotFound."""
    await store.mips_submissions.get(submission_id)
    conditions = ByMipsSubmission(submission_id=submission_id)
    return await store.mips_measures.list(conditions, limit=limit, after=after)


async def _measure_of(store: Store, submission_id: UUID, measure_id: UUID) -> MipsMeasure:
    """Raises RowNotFound, for one of another submission too."""
    measure = await store.mips_measures.get(measure_id)
    if measure.submission_id != submission_id:
        raise RowNotFound("mips_measures")
    return measure


def faults_of_counts(fields: MipsMeasureFields) -> Iterator[Fault]:
    """What contradicts itself, which the table refuses too."""
    if fields.kind is not MeasurementKind.COUNTS and fields.is_end_to_end:
        yield Fault("/is_end_to_end", "is about counts only")
    if fields.kind is MeasurementKind.RATIO:
        if (fields.numerator or 0) > (fields.denominator or 0):
            yield Fault("/numerator", "is more than the denominator")
        return
    if fields.kind is not MeasurementKind.COUNTS:
        return
    eligible, *parts = (getattr(fields, name) or 0 for name in COUNTS)
    reported = sum(parts)
    if reported > eligible:
        yield Fault(
            "/eligible",
            f"is {eligible}, and met, not met, exceptions and exclusions sum to {reported}",
        )
    elif fields.is_end_to_end and reported != eligible:
        yield Fault(
            "/eligible",
            f"is {eligible}, of which {reported} are reported; certified technology from end to"
            " end reports all of them",
        )


def _faults_of_measure(
    fields: MipsMeasureFields, held: MipsSubmission, measure: Measure | None
) -> Iterator[Fault]:
    """What CMS's list says against it."""
    if measure is None:
        yield Fault("/measure_id", "is not in CMS's list of measures that is in force")
        return
    if measure.category is not held.category:
        yield Fault("/measure_id", f"is of the category {measure.category}")
    methods = measure.submission_methods
    if methods and held.submission_method not in methods:
        yield Fault("/measure_id", f"is reported by {', '.join(methods)}")
    kind = _KINDS.get(measure.metric_type, MeasurementKind.COUNTS)
    if fields.kind is not kind:
        yield Fault("/kind", f"of this measure is {kind}")
    elif kind is MeasurementKind.COUNTS:
        names = [each.name for each in measure.strata] if measure.overall_algorithm else []
        if names and fields.stratum not in names:
            yield Fault("/stratum", f"is one of {', '.join(names)}")
        if not names and fields.stratum is not None:
            yield Fault("/stratum", "is named where the measure has one rate only")
    elif fields.stratum is not None:
        yield Fault("/stratum", "is of rates only")
