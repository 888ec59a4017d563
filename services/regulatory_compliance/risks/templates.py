"""What an assessment can begin with: data in TOML."""

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from storage.vocabulary.risks import AnalysisElement, AssessmentKind


class TemplateElement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An element of the analysis and what is to be said of it."""

    element: AnalysisElement
    name: str


class TemplatePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An asset or a threat."""

    name: str


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an assessment begins with, and what asks for it."""

    id: str
    kind: AssessmentKind
    title: str
    scope: str
    citation: str
    source: str
    months_to_next: int
    elements: tuple[TemplateElement, ...]
    assets: tuple[TemplatePart, ...]
    threats: tuple[TemplatePart, ...]


@cache
def hipaa_risk_analysis() -> Template:
    """The risk analysis of 45 CFR 164.308(a)(1)(ii)(A)."""
    data = files("services.regulatory_compliance").joinpath("data", "hipaa_risk_analysis.toml")
    return msgspec.convert(tomllib.loads(data.read_text()), Template)
