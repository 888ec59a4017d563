"""What a file is stands in its content; its name may not claim otherwise."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.keeping import Bytes
from services.files.media_types import (
    CSV,
    EXCEL,
    JPEG,
    PDF,
    PNG,
    TEXT,
    TIFF,
    UNKNOWN,
    WORD,
    X12,
    FileEmpty,
    FileTypeNotAccepted,
    FileUnlikeItsName,
    media_type_of,
    recognised,
)
from storage.vocabulary.files import FilePurpose

ISA = b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260302*1200*^*00501*"


def archive(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name in names:
            file.writestr(name, "content")
    return packed.getvalue()


CONTENTS = {
    "scan.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\x00", PDF),
    "photo.png": (b"\x89PNG\r\n\x1a\n" + bytes(40), PNG),
    "photo.jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(40), JPEG),
    "fax.tif": (b"II*\x00" + bytes(40), TIFF),
    "letter.docx": (archive("[Content_Types].xml", "word/document.xml"), WORD),
    "sheet.xlsx": (archive("[Content_Types].xml", "xl/workbook.xml"), EXCEL),
    "remit.835": (ISA, X12),
    "remit.txt": (ISA, X12),
    "list.csv": (b"name,amount\nEdith,12\nOtto,13\n", CSV),
    "semicolons.csv": (b"name;amount\r\nEdith;12\r\n", CSV),
    "list.txt": (b"name\tamount\nEdith\t12\n", CSV),
    "note.txt": (b"Dear payer,\nplease find attached.\n", TEXT),
    "note": ("Größe".encode("cp1252"), TEXT),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_content_is_recognised(name: str) -> None:
    content, media_type = CONTENTS[name]
    assert media_type_of(FilePurpose.ATTACHMENT, name, Bytes(content)) == media_type


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("scan.pdf", CONTENTS["photo.png"][0]),
        ("photo.png", b"MZ" + bytes(100)),
        ("note.txt", b"\x7fELF" + bytes(100)),
        ("note.txt", b"text, and then\x00"),
        ("letter.docx", archive("a.txt")),
        ("letter.docx", archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")),
        ("letter.docx", CONTENTS["sheet.xlsx"][0]),
        ("list.csv", b"<!doctype html><script>"),
        ("list.csv", b"one, two\nthree\nfour, five, six\n"),
        ("remit.835", b"Dear payer"),
        ("invoice.pdf.exe", CONTENTS["scan.pdf"][0]),
        ("page.html", b"<html>"),
    ],
)
def test_a_name_that_claims_what_the_content_is_not_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(FileUnlikeItsName):
        media_type_of(FilePurpose.ATTACHMENT, name, Bytes(content))


@pytest.mark.parametrize(
    "content",
    [
        b"MZ" + bytes(100),
        b"<svg xmlns='x' onload='y'>",
        archive("a"),
        b"GIF89a" + bytes(20),
        bytes(9),
    ],
)
def test_a_kind_that_is_not_accepted_is_refused_under_any_name(content: bytes) -> None:
    with pytest.raises(FileTypeNotAccepted):
        media_type_of(FilePurpose.ATTACHMENT, "file", Bytes(content))


def test_a_purpose_accepts_its_own_kinds_only() -> None:
    assert media_type_of(FilePurpose.REMITTANCE, "remit.835", Bytes(ISA)) == X12
    with pytest.raises(FileTypeNotAccepted) as refused:
        media_type_of(FilePurpose.REMITTANCE, "scan.pdf", Bytes(CONTENTS["scan.pdf"][0]))
    assert refused.value.accepted == [X12]


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(FileEmpty):
        media_type_of(FilePurpose.ATTACHMENT, "note.txt", Bytes(b""))


def test_macros_are_found_wherever_they_stand() -> None:
    names = ("[Content_Types].xml", "word/document.xml", *(f"word/{n}.xml" for n in range(4_000)))
    macros = archive(*names, "word/vbaProject.bin")
    assert recognised(Bytes(archive(*names))) == WORD
    assert recognised(Bytes(macros)) == "application/zip"


@given(st.binary(max_size=400))
def test_any_content_is_recognised_as_something(content: bytes) -> None:
    assert recognised(Bytes(content))


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=80))
def test_prose_is_text(text: str) -> None:
    assert recognised(Bytes(b"Dear payer, " + text.encode())).startswith("text/")


def test_nothing_binary_passes_as_text() -> None:
    assert recognised(Bytes(b"abc" * 50_000 + b"\x00")) == UNKNOWN
