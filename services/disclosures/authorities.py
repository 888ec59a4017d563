"""Which disclosures must be accounted for, and for which the right can be suspended.

The facts are data (``data/authorities.toml``) with their sources.
"""

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files

import msgspec

from storage.vocabulary.disclosures import DisclosureAuthority


class AuthorityRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What follows of the rule that a disclosure went by."""

    authority: DisclosureAuthority
    is_accountable: bool
    can_be_suspended: bool
    source: str


class InvalidAuthorityTable(Exception):
    """The packaged table has gaps; raised while the program starts."""


class _AuthorityFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: dt.date
    authorities: list[AuthorityRule]


def checked(rules: Iterable[AuthorityRule]) -> Mapping[DisclosureAuthority, AuthorityRule]:
    """Rules by authority: one for each. Raises InvalidAuthorityTable."""
    listed = list(rules)
    found = {rule.authority: rule for rule in listed}
    if set(found) != set(DisclosureAuthority) or len(found) != len(listed):
        raise InvalidAuthorityTable("each authority has one rule")
    return found


def _packaged() -> Mapping[DisclosureAuthority, AuthorityRule]:
    text = files("services.disclosures").joinpath("data/authorities.toml").read_text("utf-8")
    return checked(msgspec.convert(tomllib.loads(text), _AuthorityFile).authorities)


AUTHORITIES = _packaged()
"""The rule of each authority."""
