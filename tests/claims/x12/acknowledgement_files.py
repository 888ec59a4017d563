"""Writes acknowledgement files from lists of elements, envelope and counts included."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ISA = (
    "ISA*00*          *00*          *ZZ*PAYER          *ZZ*SENDER         *261126*0930"
    "*^*00501*000000007*0*P*:"
)
FUNCTIONAL = "005010X231A1"
CLAIM = "005010X214"


@dataclass(frozen=True)
class AcknowledgementFile:
    """One interchange: TA1 segments, and transaction sets of the kinds 999 and 277CA.

    A set is its segments between ST and SE, as text.
    """

    sets: Sequence[tuple[str, Sequence[str]]] = ()  # guide, segments
    interchange_answers: Sequence[str] = ()
    separators: str = "*:~\n"  # element, component, terminator, line break
    trailer_overrides: dict[str, str] = field(default_factory=dict)

    def segments(self) -> Iterable[str]:
        yield ISA
        yield from self.interchange_answers
        for number, (guide, segments) in enumerate(self.sets, start=1):
            identifier = "999" if guide == FUNCTIONAL else "277"
            functional = "FA" if guide == FUNCTIONAL else "HN"
            yield f"GS*{functional}*PAYER*SENDER*20261126*0930*{number}*X*{guide}"
            yield f"ST*{identifier}*{number:04}*{guide}"
            yield from segments
            yield self._trailer("SE", f"SE*{len(segments) + 2}*{number:04}")
            yield self._trailer("GE", f"GE*1*{number}")
        yield self._trailer("IEA", f"IEA*{len(self.sets)}*000000007")

    def render(self) -> bytes:
        element, component, terminator, line_break = self.separators
        text = "".join(segment + "~" for segment in self.segments())
        table = str.maketrans(
            {"*": element, ":": component, "~": terminator + line_break.strip("-")}
        )
        return text.translate(table).encode()

    def _trailer(self, name: str, segment: str) -> str:
        return self.trailer_overrides.get(name, segment)


def functional(*segments: str) -> tuple[str, Sequence[str]]:
    """A 999 of these segments between ST and SE."""
    return FUNCTIONAL, segments


def claims(*segments: str) -> tuple[str, Sequence[str]]:
    """A 277CA of a source, a receiver and a provider with these segments below it."""
    return CLAIM, (
        "BHT*0085*08*REPORT1*20261126*0930*TH",
        "HL*1**20*1",
        "NM1*PR*2*EXAMPLE PLAN*****PI*99999",
        "TRN*1*SOURCE1",
        "DTP*050*D8*20261125",
        "DTP*009*D8*20261126",
        "HL*2*1*21*1",
        "NM1*41*2*EXAMPLE BILLING*****46*SENDER",
        "TRN*2*BATCH1",
        *segments,
    )


PROVIDER = ("HL*3*2*19*1", "NM1*85*2*EXAMPLE CLINIC*****XX*1234567893", "TRN*1*0")


def claim(number: str, *segments: str) -> tuple[str, ...]:
    """The claim level of one claim, under the provider."""
    return (
        "HL*4*3*PT",
        "NM1*QC*1*SAMPLE*PAT****MI*MEM0001",
        f"TRN*2*{number}",
        *segments,
    )
