"""Scores and levels: pure, total, and never lower for what is likelier or worse."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import msgspec

from storage.vocabulary.risks import Impact, Likelihood, RiskLevel

HIGHEST_SCORE = len(Likelihood) * len(Impact)


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A level and the least score that comes to it."""

    level: RiskLevel
    least_score: int


class Bands(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What scores come to, and where that is from."""

    source: str
    bands: tuple[Band, ...]


class InvalidBands(Exception):
    """The bands do not give every score one level, or give a lower level to a higher score."""


def read_bands(text: str) -> Bands:
    """Bands in TOML. Raises InvalidBands."""
    try:
        bands = msgspec.convert(tomllib.loads(text), Bands)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidBands(str(error)) from None
    least = [each.least_score for each in bands.bands]
    if [each.level for each in bands.bands] != list(RiskLevel):
        raise InvalidBands("every level stands there once, the least first")
    if least != sorted(set(least)) or least[0] != 1 or least[-1] > HIGHEST_SCORE:
        raise InvalidBands(f"scores rise from 1 to {HIGHEST_SCORE} at most")
    return bands


@cache
def shipped_bands() -> Bands:
    """The bands that come with the program."""
    data = files("services.regulatory_compliance").joinpath("data", "risk_matrix.toml")
    return read_bands(data.read_text())


def likelihood_points(likelihood: Likelihood) -> int:
    """From 1 (rare) to 5 (almost certain)."""
    return list(Likelihood).index(likelihood) + 1


def impact_points(impact: Impact) -> int:
    """From 1 (insignificant) to 5 (catastrophic)."""
    return list(Impact).index(impact) + 1


def score(likelihood: Likelihood, impact: Impact) -> int:
    """Likelihood times impact, from 1 to 25."""
    return likelihood_points(likelihood) * impact_points(impact)


def level_of(points: int) -> RiskLevel:
    """What a score from 1 on comes to."""
    return next(
        each.level for each in reversed(shipped_bands().bands) if each.least_score <= points
    )


def overall(scores: Iterable[int]) -> RiskLevel | None:
    """The level of the highest score; None where there is no risk."""
    highest = max(scores, default=None)
    return None if highest is None else level_of(highest)
