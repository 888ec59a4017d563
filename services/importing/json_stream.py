"""The records of a dump, one after another, each with its value and its text as it came. Pure.

A file is never held whole: only as much of it as its largest record. The reader is Python's own,
which scans in C, says where a value ends (so that its text can be kept byte for byte) and meets
``NaN``, which JavaScript writes and JSON does not know: it is null. Where it is known from a first
reading how long the records are, a quicker one reads them.
"""

from __future__ import annotations

import codecs
import json
import re
from array import array
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from services.refusals import Category, Refusal

LONGEST_RECORD = 16_000_000
"""Characters; what is longer is no record."""

DEEPEST = 200
"""Values within values: so few that whoever takes a record apart may recur."""
LONGEST_NAME = 80
"""Characters of a map's name."""

_READ_CHARACTERS = 1 << 18
_SPACES = " \t\n\r"
_SPACE = re.compile(f"[{_SPACES}]*")

Json = object


@dataclass
class DumpUnreadable(Refusal):
    """A file is no JSON of the forms that are read; nothing of it was placed."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "The file cannot be read"
    file_name: str
    character: int
    problem: str
    remedy: str = "have it written anew"

    @property
    def detail(self) -> str:
        return f"{self.file_name}: {self.problem} at character {self.character:,}: {self.remedy}"


class SourceRecord(msgspec.Struct, frozen=True):
    """One record of a map: its key there, its value, and its text as it came."""

    map_name: str
    key: str | None
    value: Json
    text: str


class Lengths:
    """How many characters each record of some files has, in their order: four bytes a record. What
    is noted in a first reading, which proves the files, spares the next one to look for the ends,
    and for what the first would have refused."""

    def __init__(self) -> None:
        self._noted = array("I")
        self.note = self._noted.append

    def __iter__(self) -> Iterator[int]:
        return iter(self._noted)


def read_dump(
    file_name: str,
    chunks: Iterable[bytes],
    known_maps: Collection[str],
    *,
    noted: Lengths | None = None,
    lengths: Iterator[int] | None = None,
) -> Iterator[SourceRecord]:
    """Every record of a file, in its order; how long each is is ``noted``, or known from a reading
    that noted it.

    A file holds several maps by name, or one whose name is the file's own without its ending. A
    map is an object keyed by id, an array of records, or an array of pairs of id and record.
    Raises DumpUnreadable.
    """
    window = _Window(file_name, chunks, noted, lengths)
    if not window.peek():
        raise window.unreadable("the file is empty", remedy="look whether it is the right one")
    stem = re.split(r"[\\/]", file_name)[-1].partition(".")[0]
    yield from _document(window, stem, frozenset(known_maps))
    window.expect_end()


def _document(window: _Window, stem: str, known: frozenset[str]) -> Iterator[SourceRecord]:
    match window.peek():
        case "[":
            _require_name(window, stem, "give the file the name of its map")
            yield from _array(window, stem)
        case "{" if stem in known and window.first_key() not in known:
            yield from _object(window, stem)
        case "{":
            for name in window.each_key():
                _require_name(window, name, "rename it, or leave it out")
                yield from _map(window, name)
        case _:
            raise window.unreadable("neither an object nor an array begins", remedy=_FORMS)


def _require_name(window: _Window, name: str, remedy: str) -> None:
    """Raises DumpUnreadable for a map whose name can be neither kept nor shown."""
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise window.unreadable(
            f"a map that begins has no name of 1 to {LONGEST_NAME} printable characters",
            remedy=remedy,
        )


def _map(window: _Window, name: str) -> Iterator[SourceRecord]:
    match window.peek():
        case "[":
            yield from _array(window, name)
        case "{":
            yield from _object(window, name)
        case _:
            value, text = window.record()
            if value is not None:
                yield SourceRecord(name, None, value, text)


def _object(window: _Window, name: str) -> Iterator[SourceRecord]:
    for key in window.each_key():
        value, text = window.record()
        yield SourceRecord(name, key, value, text)


def _array(window: _Window, name: str) -> Iterator[SourceRecord]:
    for _ in window.each_item():
        value, text = window.record()
        match value:
            case [str() as key, record]:
                yield SourceRecord(name, key, record, _second_of(text))
            case _:
                yield SourceRecord(name, None, value, text)


def _second_of(pair: str) -> str:
    """The text of a pair's record."""
    _, end = _DECODER.raw_decode(pair, _SPACE.match(pair, 1).end())  # type: ignore[union-attr]
    start = _SPACE.match(pair, _SPACE.match(pair, end).end() + 1).end()  # type: ignore[union-attr]
    _, end = _DECODER.raw_decode(pair, start)
    return pair[start:end]


def _null(_: str) -> None:
    """NaN and the infinities."""


_DECODER = json.JSONDecoder(parse_constant=_null)


class _FieldTwice(ValueError):
    """One name stands twice in an object, and only one of its values would be kept."""


def _once_each(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _FieldTwice
    return found


_STRICT = json.JSONDecoder(parse_constant=_null, object_pairs_hook=_once_each)

_FORMS = "a dump is an object of maps by name, or one map as an object or array"
_FETCH_AGAIN = "fetch it again, whole"


def parsed(text: str) -> Json:
    """A record's value from its kept text. Raises ValueError, RecursionError."""
    return _DECODER.decode(text)


_QUICK = msgspec.json.Decoder()


def _parsed_quickly(text: str) -> Json:
    """The same of a proved record. What the quick reader does not know (NaN, half of a pair of
    surrogates, a number beyond all bounds) it leaves to the other."""
    try:
        return _QUICK.decode(text)
    except msgspec.DecodeError:
        return parsed(text)


_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')


def _is_too_deep(text: str) -> bool:
    """Whether more values lie within each other than may."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    deepest = depth = 0
    for each in _TEXT.sub("", text):
        depth += (each in "[{") - (each in "]}")
        deepest = max(deepest, depth)
    return deepest > DEEPEST


class _Window:
    """A moving part of a file's text."""

    def __init__(
        self,
        file_name: str,
        chunks: Iterable[bytes],
        noted: Lengths | None,
        lengths: Iterator[int] | None,
    ) -> None:
        self._file_name = file_name
        self._chunks = iter(chunks)
        self._noted, self._lengths = noted, lengths
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._passed = 0
        self._is_at_end = False
        self._hold: int | None = None
        """Where the text must stay from, although it was read."""

    def unreadable(
        self, problem: str, at: int | None = None, *, remedy: str = "have it written anew"
    ) -> DumpUnreadable:
        place = self._passed + (self._at if at is None else at)
        return DumpUnreadable(self._file_name, place, problem, remedy)

    def _missing(self, what: str) -> DumpUnreadable:
        """What should stand here does not, or nothing does."""
        if not self.peek():
            return self.unreadable("the file breaks off", remedy=_FETCH_AGAIN)
        return self.unreadable(f"{what} is missing")

    def peek(self) -> str:
        """The next character that is no space; empty at the end of the file."""
        while True:
            found = self._text[self._at : self._at + 1]
            if found and found not in _SPACES:
                return found
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at == len(self._text) and not self._read_on():
                return ""

    def first_key(self) -> str | None:
        """The first key of the object that begins here, which stays unread."""
        start = self._at
        self._at += 1
        self._hold = start
        key = self._key() if self.peek() == '"' else None
        self._at = self._start_of_hold()
        return key

    def _start_of_hold(self) -> int:
        assert self._hold is not None
        start, self._hold = self._hold, None
        return start

    def each_key(self) -> Iterator[str]:
        """The keys of the object that begins here; each value is to be read before the next."""
        for _ in self._between("{", "}"):
            yield self._key()

    def each_item(self) -> Iterator[None]:
        """Once for each item of the array that begins here, which is to be read."""
        yield from self._between("[", "]")

    def _between(self, opening: str, closing: str) -> Iterator[None]:
        self._take(opening)
        if self.peek() == closing:
            self._at += 1
            return
        while True:
            yield
            if self.peek() == closing:
                self._at += 1
                return
            self._take(",")

    def _key(self) -> str:
        if self.peek() != '"':
            raise self._missing("a key")
        key, _ = self._value()
        self._take(":")
        return str(key)

    def record(self) -> tuple[Json, str]:
        """The record that begins here, and its text."""
        if self._lengths is not None:
            text = self._of_length(next(self._lengths))
            return _parsed_quickly(text), text
        found, text = self._value()
        if self._noted is not None:
            self._noted.note(len(text))
        return found, text

    def _of_length(self, characters: int) -> str:
        self.peek()
        while len(self._text) - self._at < characters and self._read_on():
            pass
        start, self._at = self._at, self._at + characters
        return self._text[start : self._at]

    def _value(self) -> tuple[Json, str]:
        """The value that begins here, and its text."""
        self.peek()
        while True:
            try:
                found, end = _STRICT.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._read_on():
                    continue
                if error.pos >= len(self._text) or error.msg.startswith("Unterminated"):
                    raise self.unreadable(
                        "the file breaks off", len(self._text), remedy=_FETCH_AGAIN
                    ) from None
                raise self.unreadable(error.msg, error.pos) from None
            except _FieldTwice:
                raise self.unreadable(
                    "a field stands twice in the record that begins", remedy="leave one of them out"
                ) from None
            except RecursionError:
                raise self._nested() from None
            except ValueError:
                raise self.unreadable("a number has too many digits") from None
            if end < len(self._text) or not self._read_on():
                break
        text = self._text[self._at : end]
        if _is_too_deep(text):
            raise self._nested()
        self._at = end
        return found, text

    def _nested(self) -> DumpUnreadable:
        return self.unreadable(
            "values are nested too deeply in the record that begins",
            remedy="leave the record out and import it by hand",
        )

    def expect_end(self) -> None:
        if self.peek():
            raise self.unreadable("something stands behind the end", remedy="take it away")

    def _take(self, wanted: str) -> None:
        if self.peek() != wanted:
            raise self._missing(repr(wanted))
        self._at += 1

    def _read_on(self) -> bool:
        """More of the file, what lies behind forgotten; False at its end.

        A value that does not end in the window doubles it, so that it is not scanned anew for each
        chunk. Raises DumpUnreadable.
        """
        if self._is_at_end:
            return False
        start = self._at if self._hold is None else min(self._at, self._hold)
        self._text = self._text[start:]
        self._passed += start
        self._at -= start
        if self._hold is not None:
            self._hold -= start
        if len(self._text) > LONGEST_RECORD:
            raise self.unreadable(
                f"a record that begins is longer than {LONGEST_RECORD:,} characters, or has no end",
                remedy="leave it out, or have the file written anew",
            )
        wanted = max(len(self._text), _READ_CHARACTERS)
        parts, count = [self._text], 0
        try:
            while count < wanted:
                chunk = next(self._chunks, None)
                if chunk is None:
                    self._is_at_end = True
                    parts.append(self._decoder.decode(b"", final=True))
                    break
                parts.append(self._decoder.decode(chunk))
                count += len(parts[-1])
        except UnicodeDecodeError:
            raise self.unreadable(
                "what follows is no UTF-8", sum(map(len, parts)), remedy="save it as UTF-8"
            ) from None
        before = len(self._text)
        self._text = "".join(parts)
        return len(self._text) > before or not self._is_at_end
