"""A file of claims to its parts: envelopes, hierarchy and claims, one after another. Pure.

A part is what is checked and written at once, so that memory stays flat however large a file is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING

from services.claims.x12.claim_file import ClaimKind
from services.claims.x12.claim_model import InstitutionalClaim, ProfessionalClaim
from services.claims.x12.institutional_segments import write_institutional_claim
from services.claims.x12.party_segments import (
    write_billing_provider,
    write_dependent,
    write_payer,
    write_receiver,
    write_submitter,
    write_subscriber,
)
from services.claims.x12.professional_segments import write_professional_claim
from services.claims.x12.segment_list import FaultKind, SegmentList, required

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from services.claims.x12.claim_file import ClaimFile
    from services.claims.x12.claim_model import Claim
    from services.claims.x12.party_model import Dependent

_MOST_CLAIMS_OF_A_PATIENT = 100  # repetitions of 2300
_GREATEST_CONTROL_NUMBER = 999_999_999
_SHORTEST_SET_NUMBER = 4  # ST02

_Numbered = tuple[int, "Claim"]


@dataclass(frozen=True, slots=True)
class Part:
    """Segments with what is wrong with them, and the claim that they belong to."""

    segments: SegmentList
    claim: int | None = None  # counted in the file, from 1
    patient_control_number: str | None = None


class FileParts:
    """Makes the parts of a file in their order; may be iterated as often as the claims may."""

    def __init__(self, file: ClaimFile, reserved: frozenset[str] = frozenset()) -> None:
        self._file = file
        self._reserved = reserved

    def __iter__(self) -> Iterator[Part]:
        file = self._file
        yield Part(self._opening())
        ordinal = 0
        for number in range(len(file.sets)):
            for part in _SetParts(file, number, ordinal, self._reserved).parts():
                if part.claim is not None:
                    ordinal = max(ordinal, part.claim)
                yield part
        yield Part(self._closing())

    def _opening(self) -> SegmentList:
        interchange = self._file.interchange
        segments = SegmentList(self._reserved)
        at = "/interchange"
        created = interchange.created_at
        segments.add(
            "ISA",
            "00",
            None,
            "00",
            None,
            required(f"{at}/sender_qualifier", interchange.sender_qualifier),
            required(f"{at}/sender_identifier", interchange.sender_identifier),
            required(f"{at}/receiver_qualifier", interchange.receiver_qualifier),
            required(f"{at}/receiver_identifier", interchange.receiver_identifier),
            f"{created:%y%m%d}",
            f"{created:%H%M}",
            None,
            "00501",
            _control_number(segments, f"{at}/control_number", interchange.control_number, 9),
            "1" if interchange.wants_acknowledgement else "0",
            interchange.usage.value,
        )
        pointer = f"{at}/group_control_number"
        segments.add(
            "GS",
            "HC",
            required(f"{at}/application_sender", interchange.application_sender),
            required(f"{at}/application_receiver", interchange.application_receiver),
            f"{created:%Y%m%d}",
            f"{created:%H%M}",
            _control_number(segments, pointer, interchange.group_control_number, 1),
            "X",
            self._file.kind.guide,
        )
        sets = self._file.sets
        if not sets:
            segments.fault(FaultKind.MISSING, "/sets", "is empty")
        if len({each.control_number for each in sets}) < len(sets):
            segments.fault(FaultKind.TOO_MANY, "/sets", "use a control number twice")
        return segments

    def _closing(self) -> SegmentList:
        interchange = self._file.interchange
        segments = SegmentList()
        segments.add("GE", str(len(self._file.sets)), str(interchange.group_control_number))
        segments.add("IEA", "1", f"{interchange.control_number:09}")
        return segments


class _SetParts:
    """The parts of one transaction set: the HL tree of providers, subscribers and patients."""

    def __init__(
        self, file: ClaimFile, number: int, earlier_claims: int, reserved: frozenset[str]
    ) -> None:
        self._file = file
        self._at = f"/sets/{number}"
        self._set = file.sets[number]
        self._earlier_claims = earlier_claims
        self._reserved = reserved
        self._is_professional = file.kind is ClaimKind.PROFESSIONAL
        self._levels = 0  # HL01 of the last level
        self._segments = 0

    def parts(self) -> Iterator[Part]:
        """ST to SE."""
        for part in self._body():
            self._segments += len(part.segments.segments)
            yield part
        closing = SegmentList()
        number = f"{self._set.control_number:0{_SHORTEST_SET_NUMBER}}"
        closing.add("SE", str(self._segments + 1), number)
        yield Part(closing)

    def _body(self) -> Iterator[Part]:
        yield Part(self._header())
        has_claims = False
        numbered = enumerate(self._set.claims, start=self._earlier_claims + 1)
        for _, of_provider in groupby(numbered, key=lambda each: each[1].billing_provider):
            has_claims = True
            yield from self._of_provider(of_provider)
        if not has_claims:
            empty = SegmentList()
            empty.fault(FaultKind.MISSING, f"{self._at}/claims", "is empty")
            yield Part(empty)

    def _header(self) -> SegmentList:
        claims, created = self._set, self._file.interchange.created_at
        segments = SegmentList(self._reserved)
        pointer = f"{self._at}/control_number"
        number = _control_number(segments, pointer, claims.control_number, _SHORTEST_SET_NUMBER)
        segments.add("ST", "837", number, self._file.kind.guide)
        segments.add(
            "BHT",
            "0019",
            "00",
            required(f"{self._at}/reference", claims.reference),
            f"{created:%Y%m%d}",
            f"{created:%H%M}",
            "RP" if claims.is_encounter else "CH",
        )
        write_submitter(segments, f"{self._at}/submitter", claims.submitter)
        write_receiver(segments, f"{self._at}/receiver", claims.receiver)
        return segments

    def _of_provider(self, numbered: Iterable[_Numbered]) -> Iterator[Part]:
        provider_level: int | None = None
        by_subscriber = groupby(numbered, key=lambda each: (each[1].subscriber, each[1].payer))
        for _, of_subscriber in by_subscriber:
            while chunk := list(islice(of_subscriber, _MOST_CLAIMS_OF_A_PATIENT)):
                first = chunk[0]
                if provider_level is None:
                    segments = SegmentList(self._reserved)
                    provider_level = self._level(segments, None, "20", has_children=True)
                    write_billing_provider(
                        segments,
                        first[1].billing_provider,
                        is_professional=self._is_professional,
                    )
                    yield _part(segments, first)
                yield from self._of_subscriber(chunk, provider_level)

    def _of_subscriber(self, chunk: Sequence[_Numbered], provider_level: int) -> Iterator[Part]:
        """The subscriber's own claims, then those of each dependent.

        Two subscriber levels where there are both: SBR02 says of a level that the subscriber is
        the patient, and pyx12's institutional map takes no patient level after claims.
        """
        patients: dict[Dependent, list[_Numbered]] = {}
        own = []
        for numbered in chunk:
            dependent = numbered[1].dependent
            if dependent is None:
                own.append(numbered)
            else:
                patients.setdefault(dependent, []).append(numbered)
        if own:
            segments, _ = self._subscriber(own[0][1], provider_level, is_patient=True)
            yield _part(segments, own[0])
            for numbered in own:
                yield self._claim(numbered)
        level: int | None = None
        for dependent, of_dependent in patients.items():
            if level is None:
                first = of_dependent[0]
                segments, level = self._subscriber(first[1], provider_level, is_patient=False)
                yield _part(segments, first)
            segments = SegmentList(self._reserved)
            self._level(segments, level, "23", has_children=False)
            write_dependent(segments, dependent)
            yield _part(segments, of_dependent[0])
            for numbered in of_dependent:
                yield self._claim(numbered)

    def _subscriber(
        self, claim: Claim, provider_level: int, *, is_patient: bool
    ) -> tuple[SegmentList, int]:
        segments = SegmentList(self._reserved)
        level = self._level(segments, provider_level, "22", has_children=not is_patient)
        write_subscriber(
            segments,
            claim.subscriber,
            is_patient=is_patient,
            is_professional=self._is_professional,
        )
        write_payer(segments, claim.payer)
        return segments, level

    def _claim(self, numbered: _Numbered) -> Part:
        segments = SegmentList(self._reserved)
        claim = numbered[1]
        if isinstance(claim, ProfessionalClaim) and self._is_professional:
            write_professional_claim(segments, claim)
        elif isinstance(claim, InstitutionalClaim) and not self._is_professional:
            write_institutional_claim(segments, claim)
        else:
            detail = f"is no {self._file.kind} claim, as all of the file are"
            segments.fault(FaultKind.NOT_IN_GUIDE, "", detail)
        return _part(segments, numbered)

    def _level(
        self, segments: SegmentList, parent: int | None, code: str, *, has_children: bool
    ) -> int:
        self._levels += 1
        segments.add(
            "HL",
            str(self._levels),
            None if parent is None else str(parent),
            code,
            "1" if has_children else "0",
        )
        return self._levels


def _part(segments: SegmentList, numbered: _Numbered) -> Part:
    return Part(segments, numbered[0], numbered[1].patient_control_number)


def _control_number(segments: SegmentList, pointer: str, number: int, width: int) -> str:
    if not 0 < number <= _GREATEST_CONTROL_NUMBER:
        detail = f"is not between 1 and {_GREATEST_CONTROL_NUMBER}"
        segments.fault(FaultKind.NOT_A_NUMBER, pointer, detail)
    return f"{number:0{width}}"
