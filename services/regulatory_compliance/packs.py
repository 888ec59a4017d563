"""Library packs: versioned lists of requirements that a company adopts and upgrades.

A pack is data in TOML, one that ships or one that a company brings. Its requirements are named by
code; an upgrade is the difference of two versions, and nothing changes before somebody has seen it.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import chain

import msgspec

from storage.vocabulary.compliance import Frequency, Program, Specification

_PREFIX, _SUFFIX = "pack_", ".toml"
_LEAP_YEAR = 2024
"""29 February is a due day, too."""
_LONGEST_CODE = 120


class PackRequirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One requirement. ``standard`` is the code of the standard that a specification belongs to.

    ``due_day`` (MM-DD) is the day of the year where the rule sets one; ``evidence`` says in words
    what shows that it is met; by ``earlier_codes`` other systems may know it.
    """

    code: str
    citation: str
    name: str
    description: str
    category: str
    frequency: Frequency
    evidence: tuple[str, ...] = ()
    specification: Specification | None = None
    standard: str | None = None
    due_day: str | None = None
    is_mandatory: bool = True
    earlier_codes: tuple[str, ...] = ()


class Pack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One version of a list of requirements, and where it comes from."""

    id: str
    version: str
    program: Program
    name: str
    source: str
    requirements: tuple[PackRequirement, ...]


class InvalidPack(Exception):
    """A pack that cannot be used; ``faults`` says everything that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class Change(msgspec.Struct, frozen=True):
    """A requirement that both versions have, and the fields in which they differ."""

    before: PackRequirement
    after: PackRequirement
    fields: tuple[str, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What an upgrade brings, takes away and changes, each in the order of the pack."""

    added: tuple[PackRequirement, ...]
    removed: tuple[PackRequirement, ...]
    changed: tuple[Change, ...]


def read_pack(text: str) -> Pack:
    """A pack in TOML. Raises InvalidPack."""
    try:
        pack = msgspec.convert(tomllib.loads(text), Pack)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidPack([str(error)]) from None
    faults = list(chain(_faults_of_codes(pack), *map(_faults_of, pack.requirements)))
    if faults:
        raise InvalidPack(faults)
    return pack


@cache
def shipped_texts() -> dict[tuple[str, str], str]:
    """The texts of the packs that come with the program, by id and version."""
    folder = files("services.regulatory_compliance").joinpath("data")
    texts = [
        each.read_text("utf-8")
        for each in folder.iterdir()
        if each.name.startswith(_PREFIX) and each.name.endswith(_SUFFIX)
    ]
    packs = ((read_pack(text), text) for text in texts)
    return dict(sorted(((pack.id, pack.version), text) for pack, text in packs))


@cache
def shipped_packs() -> Mapping[str, Pack]:
    """The packs that come with the program, by id."""
    return {pack_id: read_pack(text) for (pack_id, _), text in shipped_texts().items()}


def difference(before: Pack, after: Pack) -> Difference:
    """What changes from one version of a pack to another."""
    old = {each.code: each for each in before.requirements}
    new = {each.code: each for each in after.requirements}
    changes = (_change(old[code], each) for code, each in new.items() if code in old)
    return Difference(
        added=tuple(each for code, each in new.items() if code not in old),
        removed=tuple(each for code, each in old.items() if code not in new),
        changed=tuple(each for each in changes if each.fields),
    )


def _change(before: PackRequirement, after: PackRequirement) -> Change:
    fields = PackRequirement.__struct_fields__
    differing = (name for name in fields if getattr(before, name) != getattr(after, name))
    return Change(before, after, tuple(differing))


def _faults_of_codes(pack: Pack) -> Iterator[str]:
    codes = [each.code for each in pack.requirements]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield f"{code} stands there twice"
    for each in pack.requirements:
        if each.standard is not None and each.standard not in codes:
            yield f"{each.code}: the standard {each.standard} is not in the pack"


def _faults_of(requirement: PackRequirement) -> Iterator[str]:
    texts = requirement.code, requirement.citation, requirement.name, requirement.description
    if not all(text.strip() for text in texts):
        yield f"{requirement.code or '(no code)'}: code, citation, name and description are needed"
    if re.search(r"\s", requirement.code) or len(requirement.code) > _LONGEST_CODE:
        yield f"{requirement.code!r}: a code has at most {_LONGEST_CODE} characters and no spaces"
    if requirement.due_day is not None and not _is_day_of_year(requirement.due_day):
        yield f"{requirement.code}: due_day {requirement.due_day!r} is no MM-DD"


def _is_day_of_year(text: str) -> bool:
    try:
        dt.date.fromisoformat(f"{_LEAP_YEAR}-{text}")
    except ValueError:
        return False
    return True
