"""X12 bytes to segments, streaming: any envelope, any delimiters, any rubbish, flat memory.

Nothing in a file makes this module raise. What it cannot read it reports as an ``Anomaly``, and
after a fatal one it yields nothing more (but reads on to the end, so that bytes are counted).
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

import msgspec

from services.claims.x12.delimiters import (
    HEADER_BYTES,
    NAME_BYTES,
    Delimiters,
    Incomplete,
    Unreadable,
    delimiters_from,
    opening_segment,
)
from services.claims.x12.file_kinds import HEAD_BYTES, describe_stranger
from services.claims.x12.file_model import Anomaly, AnomalyKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_SEGMENT_BYTES = 64 * 1024  # a segment of an 835 takes some hundred

_UTF8_MARK = codecs.BOM_UTF8
_UTF16_STARTS = {
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
    b"I\x00": "utf-16-le",
    b"G\x00": "utf-16-le",
    b"S\x00": "utf-16-le",
    b"\x00I": "utf-16-be",
    b"\x00G": "utf-16-be",
    b"\x00S": "utf-16-be",
}
_UTF16_START_BYTES = 2
# What may stand between segments; 0x1A is the end mark of DOS files.
_BLANKS = " \t\x1a\ufeff"
_BLANK_BYTES = re.compile(rb"(?:[ \t\r\n\x1a]|" + _UTF8_MARK + rb")*")
# Refused inside a segment, except where they are delimiters. The information separators 0x1C to
# 0x1F are not: a file without ISA may use them without having said so.
_CONTROLS = bytes(byte for byte in range(0x1C) if byte not in b"\t\r\n")


class Segment(msgspec.Struct, frozen=True, gc=False):
    """One segment: ``elements[0]`` is its identifier, ``elements[n]`` its element n.

    Empty elements at the end are left out, as they mean nothing in X12; line breaks inside are
    dropped. ``position`` counts the segments of the file from 1.
    """

    position: int
    elements: list[str]
    delimiters: Delimiters


def tokenize(chunks: Iterable[bytes]) -> Iterator[Segment | Anomaly]:
    """The segments of a file and what is odd about its bytes, in the order of the file.

    ``chunks`` may be cut anywhere: the result does not depend on it.
    """
    return _Tokenizer().tokens(chunks)


class _Tokenizer:
    def __init__(self) -> None:
        self._position = 0  # of the last segment
        self._delimiters: Delimiters | None = None  # None: an interchange is about to begin
        self._terminator = b""
        self._line_breaks = b""
        self._forbidden = b""
        self._buffer = b""
        self._has_skipped_mark = False
        self._has_failed = False

    def tokens(self, chunks: Iterable[bytes]) -> Iterator[Segment | Anomaly]:
        for chunk in _as_utf8(chunks):
            if not self._has_failed:
                self._buffer += chunk
                yield from self._drain(at_end=False)
        if not self._has_failed:
            yield from self._drain(at_end=True)

    def _drain(self, *, at_end: bool) -> Iterator[Segment | Anomaly]:
        """Take every complete segment out of the buffer."""
        buffer, at = self._buffer, 0
        while not self._has_failed:
            start = _after_blanks(buffer, at)
            self._has_skipped_mark |= _UTF8_MARK in buffer[at:start]
            at = start
            if len(buffer) - at < NAME_BYTES and not at_end:
                break
            if self._delimiters is None or self._is_isa(buffer, at):
                head = buffer[at : at + HEADER_BYTES]
                if len(head) < HEADER_BYTES and not at_end:
                    break
                if self._has_skipped_mark:
                    yield self._anomaly(AnomalyKind.BYTE_ORDER_MARK, "a byte-order mark")
                    self._has_skipped_mark = False
                problem = self._open_interchange(head)
                if problem is not None:
                    yield problem
                    break
            cut = buffer.rfind(self._terminator, at, at + MAX_SEGMENT_BYTES + 1)
            if cut < 0:
                if len(buffer) - at > MAX_SEGMENT_BYTES:
                    yield self._failure(
                        AnomalyKind.SEGMENT_TOO_LONG,
                        f"no segment terminator within {MAX_SEGMENT_BYTES} bytes",
                    )
                elif at_end and at < len(buffer):
                    yield self._unterminated()
                break
            cut = self._before_next_isa(buffer, at, cut)
            yield from self._segments(buffer[at:cut])
            at = cut + 1
        self._buffer = b"" if self._has_failed else buffer[at:]

    def _open_interchange(self, head: bytes) -> Anomaly | None:
        """Set the delimiters from the bytes that begin an interchange, or say why not."""
        if not head:
            return self._failure(AnomalyKind.EMPTY, "the file holds nothing but blanks")
        if opening_segment(head) is None:
            return self._failure(*describe_stranger(head[:HEAD_BYTES]))
        found = delimiters_from(head)
        if isinstance(found, Incomplete):
            return self._unterminated()
        if isinstance(found, Unreadable):
            return self._failure(AnomalyKind.NOT_X12, found.reason)
        self._delimiters = found
        self._terminator = found.terminator.encode()
        self._line_breaks = b"\r\n".replace(self._terminator, b"")
        in_use = (found.element + found.component + found.terminator).encode()
        in_use += (found.repetition or "").encode()
        self._forbidden = _CONTROLS.translate(None, in_use)
        return None

    def _is_isa(self, buffer: bytes, at: int) -> bool:
        return (
            opening_segment(buffer[at : at + NAME_BYTES]) == b"ISA"
            and buffer[at + 3 : at + 4] != self._terminator
        )

    def _before_next_isa(self, buffer: bytes, start: int, cut: int) -> int:
        """The terminator before the next ISA behind ``start``, if one begins before ``cut``.

        The next interchange may have delimiters of its own. Where that ISA turns out to be text
        inside an element, nothing but a smaller block comes of it.
        """
        at = buffer.find(b"ISA", start + 3, cut)
        while at >= 0:
            end = buffer.rfind(self._terminator, start, at)
            if end >= 0 and self._is_isa(buffer, at):
                return end
            at = buffer.find(b"ISA", at + 3, cut)
        return cut

    def _segments(self, block: bytes) -> Iterator[Segment | Anomaly]:
        """The segments of ``block``, which lie between terminators."""
        delimiters = self._delimiters
        if delimiters is None:
            return
        block = block.translate(None, self._line_breaks)
        has_rubbish = len(block.translate(None, self._forbidden)) != len(block)
        separator, position = delimiters.element, self._position
        for raw in _decoded(block, self._terminator):
            text = raw.lstrip(_BLANKS)
            if not text:
                continue
            position += 1
            if has_rubbish and any(chr(byte) in text for byte in self._forbidden):
                self._position = position - 1
                yield self._failure(
                    AnomalyKind.UNDECODABLE, "control characters inside a segment: not X12 text"
                )
                return
            elements = text.split(separator)
            while not elements[-1] and len(elements) > 1:
                elements.pop()
            yield Segment(position, elements, delimiters)
        self._position = position

    def _unterminated(self) -> Anomaly:
        return self._failure(
            AnomalyKind.UNTERMINATED_SEGMENT, "the file ends inside a segment: it was cut off"
        )

    def _failure(self, kind: AnomalyKind, detail: str) -> Anomaly:
        self._has_failed = True
        return self._anomaly(kind, detail)

    def _anomaly(self, kind: AnomalyKind, detail: str) -> Anomaly:
        return Anomaly(kind=kind, position=self._position + 1, detail=detail)


def _as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, or UTF-16 turned into UTF-8 (a NUL where it is broken, refused later)."""
    start, is_start = b"", True
    decoder: codecs.IncrementalDecoder | None = None
    for chunk in chunks:
        piece = chunk
        if is_start:
            start += chunk
            if len(start) < _UTF16_START_BYTES:
                continue
            piece, is_start = start, False
            encoding = _UTF16_STARTS.get(start[:_UTF16_START_BYTES])
            if encoding is not None:
                decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        yield piece if decoder is None else _reencoded(decoder.decode(piece))
    if is_start:
        yield start
    if decoder is not None:
        yield _reencoded(decoder.decode(b"", final=True))


def _reencoded(text: str) -> bytes:
    return text.replace("\ufffd", "\x00").encode()


def _decoded(block: bytes, terminator: bytes) -> list[str]:
    """The texts between terminators: each UTF-8 if it can be, else Latin-1."""
    try:
        return block.decode().split(terminator.decode())
    except UnicodeDecodeError:
        return [_decoded_segment(segment) for segment in block.split(terminator)]


def _decoded_segment(segment: bytes) -> str:
    segment = segment[_after_blanks(segment, 0) :]
    try:
        return segment.decode()
    except UnicodeDecodeError:
        return segment.decode("latin-1")


def _after_blanks(buffer: bytes, at: int) -> int:
    blanks = _BLANK_BYTES.match(buffer, at)
    return blanks.end() if blanks else at
