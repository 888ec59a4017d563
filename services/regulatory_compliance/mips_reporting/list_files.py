"""CMS's files of a performance year, told apart by what is in them and read whole.

They are those of CMSgov/qpp-measures-data: ``benchmarks``, ``measures-data`` and
``benchmark-exclusion-reasons``. The list of measures alone does not say which year it is of.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from services.refusals import Category, Refusal
from services.regulatory_compliance.mips.benchmarks import Benchmark, read_benchmarks
from services.regulatory_compliance.mips.cms_lists import InvalidList
from services.regulatory_compliance.mips.exclusions import Exclusion, read_exclusions
from services.regulatory_compliance.mips.measures import Measure, read_measures
from storage.vocabulary.mips import MipsListKind

LARGEST_BYTES = 16_000_000
"""Many times what CMS's longest list has."""

FAULTS_SHOWN = 20

_KEYS = {
    MipsListKind.BENCHMARKS: "percentiles",
    MipsListKind.MEASURES: "metricType",
    MipsListKind.EXCLUSIONS: "reasonCodes",
}
"""What an entry of each list has and, in this order, those of no list after it."""

Entries = Sequence[Benchmark] | Sequence[Measure] | Sequence[Exclusion]


@dataclass(frozen=True)
class MipsListFile:
    """A file that was read to its end."""

    kind: MipsListKind
    performance_year: int
    sha256: bytes
    entries: Entries


@dataclass
class UnreadableMipsList(Refusal):
    """The file cannot be taken; nothing of it was. ``faults`` are the first of what is wrong."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "The list cannot be read"
    faults: list[str]

    @property
    def detail(self) -> str:
        return f"{'; '.join(self.faults)}. Nothing was loaded."


def read_mips_list(content: bytes, *, performance_year: int | None) -> MipsListFile:
    """Read one of CMS's files; all of it, or the faults that it has. Raises UnreadableMipsList.

    ``performance_year`` is needed for the list of measures; the others have to be of that year, if
    it is given.
    """
    if len(content) > LARGEST_BYTES:
        raise UnreadableMipsList([f"the file has more than {LARGEST_BYTES:,} bytes"])
    kind = _kind_of(content)
    try:
        entries = _READERS[kind](content)
    except InvalidList as error:
        raise UnreadableMipsList(
            [
                f"entry {each.entry}: {each.message}" if each.entry else each.message
                for each in error.faults[:FAULTS_SHOWN]
            ]
        ) from None
    year = _year_of(entries, performance_year)
    return MipsListFile(kind, year, hashlib.sha256(content).digest(), entries)


_READERS: Mapping[MipsListKind, Callable[[bytes], Entries]] = {
    MipsListKind.BENCHMARKS: read_benchmarks,
    MipsListKind.MEASURES: read_measures,
    MipsListKind.EXCLUSIONS: read_exclusions,
}


def _kind_of(content: bytes) -> MipsListKind:
    """What a list is, by its first entry. Raises UnreadableMipsList."""
    try:
        raw = msgspec.json.decode(content, type=list[msgspec.Raw])
    except msgspec.DecodeError as error:
        raise UnreadableMipsList([f"the file is no list in JSON: {error}"]) from None
    if not raw:
        raise UnreadableMipsList(["the file's list is empty"])
    try:
        names = set(msgspec.json.decode(raw[0], type=dict[str, msgspec.Raw]))
    except msgspec.DecodeError:
        names = set()
    for kind, key in _KEYS.items():
        if key in names:
            return kind
    raise UnreadableMipsList(
        ["the file is none of CMS's lists of benchmarks, measures or exclusion reasons"]
    )


def _year_of(entries: Entries, given: int | None) -> int:
    """The one year that all entries are of. Raises UnreadableMipsList."""
    years = sorted({e.performance_year for e in entries if not isinstance(e, Measure)})
    if not years:
        if given is None:
            raise UnreadableMipsList(["a list of measures does not say its year: give it along"])
        return given
    if len(years) > 1:
        raise UnreadableMipsList([f"the file holds several years: {', '.join(map(str, years))}"])
    if given not in (None, years[0]):
        raise UnreadableMipsList([f"the file is of {years[0]}, not of {given}"])
    return years[0]
