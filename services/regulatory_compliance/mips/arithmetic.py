"""How a figure came about: each step in words, its arithmetic in digits, and its rule's source.

Figures are fractions until they are shown, so that nothing is rounded twice.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import msgspec

from services.regulatory_compliance.mips.years import RuleSet

_SHOWN_PLACES = 4


class Step(msgspec.Struct, frozen=True):
    """One step: what is computed, from what, and the result to four places."""

    what: str
    arithmetic: str
    result: Decimal
    source: str
    is_verified: bool


def step(
    what: str,
    arithmetic: str,
    result: Fraction,
    rules: RuleSet,
    *constants: str,
    rests_on: Iterable[Step] = (),
) -> Step:
    """A step under a set of rules. It is verified if the constants that it rests on are, and the
    steps before it; if no constant is named, it rests on all of the set."""
    verified = rules.is_verified(*constants) and all(each.is_verified for each in rests_on)
    return Step(what, arithmetic, rounded(result, _SHOWN_PLACES), rules.source, verified)


def rounded(value: Fraction, places: int) -> Decimal:
    """To so many places, halves away from zero."""
    scaled = abs(value) * 10**places
    whole = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    return Decimal(whole if value >= 0 else -whole).scaleb(-places)


def shown(value: Fraction) -> str:
    """In digits, to four places at most, without idle zeros."""
    text = f"{rounded(value, _SHOWN_PLACES):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
