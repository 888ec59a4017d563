"""What changed between two texts: line by line, and word by word within the lines that changed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

MOST_WORDS = 4000
"""Beyond so many words on a side, changed lines are shown whole: comparing takes the square."""

_PIECES = re.compile(r"\s+|\w+|[^\w\s]")


class Edit(StrEnum):
    """What became of a piece of text."""

    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class Piece:
    """Some text and what became of it."""

    edit: Edit
    text: str


@dataclass(frozen=True)
class Block:
    """Some lines that stayed or changed together. What stayed and what was removed, one after
    another, is the earlier text; what stayed and what was added, the later one."""

    is_changed: bool
    earlier_line: int
    later_line: int
    pieces: Sequence[Piece]


def compare_texts(earlier: str, later: str) -> Sequence[Block]:
    """The blocks of two texts, in their order; lines are counted from 1."""
    old, new = earlier.splitlines(keepends=True), later.splitlines(keepends=True)
    matcher = SequenceMatcher(a=old, b=new)
    return [
        Block(
            tag != "equal",
            old_from + 1,
            new_from + 1,
            [Piece(Edit.KEPT, "".join(old[old_from:old_to]))]
            if tag == "equal"
            else list(_words("".join(old[old_from:old_to]), "".join(new[new_from:new_to]))),
        )
        for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes()
    ]


def _words(earlier: str, later: str) -> Iterator[Piece]:
    """The pieces of some lines that changed."""
    old, new = _PIECES.findall(earlier), _PIECES.findall(later)
    if max(len(old), len(new)) > MOST_WORDS:
        old, new = [earlier], [later]
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(a=old, b=new).get_opcodes():
        removed, added = "".join(old[old_from:old_to]), "".join(new[new_from:new_to])
        if tag == "equal":
            yield Piece(Edit.KEPT, removed)
            continue
        if removed:
            yield Piece(Edit.REMOVED, removed)
        if added:
            yield Piece(Edit.ADDED, added)
