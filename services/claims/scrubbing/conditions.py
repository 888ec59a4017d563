"""Conditions of company rules as they are handed in: bounded, and checked whole before kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from services.claims.scrubbing.rules_in_force import condition_of
from services.claims.x12.company_rules import (
    MOST_PARTS,
    MOST_VALUES,
    Operator,
    faults_of,
)
from services.inputs import ONE_LINE, Input
from services.refusals import Fault

_Value = Annotated[str, Field(min_length=1, max_length=200, pattern=ONE_LINE)]


class CompareInput(Input):
    """A field of the claim compared with values. Dates are written YYYY-MM-DD, numbers in decimals,
    amounts in cents."""

    type: Literal["compare"]
    field: Annotated[
        str, Field(max_length=60, pattern=r"^[a-z_.]+$", examples=["line.procedure_code"])
    ]
    operator: Operator
    values: Annotated[list[_Value], Field(max_length=MOST_VALUES, examples=[["99213"]])] = []


class AllInput(Input):
    """Every one of the conditions holds."""

    type: Literal["all"]
    conditions: Annotated[list[ConditionInput], Field(max_length=MOST_PARTS)]


class AnyInput(Input):
    """At least one of the conditions holds."""

    type: Literal["any"]
    conditions: Annotated[list[ConditionInput], Field(max_length=MOST_PARTS)]


class NotInput(Input):
    """The condition does not hold."""

    type: Literal["not"]
    condition: ConditionInput


class SomeLineInput(Input):
    """There is one line for which the whole condition holds."""

    type: Literal["some_line"]
    condition: ConditionInput


ConditionInput = Annotated[
    CompareInput | AllInput | AnyInput | NotInput | SomeLineInput, Field(discriminator="type")
]
"""When there is something to do: a comparison, or conditions put together."""

for _model in (AllInput, AnyInput, NotInput, SomeLineInput):
    _model.model_rebuild()


def document_of(
    condition: CompareInput | AllInput | AnyInput | NotInput | SomeLineInput,
) -> dict[str, JsonValue]:
    """The condition as it is kept."""
    document: dict[str, JsonValue] = condition.model_dump(mode="json")
    return document


def condition_faults(document: dict[str, JsonValue]) -> list[Fault]:
    """Everything that is wrong with a condition, by its pointers."""
    return [
        Fault(f"/condition{each.pointer}", each.detail)
        for each in faults_of(condition_of(document))
    ]
