"""Which claims of a file of ours an error is in that a 999 tells by its place alone. Pure.

A 999 counts the segments of the set from ST, which is 1 (IK302). The place is believed only where
the segment that stands there is the one that it names (IK301); a segment that is missing cannot
stand anywhere, so that its place is where it was missed. What is of a subscriber or patient is of
all the claims below; what is of a provider, or of the set, is of no claim.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.claims.x12.acknowledgement_codes import CodeList
from services.claims.x12.envelopes import element
from services.claims.x12.tokenizer import Segment, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.claims.x12.acknowledgement_decisions import Reason

_MISSING = frozenset({"3", "I6", "I7", "I8"})  # IK304: a segment or loop that should be there
_OF_PATIENTS = frozenset({"22", "23"})  # HL03: subscriber, dependent
_DEPENDENT = "23"
_CLAIM_LOOPS = ("23", "24")  # IK303: 2300 and all that is below
_STARTS = frozenset({"HL", "CLM", "SE"})


@dataclass
class _Place:
    """A segment of the set: the claims that it is of, and those of the segment before it."""

    name: str
    claims: Sequence[str]
    before: Sequence[str]


@dataclass
class _Scopes:
    """What the claims that follow belong to, from the subscriber on."""

    subscriber: list[str] = field(default_factory=list)
    dependent: list[str] | None = None
    claim: list[str] | None = None
    is_of_patients: bool = False

    def enter(self, segment: Segment) -> None:
        """Go where a segment opens a level or a claim."""
        match segment.elements[0]:
            case "HL":
                self.claim = None
                level = element(segment, 3)
                self.is_of_patients = level in _OF_PATIENTS
                self.dependent = [] if level == _DEPENDENT else None
                if level != _DEPENDENT:
                    self.subscriber = []
            case "CLM":
                number = element(segment, 1)
                self.claim = [number]
                for above in (self.subscriber, self.dependent):
                    if above is not None:
                        above.append(number)
            case "SE":
                self.claim, self.is_of_patients = None, False
            case _:
                pass

    @property
    def claims(self) -> Sequence[str]:
        """Whose the segment is; the claims of a level are added as they follow."""
        if self.claim is not None:
            return self.claim
        if not self.is_of_patients:
            return ()
        return self.subscriber if self.dependent is None else self.dependent


def claims_at(
    chunks: Iterable[bytes], set_control_number: int, reasons: Sequence[Reason]
) -> list[Sequence[str]]:
    """The claims (CLM01) that each reason is about, by its place in a set of the file; none where
    the place cannot be believed. Reads the file once; keep it off the event loop."""
    wanted = {each.segment_position for each in reasons if each.segment_position is not None}
    places = _places(chunks, set_control_number, wanted)
    return [_claims_of(each, places.get(each.segment_position or 0)) for each in reasons]


def _places(
    chunks: Iterable[bytes], set_control_number: int, wanted: set[int]
) -> dict[int, _Place]:
    found: dict[int, _Place] = {}
    scopes = _Scopes()
    before: Sequence[str] = ()
    at = 0
    for token in tokenize(chunks):
        if not isinstance(token, Segment):
            continue
        name = token.elements[0]
        if name == "ST" and element(token, 2).lstrip("0") == str(set_control_number):
            at, scopes, before = 1, _Scopes(), ()
        elif at:
            at += 1
        if not at:
            continue
        scopes.enter(token)
        if at in wanted:
            found[at] = _Place(name, scopes.claims, before)
        before = scopes.claims
        if name == "SE":
            at = 0
    return found


def _claims_of(reason: Reason, place: _Place | None) -> Sequence[str]:
    if place is None:
        return ()
    is_missing = reason.code_list is CodeList.SEGMENT_ERRORS and reason.code in _MISSING
    if not is_missing:
        return tuple(place.claims) if place.name == reason.segment_identifier else ()
    is_of_claim = (reason.loop_identifier or "").startswith(_CLAIM_LOOPS)
    missed_late = is_of_claim and place.name in _STARTS  # noticed where the next one begins
    return tuple(place.before if missed_late else place.claims)
