"""What figures need and no claim knows: entered by month, by people or by a company's systems."""

import datetime as dt
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.inputs import Input, Reason, left_out
from services.refusals import Fault, InvalidInput
from storage.filters import FigureInputFilter
from storage.interface import Page, Store
from storage.tables.figures import FigureInput, FigureInputFields
from storage.vocabulary.figures import FigureInputKind

Cents = Annotated[int, Field(ge=0, le=10**15)]


class NewFigureInput(Input):
    """An amount of one month. ``month`` is its first day."""

    kind: FigureInputKind
    month: dt.date
    amount_cents: Cents
    note: Reason | None = None


class FigureInputChanges(Input):
    """What to change; what is left out stays."""

    amount_cents: Cents = left_out()
    note: Reason | None = None


async def enter(store: Store, new: NewFigureInput) -> FigureInput:
    """Enter an amount. Raises InvalidInput, DuplicateValue where the month has one."""
    if new.month.day != 1:
        raise InvalidInput([Fault("/month", "is the first day of a month")])
    return await store.figure_inputs.create(FigureInputFields(**dict(new)))


async def get_input(store: Store, input_id: UUID) -> FigureInput:
    """Raises RowNotFound."""
    return await store.figure_inputs.get(input_id)


async def list_inputs(
    store: Store, conditions: FigureInputFilter, *, limit: int, after: UUID | None
) -> Page[FigureInput]:
    """What was entered, newest first."""
    return await store.figure_inputs.list(conditions, limit=limit, after=after)


async def correct(
    store: Store, input_id: UUID, changes: FigureInputChanges, *, expected_version: int
) -> FigureInput:
    """Change an amount; the trail keeps what it was. Raises RowNotFound, VersionConflict."""
    return await store.figure_inputs.update(
        input_id, changes.given(), expected_version=expected_version
    )
