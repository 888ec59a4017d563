"""The packs that a company knows: those that ship, and those that it has brought or adopted."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from services.inputs import Input
from services.refusals import Category, Fault, InvalidInput, Refusal
from services.regulatory_compliance.packs import InvalidPack, Pack, read_pack, shipped_texts
from storage.filters import PackFilter
from storage.interface import Store
from storage.tables.compliance_reports import CompliancePack, CompliancePackFields

PackText = Annotated[str, Field(min_length=1, max_length=500_000)]

_EXAMPLE = """\
id = "house-rules"
version = "1"
program = "HIPAA"
name = "House rules"
source = "The compliance committee"

[[requirements]]
code = "HOUSE-1"
citation = "Minutes of March 2026"
name = "Lock the record room"
description = "The record room is locked whenever nobody is in it."
category = "physical safeguards"
frequency = "annual"
"""


class PackFile(Input):
    """A pack, as the text of its TOML file."""

    text: Annotated[PackText, Field(examples=[_EXAMPLE])]


@dataclass
class UnknownPack(Refusal):
    """The company knows no pack of this name and version."""

    category: ClassVar[Category] = Category.INVALID
    title: ClassVar[str] = "There is no such pack"
    known: list[str]


@dataclass(frozen=True)
class ShelvedPack:
    """One version of a pack, and whether it came with the program."""

    pack: Pack
    is_shipped: bool


def checked_pack(text: str) -> Pack:
    """A pack that somebody brings. Raises InvalidInput with everything that is wrong."""
    try:
        return read_pack(text)
    except InvalidPack as error:
        raise InvalidInput([Fault("/text", fault) for fault in error.faults]) from None


async def import_pack(store: Store, text: str) -> CompliancePack:
    """Put a pack on the company's shelf. The same text a second time changes nothing.

    Raises InvalidInput, also where another text has the same id and version.
    """
    pack = checked_pack(text)
    shelf = await pack_texts(store)
    if (held := shelf.get((pack.id, pack.version))) is not None and held != text:
        raise InvalidInput([Fault("/text", f"{pack.id} {pack.version} is there with another text")])
    return await shelve(store, pack, text)


async def shelve(store: Store, pack: Pack, text: str) -> CompliancePack:
    """Keep a version of a pack as it is, unless it is kept already. Raises DuplicateValue when two
    do so at once."""
    kept = await store.compliance_packs.all(PackFilter(pack_id=pack.id, pack_version=pack.version))
    if kept:
        return kept[0]
    return await store.compliance_packs.create(
        CompliancePackFields(
            pack_id=pack.id,
            pack_version=pack.version,
            program=pack.program,
            source_text=text,
            content_hash=hashlib.sha256(text.encode()).digest(),
        )
    )


async def pack_texts(store: Store) -> Mapping[tuple[str, str], str]:
    """The text of every version of every pack that the company knows, by id and version. What it
    has kept goes before what ships."""
    kept = await store.compliance_packs.all(PackFilter())
    return shipped_texts() | {(each.pack_id, each.pack_version): each.source_text for each in kept}


async def shelved_packs(store: Store) -> list[ShelvedPack]:
    """Every version of every pack that the company knows, by id and version."""
    return [
        ShelvedPack(read_pack(text), shipped_texts().get(key) == text)
        for key, text in sorted((await pack_texts(store)).items())
    ]


async def named_pack(store: Store, pack_id: str, version: str | None) -> tuple[Pack, str]:
    """A pack and its text; without a version the one that ships, else the one brought last.

    Raises UnknownPack.
    """
    texts = await pack_texts(store)
    if version is None:
        shipped = [key[1] for key in shipped_texts() if key[0] == pack_id]
        brought = [key[1] for key in texts if key[0] == pack_id]
        version = (shipped or brought or [""])[-1]
    text = texts.get((pack_id, version))
    if text is None:
        raise UnknownPack([f"{name} {each}" for name, each in sorted(texts)])
    return read_pack(text), text
