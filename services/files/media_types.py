"""What a file is: found in its content, and held against what its name claims."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import puremagic

from services.refusals import Category, Refusal
from storage.files.vault import Content
from storage.vocabulary.files import FilePurpose

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
X12 = "application/edi-x12"
CSV = "text/csv"
TEXT = "text/plain"
MARKUP = "text/xml"
UNKNOWN = "application/octet-stream"

ACCEPTED: Mapping[FilePurpose, frozenset[str]] = {
    FilePurpose.ATTACHMENT: frozenset({PDF, PNG, JPEG, TIFF, WORD, EXCEL, X12, CSV, TEXT}),
    FilePurpose.REMITTANCE: frozenset({X12}),
}
"""The media types that a file of a purpose may have."""

_CLAIMED: Mapping[str, frozenset[str]] = {
    "pdf": frozenset({PDF}),
    "png": frozenset({PNG}),
    **dict.fromkeys(("jpg", "jpeg"), frozenset({JPEG})),
    **dict.fromkeys(("tif", "tiff"), frozenset({TIFF})),
    "docx": frozenset({WORD}),
    "xlsx": frozenset({EXCEL}),
    "csv": frozenset({CSV}),
    "txt": frozenset({TEXT, CSV, X12}),
    **dict.fromkeys(
        ("edi", "x12", "835", "837", "277", "999", "270", "271", "276", "ta1"), frozenset({X12})
    ),
}
"""What a name that ends like this says of its content."""

_HEAD_BYTES = 1 << 16
_ROWS_LOOKED_AT = 50
_NOT_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
_ENDING = re.compile(r"\.([A-Za-z0-9]{1,8})$")
_MACROS = b"vbaProject.bin"


@dataclass
class FileEmpty(Refusal):
    """There is nothing in it."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "The file is empty"


@dataclass
class FileTypeNotAccepted(Refusal):
    """Its content is of a kind that is not kept here."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "Files of this kind are not accepted here"
    found: str
    accepted: list[str]


@dataclass
class FileUnlikeItsName(Refusal):
    """Its content is not what its name claims."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "The content of the file is not what its name claims"
    ending: str
    found: str

    @property
    def detail(self) -> str:
        return f"A file that ends in .{self.ending} and holds {self.found} is not taken."


def media_type_of(purpose: FilePurpose, name: str, content: Content) -> str:
    """The media type of a content, which its name does not contradict. Reads all of it.

    Raises FileEmpty, FileTypeNotAccepted, FileUnlikeItsName.
    """
    if content.byte_count == 0:
        raise FileEmpty
    found, accepted = recognised(content), ACCEPTED[purpose]
    ending = _ENDING.search(name)
    if ending is not None:
        claimed = _CLAIMED.get(ending[1].lower(), frozenset())
        if found not in claimed:
            raise FileUnlikeItsName(ending[1].lower(), found)
        if found is TEXT and CSV in claimed:
            found = TEXT if TEXT in claimed else CSV
    if found not in accepted:
        raise FileTypeNotAccepted(found, sorted(accepted))
    return found


def recognised(content: Content) -> str:
    """The media type that a content shows by itself; UNKNOWN where it shows none."""
    head = _head(content)
    if head.startswith(b"PK\x03\x04"):
        return _office_type(content)
    if any(_NOT_IN_TEXT.search(chunk) for chunk in content.chunks()):
        return _binary_type(head)
    return _text_type(head)


def _head(content: Content) -> bytes:
    head = b""
    for chunk in content.chunks():
        head += chunk
        if len(head) >= _HEAD_BYTES:
            break
    return head[:_HEAD_BYTES]


def _binary_type(head: bytes) -> str:
    try:
        return puremagic.from_string(head, mime=True) or UNKNOWN
    except (puremagic.PureError, ValueError):
        return UNKNOWN


def _office_type(content: Content) -> str:
    """A Word document or Excel workbook without macros: names stand in the archive in the clear."""
    wanted = {b"[Content_Types].xml", b"word/document.xml", b"xl/workbook.xml", _MACROS}
    seen: set[bytes] = set()
    before = b""
    for chunk in content.chunks():
        window = before + chunk
        seen |= {name for name in wanted if name in window}
        before = window[-32:]
    if seen == {b"[Content_Types].xml", b"word/document.xml"}:
        return WORD
    if seen == {b"[Content_Types].xml", b"xl/workbook.xml"}:
        return EXCEL
    return "application/zip"


def _text_type(head: bytes) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        return MARKUP
    if re.match(rb"ISA[^\sA-Za-z0-9]", start) or re.match(rb"(GS|ST)[*|^~]", start):
        return X12
    return CSV if _has_regular_rows(head.decode("utf-8", "replace")) else TEXT


def _has_regular_rows(text: str) -> bool:
    """Whether one separator gives every row the same number of fields, two at least."""
    lines = text.splitlines()
    whole = lines if len(text) < _HEAD_BYTES else lines[:-1]
    filled = [line for line in islice(whole, _ROWS_LOOKED_AT) if line.strip()]
    return any(
        len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
        for separator in ",;\t|"
        if (rows := list(csv.reader(filled, delimiter=separator)))
    )
