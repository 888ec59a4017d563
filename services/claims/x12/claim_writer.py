"""Claims to the bytes of an 837P or 837I.

First ``prepare_claim_file``, which finds every fault and the delimiters; then, if there is none,
``write_claim_file``. Both keep one claim in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from services.claims.x12.claim_parts import FileParts
from services.claims.x12.delimiters import Delimiters
from services.claims.x12.segment_list import Fault, FaultKind, Segment, rendered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.claims.x12.claim_file import ClaimFile

MOST_FAULTS_KEPT = 1_000
_CHUNK_CHARACTERS = 64 * 1024
_ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
_REPETITION_PLACE = 11
_COMPONENT_PLACE = 16

# What may separate, the usual one first. Period, hyphen and blank stand in amounts and periods.
_ELEMENT = "*|^!"
_COMPONENT = ":><\\"
_TERMINATOR = "~'!?"
_REPETITION = "^{}_"
_ANY = "~^|*:<>!\\{}[]`_?;%=&\"'+@$#(),/"


class UnwritableClaims(Exception):
    """The claims have faults, or changed since they were prepared: a bug of the caller."""


class PreparedClaimFile(msgspec.Struct, frozen=True, gc=False):
    """What was found before anything is written.

    ``faults`` are the first ``MOST_FAULTS_KEPT``; ``delimiters`` is None where there are any.
    """

    faults: tuple[Fault, ...]
    fault_count: int
    claim_count: int
    segment_count: int
    delimiters: Delimiters | None


def prepare_claim_file(file: ClaimFile) -> PreparedClaimFile:
    """Every value of every claim that cannot be written, by field, and delimiters that fit.

    What the guide leaves to the content (a void claim that names no payer's claim number, a
    pointer to a diagnosis that is not there) is the scrubber's to say, not the writer's.
    """
    prescribed = file.interchange.delimiters
    reserved = frozenset() if prescribed is None else _characters(prescribed)
    faults: list[Fault] = []
    specials: set[str] = set()
    segment_count = claim_count = 0
    if prescribed is not None and not _can_be_used(prescribed):
        detail = "are not four different characters other than letters, digits, blank, - and ."
        faults.append(Fault(FaultKind.DELIMITER, "/interchange/delimiters", detail))
    fault_count = len(faults)
    for part in FileParts(file, reserved):
        segments = part.segments
        fault_count += len(segments.faults)
        segment_count += len(segments.segments)
        claim_count = max(claim_count, part.claim or 0)
        specials |= segments.specials
        faults += [
            msgspec.structs.replace(
                fault, claim=part.claim, patient_control_number=part.patient_control_number
            )
            for fault in segments.faults[: MOST_FAULTS_KEPT - len(faults)]
        ]
    delimiters = prescribed or _delimiters_beside(specials)
    if delimiters is None:
        fault_count += 1
        detail = "cannot be chosen: the values use up every special character"
        faults.append(Fault(FaultKind.DELIMITER, "/interchange/delimiters", detail))
    return PreparedClaimFile(
        faults=tuple(faults),
        fault_count=fault_count,
        claim_count=claim_count,
        segment_count=segment_count,
        delimiters=None if fault_count else delimiters,
    )


def write_claim_file(file: ClaimFile, prepared: PreparedClaimFile) -> Iterator[bytes]:
    """The bytes of the file, in chunks of some 64 KB.

    Raises UnwritableClaims where ``prepared`` has faults or is not of these claims; what was
    yielded before is to be thrown away.
    """
    delimiters = prepared.delimiters
    if delimiters is None:
        raise UnwritableClaims(f"{prepared.fault_count} faults")
    separators = _characters(delimiters)
    pieces: list[str] = []
    size = 0
    for part in FileParts(file):
        segments = part.segments
        if segments.faults or not separators.isdisjoint(segments.specials):
            raise UnwritableClaims("the claims are not those that were prepared")
        for segment in segments.segments:
            is_opening = segment[0] == "ISA"
            pieces.append(
                rendered(_opening(segment, delimiters) if is_opening else segment, delimiters)
            )
            size += len(pieces[-1])
        if size >= _CHUNK_CHARACTERS:
            yield "".join(pieces).encode("ascii")
            pieces, size = [], 0
    yield "".join(pieces).encode("ascii")


def _opening(segment: Segment, delimiters: Delimiters) -> Segment:
    """ISA with its elements of fixed width and the delimiters that it declares."""
    elements = [*segment[1:], *[""] * len(_ISA_WIDTHS)][: len(_ISA_WIDTHS)]
    elements[_REPETITION_PLACE - 1] = delimiters.repetition or _REPETITION[0]
    elements[_COMPONENT_PLACE - 1] = delimiters.component
    return [
        "ISA",
        *[str(each).ljust(width) for each, width in zip(elements, _ISA_WIDTHS, strict=True)],
    ]


def _can_be_used(prescribed: Delimiters) -> bool:
    characters = _characters(prescribed)
    return len(characters) == len((_ELEMENT, _COMPONENT, _TERMINATOR, _REPETITION)) and all(
        len(each) == 1 and each.isascii() and not each.isalnum() and each not in " -."
        for each in characters
    )


def _characters(delimiters: Delimiters) -> frozenset[str]:
    repetition = delimiters.repetition or ""
    return frozenset((delimiters.element, delimiters.component, delimiters.terminator, *repetition))


def _delimiters_beside(specials: set[str]) -> Delimiters | None:
    """The usual delimiters, each replaced only where a value holds it; None if none are left."""
    taken = set(specials)
    chosen: list[str] = []
    for usual in (_ELEMENT, _COMPONENT, _TERMINATOR, _REPETITION):
        found = next((each for each in usual + _ANY if each not in taken), None)
        if found is None:
            return None
        taken.add(found)
        chosen.append(found)
    element, component, terminator, repetition = chosen
    return Delimiters(element, component, terminator, repetition)
