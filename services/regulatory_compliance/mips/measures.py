"""The measures of a performance year, as CMS lists them."""

import msgspec

from services.regulatory_compliance.mips.cms_lists import read_list
from storage.vocabulary.mips import Algorithm, MeasureType, MipsCategory

_OUTCOMES = frozenset(
    {
        MeasureType.OUTCOME,
        MeasureType.INTERMEDIATE_OUTCOME,
        MeasureType.PATIENT_REPORTED_OUTCOME,
    }
)


class MeasureStratum(msgspec.Struct, frozen=True):
    """One rate of a measure that has several."""

    name: str


class Measure(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One measure or activity. What only quality measures have is empty elsewhere."""

    measure_id: str
    category: MipsCategory
    title: str
    metric_type: str
    first_performance_year: int
    last_performance_year: int | None = None
    measure_type: MeasureType | None = None
    is_high_priority: bool = False
    is_inverse: bool = False
    submission_methods: tuple[str, ...] = ()
    overall_algorithm: Algorithm | None = None
    strata: tuple[MeasureStratum, ...] = ()
    seven_point_cap_removed: tuple[str, ...] = ()  # the collection types

    @property
    def is_outcome(self) -> bool:
        return self.measure_type in _OUTCOMES


def read_measures(content: bytes) -> list[Measure]:
    """The measures of CMS's list of a year. Raises InvalidList."""
    return read_list(
        content, _DECODER, name_of=lambda each: each.measure_id, faults_of=lambda _: iter(())
    )


_DECODER = msgspec.json.Decoder(Measure)
