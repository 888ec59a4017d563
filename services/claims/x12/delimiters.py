"""Which characters separate an interchange: read from its ISA, or inferred where it has none."""

from __future__ import annotations

import msgspec

NAME_BYTES = 4  # what ``opening_segment`` wants to see: ISA and a separator
HEADER_BYTES = 512  # an opening segment longer than this is none
_ISA_ELEMENTS = 16  # of fixed width (X12.5), but the width is not relied on: it is often wrong
_SEPARATORS_BEFORE_LAST_ELEMENT = {b"GS": 8, b"ST": 2}


class Delimiters(msgspec.Struct, frozen=True, gc=False):
    """The separators of one interchange, one character each."""

    element: str
    component: str
    terminator: str
    repetition: str | None = None
    declared: bool = True  # False: there is no ISA, and the component separator is a guess


class Incomplete(msgspec.Struct, frozen=True, gc=False):
    """The bytes end before the delimiters can be known."""


class Unreadable(msgspec.Struct, frozen=True, gc=False):
    """The opening segment cannot be understood; ``reason`` quotes nothing of it."""

    reason: str


def opening_segment(head: bytes) -> bytes | None:
    """ISA, GS or ST where ``head`` begins with that segment, else None."""
    name = head[:3] if head.startswith(b"ISA") else head[:2]
    if name not in (b"ISA", b"GS", b"ST"):
        return None
    return name if _can_separate(head[len(name) : len(name) + 1]) else None


def delimiters_from(head: bytes) -> Delimiters | Incomplete | Unreadable:
    """The delimiters of the interchange that ``head`` opens (with ISA, GS or ST).

    ``head`` is ``HEADER_BYTES`` long, or shorter where the file ends before.
    """
    return _from_isa(head) if head.startswith(b"ISA") else _from_functional_header(head)


def _from_isa(head: bytes) -> Delimiters | Incomplete | Unreadable:
    element = head[3:4]
    at = _nth(head, element, _ISA_ELEMENTS)
    if at < 0 or at + 2 >= len(head):
        return Incomplete() if len(head) < HEADER_BYTES else Unreadable("ISA has too few elements")
    component, terminator = head[at + 1 : at + 2], head[at + 2 : at + 3]
    if terminator.isalnum():  # ISA16 is empty, and the next segment follows the terminator
        component, terminator = b"", component
    if not _can_terminate(terminator) or terminator == element:
        return Unreadable("the character after ISA16 cannot end a segment")
    if not _can_separate(component) or component in (element, terminator):
        component = b":"
    repetition = head[:at].split(element)[11]
    has_repetition = (
        _can_separate(repetition)  # before version 00402, ISA11 says U
        and repetition not in (element, component, terminator)
    )
    return Delimiters(
        element=element.decode(),
        component=component.decode(),
        terminator=terminator.decode(),
        repetition=repetition.decode() if has_repetition else None,
    )


def _from_functional_header(head: bytes) -> Delimiters | Incomplete | Unreadable:
    """Without an ISA, the terminator is what ends the last element of GS or ST.

    That element is a version or a control number, both of letters and digits.
    """
    element = head[2:3]
    at = _nth(head, element, _SEPARATORS_BEFORE_LAST_ELEMENT[head[:2]])
    if at < 0:
        return Incomplete() if len(head) < HEADER_BYTES else Unreadable("GS or ST is too short")
    for byte in head[at + 1 :]:
        character = bytes((byte,))
        if not character.isalnum() and character != element:
            if not _can_terminate(character):
                return Unreadable("no segment terminator can be told from the first segment")
            return Delimiters(
                element=element.decode(),
                component=":" if element != b":" and character != b":" else ">",
                terminator=character.decode(),
                repetition="^" if b"^" not in (element, character) else None,
                declared=False,
            )
    return Incomplete() if len(head) < HEADER_BYTES else Unreadable("GS or ST does not end")


def _nth(head: bytes, separator: bytes, count: int) -> int:
    at = -1
    for _ in range(count):
        at = head.find(separator, at + 1)
        if at < 0:
            return -1
    return at


def _can_separate(character: bytes) -> bool:
    """Letters, digits, blanks, line breaks and bytes beyond ASCII separate nothing."""
    return (
        len(character) == 1
        and character.isascii()
        and not character.isalnum()
        and character not in b" \r\n\x00"
    )


def _can_terminate(character: bytes) -> bool:
    return _can_separate(character) or (len(character) == 1 and character in b"\r\n")
