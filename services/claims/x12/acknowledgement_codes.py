"""What the codes of acknowledgements decide and mean.

The table is ``data/acknowledgement_codes.toml``. Whoever shows a
rejection says the code and, where the table has one, its label.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections import Counter
from enum import StrEnum
from importlib.resources import files

import msgspec


class ClaimStanding(StrEnum):
    """What an acknowledgement makes of a claim."""

    ACCEPTED = "accepted"  # in adjudication
    REJECTED = "rejected"  # not in adjudication: no denial, no 835 will come, the clock runs on
    RECEIVED = "received"  # somebody has it; another answer will come
    NOT_FOUND = "not_found"
    SPLIT = "split"  # goes on as several claims
    UNDECIDED = "undecided"  # the answer cannot be understood: a person decides


class CodeList(StrEnum):
    """The lists of codes that are explained, by the element that holds them."""

    INTERCHANGE_NOTES = "interchange_notes"  # TA105
    GROUP_ERRORS = "group_errors"  # AK905 to AK909
    SET_ERRORS = "set_errors"  # IK502 to IK506
    SEGMENT_ERRORS = "segment_errors"  # IK304
    ELEMENT_ERRORS = "element_errors"  # IK403


class ClaimCategory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One category of claim status (STC01-1)."""

    code: str
    standing: ClaimStanding
    label: str


class InvalidCodeTable(Exception):
    """The packaged table contradicts itself; raised while the program starts."""


class _CodeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: dt.date
    source: str
    claim_categories: list[ClaimCategory]
    interchange_notes: dict[str, str]
    group_errors: dict[str, str]
    set_errors: dict[str, str]
    segment_errors: dict[str, str]
    element_errors: dict[str, str]


class CodeTable:
    """Every code of one edition."""

    def __init__(self, content: _CodeFile) -> None:
        self.edition = content.edition
        self.source = content.source
        self._categories = {each.code: each for each in content.claim_categories}
        self._labels = {each: getattr(content, each) for each in CodeList}

    def category(self, code: str) -> ClaimCategory | None:
        """A category of claim status, or None where the table does not know it."""
        return self._categories.get(code)

    def standing_of(self, category: str) -> ClaimStanding:
        """What a category makes of a claim; UNDECIDED where the table does not know it."""
        known = self._categories.get(category)
        return ClaimStanding.UNDECIDED if known is None else known.standing

    def label(self, code_list: CodeList, code: str) -> str | None:
        """What a code means in our own words, or None where the table does not know it."""
        label: str | None = self._labels[code_list].get(code)
        return label


def parse_code_table(text: str) -> CodeTable:
    """The table that a TOML text describes.

    Raises InvalidCodeTable or msgspec.ValidationError.
    """
    content = msgspec.convert(tomllib.loads(text), _CodeFile)
    times = Counter(each.code for each in content.claim_categories)
    twice = [code for code, count in times.items() if count > 1]
    if twice:
        raise InvalidCodeTable(f"the categories {twice} are described twice")
    return CodeTable(content)


CODES = parse_code_table(
    files("services.claims").joinpath("data/acknowledgement_codes.toml").read_text("utf-8")
)
"""The packaged table."""
