"""From facts and files to one PDF. Pure and slow: runs off the event loop."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import msgspec
import typst
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from services.files.media_types import JPEG, PDF, PNG
from services.refusals import Fault, InvalidInput

MOST_PAGES = 1_000
LARGEST_PICTURE_BYTES = 10_000_000

_HERE = files("services.claims.appealing")
_PACKET = _HERE.joinpath("packet.typ").read_bytes()
_PICTURE = _HERE.joinpath("picture.typ").read_bytes()
_PICTURES = {PNG: "png", JPEG: "jpg"}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Sender(msgspec.Struct, frozen=True):
    """Who writes: the billing provider as far as it is registered."""

    name: str
    address: list[str]
    ways: list[str]


class Addressee(msgspec.Struct, frozen=True):
    """The payer."""

    name: str
    address: list[str]


class Service(msgspec.Struct, frozen=True):
    """One denied service, as the letter's table shows it."""

    service: str
    date: str
    reason: str
    billed: str
    denied: str


class PacketFacts(msgspec.Struct, frozen=True):
    """Everything that stands on the cover sheet and in the letter, in the words it is shown in."""

    title: str
    level: str
    date: str
    sender: Sender
    payer: Addressee
    cover: list[tuple[str, str]]
    subject: list[tuple[str, str]]
    opening: str
    services: list[Service]
    amount: str
    argument: list[str]
    request: str
    closing: str
    footer: str
    separately: list[str]


@dataclass(frozen=True)
class Enclosure:
    """A file that goes along."""

    title: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Typeset:
    """The bytes of a packet, and how many pages they are."""

    content: bytes
    page_count: int


def typeset(facts: PacketFacts, enclosures: Sequence[Enclosure]) -> Typeset:
    """Cover sheet, letter and enclosures as one PDF, with an outline.

    Raises InvalidInput for an enclosure that cannot be read, is protected, or makes the whole too
    long.
    """
    readers = [_read(at, each) for at, each in enumerate(enclosures)]
    pages = [len(each.pages) for each in readers]
    if sum(pages) > MOST_PAGES:
        message = f"have {sum(pages)} pages; a packet takes {MOST_PAGES}"
        raise InvalidInput([Fault("/attachments", message)])
    attached = [
        {"title": _plain(each.title), "pages": count}
        for each, count in zip(enclosures, pages, strict=True)
    ]
    content = msgspec.to_builtins(facts) | {
        "attachments": attached,
        "attached_pages": sum(pages),
    }
    written = typst.compile(
        _PACKET,
        sys_inputs={"facts": msgspec.json.encode(content).decode()},
        ignore_system_fonts=True,
    )
    writer = PdfWriter()
    writer.append(PdfReader(io.BytesIO(written)), outline_item="Letter of appeal")
    for at, (each, reader) in enumerate(zip(enclosures, readers, strict=True)):
        try:
            writer.append(reader, outline_item=_plain(each.title), import_outline=False)
        except (PyPdfError, ValueError, KeyError, TypeError, RecursionError):
            raise InvalidInput([_unreadable(at)]) from None
    writer.add_metadata({"/Title": facts.title, "/Author": facts.sender.name})
    packed = io.BytesIO()
    writer.write(packed)
    return Typeset(packed.getvalue(), len(writer.pages))


def _read(at: int, enclosure: Enclosure) -> PdfReader:
    content = enclosure.content
    if enclosure.media_type != PDF:
        content = _picture_page(at, enclosure)
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            message = "is protected by a password: attach it without"
            raise InvalidInput([Fault(f"/attachments/{at}", message)])
        if not reader.pages:
            raise InvalidInput([_unreadable(at)])
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError):
        raise InvalidInput([_unreadable(at)]) from None
    return reader


def _picture_page(at: int, enclosure: Enclosure) -> bytes:
    if len(enclosure.content) > LARGEST_PICTURE_BYTES:
        message = f"is a picture of more than {LARGEST_PICTURE_BYTES} bytes: attach it as a PDF"
        raise InvalidInput([Fault(f"/attachments/{at}", message)])
    try:
        page = typst.compile(
            _PICTURE,
            sys_inputs={
                "title": _plain(enclosure.title),
                "kind": _PICTURES[enclosure.media_type],
                "content": msgspec.json.encode(list(enclosure.content)).decode(),
            },
            ignore_system_fonts=True,
        )
    except typst.TypstError:
        raise InvalidInput([_unreadable(at)]) from None
    assert isinstance(page, bytes)
    return page


def _unreadable(at: int) -> Fault:
    return Fault(f"/attachments/{at}", "cannot be read as what it is")


def _plain(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text)
