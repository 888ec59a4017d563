"""The hash that recognises a transaction in any envelope and under any delimiters."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from services.claims.x12.elements import component_separator_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.claims.x12.tokenizer import Segment

_COMPOSITES = {"SVC": (1, 6), "PLB": (3, 5, 7, 9, 11, 13)}  # the composites of an 835

_Element = str | list[str]


class ContentHash:
    """SHA-256 over the segments between ST and SE in canonical form.

    The canonical form is one JSON array of elements for each segment, a composite being an array
    itself, empty elements and components at the end left out. So the hash does not depend on
    delimiters, line breaks, encoding or envelope, and no text inside an element can look like two
    elements. No element of 005010X221A1 repeats, so a repetition separator is text like any other.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._encoder = msgspec.json.Encoder()

    def update(self, segments: Iterable[Segment]) -> None:
        """Add the next segments. How they are grouped into calls makes no difference."""
        lines = [
            segment.elements
            if segment.elements[0] not in _COMPOSITES
            else _with_composites(segment)
            for segment in segments
        ]
        self._hash.update(self._encoder.encode_lines(lines))

    def digest(self) -> bytes:
        return self._hash.digest()


def _with_composites(segment: Segment) -> list[_Element]:
    elements: list[_Element] = list(segment.elements)
    for index in _COMPOSITES[segment.elements[0]]:
        if index < len(elements):
            composite = segment.elements[index]
            separator = component_separator_of(composite, segment.delimiters.component)
            if separator in composite:
                components = composite.rstrip(separator).split(separator)
                elements[index] = components if len(components) > 1 else components[0]
    return elements
