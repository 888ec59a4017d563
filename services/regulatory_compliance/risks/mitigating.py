"""The mitigation plan: what is done about risks, by whom and until when."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.company_calendar import company_today
from services.inputs import SEVERAL_LINES, Input, left_out
from services.refusals import IllegalTransition
from services.regulatory_compliance.evidence import Day
from storage.filters import MitigationItemFilter
from storage.interface import Page, Store
from storage.tables.risks import MitigationItem, MitigationItemFields
from storage.vocabulary.risks import AssessmentStatus, MitigationStatus

Task = Annotated[str, Field(min_length=1, max_length=2000, pattern=SEVERAL_LINES)]
Progress = Literal[MitigationStatus.PLANNED, MitigationStatus.IN_PROGRESS, MitigationStatus.DONE]

TRANSITIONS: Mapping[MitigationStatus, frozenset[MitigationStatus]] = {
    MitigationStatus.PLANNED: frozenset({MitigationStatus.IN_PROGRESS, MitigationStatus.DONE}),
    MitigationStatus.IN_PROGRESS: frozenset({MitigationStatus.PLANNED, MitigationStatus.DONE}),
    MitigationStatus.DONE: frozenset({MitigationStatus.IN_PROGRESS}),
    MitigationStatus.CARRIED_OVER: frozenset(),
}
"""What an item can become; done too soon, it is taken up again."""

OPEN = frozenset({MitigationStatus.PLANNED, MitigationStatus.IN_PROGRESS})


class NewMitigationItem(Input):
    """What is to be done about the risk, by whom and until when."""

    task: Task
    owner_person_id: UUID
    due_on: Day


class MitigationItemChanges(Input):
    """What to change; what is left out stays."""

    task: Task = left_out()
    owner_person_id: UUID = left_out()
    due_on: Day = left_out()
    status: Annotated[Progress, Field(examples=["in_progress"])] = left_out()


@dataclass(frozen=True)
class Planned:
    """An item, and whether it is overdue today."""

    item: MitigationItem
    is_overdue: bool


async def plan(store: Store, risk_id: UUID, new: NewMitigationItem) -> MitigationItem:
    """Plan something about a risk: of a draft, or of what is approved.

    Raises RowNotFound, IllegalTransition, ReferenceNotFound.
    """
    risk = await store.assessed_risks.get(risk_id)
    assessment = await store.risk_assessments.lock(risk.assessment_id)
    if assessment.status is AssessmentStatus.SUPERSEDED:
        raise IllegalTransition("risk assessment", assessment.status, "planned for", [])
    return await store.mitigation_items.create(
        MitigationItemFields(assessment_id=assessment.id, risk_id=risk_id, **dict(new))
    )


async def change_item(
    store: Store, item_id: UUID, changes: MitigationItemChanges, *, expected_version: int
) -> MitigationItem:
    """Raises RowNotFound, VersionConflict, IllegalTransition, ReferenceNotFound."""
    item = await store.mitigation_items.lock(item_id)
    given = changes.given()
    wanted = changes.status if "status" in given else item.status
    legal = TRANSITIONS[item.status]
    if item.status is MitigationStatus.CARRIED_OVER or ("status" in given and wanted not in legal):
        raise IllegalTransition("mitigation item", item.status, wanted, sorted(legal))
    if "status" in given:
        is_done = wanted is MitigationStatus.DONE
        given["done_on"] = await company_today(store) if is_done else None
    return await store.mitigation_items.update(item_id, given, expected_version=expected_version)


async def get_item(store: Store, item_id: UUID) -> Planned:
    """Raises RowNotFound."""
    item = await store.mitigation_items.get(item_id)
    return Planned(item, is_overdue(item.status, item.due_on, await company_today(store)))


async def list_items(
    store: Store,
    conditions: MitigationItemFilter,
    *,
    limit: int,
    after: UUID | None,
) -> tuple[list[Planned], UUID | None]:
    """Items, newest first."""
    page: Page[MitigationItem] = await store.mitigation_items.list(
        conditions, limit=limit, after=after
    )
    today = await company_today(store)
    items = [Planned(each, is_overdue(each.status, each.due_on, today)) for each in page.rows]
    return items, page.next_after


async def overdue_conditions(store: Store, owner_person_id: UUID | None) -> MitigationItemFilter:
    """What is overdue today: open, and due before it."""
    return MitigationItemFilter(
        owner_person_id=owner_person_id,
        statuses=sorted(OPEN),
        due_until=await company_today(store) - dt.timedelta(days=1),
    )


def is_overdue(status: MitigationStatus, due_on: dt.date, on: dt.date) -> bool:
    """Whether something is still to be done after its day."""
    return status in OPEN and due_on < on
